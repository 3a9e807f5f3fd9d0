/* crossing.h - candidates that were measured -> outcomes: rows without a head for most, the whole for who is kept.
 *
 *     tl_crossing_describe(&outcome, candidate, &material, &bench);       what was measured, no head
 *     tl_crossing_finish(&outcome, candidate, &material, &bench, err);         the same, and the head that is kept
 *     tl_outcome_release(&outcome);
 *
 * Without folds the whole is what tl_trial_run() gives of the course. With folds the head is fitted to all photos but the
 * test's; what the folds said of each photo is the outcome's `folded`. With calibration the temperature is that of all
 * out-of-fold probabilities, and each photo is told with the temperature of the other folds.
 */
#ifndef TL_TRAIN_CROSSING_H
#define TL_TRAIN_CROSSING_H

#include "train/experiment/candidates.h"
#include "train/experiment/trial.h"

/* The candidate is done; its history and folds move to the outcome, which the caller releases. */
void tl_crossing_describe(struct tl_outcome *out, struct tl_candidate *candidate, const struct tl_material *material,
                          const struct tl_workbench *bench);

/* Likewise, and also on failure the caller releases *out. Fails with: as tl_trial_run(). */
TL_MUST_USE enum tl_status tl_crossing_finish(struct tl_outcome *out, struct tl_candidate *candidate,
                                              const struct tl_material *material, struct tl_workbench *bench,
                                              struct tl_error *err);

/* The mean log loss of the candidate's out-of-fold probabilities with and without the temperature of the other folds. Fails
 * with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_crossing_weigh_calibration(double *out_plain, double *out_calibrated,
                                                         const struct tl_candidate *candidate, const struct tl_workbench *bench,
                                                         struct tl_error *err);

#endif
