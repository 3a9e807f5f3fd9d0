/* comparison.c - see comparison.h. */
#include "train/fit/comparison.h"

#include "common/base/memory.h"
#include "train/fit/loss.h"

static double mean(const double *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

enum tl_status tl_comparison_measure(struct tl_comparison *out, const struct tl_metrics_photos *first,
                                     const double *second_probabilities, struct tl_error *err)
{
    const size_t count = first->photo_count, class_count = first->class_count;
    double *right = tl_memory_alloc(count, sizeof *right), *loss = tl_memory_alloc(count, sizeof *loss);
    enum tl_status status = TL_OK;

    *out = (struct tl_comparison){.first_right = 0};
    if (!right || !loss) {
        status = tl_error_set_no_memory(err, "the comparison", 2 * count * sizeof *right);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        const double *a = first->probabilities + i * class_count, *b = second_probabilities + i * class_count;
        const size_t true_class = first->true_classes[i];
        const bool is_first_right = tl_loss_predicted_class(a, class_count) == true_class;
        const bool is_second_right = tl_loss_predicted_class(b, class_count) == true_class;

        out->first_right += is_first_right && !is_second_right;
        out->second_right += is_second_right && !is_first_right;
        right[i] = (double)is_second_right - (double)is_first_right;
        loss[i] = tl_metrics_loss(b[true_class]) - tl_metrics_loss(a[true_class]);
    }
    out->accuracy_difference = mean(right, count);
    out->loss_difference = mean(loss, count);
    status = tl_bootstrap_mean(&out->accuracy_interval, right, first->groups, count, err);
    if (status == TL_OK)
        status = tl_bootstrap_mean(&out->loss_interval, loss, first->groups, count, err);
done:
    tl_memory_free(right);
    tl_memory_free(loss);
    return status;
}
