/* weighting.h - how much a photo of each class counts in a fit's loss.
 */
#ifndef TL_TRAIN_WEIGHTING_H
#define TL_TRAIN_WEIGHTING_H

#include "train/data/samples.h"
#include "train/fit/course.h"

/* Fills `weights` (L) as the course has it: 1; as given; or balanced, N / (L N_l), of the vectors that an epoch goes through, as
 * scikit-learn's compute_class_weight("balanced") has it, so that a mean over the epoch's vectors is one of weights with mean 1.
 * A class without any has weight 0. */
void tl_weighting_fill(double *weights, size_t class_count, const struct tl_samples *samples, const struct tl_course *course);

#endif
