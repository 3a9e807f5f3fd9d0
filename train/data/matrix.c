/* matrix.c - see matrix.h. */
#include "train/data/matrix.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

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

static enum tl_status report_entry(const struct tl_matrix *matrix, const uint32_t *indices, const float *values, size_t i,
                                   struct tl_error *err)
{
    if (indices[i] >= matrix->feature_count || (i > 0 && indices[i] <= indices[i - 1]))
        return tl_error_set(err, TL_CORRUPT, "feature index %u does not belong after %u among %zu features", indices[i],
                            i > 0 ? indices[i - 1] : 0, matrix->feature_count);
    return tl_error_set(err, TL_CORRUPT, "feature %u is %g", indices[i], (double)values[i]);
}

/* All at once first, without a branch an entry, for speed; one that is wrong is looked for afterwards. */
static enum tl_status check_entries(const struct tl_matrix *matrix, const uint32_t *indices, const float *values, size_t count,
                                    struct tl_error *err)
{
    unsigned wrong = count > 0 && indices[count - 1] >= matrix->feature_count;

    for (size_t i = 1; i < count; i++)
        wrong |= indices[i] <= indices[i - 1];
    for (size_t i = 0; i < count; i++)
        wrong |= !(fabsf(values[i]) <= FLT_MAX);
    for (size_t i = 0; wrong && i < count; i++)
        if (indices[i] >= matrix->feature_count || (i > 0 && indices[i] <= indices[i - 1]) || !isfinite(values[i]))
            return report_entry(matrix, indices, values, i, err);
    return TL_OK;
}

/* The first of the ascending indices that is at least `least`, looked for from `from` on. */
static size_t find_index(const uint32_t *indices, size_t from, size_t count, uint32_t least)
{
    size_t end = count;

    while (from < end) {
        const size_t middle = from + (end - from) / 2;

        if (indices[middle] < least)
            from = middle + 1;
        else
            end = middle;
    }
    return from;
}

/* Into a row whose first entry is known and has room. */
static void write_row(struct tl_matrix *matrix, size_t row, const uint32_t *indices, const float *values, size_t count)
{
    uint32_t *block_starts = matrix->block_starts + row * (matrix->block_count + 1);
    uint16_t *locals = matrix->locals + matrix->row_starts[row];
    float *kept = matrix->values + matrix->row_starts[row];
    size_t at = 0;

    for (size_t b = 0; b <= matrix->block_count; b++) {
        at = b < matrix->block_count ? find_index(indices, at, count, (uint32_t)(b * TL_MATRIX_BLOCK)) : count;
        block_starts[b] = (uint32_t)at;
    }
    for (size_t i = 0; i < count; i++)
        locals[i] = (uint16_t)(indices[i] % TL_MATRIX_BLOCK);
    if (matrix->transform == TL_HEAD_TRANSFORM_NONE)
        memcpy(kept, values, count * sizeof *kept);
    else
        for (size_t i = 0; i < count; i++)
            kept[i] = tl_head_transform_value(matrix->transform, values[i]);
}

enum tl_status tl_matrix_add(struct tl_matrix *matrix, const uint32_t *indices, const float *values, size_t count,
                             struct tl_error *err)
{
    enum tl_status status = check_entries(matrix, indices, values, count, err);

    if (status == TL_OK)
        status = reserve_row(matrix, err);
    if (status == TL_OK)
        status = reserve_entries(matrix, count, err);
    if (status != TL_OK)
        return status;
    if (count > 0)
        write_row(matrix, matrix->row_count, indices, values, count);
    else
        memset(matrix->block_starts + matrix->row_count * (matrix->block_count + 1), 0,
               (matrix->block_count + 1) * sizeof *matrix->block_starts);
    matrix->row_count++;
    matrix->row_starts[matrix->row_count] = matrix->row_starts[matrix->row_count - 1] + count;
    return TL_OK;
}

/* Nothing in them is worth copying. */
static bool reserve_laid_out(struct tl_matrix *matrix, size_t row_count, size_t entry_count)
{
    if (row_count > matrix->row_capacity && !reserve_row_starts(matrix, row_count))
        return false;
    if (entry_count <= matrix->entry_capacity)
        return true;
    tl_memory_free(matrix->locals);
    tl_memory_free(matrix->values);
    matrix->locals = tl_memory_resize(NULL, entry_count, sizeof *matrix->locals);
    matrix->values = tl_memory_resize(NULL, entry_count, sizeof *matrix->values);
    matrix->entry_capacity = matrix->locals && matrix->values ? entry_count : 0;
    return matrix->entry_capacity > 0;
}

enum tl_status tl_matrix_lay_out(struct tl_matrix *matrix, const uint32_t *capacities, size_t row_count, struct tl_error *err)
{
    size_t entry_count = 0;

    tl_matrix_clear(matrix);
    for (size_t r = 0; r < row_count; r++)
        entry_count += capacities[r];
    if (row_count > TL_MATRIX_ROWS_MAX || entry_count > TL_MATRIX_ENTRIES_MAX || !reserve_laid_out(matrix, row_count, entry_count))
        return tl_error_set_no_memory(err, "the feature matrix", entry_count * (sizeof *matrix->locals + sizeof *matrix->values));
    for (size_t r = 0; r < row_count; r++)
        matrix->row_starts[r + 1] = matrix->row_starts[r] + capacities[r];
    memset(matrix->block_starts, 0, row_count * (matrix->block_count + 1) * sizeof *matrix->block_starts);
    matrix->row_count = row_count;
    return TL_OK;
}

enum tl_status tl_matrix_put(struct tl_matrix *matrix, size_t row, const uint32_t *indices, const float *values, size_t count,
                             struct tl_error *err)
{
    const size_t capacity = matrix->row_starts[row + 1] - matrix->row_starts[row];
    enum tl_status status = check_entries(matrix, indices, values, count, err);

    if (status == TL_OK && count > capacity)
        status = tl_error_set(err, TL_CORRUPT, "%zu features are not zero, where %zu were announced", count, capacity);
    if (status == TL_OK && count > 0)
        write_row(matrix, row, indices, values, count);
    return status;
}

size_t tl_matrix_count(const struct tl_matrix *matrix, size_t row)
{
    return tl_matrix_block_start(matrix, row, matrix->block_count) - matrix->row_starts[row];
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
    enum { PARTS = 4 };
    const size_t start = matrix->row_starts[row], end = tl_matrix_block_start(matrix, row, matrix->block_count);
    double sums[PARTS] = {0};
    size_t i = start;

    for (; i + PARTS <= end; i += PARTS)
        for (size_t p = 0; p < PARTS; p++)
            sums[p] += (double)matrix->values[i + p] * (double)matrix->values[i + p];
    for (size_t p = 0; i + p < end; p++)
        sums[p] += (double)matrix->values[i + p] * (double)matrix->values[i + p];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}
