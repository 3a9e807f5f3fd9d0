/* h5_write.h - what this room's writers of Keras files share: one tensor, one string, one name.
 *
 * The forms are the oldest that work: fixed-length strings, and float32 little-endian, contiguous, without times of change, so
 * that the same tensors make the same file.
 */
#ifndef TL_EXCHANGE_H5_WRITE_H
#define TL_EXCHANGE_H5_WRITE_H

#include "common/exchange/h5.h"
#include "common/exchange/tensors.h"

/* Whether HDF5 and Keras take the name. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_h5_check_name(const char *name, struct tl_error *err);

/* Makes the group at `path` below `top`, and those on the way. The caller closes *out. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_h5_create_group(hid_t *out, hid_t top, const char *path, struct tl_error *err);

/* A dataset at `path` below `group`; groups on the way are made. Fails with: TL_BAD_INPUT (the name; it is there already),
 * TL_IO. */
TL_MUST_USE enum tl_status tl_h5_write_tensor(hid_t group, const char *path, const struct tl_tensor *tensor, struct tl_error *err);

/* A string that is not empty, as an attribute of at most TL_H5_ATTRIBUTE_BYTES_MAX. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_h5_write_string(hid_t object, const char *name, const char *value, struct tl_error *err);

#endif
