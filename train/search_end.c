/* search_end.c - the end of a search (search.h): heads fitted, rows kept, results told. */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/store_sweep.h"
#include "train/experiment/run_record.h"
#include "train/report/fit_json.h"
#include "train/report/fit_report.h"
#include "train/search.h"

static const size_t JSON_CEILING_BYTES = (size_t)1 << 30;

/* What was kept, for telling. */
struct kept {
    struct tl_outcome *outcomes; /* one a candidate; those not done are empty */
    int64_t sweep_id;
    size_t done_count, failed_count;
};

static enum tl_status finish_one(struct tl_search *search, struct kept *kept, size_t index, bool has_head, struct tl_error *err)
{
    struct tl_outcome *outcome = &kept->outcomes[index];
    enum tl_status status = TL_OK;

    if (has_head)
        status = tl_crossing_finish(outcome, &search->candidates[index], &search->session.material, &search->bench, err);
    else
        tl_crossing_describe(outcome, &search->candidates[index], &search->session.material, &search->bench);
    outcome->load_seconds = search->session.load_seconds;
    return status;
}

/* The outcomes of all that are done, the best one's, or all, with their heads. */
static enum tl_status finish(struct tl_search *search, struct kept *kept, size_t best, struct tl_error *err)
{
    const struct tl_train_options *options = search->session.action->options;
    enum tl_status status = TL_OK;

    kept->outcomes = tl_memory_alloc(search->count, sizeof *kept->outcomes);
    if (!kept->outcomes)
        return tl_error_set_no_memory(err, "the runs", search->count * sizeof *kept->outcomes);
    for (size_t i = 0; i < search->count && status == TL_OK; i++) {
        kept->failed_count += search->candidates[i].failure.status != TL_OK;
        if (!search->candidates[i].is_done)
            continue;
        kept->done_count++;
        status = finish_one(search, kept, i, i == best || options->keep_heads, err);
    }
    if (status == TL_OK)
        kept->outcomes[best].name = options->name;
    return status;
}

static enum tl_status put_sweep(struct tl_search *search, struct kept *kept, struct tl_error *err)
{
    const struct tl_action *action = search->session.action;
    struct tl_text command;
    enum tl_status status;

    tl_text_init(&command, JSON_CEILING_BYTES);
    tl_text_append(&command, "[");
    for (size_t i = 0; i < action->word_count; i++) {
        tl_text_append(&command, i > 0 ? ", " : "");
        tl_text_append_json_string(&command, action->words[i]);
    }
    tl_text_append(&command, "]");
    status = tl_text_check(&command, err);
    if (status == TL_OK)
        status = tl_store_put_sweep(
            search->session.store, &kept->sweep_id,
            &(struct tl_store_sweep){
                .kind = search->kind,
                .command_json = command.bytes,
                .program_version = TL_VERSION,
                .seed = (int64_t)search->base.seed,
                .planned_runs = (int64_t)(search->planned_count > search->count ? search->planned_count : search->count),
                .started_ms = search->started_ms},
            err);
    tl_text_free(&command);
    return status;
}

static enum tl_status put_rows(struct tl_search *search, struct kept *kept, struct tl_error *err)
{
    tl_store *store = search->session.store;
    enum tl_status status = search->kind ? put_sweep(search, kept, err) : TL_OK;

    for (size_t i = 0; i < search->count && status == TL_OK; i++) {
        if (!search->candidates[i].is_done)
            continue;
        kept->outcomes[i].sweep_id = kept->sweep_id;
        status = tl_run_record_put(store, &kept->outcomes[i], err);
    }
    if (status == TL_OK && search->kind && !tl_system_is_interrupted())
        status = tl_store_end_sweep(store, kept->sweep_id, tl_system_time_ms(), err);
    return status;
}

static enum tl_status keep(struct tl_search *search, struct kept *kept, size_t best, struct tl_error *err)
{
    tl_store *store = search->session.store;
    enum tl_status status = finish(search, kept, best, err);

    if (status == TL_OK)
        status = tl_store_begin(store, err);
    if (status != TL_OK)
        return status;
    status = put_rows(search, kept, err);
    if (status == TL_OK)
        return tl_store_commit(store, err);
    tl_store_rollback(store);
    return status;
}

/* {"run": 3, "sweep": 1, "l2": 0.001, "val_loss": ...}: what was varied, and what came of it. */
static void append_run(struct tl_text *text, const struct tl_search *search, const struct kept *kept, size_t index)
{
    const struct tl_candidate *candidate = &search->candidates[index];
    const struct tl_outcome *outcome = &kept->outcomes[index];

    tl_text_append_format(text, "{\"run\": %lld, \"uuid\": \"%s\", \"sweep\": %lld", (long long)outcome->run_id, outcome->uuid,
                          (long long)kept->sweep_id);
    for (size_t s = 0; s < search->setting_count; s++) {
        const struct tl_setting *setting = search->settings[s];
        char words[TL_SETTING_WORDS_BYTES], key[TL_SETTING_WORDS_BYTES];

        tl_setting_write(words, setting, tl_setting_get(setting, &candidate->course));
        (void)snprintf(key, sizeof key, "%s", setting->name);
        for (char *dash = strchr(key, '-'); dash; dash = strchr(dash, '-'))
            *dash = '_';
        tl_text_append_format(text, setting->kind == TL_SETTING_WORD ? ", \"%s\": \"%s\"" : ", \"%s\": %s", key, words);
    }
    tl_text_append(text, ", \"val_loss\": ");
    tl_text_append_json_number(text, candidate->validation.loss);
    tl_text_append(text, ", \"val_accuracy\": ");
    tl_text_append_json_number(text, candidate->validation.accuracy);
    tl_text_append(text, ", \"seconds\": ");
    tl_text_append_json_number(text, candidate->seconds);
    tl_text_append(text, "}\n");
}

/* A line a run, then one with the summary and all of the best. */
static enum tl_status print_json(const struct tl_search *search, const struct kept *kept, size_t best, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, JSON_CEILING_BYTES);
    if (search->kind) {
        for (size_t i = 0; i < search->count; i++)
            if (search->candidates[i].is_done)
                append_run(&text, search, kept, i);
        tl_text_append_format(&text, "{\"sweep\": %lld, \"planned\": %zu, \"tried\": %zu, \"failed\": %zu, \"seconds\": ",
                              (long long)kept->sweep_id, search->planned_count, kept->done_count, kept->failed_count);
        tl_text_append_json_number(&text, tl_system_seconds() - search->started);
        tl_text_append(&text, ", \"best\": ");
    }
    tl_fit_json_append(&text, &kept->outcomes[best]);
    tl_text_append(&text, search->kind ? "}\n" : "\n");
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

/* "Kept: l2 0.001, seed 3." and, since the least of many figures flatters, of how many it is. */
static void print_best(const struct tl_search *search, size_t done_count, size_t best)
{
    struct tl_text text;

    tl_text_init(&text, TL_ERROR_MESSAGE_BYTES);
    tl_board_describe(&text, search->settings, search->setting_count, &search->candidates[best].course);
    if (search->setting_count > 0 && tl_text_check(&text, NULL) == TL_OK)
        fprintf(stdout, "Kept: %s.\n", text.bytes);
    if (done_count > 1)
        fprintf(stdout, "It is the best of %zu on the same photos as below, so its figures there flatter a little.\n", done_count);
    tl_text_free(&text);
}

/* The runs are kept by now; tl_tool_end() tells of an output that takes no more. */
static enum tl_status tell(struct tl_search *search, const struct kept *kept, size_t best, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (search->session.action->options->is_json)
        return print_json(search, kept, best, err);
    if (search->board)
        status = tl_board_write_ranking(search->board, err);
    if (status == TL_OK) {
        print_best(search, kept->done_count, best);
        status = tl_fit_report_results(stdout, &kept->outcomes[best], err);
    }
    if (status == TL_OK && search->kind)
        fprintf(stdout, "Sweep %lld: %zu runs in %.2f s.\n", (long long)kept->sweep_id, kept->done_count,
               tl_system_seconds() - search->started);
    return status == TL_IO && ferror(stdout) ? TL_OK : status;
}

static void release(struct tl_search *search, struct kept *kept)
{
    for (size_t i = 0; i < search->count; i++) {
        if (kept->outcomes)
            tl_outcome_release(&kept->outcomes[i]);
        tl_candidate_release(&search->candidates[i]);
    }
    tl_memory_free(kept->outcomes);
    tl_board_free(search->board);
    tl_memory_free(search->candidates);
    tl_workbench_release(&search->bench);
    tl_memory_free(search->class_weights);
    tl_memory_free(search->folds);
}

/* Why there is none to keep. */
static enum tl_status report_none(const struct tl_search *search, struct tl_error *err)
{
    for (size_t i = 0; i < search->count; i++) {
        if (search->candidates[i].failure.status != TL_OK) {
            *err = search->candidates[i].failure;
            return err->status;
        }
    }
    return tl_error_set(err, TL_STOPPED, "stopped before any run was finished");
}

enum tl_exit tl_search_end(struct tl_search *search, enum tl_status status, size_t best, struct tl_error *err)
{
    struct kept kept = {.outcomes = NULL};
    enum tl_exit exit_code;

    if (status == TL_OK && best >= search->count)
        status = report_none(search, err);
    if (status == TL_OK)
        status = keep(search, &kept, best, err);
    if (status == TL_OK)
        search->session.kept_run_id = kept.outcomes[best].run_id;
    if (search->session.store)
        status = tl_session_close(&search->session, status, err);
    if (status == TL_OK)
        status = tell(search, &kept, best, err);
    if (status == TL_OK && tl_system_is_interrupted())
        tl_tool_say(search->session.action->command, "stopped by %s: %zu runs are kept", tl_system_interruption(),
                    kept.done_count);
    release(search, &kept);
    exit_code = tl_session_end(&search->session, status, search->skipped_count, err);
    return status == TL_OK && tl_system_is_interrupted() ? TL_EXIT_STOPPED : exit_code;
}
