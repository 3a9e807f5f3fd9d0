/* h5.h - what this room's HDF5 readers and writers share: reasons, safe opening, lists of strings.
 *
 * HDF5 as packaged is not thread-safe: everything in this room that touches it is for one thread at a time. Each
 * public function of the room calls tl_h5_prepare() first; HDF5 then prints nothing and does nothing at exit, and
 * tl_h5_fail() puts HDF5's own innermost reason into the message instead.
 */
#ifndef TL_EXCHANGE_H5_H
#define TL_EXCHANGE_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

enum {
    TL_H5_STRING_BYTES_MAX = 1024,      /* one name */
    TL_H5_STRINGS_MAX = 16384,          /* names of one list */
    TL_H5_ATTRIBUTE_BYTES_MAX = 64512   /* Keras's HDF5_OBJECT_HEADER_LIMIT: a longer list is split into name0, name1, ... */
};

void tl_h5_prepare(void);

/* tl_error_set() with HDF5's reason added; to be called right after the HDF5 call that failed. */
enum tl_status tl_h5_fail(struct tl_error *err, enum tl_status status, const char *format, ...) TL_PRINTF(3, 4);

/* Opens the group or dataset (`kind`: H5I_GROUP, H5I_DATASET) at `path`, names separated by '/', below `start`. Only hard links
 * are followed. The caller closes *out with H5Oclose(). Fails with: TL_BAD_INPUT (absent, another kind, a soft or external
 * link). */
TL_MUST_USE enum tl_status tl_h5_open_below(hid_t *out, hid_t start, const char *path, H5I_type_t kind, struct tl_error *err);

struct tl_h5_strings {
    char **items;
    size_t count;
};

void tl_h5_strings_free(struct tl_h5_strings *strings);

/* Whether `object` has the list, whole or split. */
bool tl_h5_has_strings(hid_t object, const char *name);

/* The list of strings in attribute `name`, or in `name0`, `name1`, ...; fixed or variable length; an empty attribute of any
 * type is an empty list. Fails with: TL_BAD_INPUT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_h5_read_strings(struct tl_h5_strings *out, hid_t object, const char *name, struct tl_error *err);

/* The one string in attribute `name`, of at most `ceiling_bytes`; the caller frees *out. Fails with: TL_BAD_INPUT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_h5_read_text(char **out, hid_t object, const char *name, size_t ceiling_bytes, struct tl_error *err);

/* Writes the list as fixed-length strings, padded with NUL as numpy's are, split when it must be: what every h5py reads as
 * bytes. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_h5_write_strings(hid_t object, const char *name, const char *const *items, size_t count,
                                               struct tl_error *err);

#endif
