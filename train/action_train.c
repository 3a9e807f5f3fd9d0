/* action_train.c - tl-train as it is without further wishes: one course, one run. */
#include "train/experiment/run_record.h"
#include "train/fit/lbfgs.h"
#include "train/report/fit_json.h"
#include "train/report/fit_report.h"
#include "train/session.h"

static const size_t JSON_CEILING_BYTES = (size_t)1 << 30;

static void print_epoch(void *context, long epoch, const struct tl_store_epoch *result)
{
    const struct tl_course *course = context;

    tl_fit_report_epoch(stdout, epoch, course->epochs, result);
    fflush(stdout);
}

static bool is_told(const struct tl_train_options *options)
{
    return !options->is_json && !options->is_quiet;
}

/* What is known before the fit. An output that takes no more is told at the end, after the run is kept. */
static enum tl_status print_data(const struct tl_trial *trial, struct tl_error *err)
{
    struct tl_outcome outcome;
    enum tl_status status = tl_trial_prepare(&outcome, trial, err);

    if (status == TL_OK)
        status = tl_fit_report_data(stdout, &outcome, err);
    tl_outcome_release(&outcome);
    return status == TL_IO && ferror(stdout) ? TL_OK : status;
}

static enum tl_status try_course(struct tl_outcome *outcome, struct tl_session *session, struct tl_error *err)
{
    const struct tl_train_options *options = session->action->options;
    struct tl_course course = options->course;
    struct tl_trial trial = {.material = &session->material, .course = &course, .team = session->team, .context = &course};
    struct tl_gram *gram = NULL;
    enum tl_status status;

    course.variants = session->material.variants;
    status = tl_material_view(&trial.samples, &session->material, course.pool, course.transform, err);
    if (status == TL_OK && is_told(options)) {
        trial.each_epoch = print_epoch;
        status = print_data(&trial, err);
    }
    if (status == TL_OK && course.solver == TL_COURSE_LBFGS && tl_lbfgs_pays_gram(trial.samples->matrix))
        status =
            tl_gram_cache_get(&gram, &session->cache, course.pool, course.transform, trial.samples->matrix, session->team, err);
    trial.gram = gram;
    if (status == TL_OK)
        status = tl_trial_run(outcome, &trial, err);
    tl_gram_free(gram);
    if (status == TL_OK && is_told(options))
        fputs("\n", stdout);
    outcome->name = options->name;
    outcome->load_seconds = session->load_seconds;
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

enum tl_exit tl_action_train(const struct tl_action *action)
{
    struct tl_session session;
    struct tl_outcome outcome = {.head = NULL};
    struct tl_error err;
    size_t skipped_count;
    enum tl_exit exit_code;
    enum tl_status status = tl_session_begin(&session, action, &action->options->wish, &err);

    skipped_count = tl_session_say_left_out(&session);
    if (status == TL_OK)
        status = try_course(&outcome, &session, &err);
    if (status == TL_OK)
        status = tl_run_record_put(session.store, &outcome, &err);
    status = tl_session_close(&session, status, &err);
    if (status == TL_OK)
        status = print_results(&outcome, action->options->is_json, &err);
    session.kept_run_id = outcome.run_id;
    exit_code = tl_session_end(&session, status, skipped_count, &err);
    tl_outcome_release(&outcome);
    return exit_code;
}
