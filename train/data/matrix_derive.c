/* matrix_derive.c - matrices made from raw ones: pooled, transformed; see matrix.h. */
#include "train/data/matrix.h"

#include <assert.h>
#include <math.h>

#include "common/base/memory.h"

static enum tl_status check_grid(size_t grid_count, const uint32_t *indices, const float *values, size_t count,
                                 struct tl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (indices[i] >= grid_count || (i > 0 && indices[i] <= indices[i - 1]))
            return tl_error_set(err, TL_CORRUPT, "feature index %u does not belong after %u among %zu features", indices[i],
                                i > 0 ? indices[i - 1] : 0, grid_count);
        if (!isfinite(values[i]))
            return tl_error_set(err, TL_CORRUPT, "feature %u is %g", indices[i], (double)values[i]);
    }
    return TL_OK;
}

enum tl_status tl_matrix_add_pooled(struct tl_matrix *matrix, size_t grid_count, const uint32_t *indices, const float *values,
                                    size_t count, struct tl_error *err)
{
    float pooled[TL_HEAD_POOLED_CHANNELS_MAX];
    uint32_t channels[TL_HEAD_POOLED_CHANNELS_MAX];
    size_t pooled_count = 0;
    enum tl_status status = check_grid(grid_count, indices, values, count, err);

    assert(matrix->feature_count <= TL_HEAD_POOLED_CHANNELS_MAX && grid_count % matrix->feature_count == 0);
    if (status != TL_OK)
        return status;
    tl_head_pool_sparse(pooled, grid_count, matrix->feature_count, indices, values, count);
    for (uint32_t c = 0; c < matrix->feature_count; c++) {
        if (pooled[c] == 0)
            continue;
        channels[pooled_count] = c;
        pooled[pooled_count++] = pooled[c];
    }
    return tl_matrix_add(matrix, channels, pooled, pooled_count, err);
}

static enum tl_status add_derived(struct tl_matrix *derived, const struct tl_matrix *matrix, size_t row, enum tl_head_pool pool,
                                  uint32_t *indices, struct tl_error *err)
{
    const size_t count = tl_matrix_read_row(matrix, row, indices);
    const float *values = tl_matrix_values(matrix, row);

    if (pool == TL_HEAD_POOL_AVG)
        return tl_matrix_add_pooled(derived, matrix->feature_count, indices, values, count, err);
    return tl_matrix_add(derived, indices, values, count, err);
}

enum tl_status tl_matrix_derive(struct tl_matrix **out, const struct tl_matrix *matrix, enum tl_head_pool pool,
                                size_t channel_count, enum tl_head_transform transform, struct tl_error *err)
{
    uint32_t *indices = tl_memory_alloc(matrix->feature_count, sizeof *indices);
    struct tl_matrix *derived = NULL;
    enum tl_status status;

    assert(matrix->transform == TL_HEAD_TRANSFORM_NONE);
    *out = NULL;
    if (!indices)
        return tl_error_set_no_memory(err, "the feature matrix", matrix->feature_count * sizeof *indices);
    status = tl_matrix_create(&derived, pool == TL_HEAD_POOL_AVG ? channel_count : matrix->feature_count, transform, err);
    for (size_t row = 0; row < matrix->row_count && status == TL_OK; row++)
        status = add_derived(derived, matrix, row, pool, indices, err);
    if (status == TL_OK) {
        *out = derived;
        derived = NULL;
    }
    tl_matrix_free(derived);
    tl_memory_free(indices);
    return status;
}
