/* gram_cache.c - see gram_cache.h. */
#include "train/experiment/gram_cache.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_gram.h"

void tl_gram_cache_init(struct tl_gram_cache *out, tl_store *store, const struct tl_store_feature_set *feature_set,
                        const struct tl_store_augmentation *augmentation, const struct tl_samples *samples)
{
    *out = (struct tl_gram_cache){.store = store, .feature_set_id = feature_set->feature_set_id};
    memcpy(out->feature_set_digest, feature_set->digest, TL_DIGEST_BYTES);
    if (augmentation)
        memcpy(out->augmentation_digest, augmentation->digest, TL_DIGEST_BYTES);
    memcpy(out->rows_digest, samples->rows_digest, TL_DIGEST_BYTES);
}

static void take_identity(uint8_t out[TL_DIGEST_BYTES], const struct tl_gram_cache *cache, enum tl_head_pool pool,
                          enum tl_head_transform transform)
{
    struct tl_digest digest;

    tl_digest_init(&digest);
    tl_digest_update_string(&digest, "tl-gram-1");
    tl_digest_update(&digest, cache->feature_set_digest, TL_DIGEST_BYTES);
    tl_digest_update(&digest, cache->augmentation_digest, TL_DIGEST_BYTES);
    tl_digest_update_string(&digest, tl_head_pool_names[pool]);
    tl_digest_update_string(&digest, tl_head_transform_names[transform]);
    tl_digest_update(&digest, cache->rows_digest, TL_DIGEST_BYTES);
    tl_digest_finish(&digest, out);
}

/* Whatever keeps the stored matrix from being used, it can be made. */
static enum tl_status read(struct tl_gram **out, const struct tl_gram_cache *cache, const uint8_t identity[TL_DIGEST_BYTES],
                           size_t row_count, struct tl_error *err)
{
    float *products = NULL;
    enum tl_status status = tl_store_get_gram(cache->store, &products, identity, row_count, err);

    if (status == TL_OK)
        status = tl_gram_allocate(out, row_count, err);
    if (status == TL_OK)
        tl_gram_unpack(*out, products);
    tl_memory_free(products);
    return status;
}

static enum tl_status write(const struct tl_gram_cache *cache, const uint8_t identity[TL_DIGEST_BYTES], const struct tl_gram *gram,
                            struct tl_error *err)
{
    const size_t count = tl_store_gram_count(gram->row_count);
    struct tl_store_gram stored = {.feature_set_id = cache->feature_set_id, .row_count = gram->row_count};
    float *products = tl_memory_alloc_large(count, sizeof *products);
    enum tl_status status;

    if (!products)
        return tl_error_set_no_memory(err, "the Gram matrix", count * sizeof *products);
    memcpy(stored.digest, identity, TL_DIGEST_BYTES);
    tl_gram_pack(gram, products);
    stored.products = products;
    status = tl_store_put_gram(cache->store, &stored, err);
    tl_memory_free(products);
    return status;
}

enum tl_status tl_gram_cache_get(struct tl_gram **out, struct tl_gram_cache *cache, enum tl_head_pool pool,
                                 enum tl_head_transform transform, const struct tl_matrix *matrix, tl_team *team,
                                 struct tl_error *err)
{
    const bool is_kept = cache && tl_store_gram_count(matrix->row_count) <= TL_GRAM_CACHE_BYTES_MAX / sizeof(float);
    uint8_t identity[TL_DIGEST_BYTES];
    enum tl_status status;

    *out = NULL;
    if (is_kept) {
        take_identity(identity, cache, pool, transform);
        if (read(out, cache, identity, matrix->row_count, err) == TL_OK) {
            cache->found_count++;
            return TL_OK;
        }
    }
    status = tl_gram_create(out, matrix, team, err);
    if (status != TL_OK || !cache)
        return status;
    cache->made_count++;
    if (is_kept)
        (void)!write(cache, identity, *out, err); /* a matrix that is not kept is made again */
    return TL_OK;
}
