/* slope.h - the loss of a softmax problem along a line of logits: its value, its derivative, and the residuals there.
 *
 * Arrays of logits are class after class: [l * row_count + n]. Sums run over rows, then over classes, in order. No allocation.
 */
#ifndef TL_TRAIN_SLOPE_H
#define TL_TRAIN_SLOPE_H

#include <stddef.h>
#include <stdint.h>

/* Borrowed. */
struct tl_slope_rows {
    size_t row_count;        /* N */
    size_t class_count;      /* L */
    const uint32_t *classes; /* (N), not looked at where the weight is 0 */
    const double *weights;   /* (N), at least 0; 1 / N each for a mean */
};

struct tl_slope {
    double loss;       /* sum_n weight_n * cross-entropy_n at logits + t direction */
    double derivative; /* of that by t */
};

/* `residuals` (L, N): weight times (probability - one at the row's class); 0 where the weight is 0. They are rounded to floats, so
 * that their products with floats are exact, whether or not a machine fuses product and sum. `row` (L) is scratch. */
struct tl_slope tl_slope_evaluate(double *residuals, const struct tl_slope_rows *rows, const double *logits,
                                  const double *direction, double t, double *row);

#endif
