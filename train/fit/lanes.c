/* lanes.c - see lanes.h. */
#include "train/fit/lanes.h"

#include <string.h>

enum { WIDTH = 8 };

/* The arithmetic of eight scalars, lane by lane; how many registers that takes is the compiler's affair. */
typedef double octet __attribute__((vector_size(WIDTH * sizeof(double))));

static inline void load(octet *to, const double *from)
{
    memcpy(to, from, sizeof *to);
}

double tl_lanes_dot(const double *a, const double *b, size_t count)
{
    octet sums = {0}, x, y;
    size_t k = 0;

    for (; k + WIDTH <= count; k += WIDTH) {
        load(&x, a + k);
        load(&y, b + k);
        sums += x * y;
    }
    for (size_t lane = 0; k + lane < count; lane++)
        sums[lane] += a[k + lane] * b[k + lane];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

void tl_lanes_add(double *a, double factor, const double *b, size_t count)
{
    octet x, y;
    size_t k = 0;

    for (; k + WIDTH <= count; k += WIDTH) {
        load(&x, a + k);
        load(&y, b + k);
        x += factor * y;
        memcpy(a + k, &x, sizeof x);
    }
    for (; k < count; k++)
        a[k] += factor * b[k];
}

void tl_lanes_scale(double *a, double factor, const double *b, size_t count)
{
    for (size_t k = 0; k < count; k++)
        a[k] = factor * b[k];
}
