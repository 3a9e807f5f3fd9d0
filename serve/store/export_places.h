/* export_places.h - the places of a store's photos with class and split, in the order of exported rows.
 *
 * A place is (source, path). Each has the class that the label set gives it: none leaves it unlabelled, and so do
 * several, because a row has one label. Photos that are missing, or that could never be read, have no place here.
 */
#ifndef TL_SERVE_STORE_EXPORT_PLACES_H
#define TL_SERVE_STORE_EXPORT_PLACES_H

#include <stddef.h>

#include "common/store/store.h"

enum { TL_EXPORT_UNLABELLED = -1 };

struct tl_export_place {
    uint8_t sha256[TL_DIGEST_BYTES];
    char *path;  /* below its source's root, as the store shows it */
    char *split; /* "train", "val", "test" or "" */
    long label;  /* index into the class names, or TL_EXPORT_UNLABELLED */
};

struct tl_export_places {
    struct tl_export_place *items; /* by (sha256, source, path) */
    size_t count;
    char **class_names; /* of the whole set, sorted by bytes, so that every export of a store agrees on indices */
    size_t class_count;
    size_t unlabelled_count, several_count; /* places without a class; with several (not among the former) */
};

/* The caller frees with tl_export_places_free(). Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY; *out is empty then. */
TL_MUST_USE enum tl_status tl_export_places_read(struct tl_export_places *out, tl_store *store, const char *label_set,
                                                 struct tl_error *err);
void tl_export_places_free(struct tl_export_places *places);

#endif
