/* trial.c - see trial.h. */
#include "train/experiment/trial.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/data/stream_load.h"
#include "train/experiment/class_weights.h"
#include "train/fit/calibration.h"
#include "train/fit/lbfgs.h"

enum { CALIBRATION_FOLDS = 5 };

/* The samples with roles of one's own, over the same matrix. */
static enum tl_status copy_samples(struct tl_samples *out, const struct tl_samples *samples, struct tl_error *err)
{
    *out = *samples;
    out->items = tl_memory_alloc(samples->count, sizeof *out->items);
    if (!out->items)
        return tl_error_set_no_memory(err, "the samples", samples->count * sizeof *out->items);
    memcpy(out->items, samples->items, samples->count * sizeof *out->items);
    return TL_OK;
}

static enum tl_status start_head(struct tl_outcome *outcome, const struct tl_trial *trial, const struct tl_samples *samples,
                                 struct tl_error *err)
{
    const struct tl_course *course = &outcome->course;
    const struct tl_material *material = trial->material;
    const struct tl_head_shape shape = {.feature_count = material->feature_count,
                                        .channel_count = material->channel_count,
                                        .pool = course->pool,
                                        .hidden_count = (size_t)course->hidden_count,
                                        .class_count = material->selection->class_count};
    enum tl_status status;

    tl_outcome_forget_head(outcome);
    status = tl_head_create(&outcome->head, &shape, material->selection->class_names, err);
    if (status != TL_OK)
        return status;
    outcome->head->transform = course->transform;
    status = tl_fit_start(outcome->head, samples, course, err);
    outcome->scale = outcome->head->scale;
    return status;
}

static enum tl_status weigh_classes(struct tl_outcome *outcome, struct tl_error *err)
{
    const struct tl_selection *selection = outcome->selection;
    struct tl_course *course = &outcome->course;

    if (course->weighting != TL_COURSE_GIVEN || course->class_weights)
        return TL_OK;
    if (!course->class_weights_text)
        return tl_error_set(err, TL_BAD_INPUT, "--class-weights given: nobody gives them; CLASS=WEIGHT,... does");
    outcome->class_weights = tl_memory_alloc(selection->class_count, sizeof *outcome->class_weights);
    if (!outcome->class_weights)
        return tl_error_set_no_memory(err, "the class weights", selection->class_count * sizeof *outcome->class_weights);
    course->class_weights = outcome->class_weights;
    return tl_class_weights_read(outcome->class_weights, selection->class_names, selection->class_count,
                                 course->class_weights_text, err);
}

enum tl_status tl_trial_prepare(struct tl_outcome *out, const struct tl_trial *trial, struct tl_error *err)
{
    const struct tl_material *material = trial->material;
    enum tl_status status;

    *out = (struct tl_outcome){.feature_set = material->feature_set,
                               .augmentation = material->augmentation,
                               .selection = material->selection,
                               .variant_max = material->samples->variant_max,
                               .store_digest = material->store_digest,
                               .course = *trial->course,
                               .label_set = material->label_set,
                               .fraction = material->fraction,
                               .gradient_norm = (double)NAN,
                               .temperature = 1,
                               .uncalibrated_loss = (double)NAN,
                               .uncalibrated_ece = (double)NAN};
    status = weigh_classes(out, err);
    if (status != TL_OK)
        return status;
    out->train_photo_count = tl_samples_count(trial->samples, TL_ROLE_TRAIN);
    out->vector_count = tl_fit_count_vectors(trial->samples, out->course.variants);
    out->window_size = trial->samples->stream ? tl_stream_window_size(trial->samples->stream) : 0;
    return start_head(out, trial, trial->samples, err);
}

/* What one fit leaves beside the head. */
struct fit {
    struct tl_store_epoch *history; /* owned */
    long epoch_count, best_epoch;
    double gradient_norm;
};

static enum tl_status fit_convex(struct fit *fit, struct tl_outcome *outcome, const struct tl_trial *trial,
                                 const struct tl_samples *samples, const struct tl_course *course,
                                 const struct tl_fit_aid *aid, struct tl_error *err)
{
    struct tl_gram *own = NULL;
    struct tl_lbfgs_result result;
    enum tl_status status = tl_stream_refuse(samples, "--solver lbfgs", err);

    if (status == TL_OK && !trial->gram && tl_lbfgs_pays_gram(samples->matrix))
        status = tl_gram_create(&own, samples->matrix, trial->team, err);
    if (status == TL_OK)
        status = tl_lbfgs_fit_head(&result, outcome->head, fit->history, samples, course, trial->gram ? trial->gram : own, aid,
                                   err);
    tl_gram_free(own);
    if (status != TL_OK)
        return status;
    fit->epoch_count = result.epoch_count;
    fit->best_epoch = course->monitor == TL_COURSE_LAST_EPOCH ? 0 : result.best_epoch;
    fit->gradient_norm = result.gradient_norm;
    return TL_OK;
}

/* Fits outcome->head from its start; the caller frees fit->history. */
static enum tl_status fit_course(struct fit *fit, struct tl_outcome *outcome, const struct tl_trial *trial,
                                 const struct tl_samples *samples, const struct tl_course *course, bool is_told,
                                 struct tl_error *err)
{
    const struct tl_fit_aid aid = {trial->team, is_told ? trial->each_epoch : NULL, trial->context};
    struct tl_fit_result result;
    enum tl_status status;

    *fit = (struct fit){.gradient_norm = (double)NAN};
    fit->history = tl_memory_alloc((size_t)course->epochs, sizeof *fit->history);
    if (!fit->history)
        return tl_error_set_no_memory(err, "the epochs", (size_t)course->epochs * sizeof *fit->history);
    if (course->solver == TL_COURSE_LBFGS)
        return fit_convex(fit, outcome, trial, samples, course, &aid, err);
    status = tl_fit_head(&result, outcome->head, fit->history, samples, course, &aid, err);
    if (status != TL_OK)
        return status;
    fit->epoch_count = result.epoch_count;
    fit->best_epoch = course->monitor == TL_COURSE_LAST_EPOCH ? 0 : result.best_epoch;
    return TL_OK;
}

static void list_true_classes(uint32_t *out, const struct tl_samples *samples, enum tl_role role)
{
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++)
        if (samples->items[i].role == role)
            out[count++] = samples->items[i].class_index;
}

/* One role's loss from its probabilities: calibration moved them. */
static void measure_loss(struct tl_outcome_role *role, const uint32_t *true_classes, size_t class_count)
{
    double loss = 0;

    for (size_t i = 0; i < role->evaluation.photo_count; i++)
        loss += tl_metrics_loss(role->probabilities[i * class_count + true_classes[i]]);
    role->evaluation.loss = loss / (double)role->evaluation.photo_count;
}

static enum tl_status note_uncalibrated(struct tl_outcome *outcome, const uint32_t *true_classes, struct tl_error *err)
{
    const struct tl_metrics_photos photos = {.probabilities = outcome->validation.probabilities,
                                             .true_classes = true_classes,
                                             .photo_count = outcome->validation.evaluation.photo_count,
                                             .class_count = outcome->selection->class_count};
    struct tl_metrics *metrics = NULL;
    enum tl_status status = tl_metrics_measure(&metrics, &photos, err);

    if (status != TL_OK)
        return status;
    outcome->uncalibrated_loss = metrics->loss;
    outcome->uncalibrated_ece = metrics->ece;
    tl_metrics_free(metrics);
    return TL_OK;
}

/* The temperature of all validation photos becomes the head's; what is reported of each photo is with the temperature of the
 * others, so that it does not flatter. */
static enum tl_status calibrate(struct tl_outcome *outcome, const struct tl_samples *samples, struct tl_error *err)
{
    struct tl_outcome_role *role = &outcome->validation;
    const size_t photo_count = role->evaluation.photo_count, class_count = outcome->selection->class_count;
    const uint32_t fold_count = (uint32_t)(photo_count < CALIBRATION_FOLDS ? photo_count : CALIBRATION_FOLDS);
    uint32_t *true_classes, *folds;
    enum tl_status status;

    if (photo_count == 0)
        return TL_OK;
    true_classes = tl_memory_alloc(photo_count, sizeof *true_classes);
    folds = tl_memory_alloc(photo_count, sizeof *folds);
    if (!true_classes || !folds) {
        status = tl_error_set_no_memory(err, "the calibration", 2 * photo_count * sizeof *folds);
        goto done;
    }
    list_true_classes(true_classes, samples, TL_ROLE_VALIDATION);
    for (size_t i = 0; i < photo_count; i++)
        folds[i] = (uint32_t)(i % fold_count);
    status = note_uncalibrated(outcome, true_classes, err);
    if (status == TL_OK)
        status = tl_calibration_fit(&outcome->temperature, role->probabilities, true_classes, photo_count, class_count, err);
    if (status == TL_OK && fold_count > 1)
        status = tl_calibration_cross_fit(role->probabilities, true_classes, photo_count, class_count, folds, fold_count, err);
    if (status == TL_OK)
        measure_loss(role, true_classes, class_count);
done:
    tl_memory_free(true_classes);
    tl_memory_free(folds);
    return status;
}

/* A share of the training photos has measured the course; the head that answers should not go without them. Nothing is left to
 * monitor: it takes as many epochs as were best. */
static enum tl_status refit(struct tl_outcome *outcome, const struct tl_trial *trial, struct tl_error *err)
{
    struct tl_course course = outcome->course;
    struct tl_samples all = {.count = 0};
    struct fit fit = {NULL, 0, 0, 0};
    enum tl_status status = copy_samples(&all, trial->samples, err);

    if (outcome->best_epoch > 0)
        course.epochs = outcome->best_epoch;
    course.monitor = TL_COURSE_LAST_EPOCH;
    if (status == TL_OK) {
        tl_samples_train_on_validation(&all);
        status = start_head(outcome, trial, &all, err);
    }
    if (status == TL_OK)
        status = fit_course(&fit, outcome, trial, &all, &course, false, err);
    outcome->is_refitted = status == TL_OK;
    tl_memory_free(fit.history);
    tl_memory_free(all.items);
    return status;
}

/* Who has a copy, and whom with: photos alone are numbered beyond the groups. */
static void list_groups(bool *has_copy, uint32_t *groups, const struct tl_selection *selection, enum tl_role which)
{
    size_t count = 0;

    for (size_t i = 0; i < selection->sample_count; i++) {
        const struct tl_selected *selected = &selection->samples[i];

        if (selected->role != which)
            continue;
        has_copy[count] = selected->has_copy;
        groups[count++] = tl_selection_group(selection, i);
    }
}

static enum tl_status measure_role(struct tl_outcome_role *role, const struct tl_trial *trial, enum tl_role which,
                                   struct tl_error *err)
{
    const struct tl_selection *selection = trial->material->selection;
    const size_t photo_count = role->evaluation.photo_count;
    struct tl_metrics_photos photos = {
        .probabilities = role->probabilities, .photo_count = photo_count, .class_count = selection->class_count};
    uint32_t *true_classes, *groups;
    bool *has_copy;
    enum tl_status status;

    if (photo_count == 0)
        return TL_OK;
    true_classes = tl_memory_alloc(photo_count, sizeof *true_classes);
    groups = tl_memory_alloc(photo_count, sizeof *groups);
    has_copy = tl_memory_alloc(photo_count, sizeof *has_copy);
    if (!true_classes || !groups || !has_copy) {
        status = tl_error_set_no_memory(err, "the measures", photo_count * sizeof *true_classes);
        goto done;
    }
    list_true_classes(true_classes, trial->samples, which);
    list_groups(has_copy, groups, selection, which);
    photos.true_classes = true_classes;
    photos.groups = groups;
    photos.has_copy = selection->group_by ? has_copy : NULL;
    status = tl_outcome_measure(role, &photos, err);
done:
    tl_memory_free(true_classes);
    tl_memory_free(groups);
    tl_memory_free(has_copy);
    return status;
}

enum tl_status tl_trial_test(struct tl_outcome *outcome, const struct tl_trial *trial, struct tl_error *err)
{
    enum tl_status status = tl_outcome_evaluate(outcome, trial->samples, TL_ROLE_TEST, err);

    return status == TL_OK ? measure_role(&outcome->test, trial, TL_ROLE_TEST, err) : status;
}

static enum tl_status finish(struct tl_outcome *outcome, const struct tl_trial *trial, double start, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (outcome->course.has_calibration)
        status = calibrate(outcome, trial->samples, err);
    if (status == TL_OK && outcome->course.has_refit && !outcome->selection->has_validation_split &&
        outcome->validation.evaluation.photo_count > 0)
        status = refit(outcome, trial, err);
    if (status == TL_OK && outcome->temperature != 1)
        tl_calibration_apply(outcome->head, outcome->temperature);
    outcome->train_seconds = tl_system_seconds() - start;
    if (status == TL_OK)
        status = measure_role(&outcome->validation, trial, TL_ROLE_VALIDATION, err);
    if (status == TL_OK)
        status = tl_trial_test(outcome, trial, err);
    return status;
}

enum tl_status tl_trial_run(struct tl_outcome *out, const struct tl_trial *trial, struct tl_error *err)
{
    struct fit fit = {NULL, 0, 0, 0};
    const double start = tl_system_seconds();
    enum tl_status status = tl_trial_prepare(out, trial, err);

    out->started_ms = tl_system_time_ms();
    if (status == TL_OK)
        status = fit_course(&fit, out, trial, trial->samples, &out->course, true, err);
    out->history = fit.history;
    if (status != TL_OK)
        return status;
    out->epoch_count = fit.epoch_count;
    out->best_epoch = fit.best_epoch;
    out->gradient_norm = fit.gradient_norm;
    status = tl_outcome_evaluate(out, trial->samples, TL_ROLE_VALIDATION, err);
    if (status != TL_OK)
        return status;
    if (!trial->is_for_ranking)
        return finish(out, trial, start, err);
    out->train_seconds = tl_system_seconds() - start;
    out->test.evaluation = (struct tl_evaluation){0, (double)NAN, (double)NAN};
    return TL_OK;
}
