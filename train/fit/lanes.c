/* lanes.c - see lanes.h. The arithmetic of scalars, lane by lane; how many registers that takes is the compiler's affair. */
#include "train/fit/lanes.h"

#include <string.h>

#include "common/network/cpu.h"

#if defined(TL_ISA_AVX512)
#define LANES tl_lanes_avx512
#define NAME "avx512"
#define HAS_INSTRUCTIONS tl_cpu_has_avx512
#elif defined(TL_ISA_AVX2)
#define LANES tl_lanes_avx2
#define NAME "avx2"
#define HAS_INSTRUCTIONS tl_cpu_has_avx2
#elif defined(TL_ISA_NEON)
#define LANES tl_lanes_neon
#define NAME "neon"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#else
#define LANES tl_lanes_plain
#define NAME "plain"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#endif

enum { WIDTH = 8 };

typedef double octet __attribute__((vector_size(WIDTH * sizeof(double))));
typedef double four __attribute__((vector_size(TL_LANES_CLASSES * sizeof(double))));

static inline void load(octet *to, const double *from)
{
    memcpy(to, from, sizeof *to);
}

static double dot(const double *a, const double *b, size_t count)
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

static void add(double *a, double factor, const double *b, size_t count)
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

static void scale(double *a, double factor, const double *b, size_t count)
{
    octet y;
    size_t k = 0;

    for (; k + WIDTH <= count; k += WIDTH) {
        load(&y, b + k);
        y *= factor;
        memcpy(a + k, &y, sizeof y);
    }
    for (; k < count; k++)
        a[k] = factor * b[k];
}

static void scatter_four(double *to, size_t stride, const double *factors, const uint16_t *locals, const float *values,
                         size_t count)
{
    four f, sum;

    memcpy(&f, factors, sizeof f);
    for (size_t i = 0; i < count; i++) {
        double *target = to + locals[i] * stride;

        memcpy(&sum, target, sizeof sum);
        sum += f * (double)values[i];
        memcpy(target, &sum, sizeof sum);
    }
}

static void scatter(double *to, size_t stride, const double *factors, size_t class_count, const uint16_t *locals,
                    const float *values, size_t count)
{
    if (class_count == TL_LANES_CLASSES) {
        scatter_four(to, stride, factors, locals, values, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < class_count; l++)
            to[locals[i] * stride + l] += factors[l] * (double)values[i];
}

static void gather_four(double *sums, const double *from, size_t stride, const uint16_t *locals, const float *values, size_t count)
{
    four total, x;

    memcpy(&total, sums, sizeof total);
    for (size_t i = 0; i < count; i++) {
        memcpy(&x, from + locals[i] * stride, sizeof x);
        total += x * (double)values[i];
    }
    memcpy(sums, &total, sizeof total);
}

static void gather(double *sums, const double *from, size_t stride, size_t class_count, const uint16_t *locals, const float *values,
                   size_t count)
{
    if (class_count == TL_LANES_CLASSES) {
        gather_four(sums, from, stride, locals, values, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < class_count; l++)
            sums[l] += from[locals[i] * stride + l] * (double)values[i];
}

const struct tl_lanes LANES = {NAME, HAS_INSTRUCTIONS, dot, add, scale, scatter, gather};
