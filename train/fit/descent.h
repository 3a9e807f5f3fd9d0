/* descent.h - one softmax problem on its way down by L-BFGS, a step at a time; how features enter is its driver's affair.
 *
 *     minimise  sum_n weight_n * cross-entropy(logits_n, class_n) + l2 |kernel|^2        over kernel and bias, from zero
 *
 *     tl_descent_init(&descent, &problem, coefficient_count, has_images, err);
 *     for (;;) {
 *         ... residuals -> gradient (and its image): the product with the features' transpose (the Gram matrix) ...
 *         if (!tl_descent_turn(&descent)) break;            ends, or has chosen the direction
 *         ... without images: direction -> logit_direction: the product with the features ...
 *         tl_descent_walk(&descent);
 *     }
 *     tl_descent_release(&descent);
 *
 * Without images a point is the kernel itself (F, L, any order) and the bias after it. With images it is the coefficients A
 * (L, N) of kernel = X^T A and the bias: inner products of kernels are those of coefficients under M = X X^T, so each iterate is
 * the one that the kernel itself would have taken, up to rounding. A vector's image is (M A, bias), which is its logits too.
 *
 * Arrays of logits and residuals are class after class (slope.h). One thread a struct; sums run in a fixed order.
 * The line search is for the strong Wolfe conditions; along a line the problem is convex, so it brackets the root of the slope.
 */
#ifndef TL_TRAIN_DESCENT_H
#define TL_TRAIN_DESCENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "train/fit/lanes.h"
#include "train/fit/slope.h"
#include "train/fit/curvature.h"

struct tl_descent_problem {
    struct tl_slope_rows rows;
    double l2;
    double tolerance; /* of the gradient's Euclidean norm by kernel and bias */
    long iterations;  /* at most */
};

enum tl_descent_end {
    TL_DESCENT_GOING,
    TL_DESCENT_CONVERGED, /* the gradient's norm is within the tolerance */
    TL_DESCENT_BOUND,     /* all iterations are used up */
    TL_DESCENT_STALLED,   /* rounding leaves no step that leads further down */
    TL_DESCENT_HALTED     /* its driver has seen enough */
};

struct tl_descent {
    struct tl_descent_problem problem;
    size_t coefficient_count, count; /* of a vector: coefficients, and with the bias after them */
    bool has_images;
    const struct tl_lanes *lanes;
    const struct tl_slope_kernel *slope;
    double *point, *gradient, *direction;                   /* (count) */
    double *point_image, *gradient_image, *direction_image; /* the same without images */
    double *logits, *logit_direction;                       /* (L, N) */
    double *residuals; /* (L, N): the loss's derivative by the logits */
    double *change, *change_image; /* scratch (count) */
    tl_curvature *curvature;
    double loss, penalty; /* at the point: the weighted sum, and l2 |kernel|^2 */
    double gradient_norm;
    double step, walked_loss; /* of the last walk */
    long iteration;           /* steps taken */
    enum tl_descent_end end;
};

/* At the start: zero, its logits and residuals. Fails with: TL_NO_MEMORY; releasing is allowed then too. */
TL_MUST_USE enum tl_status tl_descent_init(struct tl_descent *out, const struct tl_descent_problem *problem,
                                           size_t coefficient_count, bool has_images, struct tl_error *err);
void tl_descent_release(struct tl_descent *descent);

/* The driver has put the product of the residuals into the gradient's coefficients (and their image). Adds what the bias and the
 * penalty give, and chooses the direction; false at the end. */
bool tl_descent_turn(struct tl_descent *descent);

/* Goes along the direction to a point that satisfies the Wolfe conditions. */
void tl_descent_walk(struct tl_descent *descent);

#endif
