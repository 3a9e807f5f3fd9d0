/* primal.h - products of a kernel's like (F, L) and of logits' like (L, N) with the rows of a sparse matrix, in double.
 *
 * Each output is summed in a fixed order, so that the bits are the same for any number of threads; `team` may be NULL.
 */
#ifndef TL_TRAIN_PRIMAL_H
#define TL_TRAIN_PRIMAL_H

#include <stdbool.h>

#include "common/base/team.h"
#include "train/data/matrix.h"

/* kernel[f * L + l] = sum_n X_nf coefficients[l * N + n] / scale, rows whose coefficients are all zero passed over. */
void tl_primal_multiply_transposed(double *kernel, const double *coefficients, size_t class_count, const struct tl_matrix *matrix,
                                   double scale, tl_team *team);

/* logits[l * N + n] = sum_f X_nf kernel[f * L + l] / scale + bias[l], for the rows n where is_wanted[n]; others are left alone. */
void tl_primal_multiply(double *logits, const double *kernel, const double *bias, size_t class_count,
                        const struct tl_matrix *matrix, double scale, const bool *is_wanted, tl_team *team);

#endif
