/* gram.h - the Gram matrix: the inner products of all pairs of rows of a matrix. Where samples are far fewer than features,
 * everything that L-BFGS asks of the features.
 *
 *     tl_gram_create(&gram, matrix, team, err);                       once a matrix: some tens of milliseconds for 1,000 photos
 *     tl_gram_multiply(gram, out, columns, column_count, team);       a millisecond and less
 *
 * Row n of the Gram is row n of the matrix; folds and roles are weights over the same rows (gram_solve.h). Each entry is summed in
 * double in the order of features and rounded once to float32. The same bits on every machine and for any number of threads.
 *
 * Entries stand in panels of TL_GRAM_LANES columns: entry (i, j) is values[(j / LANES * N + i) * LANES + j % LANES]; columns beyond
 * the last are zeros. Immutable once made, shared by threads.
 */
#ifndef TL_TRAIN_GRAM_H
#define TL_TRAIN_GRAM_H

#include <stdbool.h>

#include "common/base/team.h"
#include "train/data/matrix.h"
#include "train/fit/gram_kernel.h"

struct tl_gram {
    size_t row_count;   /* N */
    size_t panel_count; /* of columns */
    float *values;      /* (panels, N, lanes) */
};

/* Bytes that the Gram matrix of so many rows takes in memory. */
size_t tl_gram_bytes(size_t row_count);

/* `team` may be NULL: this thread alone. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gram_create(struct tl_gram **out, const struct tl_matrix *matrix, tl_team *team,
                                          struct tl_error *err);
void tl_gram_free(struct tl_gram *gram);

/* out[c * N + i] = sum_j K_ij columns[c * N + j], summed in order of j. The columns' values are those of floats (slope.h), else the
 * last bits depend on the machine. */
void tl_gram_multiply(const struct tl_gram *gram, double *out, const double *columns, size_t column_count, tl_team *team);

/* The entry of two rows. */
float tl_gram_entry(const struct tl_gram *gram, size_t i, size_t j);

/* The entries of each row with itself and those before it, row after row: (N (N + 1) / 2), the form in which a store keeps them. */
void tl_gram_pack(const struct tl_gram *gram, float *packed);
void tl_gram_unpack(struct tl_gram *gram, const float *packed);
/* A matrix of zeros, to be unpacked into. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gram_allocate(struct tl_gram **out, size_t row_count, struct tl_error *err);

#endif
