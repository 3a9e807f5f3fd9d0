/* trial.h - one course tried on one selection: start, fit, validation, calibration, the fit to all, test.
 *
 *     struct tl_trial trial = {.material = &material, .samples = samples, .course = &course, ...};
 *     struct tl_outcome outcome;
 *     status = tl_trial_run(&outcome, &trial, err);
 *     ... tl_run_record_put(store, &outcome, err) ...
 *     tl_outcome_release(&outcome);
 *
 * Used by the plain run, by sweeps, by cross-validation for its head, and by repetitions; that all go the same way is what makes
 * a run repeatable. The same trial gives the same outcome, byte for byte, for any number of threads. Several threads may run
 * trials over the same material, each with a team of its own or none.
 */
#ifndef TL_TRAIN_TRIAL_H
#define TL_TRAIN_TRIAL_H

#include "train/experiment/material.h"
#include "train/experiment/outcome.h"
#include "train/fit/gram.h"

/* Borrowed for the call; the outcome then borrows from material and course what outcome.h says. */
struct tl_trial {
    const struct tl_material *material;
    const struct tl_samples *samples; /* tl_material_view() of the course's pool and transform; or such with other roles */
    const struct tl_course *course;   /* its `variants` as the material has them */
    const struct tl_gram *gram;       /* of the samples' matrix, for L-BFGS; NULL: made where it pays */
    bool is_for_ranking; /* ends after validation has measured: no calibration, no fit to all, no test, no further figures */
    tl_team *team;   /* NULL: the caller's thread alone */
    tl_fit_epoch_callback *each_epoch; /* of the first fit; NULL: nobody is told */
    void *context;
};

/* What is known before the first step: the data, and a head of the course at its start. For who reports before a long fit;
 * tl_trial_run() does the same. The caller releases *out. Fails with: as tl_trial_run(). */
TL_MUST_USE enum tl_status tl_trial_prepare(struct tl_outcome *out, const struct tl_trial *trial, struct tl_error *err);

/* The caller releases *out, also on failure. Fails with: TL_BAD_INPUT (training diverged; a course that cannot be: L-BFGS with a
 * hidden layer, weights of classes that there are not), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_trial_run(struct tl_outcome *out, const struct tl_trial *trial, struct tl_error *err);

/* What the outcome's head says of the test photos: for who changes the head after tl_trial_run(). The test role is empty before.
 * Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_trial_test(struct tl_outcome *outcome, const struct tl_trial *trial, struct tl_error *err);

#endif
