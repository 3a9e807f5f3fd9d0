/* gram_descent.h - softmax problems going down together in coefficients, one product with the Gram matrix a step for all.
 *
 * What gram_solve.h and lbfgs.h share.
 */
#ifndef TL_TRAIN_GRAM_DESCENT_H
#define TL_TRAIN_GRAM_DESCENT_H

#include <stdbool.h>

#include "train/fit/descent.h"
#include "train/fit/gram.h"

/* After each step of a descent; false halts it. */
typedef bool tl_gram_descent_callback(void *context, struct tl_descent *descent);

/* Takes `count` descents with images over the Gram's rows, at their start, to their ends; features are divided by scales[k].
 * `each_step` may be NULL. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gram_descent_run(struct tl_descent *descents, const double *scales, size_t count,
                                               const struct tl_gram *gram, tl_team *team, tl_gram_descent_callback *each_step,
                                               void *context, struct tl_error *err);

#endif
