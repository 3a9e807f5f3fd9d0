/* run_record.c - see run_record.h. */
#include "train/experiment/run_record.h"

#include <math.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "train/experiment/course_json.h"

static const size_t PROBABILITIES_CEILING_BYTES = (size_t)1 << 26;

struct record {
    struct tl_store_sample *samples;
    struct tl_store_prediction *predictions;
    char **probabilities; /* owned JSON, one a prediction */
    size_t prediction_count, prediction_capacity;
    size_t *order;        /* (L) scratch */
    struct tl_store_metric *metrics;
    size_t metric_count;
    struct tl_store_confusion confusions[3];
    size_t confusion_count;
    struct tl_text text, options;
};

/* The roles that a run has figures of, and what rows call them. */
struct measured {
    const char *name;
    const struct tl_outcome_role *role;
};
enum { UNCALIBRATED_COUNT = 2, MEASURED_COUNT = 3 };

static void list_measured(struct measured out[MEASURED_COUNT], const struct tl_outcome *outcome)
{
    out[0] = (struct measured){tl_role_names[TL_ROLE_VALIDATION], &outcome->validation};
    out[1] = (struct measured){tl_role_names[TL_ROLE_TEST], &outcome->test};
    out[2] = (struct measured){"fold", &outcome->folded};
}

static enum tl_status allocate(struct record *record, const struct tl_outcome *outcome, struct tl_error *err)
{
    const size_t sample_count = outcome->selection->sample_count, class_count = outcome->selection->class_count;
    struct measured measured[MEASURED_COUNT];
    size_t photo_count = 0;

    list_measured(measured, outcome);
    for (size_t m = 0; m < MEASURED_COUNT; m++)
        photo_count += measured[m].role->evaluation.photo_count;
    tl_text_init(&record->text, PROBABILITIES_CEILING_BYTES);
    tl_text_init(&record->options, PROBABILITIES_CEILING_BYTES);
    record->prediction_capacity = outcome->head ? photo_count : 0;
    record->samples = tl_memory_alloc(sample_count, sizeof *record->samples);
    record->predictions = tl_memory_alloc(record->prediction_capacity, sizeof *record->predictions);
    record->probabilities = tl_memory_alloc(record->prediction_capacity, sizeof *record->probabilities);
    record->order = tl_memory_alloc(class_count, sizeof *record->order);
    record->metrics = tl_memory_alloc(MEASURED_COUNT * tl_metrics_value_count_max(class_count) + UNCALIBRATED_COUNT,
                                      sizeof *record->metrics);
    if (!record->samples || !record->predictions || !record->probabilities || !record->order || !record->metrics)
        return tl_error_set_no_memory(err, "the run", sample_count * sizeof *record->samples);
    return TL_OK;
}

static void release(struct record *record)
{
    for (size_t i = 0; record->probabilities && i < record->prediction_capacity; i++)
        tl_memory_free(record->probabilities[i]);
    tl_memory_free(record->probabilities);
    tl_memory_free(record->predictions);
    tl_memory_free(record->samples);
    tl_memory_free(record->order);
    tl_memory_free(record->metrics);
    tl_text_free(&record->text);
    tl_text_free(&record->options);
}

static void list_samples(struct record *record, const struct tl_selection *selection)
{
    for (size_t i = 0; i < selection->sample_count; i++) {
        const struct tl_selected *selected = &selection->samples[i];
        struct tl_store_sample *sample = &record->samples[i];

        sample->content_id = selected->label->content_id;
        for (size_t b = 0; b < TL_DIGEST_BYTES; b++)
            sample->sha256[b] = selected->label->sha256[b];
        sample->class_index = selected->class_index;
        sample->role = tl_role_names[selected->role];
        sample->group = selected->group;
        sample->fold = selected->fold == TL_SELECT_NO_FOLD ? 0 : selected->fold + 1;
        sample->has_copy = selected->role == TL_ROLE_TRAIN || !selection->group_by ? -1 : selected->has_copy;
    }
}

/* `prediction` has what is known of it beside the probabilities. */
static enum tl_status add_prediction(struct record *record, struct tl_store_prediction prediction, const struct tl_head *head,
                                     const double *probabilities, struct tl_error *err)
{
    struct tl_text *text = &record->text;
    char *json;

    tl_head_rank(record->order, probabilities, head->class_count);
    tl_text_clear(text);
    tl_head_append_json(text, (const char *const *)head->class_names, record->order, probabilities, head->class_count);
    if (tl_text_check(text, err) != TL_OK)
        return TL_NO_MEMORY;
    json = tl_memory_copy_string(text->bytes);
    if (!json)
        return tl_error_set_no_memory(err, "a prediction", text->length_bytes);
    prediction.class_name = head->class_names[record->order[0]];
    prediction.probability = probabilities[record->order[0]];
    prediction.probabilities_json = json;
    record->probabilities[record->prediction_count] = json;
    record->predictions[record->prediction_count++] = prediction;
    return TL_OK;
}

/* Which fold's photos a prediction is among; 0 for the others, and for photos that `measured` is not about -1. */
static int64_t find_fold(const struct tl_outcome *outcome, const struct measured *measured, size_t i)
{
    const struct tl_selected *selected = &outcome->selection->samples[i];

    if (measured->role == &outcome->folded)
        return selected->fold == TL_SELECT_NO_FOLD ? -1 : (int64_t)selected->fold + 1;
    return selected->role == (measured->role == &outcome->test ? TL_ROLE_TEST : TL_ROLE_VALIDATION) ? 0 : -1;
}

static enum tl_status list_predictions(struct record *record, const struct tl_outcome *outcome, const struct measured *measured,
                                       struct tl_error *err)
{
    const struct tl_selection *selection = outcome->selection;
    enum tl_status status = TL_OK;

    if (!outcome->head || !measured->role->probabilities)
        return TL_OK;
    for (size_t i = 0, n = 0; i < selection->sample_count && status == TL_OK; i++) {
        const int64_t fold = find_fold(outcome, measured, i);
        const struct tl_store_prediction prediction = {
            .content_id = selection->samples[i].label->content_id, .origin = measured->name, .fold = (uint32_t)fold};

        if (fold >= 0)
            status = add_prediction(record, prediction, outcome->head,
                                    measured->role->probabilities + n++ * selection->class_count, err);
    }
    return status;
}

static enum tl_status list_metrics(struct record *record, const struct tl_outcome *outcome, const struct measured *measured,
                                   struct tl_error *err)
{
    const size_t capacity = tl_metrics_value_count_max(outcome->selection->class_count);
    struct tl_metrics_value *values;
    size_t count;

    if (!measured->role->metrics)
        return TL_OK;
    values = tl_memory_alloc(capacity, sizeof *values);
    if (!values)
        return tl_error_set_no_memory(err, "the measures", capacity * sizeof *values);
    count = tl_metrics_list(values, measured->role->metrics);
    for (size_t i = 0; i < count; i++)
        record->metrics[record->metric_count++] = (struct tl_store_metric){
            .role = measured->name,
            .name = values[i].name,
            .class_name =
                values[i].class_index == TL_METRICS_OVERALL ? NULL : outcome->selection->class_names[values[i].class_index],
            .value = values[i].value};
    tl_memory_free(values);
    return TL_OK;
}

/* What calibration changed, beside the validation photos' figures after it. */
static void list_uncalibrated(struct record *record, const struct tl_outcome *outcome)
{
    const struct tl_store_metric metrics[UNCALIBRATED_COUNT] = {
        {.role = tl_role_names[TL_ROLE_VALIDATION], .name = "loss_uncalibrated", .value = outcome->uncalibrated_loss},
        {.role = tl_role_names[TL_ROLE_VALIDATION], .name = "ece_uncalibrated", .value = outcome->uncalibrated_ece}};

    for (size_t i = 0; i < UNCALIBRATED_COUNT; i++)
        if (isfinite(metrics[i].value))
            record->metrics[record->metric_count++] = metrics[i];
}

static enum tl_status list_measures(struct record *record, const struct tl_outcome *outcome, struct tl_error *err)
{
    struct measured measured[MEASURED_COUNT];
    enum tl_status status = TL_OK;

    list_measured(measured, outcome);
    for (size_t m = 0; m < MEASURED_COUNT && status == TL_OK; m++) {
        if (measured[m].role->confusion)
            record->confusions[record->confusion_count++] =
                (struct tl_store_confusion){measured[m].name, measured[m].role->confusion};
        status = list_predictions(record, outcome, &measured[m], err);
        if (status == TL_OK)
            status = list_metrics(record, outcome, &measured[m], err);
    }
    if (outcome->course.has_calibration)
        list_uncalibrated(record, outcome);
    return status;
}

static struct tl_store_run_course describe_course(const struct tl_course *course)
{
    return (struct tl_store_run_course){
        .variants = tl_fit_variants_names[course->variants],
        .initial = course->is_glorot ? "glorot" : "zero",
        .pool = tl_head_pool_names[course->pool],
        .transform = tl_head_transform_names[course->transform],
        .solver = tl_course_solver_names[course->solver],
        .weighting = tl_course_weighting_names[course->weighting],
        .monitor = tl_course_monitor_names[course->monitor],
        .epochs = course->epochs,
        .batch_size = course->batch_size,
        .learning_rate = course->learning_rate,
        .l2 = course->l2,
        .momentum = course->solver == TL_COURSE_SGD ? course->momentum : (double)NAN,
        .tolerance = course->solver == TL_COURSE_LBFGS ? course->tolerance : (double)NAN,
        .hidden = course->hidden_count,
        .patience = course->patience,
        .dropout = course->dropout,
        .seed = (int64_t)course->seed};
}

static struct tl_store_head describe_head(const struct tl_head *head)
{
    return (struct tl_store_head){.class_names = (const char *const *)head->class_names,
                                  .class_count = head->class_count,
                                  .feature_count = head->feature_count,
                                  .channel_count = head->channel_count,
                                  .pool = tl_head_pool_names[head->pool],
                                  .transform = tl_head_transform_names[head->transform],
                                  .scale = head->scale,
                                  .hidden_count = head->hidden_count,
                                  .hidden_kernel = head->hidden_kernel,
                                  .hidden_bias = head->hidden_bias,
                                  .kernel = head->kernel,
                                  .bias = head->bias};
}

static enum tl_status put(tl_store *store, struct tl_outcome *outcome, const struct record *record, struct tl_error *err)
{
    const struct tl_selection *selection = outcome->selection;
    const struct tl_store_dataset dataset = {outcome->label_set, selection->class_names, selection->class_count, record->samples,
                                             selection->sample_count, selection->recipe_json};
    const struct tl_evaluation *chooser = &tl_outcome_chooser(outcome)->evaluation, *test = &outcome->test.evaluation;
    struct tl_store_head head;
    struct tl_store_run run = {.name = outcome->name,
                               .sweep_id = outcome->sweep_id,
                               .group_by = selection->group_by,
                               .feature_set_id = outcome->feature_set->feature_set_id,
                               .augmentation_id = outcome->augmentation ? outcome->augmentation->augmentation_id : 0,
                               .course = describe_course(&outcome->course),
                               .scale = outcome->scale,
                               .program_version = TL_VERSION,
                               .options_json = record->options.bytes,
                               .store_digest = outcome->store_digest,
                               .started_ms = outcome->started_ms,
                               .train_ms = (int64_t)llround(outcome->train_seconds * 1000),
                               .train_samples = (int64_t)outcome->vector_count,
                               .variant_max = outcome->variant_max,
                               .is_refitted = outcome->is_refitted,
                               .best_epoch = outcome->best_epoch,
                               .gradient_norm = outcome->gradient_norm,
                               .temperature = outcome->temperature,
                               .val_loss = chooser->photo_count > 0 ? chooser->loss : (double)NAN,
                               .val_accuracy = chooser->photo_count > 0 ? chooser->accuracy : (double)NAN,
                               .test_loss = test->photo_count > 0 ? test->loss : (double)NAN,
                               .test_accuracy = test->photo_count > 0 ? test->accuracy : (double)NAN,
                               .dataset = &dataset,
                               .history = outcome->history,
                               .epoch_count = outcome->epoch_count,
                               .confusions = record->confusions,
                               .confusion_count = record->confusion_count,
                               .folds = outcome->folds,
                               .fold_count = outcome->fold_count,
                               .metrics = record->metrics,
                               .metric_count = record->metric_count,
                               .predictions = record->predictions,
                               .prediction_count = record->prediction_count};

    if (outcome->head) {
        head = describe_head(outcome->head);
        run.head = &head;
    }
    return tl_store_put_run(store, &outcome->run_id, outcome->uuid, &run, err);
}

enum tl_status tl_run_record_put(tl_store *store, struct tl_outcome *outcome, struct tl_error *err)
{
    struct record record = {0};
    enum tl_status status = allocate(&record, outcome, err);

    if (status != TL_OK)
        goto done;
    list_samples(&record, outcome->selection);
    tl_course_json_append(&record.options, &outcome->course);
    status = tl_text_check(&record.options, err);
    if (status == TL_OK)
        status = list_measures(&record, outcome, err);
    if (status == TL_OK)
        status = put(store, outcome, &record, err);
done:
    release(&record);
    return status;
}
