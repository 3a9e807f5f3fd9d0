/* store_failure.h - what went wrong with which photo, and which features are damaged.
 *
 * A failure of reading or computing belongs to a place and goes when the place succeeds. A damaged feature is a failure of
 * stage `verify`: it belongs to a content in one feature set, stands at each of the content's places, and goes only when that
 * content's features of that set have been written anew. Until then tl-extract takes them for absent.
 *
 * All puts count a failure that is there up, and need an open transaction.
 */
#ifndef TL_STORE_STORE_FAILURE_H
#define TL_STORE_STORE_FAILURE_H

#include "common/store/store.h"

/* `stage`: scan, read, augment, network. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_put_failure(tl_store *store, int64_t photo_id, const char *stage,
                                                const struct tl_error *failure, struct tl_error *err);
/* Forgets a photo's failures, now that it succeeded, but not that features of it are damaged. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_clear_failures(tl_store *store, int64_t photo_id, struct tl_error *err);

/* The content's features in this set are damaged. Places that are missing get a row too. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_put_damage(tl_store *store, int64_t content_id, int64_t feature_set_id,
                                               const struct tl_error *failure, struct tl_error *err);
/* Forgets that, now that they have been written anew. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_clear_damage(tl_store *store, int64_t content_id, int64_t feature_set_id,
                                                 struct tl_error *err);

#endif
