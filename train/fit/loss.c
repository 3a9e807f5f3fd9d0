/* loss.c - see loss.h. */
#include "train/fit/loss.h"

#include <math.h>

#include "common/head/head.h"

/* The largest probability is at least 1 / L, so that its logarithm loses nothing; the true class's may be 0. */
double tl_loss_of_logits(double *logits, size_t class_count, size_t true_class)
{
    const size_t largest = tl_loss_predicted_class(logits, class_count);
    const double behind = logits[largest] - logits[true_class];

    tl_head_softmax(logits, class_count);
    return behind - log(logits[largest]);
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
