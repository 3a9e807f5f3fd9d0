/* slope.c - see slope.h. */
#include "train/fit/slope.h"

#include "train/fit/loss.h"

struct tl_slope tl_slope_evaluate(double *residuals, const struct tl_slope_rows *rows, const double *logits,
                                  const double *direction, double t, double *row)
{
    const size_t row_count = rows->row_count;
    struct tl_slope result = {0, 0};

    for (size_t n = 0; n < row_count; n++) {
        const double weight = rows->weights[n];
        double derivative = 0;

        for (size_t l = 0; l < rows->class_count; l++) {
            row[l] = logits[l * row_count + n] + t * direction[l * row_count + n];
            residuals[l * row_count + n] = 0;
        }
        if (!(weight > 0))
            continue;
        result.loss += weight * tl_loss_of_logits(row, rows->class_count, rows->classes[n]);
        tl_loss_gradient(row, rows->classes[n]);
        for (size_t l = 0; l < rows->class_count; l++) {
            derivative += row[l] * direction[l * row_count + n];
            residuals[l * row_count + n] = (double)(float)(weight * row[l]);
        }
        result.derivative += weight * derivative;
    }
    return result;
}
