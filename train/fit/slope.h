/* slope.h - the loss of a softmax problem along a line of logits: its value, its derivative, and the residuals there.
 *
 * Arrays of logits are class after class: [l * row_count + n]. Eight rows go together, an exponential and a logarithm of our own
 * serving all, and sums over rows have eight parts joined as those of lanes.h. slope.c is compiled once for each instruction set;
 * all give the same bits. No allocation, no failure.
 */
#ifndef TL_TRAIN_SLOPE_H
#define TL_TRAIN_SLOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed. */
struct tl_slope_rows {
    size_t row_count;        /* N */
    size_t class_count;      /* L */
    const uint32_t *classes; /* (N), of no matter where the weight is 0 */
    const double *weights;   /* (N), at least 0; 1 / N each for a mean */
};

struct tl_slope {
    double loss;       /* sum_n weight_n * cross-entropy_n at logits + t direction */
    double derivative; /* of that by t */
};

struct tl_slope_kernel {
    const char *name;
    bool (*has_instructions)(void);
    /* `residuals` (L, N): weight times (probability - one at the row's class). They are rounded to floats, so that their products
     * with floats are exact, whether or not a machine fuses product and sum. All numbers are finite. */
    struct tl_slope (*evaluate)(double *residuals, const struct tl_slope_rows *rows, const double *logits, const double *direction,
                                double t);
};

/* All that are compiled in, NULL at the end, and the fastest that this CPU can run. */
extern const struct tl_slope_kernel *const tl_slope_kernels[];
const struct tl_slope_kernel *tl_slope_choose(void);

extern const struct tl_slope_kernel tl_slope_plain;
#if defined(__x86_64__)
extern const struct tl_slope_kernel tl_slope_avx2, tl_slope_avx512;
#elif defined(__aarch64__)
extern const struct tl_slope_kernel tl_slope_neon;
#endif

#endif
