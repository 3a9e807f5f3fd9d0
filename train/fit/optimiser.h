/* optimiser.h - Adam (Kingma and Ba, 2015) and gradient descent with momentum, with Keras's arithmetic in float32.
 *
 *     tl_optimiser_init(&optimiser, course);
 *     tl_optimiser_create_weights(&weights, count, err);       zeros; the caller fills weights.weights
 *     ... add the batch's gradient into `gradient` ...
 *     step = tl_optimiser_next_step(&optimiser);               step.penalty = 2 l2 for weights that are penalised
 *     kernels->update(&weights, gradient, count, &step);       gradient is all zeros again afterwards
 *
 * Adam's step t: m += (g - m)(1 - 0.9); v += (g^2 - v)(1 - 0.999); w -= alpha m / (sqrt(v) + 1e-7) with
 * alpha = rate sqrt(1 - 0.999^t) / (1 - 0.9^t): epsilon stands outside the bias correction (Keras optimizers/adam.py).
 * Every weight moves at every step, also where the gradient is zero. Gradient descent's: velocity = momentum velocity - rate g;
 * w += velocity (optimizers/sgd.py).
 */
#ifndef TL_TRAIN_OPTIMISER_H
#define TL_TRAIN_OPTIMISER_H

#include "train/fit/fit_kernels.h"

struct tl_optimiser {
    enum tl_course_solver solver;
    double learning_rate, momentum;
    double beta_1_power, beta_2_power; /* Adam's betas to the power of the steps made */
};

void tl_optimiser_init(struct tl_optimiser *optimiser, const struct tl_course *course);

/* The next step's constants, without a penalty. */
struct tl_fit_step tl_optimiser_next_step(struct tl_optimiser *optimiser);

/* `count` weights of 0 that have not moved yet; on failure *out holds nothing. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_optimiser_create_weights(struct tl_fit_weights *out, size_t count, struct tl_error *err);
void tl_optimiser_free_weights(struct tl_fit_weights *weights);

#endif
