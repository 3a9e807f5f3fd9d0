/* matrix.h - feature vectors as the rows of a sparse float32 matrix (compressed rows), kept in memory for training.
 *
 *     tl_matrix_create(&matrix, feature_count, transform, err);
 *     tl_matrix_add(matrix, indices, values, count, err);        once a row, in order
 *     ... matrix->row_starts[r] to matrix->row_starts[r + 1] ...
 *
 * Nine in ten features of photos are zero, so a row costs about a tenth of its dense form. The head's transform is
 * applied once, when a row is added; a head that reads a row must therefore not apply it again. Rows are not divided
 * by the head's scale, so that training and evaluation read the same numbers.
 *
 * Indices and values are two arrays that grow by half, to a ceiling. Immutable once filled, then shared by threads.
 */
#ifndef TL_TRAIN_MATRIX_H
#define TL_TRAIN_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/head/head.h"

static const size_t TL_MATRIX_ENTRIES_MAX = (size_t)1 << 32; /* 32 GiB of indices and values */
static const size_t TL_MATRIX_ROWS_MAX = (size_t)1 << 28;

struct tl_matrix {
    size_t feature_count; /* F */
    enum tl_head_transform transform;
    size_t row_count;
    size_t *row_starts; /* row_count + 1 of them */
    uint32_t *indices;  /* ascending within a row */
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

/* Sum of the squares of a row's values, summed in index order. */
double tl_matrix_square_norm(const struct tl_matrix *matrix, size_t row);

#endif
