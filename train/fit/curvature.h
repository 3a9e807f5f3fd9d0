/* curvature.h - what L-BFGS remembers of its last steps, and the direction that follows from it.
 *
 *     tl_curvature_create(&curvature, count, has_images, err);
 *     tl_curvature_direct(curvature, direction, direction_image, gradient, gradient_image);
 *     ... a step t along the direction, a new gradient ...
 *     tl_curvature_add(curvature, t, direction, direction_image, change, change_image);
 *
 * Nocedal 1980; Nocedal and Wright, Numerical Optimization, algorithm 7.4. Vectors are (count) doubles. Where the inner product
 * of two vectors u and v is not sum u_k v_k but u^T M v, each vector goes about with its image M v, and no product with M is ever
 * made here: the direction is a sum of vectors, its image the same sum of images. Without images M is 1, and every image is its
 * vector.
 *
 * One thread a struct. Sums run in the order of lanes.h, on every machine the same.
 */
#ifndef TL_TRAIN_CURVATURE_H
#define TL_TRAIN_CURVATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

enum { TL_CURVATURE_KEPT = 10 };

typedef struct tl_curvature tl_curvature;

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_curvature_create(tl_curvature **out, size_t count, bool has_images, struct tl_error *err);
void tl_curvature_free(tl_curvature *curvature);

/* direction = -H gradient, H the estimate of the inverse Hessian; without steps H is 1. */
void tl_curvature_direct(tl_curvature *curvature, double *direction, double *direction_image, const double *gradient,
                         const double *gradient_image);

/* Remembers the step t * direction and the gradient's change over it, in place of the oldest of ten. Steps along which the gradient
 * does not grow, by rounding, are passed over. */
void tl_curvature_add(tl_curvature *curvature, double t, const double *direction, const double *direction_image,
                      const double *change, const double *change_image);

#endif
