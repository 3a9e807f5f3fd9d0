/* tl_train.c - the tool tl-train: fits a softmax head to the features of a store and keeps the run in it.
 *
 * The store stays open from the reading to the keeping, so that what was read is still what its ids mean, but without a
 * transaction in between: a long training hinders nobody.
 */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/tool.h"
#include "train/report/fit_json.h"
#include "train/report/fit_report.h"
#include "train/material.h"
#include "train/pinning.h"
#include "train/experiment/run_record.h"
#include "train/train_options.h"

static const size_t JSON_CEILING_BYTES = (size_t)1 << 30;

/* One training from the options to the outcome; everything but the outcome's borrowings is owned. */
struct training {
    const struct tl_command *command;
    struct tl_train_options *options;
    const char *store_path;
    tl_store *store;
    struct tl_material material;
    struct tl_head *head;
    struct tl_store_epoch *history;
    struct tl_outcome outcome;
};

static void release(struct training *training)
{
    tl_outcome_release(&training->outcome);
    tl_memory_free(training->history);
    tl_head_free(training->head);
    tl_material_release(&training->material);
}

static enum tl_status load(struct training *training, struct tl_error *err)
{
    const double start = tl_system_seconds();
    struct tl_outcome *outcome = &training->outcome;
    /* To write, though nothing is written yet: where the run could not be kept, nothing is trained. */
    enum tl_status status = tl_store_open(&training->store, training->store_path, TL_STORE_WRITE, err);

    if (status == TL_OK && tl_store_notice(training->store))
        tl_tool_say(training->command, "%s: %s", training->store_path, tl_store_notice(training->store));
    if (status == TL_OK)
        status = tl_store_check_run_name(training->store, training->options->name, err);
    if (status == TL_OK)
        status = tl_material_read(&training->material, training->store, training->options, err);
    outcome->feature_set = training->material.feature_set;
    outcome->augmentation = training->material.augmentation;
    outcome->selection = training->material.selection;
    outcome->course.variants = training->material.variants;
    outcome->load_seconds = tl_system_seconds() - start;
    return status;
}

/* "Train/a/1.jpg (a), Train/b/2.jpg (b)" */
static void list_places(struct tl_text *text, const struct tl_left_out *left_out)
{
    for (size_t k = 0; k < left_out->label_count; k++) {
        const char *class_name = left_out->labels[k].class_name;

        tl_text_append_format(text, "%s%s (", k == 0 ? "" : ", ", left_out->labels[k].path);
        tl_text_append_visible(text, class_name, strlen(class_name));
        tl_text_append(text, ")");
    }
}

/* Names what is left out. Returns how many photos that are, without those that the options left out. */
static size_t say_left_out(const struct training *training)
{
    static const char *const reasons[] = {"the same bytes are under two classes", "no photo of its class is there to train on",
                                          NULL};
    const struct tl_selection *selection = training->material.selection;
    struct tl_text text;
    size_t skipped_count = 0;

    tl_text_init(&text, TL_ERROR_MESSAGE_BYTES);
    for (size_t i = 0; i < selection->left_out_count; i++) {
        const struct tl_left_out *left_out = &selection->left_out[i];

        if (left_out->reason == TL_LEFT_OUT_UNUSED_SPLIT)
            continue;
        skipped_count++;
        tl_text_clear(&text);
        list_places(&text, left_out);
        tl_tool_say(training->command, "left out, %s: %s", reasons[left_out->reason],
                    tl_text_check(&text, NULL) == TL_OK ? text.bytes : left_out->labels[0].path);
    }
    tl_text_free(&text);
    if (skipped_count < selection->left_out_count)
        tl_tool_say(training->command, "photos of the val split left out, --validation %s does not use them: %zu",
                    training->options->validation, selection->left_out_count - skipped_count);
    return skipped_count;
}

static enum tl_status start_head(struct training *training, struct tl_error *err)
{
    const struct tl_train_options *options = training->options;
    struct tl_outcome *outcome = &training->outcome;
    const struct tl_head_shape shape = {.feature_count = training->material.samples->matrix->feature_count,
                                        .class_count = training->material.selection->class_count};
    enum tl_status status = tl_head_create(&training->head, &shape, training->material.selection->class_names, err);

    if (status != TL_OK)
        return status;
    training->head->transform = training->material.samples->matrix->transform;
    if (options->is_keras)
        tl_fit_init_glorot(training->head, (uint64_t)options->seed);
    else
        training->head->scale = tl_fit_measure_scale(training->material.samples, outcome->course.variants);
    outcome->head = training->head;
    outcome->course.is_glorot = options->is_keras;
    return TL_OK;
}

static void print_epoch(void *context, long epoch, const struct tl_store_epoch *result)
{
    const struct training *training = context;

    tl_fit_report_epoch(stdout, epoch, training->options->epochs, result);
    fflush(stdout);
}

/* A share of the training photos has measured the course; the head that answers should not go without them. */
static enum tl_status refit(struct training *training, struct tl_error *err)
{
    struct tl_store_epoch *history = tl_memory_alloc((size_t)training->options->epochs, sizeof *history);
    enum tl_status status;

    if (!history)
        return tl_error_set_no_memory(err, "the epochs", (size_t)training->options->epochs * sizeof *history);
    tl_samples_train_on_validation(training->material.samples);
    tl_head_free(training->head);
    training->head = NULL;
    status = start_head(training, err);
    if (status == TL_OK)
        status = tl_fit_head(NULL, training->head, history, training->material.samples, &training->outcome.course, NULL, err);
    training->outcome.is_refitted = status == TL_OK;
    tl_memory_free(history);
    return status;
}

static enum tl_status fit(struct training *training, struct tl_error *err)
{
    const struct tl_train_options *options = training->options;
    struct tl_outcome *outcome = &training->outcome;
    const bool is_told = !options->is_json && !options->is_quiet;
    const struct tl_fit_aid aid = {.each_epoch = is_told ? print_epoch : NULL, .context = training};
    double start;
    enum tl_status status = start_head(training, err);

    if (status != TL_OK)
        return status;
    outcome->course.transform = training->head->transform;
    outcome->course.epochs = options->epochs;
    outcome->course.batch_size = options->batch_size;
    outcome->course.learning_rate = options->learning_rate;
    outcome->course.l2 = options->l2;
    outcome->course.seed = (uint64_t)options->seed;
    outcome->label_set = options->label_set;
    outcome->name = options->name;
    outcome->fraction = options->wish.fraction;
    outcome->train_photo_count = tl_samples_count(training->material.samples, TL_ROLE_TRAIN);
    outcome->vector_count = tl_fit_count_vectors(training->material.samples, outcome->course.variants);
    training->history = tl_memory_alloc((size_t)options->epochs, sizeof *training->history);
    if (!training->history)
        return tl_error_set_no_memory(err, "the epochs", (size_t)options->epochs * sizeof *training->history);
    outcome->history = training->history;
    if (is_told)
        status = tl_fit_report_data(stdout, outcome, err);
    if (status != TL_OK && !ferror(stdout)) /* an output that takes no more is told at the end, after the run is kept */
        return status;
    outcome->started_ms = tl_system_time_ms();
    start = tl_system_seconds();
    status = tl_fit_head(NULL, training->head, training->history, training->material.samples, &outcome->course, &aid, err);
    if (is_told)
        (void)putchar('\n');
    if (status == TL_OK)
        status = tl_outcome_evaluate(outcome, training->material.samples, TL_ROLE_VALIDATION, err);
    if (status == TL_OK && !options->has_no_refit && !training->material.selection->has_validation_split &&
        outcome->validation.evaluation.photo_count > 0)
        status = refit(training, err);
    outcome->train_seconds = tl_system_seconds() - start;
    return status;
}

static enum tl_status print_json(const struct tl_outcome *outcome, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, JSON_CEILING_BYTES);
    tl_fit_json_append(&text, outcome);
    tl_text_append(&text, "\n");
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

/* The run is kept by now; tl_tool_end() tells of an output that takes no more. */
static enum tl_status print_results(const struct tl_outcome *outcome, bool is_json, struct tl_error *err)
{
    enum tl_status status = is_json ? print_json(outcome, err) : tl_fit_report_results(stdout, outcome, err);

    return status == TL_IO && ferror(stdout) ? TL_OK : status;
}

static enum tl_exit train(const struct tl_command *command, struct tl_train_options *options, const char *store_path)
{
    struct training training = {.command = command, .options = options, .store_path = store_path};
    struct tl_error err;
    size_t skipped_count = 0;
    enum tl_status status = load(&training, &err);

    if (training.material.selection)
        skipped_count = say_left_out(&training);
    if (status == TL_OK)
        status = fit(&training, &err);
    if (status == TL_OK)
        status = tl_outcome_evaluate(&training.outcome, training.material.samples, TL_ROLE_TEST, &err);
    if (status == TL_OK)
        status = tl_run_record_put(training.store, &training.outcome, &err);
    status = tl_store_close_after(&training.store, status, &err);
    if (status == TL_OK)
        status = print_results(&training.outcome, options->is_json, &err);
    release(&training);
    if (status != TL_OK) {
        (void)fflush(stdout); /* so that the message stands after what it is about */
        tl_tool_say(command, "%s", err.message);
        return TL_EXIT_NOTHING;
    }
    if (skipped_count > 0)
        tl_tool_say(command, "photos left out: %zu", skipped_count);
    return skipped_count > 0 ? TL_EXIT_SKIPPED : TL_EXIT_OK;
}

static enum tl_status tell_pinned(tl_store *store, const struct tl_train_options *options, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, JSON_CEILING_BYTES);
    status = tl_pinning_pin(&text, store, options->use, options->is_json, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

static enum tl_exit use(const struct tl_command *command, const struct tl_train_options *options, const char *store_path)
{
    tl_store *store = NULL;
    struct tl_error err;
    enum tl_status status = tl_store_open(&store, store_path, TL_STORE_WRITE, &err);

    if (status == TL_OK)
        status = tell_pinned(store, options, &err);
    status = tl_store_close_after(&store, status, &err);
    if (status == TL_OK)
        return TL_EXIT_OK;
    tl_tool_say(command, "%s", err.message);
    return TL_EXIT_NOTHING;
}

int main(int argc, char **argv)
{
    struct tl_train_options options;
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;

    tl_train_options_init(&options);
    const struct tl_command command = {
        "tl-train",
        "tl-train [options] STORE",
        "Fits a softmax head to the features that tl-extract put into STORE, and keeps the run there: its epochs, data set,\n"
        "predictions, confusion matrix and head.",
        options.rows,
        options.row_count,
        "Validation chooses among runs; a test split is reported once, at the end, and chooses nothing. Where validation is a "
        "share\n"
        "of the training photos, the head is fitted once more to all of them before it is kept and tested.\n"
        "Exit codes: 0 all well; 1 some photos were left out (each is named); 2 nothing was trained."};
    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    if (tl_train_options_check(&options, &operands, &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        return TL_EXIT_NOTHING;
    }
    exit_code = options.use ? use(&command, &options, operands.items[0]) : train(&command, &options, operands.items[0]);
    return (int)tl_tool_end(&command, exit_code);
}
