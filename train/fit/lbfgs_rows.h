/* lbfgs_rows.h - what a course makes of the rows of the samples' matrix for the convex solvers: their classes and weights.
 */
#ifndef TL_TRAIN_LBFGS_ROWS_H
#define TL_TRAIN_LBFGS_ROWS_H

#include <stdbool.h>

#include "train/data/samples.h"
#include "train/fit/course.h"

/* Owned arrays over the N rows of the matrix. */
struct tl_lbfgs_rows {
    uint32_t *classes; /* 0 where the row is of no sample */
    double *weights;   /* its class's weight / the number of vectors that an epoch goes through; 0 where it does not train */
    bool *is_watched;  /* it trains, or is a validation photo's plain row */
};

/* Where an epoch takes one of a photo's variants (`cycle`), they share its weight. Fails with: TL_BAD_INPUT (nothing to train on,
 * or of one class alone), TL_NO_MEMORY; releasing is allowed then too. */
TL_MUST_USE enum tl_status tl_lbfgs_rows_init(struct tl_lbfgs_rows *out, const struct tl_samples *samples,
                                              const struct tl_course *course, size_t class_count, struct tl_error *err);
void tl_lbfgs_rows_release(struct tl_lbfgs_rows *rows);

#endif
