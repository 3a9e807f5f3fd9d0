/* lanes.h - sums over long vectors of doubles, in an order that is the same on every machine.
 *
 * Eight partial sums, one for each index modulo 8, are joined at the end as ((0+4)+(2+6))+((1+5)+(3+7)). Vectors may start
 * anywhere.
 */
#ifndef TL_TRAIN_LANES_H
#define TL_TRAIN_LANES_H

#include <stddef.h>

/* sum a_k b_k */
double tl_lanes_dot(const double *a, const double *b, size_t count);
/* a_k += factor b_k */
void tl_lanes_add(double *a, double factor, const double *b, size_t count);
/* a_k = factor b_k; a may be b. */
void tl_lanes_scale(double *a, double factor, const double *b, size_t count);

#endif
