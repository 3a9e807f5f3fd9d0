/* calibration.h - one temperature that makes a head as sure as it is right: probabilities become softmax(log p / T).
 *
 *     tl_calibration_fit(&temperature, probabilities, true_classes, photo_count, class_count, err);     of photos not trained on
 *     tl_calibration_apply(head, temperature);                                                          the head's own from then on
 *
 * Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, 2017, section 4.2). No prediction changes, only how
 * sure it is. T is the one with the least mean log loss, with a weak prior that matters for few photos only: log T is normal around
 * 0 with deviation 1; else a handful of photos that are all right would make T vanish.
 *
 * Figures of the photos that T was fitted to flatter it; tl_calibration_cross_fit() gives each photo the probabilities it has with
 * the temperature of the others.
 */
#ifndef TL_TRAIN_CALIBRATION_H
#define TL_TRAIN_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/head/head.h"

/* T lies between 1 / TL_CALIBRATION_TEMPERATURE_MAX and TL_CALIBRATION_TEMPERATURE_MAX. */
enum { TL_CALIBRATION_TEMPERATURE_MAX = 20 };

/* `probabilities` (N, L), `true_classes` (N). Without photos T is 1. Fails with: TL_NO_MEMORY; *out is then 1. */
TL_MUST_USE enum tl_status tl_calibration_fit(double *out, const double *probabilities, const uint32_t *true_classes,
                                              size_t photo_count, size_t class_count, struct tl_error *err);

/* `probabilities` (N, L) in place. */
void tl_calibration_scale(double *probabilities, size_t photo_count, size_t class_count, double temperature);

/* `folds` (N) are below `fold_count`; the photos of each are scaled by the temperature of all others. `probabilities` (N, L) in
 * place. Fails with: TL_NO_MEMORY; they are then unspecified. */
TL_MUST_USE enum tl_status tl_calibration_cross_fit(double *probabilities, const uint32_t *true_classes, size_t photo_count,
                                                    size_t class_count, const uint32_t *folds, uint32_t fold_count,
                                                    struct tl_error *err);

/* Divides the head's kernel and bias by the temperature. */
void tl_calibration_apply(struct tl_head *head, double temperature);

#endif
