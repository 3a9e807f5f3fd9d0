/* matrix.h - feature vectors as the rows of a sparse float32 matrix (compressed rows), kept in memory for training.
 *
 *     tl_matrix_create(&matrix, feature_count, transform, err);
 *     tl_matrix_add(matrix, indices, values, count, err);             once a row, in order
 *     count = tl_matrix_read_row(matrix, row, indices);               its indices again, for whom speed is no matter
 *     values = tl_matrix_values(matrix, row);
 *
 * Nine in ten features of photos are zero, so a row costs about a tenth of its dense form. Columns stand in blocks of
 * TL_MATRIX_BLOCK; an entry knows its column within its block in two bytes, and a row where its entries of each block begin:
 *
 *     for (size_t i = tl_matrix_block_start(matrix, row, b); i < tl_matrix_block_start(matrix, row, b + 1); i++)
 *         ... column b * TL_MATRIX_BLOCK + matrix->locals[i], matrix->values[i] ...
 *
 * so that work on one block of weights after the other stays in the nearest cache.
 *
 * The head's pooling and transform are applied once, when a row is added or derived; a head that reads a row must therefore not
 * apply them again. Rows are not divided by the head's scale, so that training and evaluation read the same numbers.
 *
 * The arrays grow by half, to a ceiling. Immutable once filled, then shared by threads.
 */
#ifndef TL_TRAIN_MATRIX_H
#define TL_TRAIN_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/head/head.h"

static const size_t TL_MATRIX_ENTRIES_MAX = (size_t)1 << 32; /* 24 GiB of columns and values */
static const size_t TL_MATRIX_ROWS_MAX = (size_t)1 << 28;

enum { TL_MATRIX_BLOCK = 2048 }; /* columns */

struct tl_matrix {
    size_t feature_count; /* columns: F, or the channels of a pooled matrix */
    size_t block_count;   /* of columns, the last may be narrower */
    enum tl_head_transform transform;
    size_t row_count;
    size_t *row_starts;     /* (row_count + 1): a row's first entry; its last one's end is in block_starts */
    uint32_t *block_starts; /* (row_count, block_count + 1): a block's first entry, counted from the row's first */
    uint16_t *locals;       /* columns counted from their block's first; ascending within a row's block */
    float *values;
    size_t row_capacity, entry_capacity; /* the module's own */
};

/* A matrix without rows. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_matrix_create(struct tl_matrix **out, size_t feature_count, enum tl_head_transform transform,
                                            struct tl_error *err);
void tl_matrix_free(struct tl_matrix *matrix);

/* Adds a row of `count` entries, transformed; on failure the matrix is as it was. Fails with: TL_CORRUPT (a value that is
 * NaN or infinite, an index that is out of range or not ascending), TL_NO_MEMORY (none, or a ceiling passed). */
TL_MUST_USE enum tl_status tl_matrix_add(struct tl_matrix *matrix, const uint32_t *indices, const float *values, size_t count,
                                         struct tl_error *err);

/* Makes the matrix one of `row_count` empty rows, with room for `capacities[r]` entries in row r, whatever it held; then threads
 * fill them, each row once, in any order. Memory that suffices is kept. Fails with: TL_NO_MEMORY (none, or a ceiling passed); the
 * matrix is then without rows. */
TL_MUST_USE enum tl_status tl_matrix_lay_out(struct tl_matrix *matrix, const uint32_t *capacities, size_t row_count,
                                             struct tl_error *err);
/* As tl_matrix_add(), into a row that was laid out. Fails with: TL_CORRUPT (as there, or more entries than there is room for). */
TL_MUST_USE enum tl_status tl_matrix_put(struct tl_matrix *matrix, size_t row, const uint32_t *indices, const float *values,
                                         size_t count, struct tl_error *err);

/* Adds the averages over the places of a grid of `grid_count` features whose channels are the matrix's columns, at most
 * TL_HEAD_POOLED_CHANNELS_MAX, transformed. `indices` and `values` are the grid's. Fails as tl_matrix_add(). */
TL_MUST_USE enum tl_status tl_matrix_add_pooled(struct tl_matrix *matrix, size_t grid_count, const uint32_t *indices,
                                                const float *values, size_t count, struct tl_error *err);

/* The rows of a matrix without transform, pooled and transformed, so that one reading of the store serves every choice.
 * `channel_count` is that of the grid, and of no matter without pooling. The caller frees *out. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_matrix_derive(struct tl_matrix **out, const struct tl_matrix *matrix, enum tl_head_pool pool,
                                            size_t channel_count, enum tl_head_transform transform, struct tl_error *err);

/* Forgets the rows and keeps the memory, for the next window of a stream. */
void tl_matrix_clear(struct tl_matrix *matrix);

/* Of a row: how many entries it has, their values, and their columns into `indices`, which has room for them. */
size_t tl_matrix_count(const struct tl_matrix *matrix, size_t row);
const float *tl_matrix_values(const struct tl_matrix *matrix, size_t row);
size_t tl_matrix_read_row(const struct tl_matrix *matrix, size_t row, uint32_t *indices);

/* A row's first entry of a block; with `block` the block count, the end of the row. */
static inline size_t tl_matrix_block_start(const struct tl_matrix *matrix, size_t row, size_t block)
{
    return matrix->row_starts[row] + matrix->block_starts[row * (matrix->block_count + 1) + block];
}

/* Sum of the squares of a row's values: four partial sums, of every fourth, because each addition waits for the one before. */
double tl_matrix_square_norm(const struct tl_matrix *matrix, size_t row);

#endif
