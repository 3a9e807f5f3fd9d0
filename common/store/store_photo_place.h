/* store_photo_place.h - where the photo of a content lies and what it looks like, for who shows it.
 */
#ifndef TL_STORE_STORE_PHOTO_PLACE_H
#define TL_STORE_STORE_PHOTO_PLACE_H

#include "common/store/store_photo.h"

/* Strings are owned by the struct; free with tl_store_free_place(). */
struct tl_store_place {
    uint8_t sha256[TL_DIGEST_BYTES];
    uint32_t width_px, height_px; /* as stored in the file, before any turning */
    unsigned exif_orientation;
    uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES];
    char *source, *path; /* for people; of several places the first by name that is still there. NULL: it lies in no source */
    char *file;          /* the path on the disk, raw bytes; NULL likewise */
};

/* On failure *out is empty. Fails with: TL_NOT_FOUND (no such content), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_get_place(tl_store *store, struct tl_store_place *out, int64_t content_id,
                                              struct tl_error *err);
void tl_store_free_place(struct tl_store_place *place);

#endif
