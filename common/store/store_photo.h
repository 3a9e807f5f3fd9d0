/* store_photo.h - rows of contents, photos and labels.
 *
 * All puts are upserts by natural key and need an open transaction. Paths are raw bytes below the source's root; the
 * store keeps the visible form as TEXT and the raw bytes beside it where they differ.
 */
#ifndef TL_STORE_STORE_PHOTO_H
#define TL_STORE_STORE_PHOTO_H

#include "common/store/store.h"

enum { TL_STORE_THUMBNAIL_BYTES = 576 };

struct tl_store_photo {
    int64_t photo_id;
    int64_t size_bytes, mtime_ns;
    int64_t content_id;              /* 0 while unreadable */
    uint8_t sha256[TL_DIGEST_BYTES]; /* valid when content_id is not 0 */
    unsigned exif_orientation;       /* likewise */
    bool is_missing;                 /* the last complete scan did not meet it */
};
/* Fails with: TL_NOT_FOUND, TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_get_photo(tl_store *store, struct tl_store_photo *out, int64_t source_id, const char *path,
                                              struct tl_error *err);
/* content_id 0: unreadable. Clears missing_since. A row that is as it would become is not written. Fails with: TL_IO, TL_NO_MEMORY.
 */
TL_MUST_USE enum tl_status tl_store_put_photo(tl_store *store, int64_t *out_photo_id, int64_t source_id, const char *path,
                                              int64_t size_bytes, int64_t mtime_ns, int64_t content_id, struct tl_error *err);
/* Marks the source's photos whose id is not among `seen` (sorted ascending) as missing since now.
 * *out_count (may be NULL) of them are newly missing. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_mark_missing(tl_store *store, int64_t source_id, const int64_t *seen, size_t seen_count,
                                                 int64_t *out_count, struct tl_error *err);

struct tl_store_content {
    uint8_t sha256[TL_DIGEST_BYTES];
    uint32_t width_px, height_px;
    const char *format;
    unsigned exif_orientation;
    const char *captured_at, *camera; /* NULL or "" when unknown */
    const uint8_t *thumbnail;         /* TL_STORE_THUMBNAIL_BYTES */
};
/* Of bytes that are known the thumbnail stays: it is of the bytes, not of who read them last. A row that is as it would become is
 * not written. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_content(tl_store *store, int64_t *out_content_id, const struct tl_store_content *content,
                                                struct tl_error *err);
/* The label a folder gives: replaces the photo's folder labels of that set; labels of other origin stay. `split` is
 * "train", "val", "test" or NULL. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_put_folder_label(tl_store *store, int64_t photo_id, const char *label_set,
                                                     const char *class_name, const char *split, struct tl_error *err);
/* True in *out where tl_store_put_folder_label() would change nothing; needs no transaction. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_has_folder_label(tl_store *store, bool *out, int64_t photo_id, const char *label_set,
                                                     const char *class_name, const char *split, struct tl_error *err);

#endif
