/* gram_cache.h - Gram matrices that the store keeps from one run to the next.
 *
 *     struct tl_gram_cache cache;
 *     tl_gram_cache_init(&cache, store, feature_set, augmentation, samples);
 *     status = tl_gram_cache_get(&gram, &cache, pool, transform, matrix, team, err);
 *
 * The bits are those that tl_gram_create() gives: a matrix comes from the store where all that its products depend on is the same
 * and it is as it was written, else it is made, and put there if it is small enough. A store that cannot take it is no fault.
 */
#ifndef TL_TRAIN_GRAM_CACHE_H
#define TL_TRAIN_GRAM_CACHE_H

#include "common/store/store_feature.h"
#include "train/data/samples.h"
#include "train/fit/gram.h"

static const size_t TL_GRAM_CACHE_BYTES_MAX = (size_t)64 << 20; /* of one matrix in the store */

struct tl_gram_cache {
    tl_store *store; /* borrowed, open for writing and outside transactions whenever the cache is asked */
    int64_t feature_set_id;
    uint8_t feature_set_digest[TL_DIGEST_BYTES], augmentation_digest[TL_DIGEST_BYTES], rows_digest[TL_DIGEST_BYTES];
    size_t found_count, made_count; /* so far */
};

/* `augmentation` may be NULL. The samples are of the store, as tl_samples_load() gives them. */
void tl_gram_cache_init(struct tl_gram_cache *out, tl_store *store, const struct tl_store_feature_set *feature_set,
                        const struct tl_store_augmentation *augmentation, const struct tl_samples *samples);

/* `matrix` is that of the samples, pooled and transformed. `cache` may be NULL. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gram_cache_get(struct tl_gram **out, struct tl_gram_cache *cache, enum tl_head_pool pool,
                                             enum tl_head_transform transform, const struct tl_matrix *matrix, tl_team *team,
                                             struct tl_error *err);

#endif
