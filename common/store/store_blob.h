/* store_blob.h - blobs of features by id, several at a time, and how large features are before any is read.
 *
 * For who goes over more features than fit in memory, again and again, in an order of his own.
 */
#ifndef TL_STORE_STORE_BLOB_H
#define TL_STORE_STORE_BLOB_H

#include "common/store/store.h"

/* Takes the i-th of the blobs asked for, borrowed for the call; NULL, of 0 bytes, where it is gone. False ends the reading. */
typedef bool tl_store_take_blob(void *context, size_t i, const void *blob, size_t blob_bytes);

/* Hands over the blobs of `count` features, in the order given, all as of one moment; nothing is locked afterwards. Rising ids are
 * read fastest. One thread at a time uses a store. Fails with: TL_IO, TL_CORRUPT (the file), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_read_blobs(tl_store *store, const int64_t *feature_ids, size_t count, tl_store_take_blob *take,
                                               void *context, struct tl_error *err);

/* All features of a set together, whatever their photos and augmentations: what its rows say, not its blobs. */
struct tl_store_feature_sum {
    int64_t feature_count, nonzero_count;
};
/* Fails with: TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_sum_features(tl_store *store, struct tl_store_feature_sum *out, int64_t feature_set_id,
                                                 struct tl_error *err);

#endif
