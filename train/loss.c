/* loss.c - see loss.h. */
#include "train/loss.h"

#include <math.h>

double tl_loss_of_logits(double *logits, size_t class_count, size_t true_class)
{
    double largest = logits[0], true_logit = logits[true_class], sum = 0;

    for (size_t l = 1; l < class_count; l++)
        if (logits[l] > largest)
            largest = logits[l];
    for (size_t l = 0; l < class_count; l++) {
        logits[l] = exp(logits[l] - largest);
        sum += logits[l];
    }
    for (size_t l = 0; l < class_count; l++)
        logits[l] /= sum;
    return log(sum) - (true_logit - largest);
}

void tl_loss_gradient(double *probabilities, size_t true_class)
{
    probabilities[true_class] -= 1;
}

size_t tl_loss_predicted_class(const double *values, size_t class_count)
{
    size_t best = 0;

    for (size_t l = 1; l < class_count; l++)
        if (values[l] > values[best])
            best = l;
    return best;
}
