/* matrix.c - see matrix.h. */
#include "train/data/matrix.h"

#include <math.h>
#include <stdbool.h>

#include "common/base/memory.h"

enum { FIRST_ROWS = 256, FIRST_ENTRIES = 1 << 18 };

static bool reserve_row_starts(struct tl_matrix *matrix, size_t capacity)
{
    size_t *row_starts = tl_memory_resize(matrix->row_starts, capacity + 1, sizeof *row_starts);
    uint32_t *block_starts;

    if (!row_starts)
        return false;
    matrix->row_starts = row_starts;
    block_starts = tl_memory_resize(matrix->block_starts, capacity * (matrix->block_count + 1), sizeof *block_starts);
    if (!block_starts)
        return false;
    matrix->block_starts = block_starts;
    matrix->row_capacity = capacity;
    return true;
}

enum tl_status tl_matrix_create(struct tl_matrix **out, size_t feature_count, enum tl_head_transform transform,
                                struct tl_error *err)
{
    struct tl_matrix *matrix = tl_memory_alloc(1, sizeof *matrix);

    *out = NULL;
    if (matrix) {
        matrix->feature_count = feature_count;
        matrix->block_count = (feature_count + TL_MATRIX_BLOCK - 1) / TL_MATRIX_BLOCK;
        matrix->transform = transform;
    }
    if (!matrix || !reserve_row_starts(matrix, FIRST_ROWS)) {
        tl_matrix_free(matrix);
        return tl_error_set_no_memory(err, "the feature matrix", FIRST_ROWS * sizeof(size_t));
    }
    tl_matrix_clear(matrix);
    *out = matrix;
    return TL_OK;
}

void tl_matrix_free(struct tl_matrix *matrix)
{
    if (!matrix)
        return;
    tl_memory_free(matrix->row_starts);
    tl_memory_free(matrix->block_starts);
    tl_memory_free(matrix->locals);
    tl_memory_free(matrix->values);
    tl_memory_free(matrix);
}

void tl_matrix_clear(struct tl_matrix *matrix)
{
    matrix->row_count = 0;
    matrix->row_starts[0] = 0;
}

/* Half as much again as `old`, at least `needed`, at most `ceiling` (which is at least `needed`). */
static size_t next_capacity(size_t old, size_t needed, size_t ceiling)
{
    size_t capacity = old + old / 2;

    if (capacity < needed)
        capacity = needed;
    return capacity < ceiling ? capacity : ceiling;
}

static enum tl_status reserve_row(struct tl_matrix *matrix, struct tl_error *err)
{
    size_t capacity;

    if (matrix->row_count < matrix->row_capacity)
        return TL_OK;
    if (matrix->row_count >= TL_MATRIX_ROWS_MAX)
        return tl_error_set(err, TL_NO_MEMORY, "more than %zu feature vectors do not fit in memory", TL_MATRIX_ROWS_MAX);
    capacity = next_capacity(matrix->row_capacity, matrix->row_count + 1, TL_MATRIX_ROWS_MAX);
    if (!reserve_row_starts(matrix, capacity))
        return tl_error_set_no_memory(err, "the feature matrix",
                                      capacity * (sizeof(size_t) + (matrix->block_count + 1) * sizeof(uint32_t)));
    return TL_OK;
}

static enum tl_status reserve_entries(struct tl_matrix *matrix, size_t count, struct tl_error *err)
{
    const size_t used = matrix->row_starts[matrix->row_count];
    size_t capacity;
    uint16_t *locals;
    float *values;

    if (count <= matrix->entry_capacity - used)
        return TL_OK;
    if (count > TL_MATRIX_ENTRIES_MAX - used)
        return tl_error_set(err, TL_NO_MEMORY, "more than %zu features that are not zero do not fit in memory",
                            TL_MATRIX_ENTRIES_MAX);
    capacity =
        next_capacity(matrix->entry_capacity > 0 ? matrix->entry_capacity : FIRST_ENTRIES, used + count, TL_MATRIX_ENTRIES_MAX);
    locals = tl_memory_resize(matrix->locals, capacity, sizeof *locals);
    if (!locals)
        return tl_error_set_no_memory(err, "the feature matrix", capacity * sizeof *locals);
    matrix->locals = locals;
    values = tl_memory_resize(matrix->values, capacity, sizeof *values);
    if (!values)
        return tl_error_set_no_memory(err, "the feature matrix", capacity * sizeof *values);
    matrix->values = values;
    matrix->entry_capacity = capacity;
    return TL_OK;
}

/* Notes where each block up to `block` begins, the first entry after them being `entry`; returns the next block without a note. */
static size_t begin_blocks(uint32_t *starts, size_t next, size_t block, size_t entry)
{
    for (; next <= block; next++)
        starts[next] = (uint32_t)entry;
    return next;
}

enum tl_status tl_matrix_add(struct tl_matrix *matrix, const uint32_t *indices, const float *values, size_t count,
                             struct tl_error *err)
{
    enum tl_status status = reserve_row(matrix, err);
    size_t start, next_block = 0;
    uint32_t *block_starts;

    if (status == TL_OK)
        status = reserve_entries(matrix, count, err);
    if (status != TL_OK)
        return status;
    start = matrix->row_starts[matrix->row_count];
    block_starts = matrix->block_starts + matrix->row_count * (matrix->block_count + 1);
    for (size_t i = 0; i < count; i++) {
        if (indices[i] >= matrix->feature_count || (i > 0 && indices[i] <= indices[i - 1]))
            return tl_error_set(err, TL_CORRUPT, "feature index %u does not belong after %u among %zu features", indices[i],
                                i > 0 ? indices[i - 1] : 0, matrix->feature_count);
        if (!isfinite(values[i]))
            return tl_error_set(err, TL_CORRUPT, "feature %u is %g", indices[i], (double)values[i]);
        next_block = begin_blocks(block_starts, next_block, indices[i] / TL_MATRIX_BLOCK, i);
        matrix->locals[start + i] = (uint16_t)(indices[i] % TL_MATRIX_BLOCK);
        matrix->values[start + i] = tl_head_transform_value(matrix->transform, values[i]);
    }
    (void)begin_blocks(block_starts, next_block, matrix->block_count, count);
    matrix->row_count++;
    matrix->row_starts[matrix->row_count] = start + count;
    return TL_OK;
}

size_t tl_matrix_count(const struct tl_matrix *matrix, size_t row)
{
    return matrix->row_starts[row + 1] - matrix->row_starts[row];
}

const float *tl_matrix_values(const struct tl_matrix *matrix, size_t row)
{
    return matrix->values + matrix->row_starts[row];
}

size_t tl_matrix_read_row(const struct tl_matrix *matrix, size_t row, uint32_t *indices)
{
    size_t count = 0;

    for (size_t b = 0; b < matrix->block_count; b++)
        for (size_t i = tl_matrix_block_start(matrix, row, b); i < tl_matrix_block_start(matrix, row, b + 1); i++)
            indices[count++] = (uint32_t)(b * TL_MATRIX_BLOCK) + matrix->locals[i];
    return count;
}

double tl_matrix_square_norm(const struct tl_matrix *matrix, size_t row)
{
    double sum = 0;

    for (size_t i = matrix->row_starts[row]; i < matrix->row_starts[row + 1]; i++)
        sum += (double)matrix->values[i] * (double)matrix->values[i];
    return sum;
}
