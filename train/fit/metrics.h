/* metrics.h - how good probabilities are, where the true classes are known: figures of all photos and of each class.
 *
 *     struct tl_metrics_photos photos = {probabilities, true_classes, has_copy, groups, photo_count, class_count};
 *     tl_metrics_measure(&metrics, &photos, err);
 *     ... metrics->accuracy, metrics->classes[l].recall, or all of them by name: tl_metrics_list() ...
 *     tl_metrics_free(metrics);
 *
 * Whoever made the probabilities: validation and test photos, the photos left out of each fold, stored predictions.
 */
#ifndef TL_TRAIN_METRICS_H
#define TL_TRAIN_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "train/fit/bootstrap.h"

struct tl_metrics_photos {
    const double *probabilities;  /* (N, L), each row sums to 1 */
    const uint32_t *true_classes; /* (N) */
    const bool *has_copy;         /* (N): a copy of it is among the training photos; NULL: not known */
    const uint32_t *groups;       /* (N): equal for photos that are not independent; NULL: all are */
    size_t photo_count, class_count;
};

/* A quotient whose divisor is zero is 0, as scikit-learn's zero_division=0 has it. */
struct tl_metrics_class {
    double precision, recall, f1;
    size_t support; /* photos of this class */
};

/* Photos whose largest probability is above i / 15 and at most (i + 1) / 15; means of it and of being right, NaN without photos. */
enum { TL_METRICS_BINS = 15 };
struct tl_metrics_bin {
    size_t photo_count;
    double confidence, accuracy;
};

enum { TL_METRICS_TOPS = 3 };
extern const size_t tl_metrics_top_sizes[TL_METRICS_TOPS]; /* 2, 3, 5 */

/* Of no photos at all, everything but counts is NaN. */
struct tl_metrics {
    size_t photo_count, class_count;
    double loss;                                     /* mean of -log of the true class's probability */
    double accuracy;                                 /* of the class with the largest probability, the first of equals */
    struct tl_bootstrap_interval accuracy_interval;  /* 95% */
    bool has_copies;                                 /* whether it is known which photos have copies in training */
    size_t copy_count;                               /* photos that have */
    double accuracy_without_copies;                  /* of those that have none; NaN where all have, or it is not known */
    double top[TL_METRICS_TOPS];                     /* the true class is among the k most probable; NaN unless k < L */
    double ece;                                      /* expected calibration error (Guo et al., 2017, equation 3), over the bins */
    struct tl_metrics_bin bins[TL_METRICS_BINS];
    struct tl_metrics_class *classes;                /* (L), owned */
    double precision, recall, f1;                    /* macro averages: means over all L classes, also those without photos */
    int64_t *confusion;                              /* (L, L), owned: [true * L + predicted] photos */
};

/* The caller frees *out with tl_metrics_free(). Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_metrics_measure(struct tl_metrics **out, const struct tl_metrics_photos *photos,
                                              struct tl_error *err);
void tl_metrics_free(struct tl_metrics *metrics);

/* -log of the true class's probability; one that vanished counts as the smallest normal number, so that no photo makes a mean
 * infinite. */
double tl_metrics_loss(double true_probability);

/* One figure by name: a row of the table `metric`. */
static const size_t TL_METRICS_OVERALL = SIZE_MAX;
struct tl_metrics_value {
    const char *name;   /* static */
    size_t class_index; /* TL_METRICS_OVERALL: of all photos */
    double value;       /* finite */
};
enum { TL_METRICS_OVERALL_VALUES = 14 }; /* of all photos, at most */
/* With those of classes, at most. */
size_t tl_metrics_value_count_max(size_t class_count);
/* Of all photos: loss, accuracy, accuracy_low, accuracy_high, copies, accuracy_without_copies, top_2, top_3, top_5, ece, precision,
 * recall, f1, support; then of each class precision, recall, f1, support. What is not known is left out. `out` has room for
 * tl_metrics_value_count_max(); returns how many there are. */
size_t tl_metrics_list(struct tl_metrics_value *out, const struct tl_metrics *metrics);

#endif
