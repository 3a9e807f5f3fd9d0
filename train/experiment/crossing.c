/* crossing.c - see crossing.h. */
#include "train/experiment/crossing.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/fit/calibration.h"
#include "train/fit/loss.h"

/* The photos that have a fold: their classes, folds and, with a selection, groups, in the order of the probabilities. */
struct crossed {
    uint32_t *true_classes, *folds, *groups; /* (N), owned */
    size_t count;
};

static enum tl_status list_crossed(struct crossed *out, const struct tl_workbench *bench, const struct tl_selection *selection,
                                   struct tl_error *err)
{
    const struct tl_workbench_setup *setup = &bench->setup;
    const size_t count = tl_workbench_count_measured(bench);

    *out = (struct crossed){.count = 0};
    out->true_classes = tl_memory_alloc(count, sizeof *out->true_classes);
    out->folds = tl_memory_alloc(count, sizeof *out->folds);
    out->groups = tl_memory_alloc(count, sizeof *out->groups);
    if (!out->true_classes || !out->folds || !out->groups)
        return tl_error_set_no_memory(err, "the folds", 3 * count * sizeof *out->folds);
    for (size_t i = 0; i < setup->samples->count; i++) {
        if (setup->folds[i] >= setup->fold_count)
            continue;
        out->true_classes[out->count] = setup->samples->items[i].class_index;
        out->groups[out->count] = selection ? tl_selection_group(selection, i) : 0;
        out->folds[out->count++] = setup->folds[i];
    }
    return TL_OK;
}

static void release_crossed(struct crossed *crossed)
{
    tl_memory_free(crossed->true_classes);
    tl_memory_free(crossed->folds);
    tl_memory_free(crossed->groups);
}

static double mean_loss(const double *probabilities, const struct crossed *crossed, size_t class_count)
{
    double loss = 0;

    for (size_t n = 0; n < crossed->count; n++)
        loss += tl_metrics_loss(probabilities[n * class_count + crossed->true_classes[n]]);
    return loss / (double)crossed->count;
}

enum tl_status tl_crossing_weigh_calibration(double *out_plain, double *out_calibrated, const struct tl_candidate *candidate,
                                             const struct tl_workbench *bench, struct tl_error *err)
{
    const size_t class_count = bench->setup.class_count;
    struct crossed crossed;
    double *probabilities = NULL;
    enum tl_status status = list_crossed(&crossed, bench, NULL, err);

    if (status != TL_OK)
        goto done;
    probabilities = tl_memory_copy(candidate->probabilities, crossed.count * class_count * sizeof *probabilities);
    if (!probabilities) {
        status = tl_error_set_no_memory(err, "the calibration", crossed.count * class_count * sizeof *probabilities);
        goto done;
    }
    *out_plain = mean_loss(probabilities, &crossed, class_count);
    status = tl_calibration_cross_fit(probabilities, crossed.true_classes, crossed.count, class_count, crossed.folds,
                                      (uint32_t)bench->setup.fold_count, err);
    if (status == TL_OK)
        *out_calibrated = mean_loss(probabilities, &crossed, class_count);
done:
    tl_memory_free(probabilities);
    release_crossed(&crossed);
    return status;
}

/* The temperature, and the probabilities and losses that the photos have with those of the other folds. */
static enum tl_status calibrate(struct tl_outcome *outcome, const struct crossed *crossed, size_t class_count,
                                struct tl_error *err)
{
    double *probabilities = outcome->folded.probabilities;
    double *losses = tl_memory_alloc(outcome->fold_count, sizeof *losses);
    enum tl_status status;

    if (!losses)
        return tl_error_set_no_memory(err, "the calibration", outcome->fold_count * sizeof *losses);
    status = tl_calibration_fit(&outcome->temperature, probabilities, crossed->true_classes, crossed->count, class_count, err);
    if (status == TL_OK)
        status = tl_calibration_cross_fit(probabilities, crossed->true_classes, crossed->count, class_count, crossed->folds,
                                          (uint32_t)outcome->fold_count, err);
    for (size_t n = 0; n < crossed->count && status == TL_OK; n++)
        losses[crossed->folds[n]] += tl_metrics_loss(probabilities[n * class_count + crossed->true_classes[n]]);
    for (size_t k = 0; k < outcome->fold_count && status == TL_OK; k++)
        if (outcome->folds[k].photo_count > 0)
            outcome->folds[k].loss = losses[k] / (double)outcome->folds[k].photo_count;
    if (status == TL_OK)
        outcome->folded.evaluation.loss = mean_loss(probabilities, crossed, class_count);
    tl_memory_free(losses);
    return status;
}

/* What was said of the folds together. */
static void take_folds(struct tl_outcome *outcome, struct tl_candidate *candidate)
{
    outcome->fold_count = candidate->fold_count;
    outcome->folds = candidate->folds;
    candidate->folds = NULL;
    outcome->folded.evaluation = candidate->validation;
}

void tl_crossing_describe(struct tl_outcome *out, struct tl_candidate *candidate, const struct tl_material *material,
                          const struct tl_workbench *bench)
{
    const struct tl_evaluation nothing = {0, (double)NAN, (double)NAN};

    *out = (struct tl_outcome){.feature_set = material->feature_set,
                               .augmentation = material->augmentation,
                               .selection = material->selection,
                               .store_digest = material->store_digest,
                               .course = candidate->course,
                               .label_set = material->label_set,
                               .fraction = material->fraction,
                               .variant_max = material->samples->variant_max,
                               .gradient_norm = candidate->gradient_norm,
                               .temperature = 1,
                               .uncalibrated_loss = (double)NAN,
                               .uncalibrated_ece = (double)NAN,
                               .scale = candidate->scale,
                               .history = candidate->history,
                               .epoch_count = candidate->epoch_count,
                               .best_epoch = candidate->best_epoch,
                               .vector_count = candidate->vector_count,
                               .train_photo_count = tl_samples_count(bench->setup.samples, TL_ROLE_TRAIN),
                               .train_seconds = candidate->seconds,
                               .started_ms = tl_system_time_ms()};
    candidate->history = NULL;
    out->validation.evaluation = bench->setup.fold_count > 0 ? nothing : candidate->validation;
    out->test.evaluation = nothing;
    out->folded.evaluation = nothing;
    if (bench->setup.fold_count > 0)
        take_folds(out, candidate);
}

/* Confusion and figures of the folds together. */
static enum tl_status measure_folded(struct tl_outcome *outcome, const struct crossed *crossed, size_t class_count,
                                     struct tl_error *err)
{
    struct tl_outcome_role *folded = &outcome->folded;

    folded->confusion = tl_memory_alloc(class_count * class_count, sizeof *folded->confusion);
    if (!folded->confusion)
        return tl_error_set_no_memory(err, "the confusions", class_count * class_count * sizeof *folded->confusion);
    for (size_t n = 0; n < crossed->count; n++) {
        const size_t predicted = tl_loss_predicted_class(folded->probabilities + n * class_count, class_count);

        folded->confusion[crossed->true_classes[n] * class_count + predicted]++;
    }
    return tl_outcome_measure(folded,
                              &(struct tl_metrics_photos){.probabilities = folded->probabilities,
                                                          .true_classes = crossed->true_classes,
                                                          .groups = crossed->groups,
                                                          .photo_count = crossed->count,
                                                          .class_count = class_count},
                              err);
}

static enum tl_status fold_in(struct tl_outcome *outcome, struct tl_candidate *candidate, const struct tl_workbench *bench,
                              struct tl_error *err)
{
    const size_t class_count = bench->setup.class_count;
    struct crossed crossed;
    enum tl_status status = list_crossed(&crossed, bench, outcome->selection, err);

    take_folds(outcome, candidate);
    outcome->folded.probabilities = candidate->probabilities;
    candidate->probabilities = NULL;
    if (status == TL_OK && outcome->course.has_calibration)
        status = calibrate(outcome, &crossed, class_count, err);
    if (status == TL_OK)
        status = measure_folded(outcome, &crossed, class_count, err);
    release_crossed(&crossed);
    return status;
}

/* Divides the head's logits, and evaluates the test photos once more with it. */
static enum tl_status cool(struct tl_outcome *outcome, const struct tl_trial *trial, struct tl_error *err)
{
    tl_calibration_apply(outcome->head, outcome->temperature);
    tl_outcome_release_role(&outcome->test);
    return tl_trial_test(outcome, trial, err);
}

enum tl_status tl_crossing_finish(struct tl_outcome *out, struct tl_candidate *candidate, const struct tl_material *material,
                                  struct tl_workbench *bench, struct tl_error *err)
{
    const bool has_folds = bench->setup.fold_count > 0;
    struct tl_samples samples = {.count = 0};
    struct tl_trial trial = {
        .material = material, .samples = &samples, .course = &candidate->course, .team = bench->setup.team};
    const struct tl_matrix *matrix;
    enum tl_status status = tl_workbench_get_matrix(&matrix, bench, candidate->course.pool, candidate->course.transform, err);

    *out = (struct tl_outcome){.head = NULL};
    if (status == TL_OK && candidate->course.solver == TL_COURSE_LBFGS)
        status = tl_workbench_get_gram(&trial.gram, bench, candidate->course.pool, candidate->course.transform, err);
    if (status == TL_OK)
        status = tl_workbench_view_all(&samples, bench, matrix, err);
    if (status == TL_OK)
        status = tl_trial_run(out, &trial, err);
    if (status == TL_OK && has_folds)
        status = fold_in(out, candidate, bench, err);
    if (status == TL_OK && has_folds && out->temperature != 1)
        status = cool(out, &trial, err);
    if (status == TL_OK && has_folds)
        out->train_seconds += candidate->seconds;
    tl_memory_free(samples.items);
    return status;
}
