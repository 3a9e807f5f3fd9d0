/* lanes.h - sums over long vectors of doubles and over sparse rows, in an order that is the same on every machine.
 *
 * A dot product has eight partial sums, one for each index modulo 8, joined at the end as ((0+4)+(2+6))+((1+5)+(3+7)). Products are
 * rounded before they are added. Vectors may start anywhere. lanes.c is compiled once for each instruction set; all give the same
 * bits.
 */
#ifndef TL_TRAIN_LANES_H
#define TL_TRAIN_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TL_LANES_CLASSES = 4 }; /* at a time, of sparse rows */

struct tl_lanes {
    const char *name;
    bool (*has_instructions)(void);
    /* sum a_k b_k */
    double (*dot)(const double *a, const double *b, size_t count);
    /* a_k += factor b_k */
    void (*add)(double *a, double factor, const double *b, size_t count);
    /* a_k = factor b_k; a may be b. */
    void (*scale)(double *a, double factor, const double *b, size_t count);
    /* to[locals_i * stride + l] += factors_l values_i, of `class_count` classes, at most TL_LANES_CLASSES. */
    void (*scatter)(double *to, size_t stride, const double *factors, size_t class_count, const uint16_t *locals,
                    const float *values, size_t count);
    /* sums_l += from[locals_i * stride + l] values_i, likewise. */
    void (*gather)(double *sums, const double *from, size_t stride, size_t class_count, const uint16_t *locals, const float *values,
                   size_t count);
};

/* All that are compiled in, NULL at the end, and the fastest that this CPU can run. */
extern const struct tl_lanes *const tl_lanes_all[];
const struct tl_lanes *tl_lanes_choose(void);

extern const struct tl_lanes tl_lanes_plain;
#if defined(__x86_64__)
extern const struct tl_lanes tl_lanes_avx2, tl_lanes_avx512;
#elif defined(__aarch64__)
extern const struct tl_lanes tl_lanes_neon;
#endif

#endif
