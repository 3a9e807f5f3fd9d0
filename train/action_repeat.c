/* action_repeat.c - tl-train --repeat RUN: the run made again, and its head compared with the stored one.
 *
 * Nothing is written, but where the run kept no head: then the one made now is kept, as a run of its own.
 */
#include <inttypes.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "train/experiment/repeat.h"
#include "train/experiment/run_record.h"
#include "train/fit/calibration.h"
#include "train/fit/lbfgs.h"
#include "train/session.h"

struct repetition {
    struct tl_store_run_row *run;
    struct tl_material_wish wish;
    struct tl_course course;
    char *words;
    struct tl_outcome outcome;
    struct tl_store_chosen_head stored;
    struct tl_repeat_likeness likeness;
};

/* The run, before its photos are read; the store is closed again. */
static enum tl_status look_up(struct repetition *repetition, const struct tl_action *action, struct tl_error *err)
{
    tl_store *store = NULL;
    enum tl_status status = tl_store_open(&store, action->store_path, TL_STORE_WRITE, err);

    if (status == TL_OK)
        status = tl_store_get_run(store, &repetition->run, action->options->repeat, err);
    if (status == TL_OK && repetition->run->head_id != 0)
        status = tl_store_get_head(store, &repetition->stored, repetition->run->uuid, err);
    status = tl_store_close_after(&store, status, err);
    if (status == TL_OK)
        status = tl_repeat_wish(&repetition->wish, &repetition->course, &repetition->words, repetition->run, err);
    repetition->wish.memory_bytes = action->options->wish.memory_bytes;
    repetition->wish.thread_count = action->options->wish.thread_count;
    return status;
}

static enum tl_status try_again(struct repetition *repetition, struct tl_session *session, struct tl_error *err)
{
    struct tl_course *course = &repetition->course;
    struct tl_outcome *outcome = &repetition->outcome;
    struct tl_trial trial = {.material = &session->material, .course = course, .team = session->team};
    struct tl_gram *gram = NULL;
    enum tl_status status = tl_material_view(&trial.samples, &session->material, course->pool, course->transform, err);

    session->material.selection->has_validation_split = false; /* whether it was refitted, the course says */
    if (status == TL_OK && course->solver == TL_COURSE_LBFGS && tl_lbfgs_pays_gram(trial.samples->matrix))
        status = tl_gram_cache_get(&gram, &session->cache, course->pool, course->transform, trial.samples->matrix, session->team,
                                   err);
    trial.gram = gram;
    if (status == TL_OK)
        status = tl_trial_run(outcome, &trial, err);
    tl_gram_free(gram);
    if (status == TL_OK && repetition->run->fold_count > 0 && repetition->run->temperature != 1) {
        tl_calibration_apply(outcome->head, repetition->run->temperature);
        outcome->temperature = repetition->run->temperature;
    }
    if (status == TL_OK && repetition->run->head_id != 0)
        tl_repeat_compare(&repetition->likeness, outcome->head, &repetition->stored);
    return status;
}

static bool is_same(const struct repetition *repetition)
{
    const struct tl_repeat_likeness *likeness = &repetition->likeness;

    return likeness->has_shape && likeness->different_count == 0 && repetition->outcome.scale == repetition->stored.scale;
}

static void print_likeness(const struct repetition *repetition)
{
    const struct tl_repeat_likeness *likeness = &repetition->likeness;
    const struct tl_store_run_row *run = repetition->run;

    fprintf(stdout, "Run %" PRId64 " again: ", run->run_id);
    if (is_same(repetition))
        fprintf(stdout, "the same head, bit for bit (%zu values).\n", likeness->value_count);
    else if (!likeness->has_shape)
        fprintf(stdout, "a head of another shape.\n");
    else
        fprintf(stdout, "another head, %zu of %zu values differ, by at most %.3g; it was made by tl %s, this is %s.\n",
                likeness->different_count, likeness->value_count, likeness->largest_difference,
                run->program_version ? run->program_version : "of an earlier time", TL_VERSION);
}

static void print_json(const struct repetition *repetition)
{
    const struct tl_repeat_likeness *likeness = &repetition->likeness;

    fprintf(stdout, "{\"run\": %" PRId64 ", \"same\": %s, \"values\": %zu, \"different\": %zu, \"largest_difference\": %.9g}\n",
            repetition->run->run_id, is_same(repetition) ? "true" : "false", likeness->value_count, likeness->different_count,
            likeness->largest_difference);
}

static void print_remade(const struct repetition *repetition, bool is_json)
{
    if (is_json)
        fprintf(stdout, "{\"run\": %" PRId64 ", \"same\": null, \"made\": %" PRId64 "}\n", repetition->run->run_id,
                repetition->outcome.run_id);
    else
        fprintf(stdout, "Run %" PRId64 " kept no head; made again with its head, it is run %" PRId64 " (%s).\n",
                repetition->run->run_id, repetition->outcome.run_id, repetition->outcome.uuid);
}

static void release(struct repetition *repetition)
{
    tl_outcome_release(&repetition->outcome);
    tl_store_free_head(&repetition->stored);
    tl_memory_free(repetition->words);
    tl_store_free_runs(repetition->run, 1);
}

enum tl_exit tl_action_repeat(const struct tl_action *action)
{
    struct repetition repetition = {.run = NULL};
    struct tl_session session;
    struct tl_error err;
    enum tl_exit exit_code;
    bool has_head;
    enum tl_status status = look_up(&repetition, action, &err);

    if (status != TL_OK) {
        release(&repetition);
        return tl_action_fail(action, &err);
    }
    has_head = repetition.run->head_id != 0;
    status = tl_session_begin(&session, action, &repetition.wish, &err);
    if (status == TL_OK)
        status = try_again(&repetition, &session, &err);
    if (status == TL_OK && !has_head)
        status = tl_run_record_put(session.store, &repetition.outcome, &err);
    status = tl_session_close(&session, status, &err);
    if (status == TL_OK && !has_head)
        print_remade(&repetition, action->options->is_json);
    else if (status == TL_OK && action->options->is_json)
        print_json(&repetition);
    else if (status == TL_OK)
        print_likeness(&repetition);
    exit_code = tl_session_end(&session, status, 0, &err);
    if (status == TL_OK && has_head && !is_same(&repetition))
        exit_code = TL_EXIT_SKIPPED;
    release(&repetition);
    return exit_code;
}
