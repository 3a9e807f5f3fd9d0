/* lbfgs.h - fitting a softmax head by L-BFGS: the whole convex problem at once, to a stated norm of the gradient.
 *
 *     minimise  sum_n weight_n cross-entropy_n + l2 sum(kernel^2)      weight_n = 1 / N, times its class's weight
 *
 * from zero, the kernel being the one that sees features divided by the head's scale, as in fit.h; the bias is free. There are no
 * epochs, batches, learning rate and seed: course->epochs bounds the iterations, and a row of the history is an iteration, with
 * loss (the weighted one that is minimised, without the penalty), accuracy and val_* after it. Monitor and patience are as in
 * fit.h. Of `variants`, `cycle` means a photo's variants without the plain one, which share its weight of 1.
 *
 * With a Gram matrix of the samples' rows (gram.h) the same iterates cost a fraction; tl_lbfgs_pays_gram() tells when making one
 * pays. Sizes alone decide that, never whether one is at hand: the two ways differ in the last digits. Many problems over the same
 * rows at once: gram_solve.h.
 *
 * Without l2 a problem whose classes can be told apart has no finite optimum: the iterations are used up, and `end` says so.
 */
#ifndef TL_TRAIN_LBFGS_H
#define TL_TRAIN_LBFGS_H

#include "common/head/head.h"
#include "common/store/store_run.h"
#include "train/data/samples.h"
#include "train/fit/course.h"
#include "train/fit/descent.h"
#include "train/fit/fit.h"
#include "train/fit/gram.h"

struct tl_lbfgs_result {
    long epoch_count; /* iterations: rows of the history that are filled in; at least 1 */
    long best_epoch;  /* whose head it is, from 1: the last, or with a monitor the first of which none is better */
    enum tl_descent_end end;
    double gradient_norm, objective; /* of the last; the objective has the penalty */
};

/* Whether one fit is quicker through a Gram matrix than without. */
bool tl_lbfgs_pays_gram(const struct tl_matrix *matrix);

/* The head has its shape, transform and scale; kernel and bias are overwritten. `history` has room for course->epochs; `gram` is
 * NULL or of all rows of the samples' matrix; `aid` and `out` may be NULL. Fails with: TL_BAD_INPUT (a hidden layer; a stream; no
 * photos or one class to train on), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_lbfgs_fit_head(struct tl_lbfgs_result *out, struct tl_head *head, struct tl_store_epoch *history,
                                             const struct tl_samples *samples, const struct tl_course *course,
                                             const struct tl_gram *gram, const struct tl_fit_aid *aid, struct tl_error *err);

#endif
