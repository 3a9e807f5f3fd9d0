/* store_look.h - what tells photos apart or together: thumbnail, time and camera, and the plain feature of one content.
 */
#ifndef TL_STORE_STORE_LOOK_H
#define TL_STORE_STORE_LOOK_H

#include "common/store/store.h"

/* Borrowed until the callback returns. */
struct tl_store_look {
    int64_t content_id;
    uint8_t sha256[TL_DIGEST_BYTES];
    const uint8_t *thumbnail; /* 24 x 24 greys */
    bool has_time;
    int64_t captured_s;       /* seconds of the camera's clock, from 1970 on */
    const char *camera;       /* "" when unknown */
};
/* The contents that have a plain feature in the set, by sha256. `each` returns a failure to stop. Fails with: as `each`, TL_IO,
 * TL_CORRUPT. */
typedef enum tl_status tl_store_look_callback(void *context, const struct tl_store_look *look, struct tl_error *err);
TL_MUST_USE enum tl_status tl_store_visit_looks(tl_store *store, int64_t feature_set_id, tl_store_look_callback *each,
                                                void *context, struct tl_error *err);

/* Hands the blob of one content's plain feature to `use`; one that is not there or lost has no bytes. Fails with: as `use`, TL_IO,
 * TL_CORRUPT. */
typedef enum tl_status tl_store_blob_callback(void *context, const void *blob, size_t blob_bytes, struct tl_error *err);
TL_MUST_USE enum tl_status tl_store_use_plain_blob(tl_store *store, int64_t feature_set_id, int64_t content_id,
                                                   tl_store_blob_callback *use, void *context, struct tl_error *err);

#endif
