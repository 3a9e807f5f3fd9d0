/* comparison.h - two heads on the same photos: is one better, or is the difference within what chance makes?
 */
#ifndef TL_TRAIN_COMPARISON_H
#define TL_TRAIN_COMPARISON_H

#include "train/fit/metrics.h"

/* Second less first; 95% intervals of tl_bootstrap_mean(), over the photos in pairs. */
struct tl_comparison {
    double accuracy_difference, loss_difference;
    struct tl_bootstrap_interval accuracy_interval, loss_interval;
    size_t first_right, second_right; /* photos that only this one has right */
};

/* Photos, true classes and class count are those of `first`; `second_probabilities` (N, L) stand in the same order. Without photos
 * differences are NaN. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_comparison_measure(struct tl_comparison *out, const struct tl_metrics_photos *first,
                                                 const double *second_probabilities, struct tl_error *err);

#endif
