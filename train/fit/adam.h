/* adam.h - the Adam optimiser (Kingma and Ba, 2015) with Keras's arithmetic, over one run of float32 weights.
 *
 *     tl_adam_create(&adam, count, learning_rate, err);
 *     ... add the batch's gradient into `gradient` ...
 *     tl_adam_step(adam, weights, gradient, penalised_count, l2);      gradient is all zeros again afterwards
 *
 * Step t: m += (g - m)(1 - 0.9); v += (g^2 - v)(1 - 0.999); w -= alpha m / (sqrt(v) + 1e-7) with
 * alpha = rate sqrt(1 - 0.999^t) / (1 - 0.9^t): epsilon stands outside the bias correction (Keras optimizers/adam.py).
 * State is float32 as Keras's. Every weight moves at every step, also where the gradient is zero.
 *
 * The same bits with and without SIMD: only sums, products, quotients and roots that IEEE 754 rounds correctly.
 */
#ifndef TL_TRAIN_ADAM_H
#define TL_TRAIN_ADAM_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct tl_adam tl_adam;

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_adam_create(tl_adam **out, size_t count, double learning_rate, struct tl_error *err);
void tl_adam_free(tl_adam *adam);

/* One step. The first `penalised_count` weights have 2 l2 w added to their gradient, the derivative of the penalty
 * l2 sum(w^2). */
void tl_adam_step(tl_adam *adam, float *weights, float *gradient, size_t penalised_count, double l2);

#endif
