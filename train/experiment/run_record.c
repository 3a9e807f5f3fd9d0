/* run_record.c - see run_record.h. */
#include "train/experiment/run_record.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "common/base/text.h"

static const size_t PROBABILITIES_CEILING_BYTES = (size_t)1 << 26;

struct record {
    struct tl_store_sample *samples;
    struct tl_store_prediction *predictions;
    char **probabilities; /* owned JSON, one a prediction */
    size_t prediction_count, prediction_capacity;
    size_t *order;        /* (L) scratch */
    struct tl_text text;
};

static enum tl_status allocate(struct record *record, const struct tl_outcome *outcome, struct tl_error *err)
{
    const size_t sample_count = outcome->selection->sample_count;
    const size_t capacity = outcome->validation.evaluation.photo_count + outcome->test.evaluation.photo_count;

    tl_text_init(&record->text, PROBABILITIES_CEILING_BYTES);
    record->prediction_capacity = capacity;
    record->samples = tl_memory_alloc(sample_count, sizeof *record->samples);
    record->predictions = tl_memory_alloc(capacity, sizeof *record->predictions);
    record->probabilities = tl_memory_alloc(capacity, sizeof *record->probabilities);
    record->order = tl_memory_alloc(outcome->head->class_count, sizeof *record->order);
    if (!record->samples || !record->predictions || !record->probabilities || !record->order)
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
    tl_text_free(&record->text);
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

static enum tl_status add_prediction(struct record *record, const struct tl_head *head, int64_t content_id, enum tl_role role,
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
    record->probabilities[record->prediction_count] = json;
    record->predictions[record->prediction_count++] = (struct tl_store_prediction){
        .content_id = content_id, .origin = tl_role_names[role], .class_name = head->class_names[record->order[0]],
        .probability = probabilities[record->order[0]], .probabilities_json = json};
    return TL_OK;
}

static enum tl_status list_predictions(struct record *record, const struct tl_outcome *outcome, enum tl_role role,
                                       struct tl_error *err)
{
    const struct tl_outcome_role *result = role == TL_ROLE_TEST ? &outcome->test : &outcome->validation;
    const struct tl_selection *selection = outcome->selection;
    enum tl_status status = TL_OK;

    for (size_t i = 0, n = 0; i < selection->sample_count && status == TL_OK; i++) {
        if (selection->samples[i].role != role)
            continue;
        status = add_prediction(record, outcome->head, selection->samples[i].label->content_id, role,
                                result->probabilities + n++ * outcome->head->class_count, err);
    }
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

static enum tl_status put(tl_store *store, struct tl_outcome *outcome, const struct record *record, struct tl_error *err)
{
    const struct tl_selection *selection = outcome->selection;
    const struct tl_head *head = outcome->head;
    const struct tl_store_dataset dataset = {outcome->label_set, selection->class_names, selection->class_count, record->samples,
                                             selection->sample_count, selection->recipe_json};
    const struct tl_store_head head_row = {.class_names = selection->class_names,
                                           .class_count = head->class_count,
                                           .feature_count = head->feature_count,
                                           .transform = tl_head_transform_names[head->transform],
                                           .scale = head->scale,
                                           .kernel = head->kernel,
                                           .bias = head->bias,
                                           .pool = tl_head_pool_names[head->pool],
                                           .channel_count = head->channel_count,
                                           .hidden_count = head->hidden_count,
                                           .hidden_kernel = head->hidden_kernel,
                                           .hidden_bias = head->hidden_bias};
    struct tl_store_confusion confusions[2];
    size_t confusion_count = 0;

    if (outcome->validation.confusion)
        confusions[confusion_count++] =
            (struct tl_store_confusion){tl_role_names[TL_ROLE_VALIDATION], outcome->validation.confusion};
    if (outcome->test.confusion)
        confusions[confusion_count++] = (struct tl_store_confusion){tl_role_names[TL_ROLE_TEST], outcome->test.confusion};
    const struct tl_store_run run = {
        .name = outcome->name,
        .group_by = selection->group_by,
        .feature_set_id = outcome->feature_set->feature_set_id,
        .augmentation_id = outcome->augmentation ? outcome->augmentation->augmentation_id : 0,
        .course = describe_course(&outcome->course),
        .scale = head->scale,
        .program_version = TL_VERSION,
        .gradient_norm = (double)NAN,
        .started_ms = outcome->started_ms,
        .train_ms = (int64_t)llround(outcome->train_seconds * 1000),
        .train_samples = (int64_t)outcome->vector_count,
        .is_refitted = outcome->is_refitted,
        .val_loss = outcome->validation.evaluation.loss,
        .val_accuracy = outcome->validation.evaluation.accuracy,
        .test_loss = outcome->test.evaluation.loss,
        .test_accuracy = outcome->test.evaluation.accuracy,
        .dataset = &dataset,
        .history = outcome->history,
        .epoch_count = outcome->course.epochs,
        .confusions = confusions,
        .confusion_count = confusion_count,
        .predictions = record->predictions,
        .prediction_count = record->prediction_count,
        .head = &head_row};
    return tl_store_put_run(store, &outcome->run_id, outcome->uuid, &run, err);
}

enum tl_status tl_run_record_put(tl_store *store, struct tl_outcome *outcome, struct tl_error *err)
{
    struct record record = {0};
    enum tl_status status = allocate(&record, outcome, err);

    if (status != TL_OK)
        goto done;
    list_samples(&record, outcome->selection);
    status = list_predictions(&record, outcome, TL_ROLE_VALIDATION, err);
    if (status == TL_OK)
        status = list_predictions(&record, outcome, TL_ROLE_TEST, err);
    if (status == TL_OK)
        status = put(store, outcome, &record, err);
done:
    release(&record);
    return status;
}
