/* derive.c - see derive.h. */
#include "train/data/derive.h"

#include <assert.h>
#include <stdbool.h>

#include "common/base/memory.h"

struct deriving {
    struct tl_matrix *matrix;
    const struct tl_matrix *raw;
    size_t channel_count;
    uint32_t *indices; /* (F) */
    float *pooled;     /* (C) */
};

static enum tl_status add_pooled(struct deriving *deriving, size_t row, size_t count, struct tl_error *err)
{
    size_t kept = 0;

    tl_head_pool_sparse(deriving->pooled, deriving->raw->feature_count, deriving->channel_count, deriving->indices,
                        tl_matrix_values(deriving->raw, row), count);
    for (size_t c = 0; c < deriving->channel_count; c++) {
        if (deriving->pooled[c] != 0) {
            deriving->indices[kept] = (uint32_t)c;
            deriving->pooled[kept++] = deriving->pooled[c];
        }
    }
    return tl_matrix_add(deriving->matrix, deriving->indices, deriving->pooled, kept, err);
}

static enum tl_status check_channels(size_t feature_count, size_t channel_count, struct tl_error *err)
{
    if (channel_count > 0 && channel_count <= TL_HEAD_POOLED_CHANNELS_MAX && feature_count % channel_count == 0)
        return TL_OK;
    return tl_error_set(err, TL_BAD_INPUT, "features of %zu values in %zu channels cannot be pooled", feature_count, channel_count);
}

enum tl_status tl_derive_matrix(struct tl_matrix **out, const struct tl_matrix *raw, size_t channel_count, enum tl_head_pool pool,
                                enum tl_head_transform transform, struct tl_error *err)
{
    const bool is_pooled = pool == TL_HEAD_POOL_AVG;
    struct deriving deriving = {.raw = raw, .channel_count = channel_count};
    enum tl_status status = TL_OK;

    *out = NULL;
    assert(raw->transform == TL_HEAD_TRANSFORM_NONE);
    if (is_pooled)
        status = check_channels(raw->feature_count, channel_count, err);
    if (status != TL_OK)
        return status;
    deriving.indices = tl_memory_alloc(raw->feature_count, sizeof *deriving.indices);
    deriving.pooled = tl_memory_alloc(channel_count, sizeof *deriving.pooled);
    if (!deriving.indices || !deriving.pooled) {
        status = tl_error_set_no_memory(err, "the feature matrix", raw->feature_count * sizeof *deriving.indices);
        goto done;
    }
    status = tl_matrix_create(&deriving.matrix, is_pooled ? channel_count : raw->feature_count, transform, err);
    for (size_t row = 0; row < raw->row_count && status == TL_OK; row++) {
        const size_t count = tl_matrix_read_row(raw, row, deriving.indices);

        if (is_pooled)
            status = add_pooled(&deriving, row, count, err);
        else
            status = tl_matrix_add(deriving.matrix, deriving.indices, tl_matrix_values(raw, row), count, err);
    }
    if (status == TL_OK) {
        *out = deriving.matrix;
        deriving.matrix = NULL;
    }
done:
    tl_matrix_free(deriving.matrix);
    tl_memory_free(deriving.indices);
    tl_memory_free(deriving.pooled);
    return status;
}
