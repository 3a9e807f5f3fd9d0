/* tl_extract.c - the tool tl-extract: folders of photos into a store of features. */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/progress.h"
#include "common/base/system.h"
#include "extract/pipeline.h"
#include "extract/forecast.h"
#include "extract/record.h"
#include "extract/settings.h"
#include "extract/sources.h"
#include "extract/tally.h"
#include "extract/target.h"
#include "extract/writer.h"

enum { PLAN_CEILING_BYTES = 1 << 20 };

/* All of one run. */
struct run {
    struct tl_settings settings;
    struct tl_stop stop;
    struct tl_record record;
    struct tl_sources sources;
    tl_decoders *decoders; /* NULL where the system gives none */
    struct tl_target target;
    tl_agenda *agenda;
    tl_writer *writer;
    tl_progress *progress; /* NULL when quiet */
    struct tl_effort effort;
    bool is_stopped;
};

/* A photo's failure on standard error, the photo's path before it. */
static void report_failure(void *context, const struct tl_agenda_photo *photo, const struct tl_error *failure)
{
    struct run *run = context;
    char *path = tl_system_join_path(photo->scan->root, photo->entry->path);

    if (run->progress)
        tl_progress_hide(run->progress);
    tl_tool_say(&tl_settings_program, "%s: %s", path ? path : photo->entry->path, failure->message);
    tl_record_tell_failure(&run->record, path ? path : photo->entry->path, failure);
    tl_memory_free(path);
}

static enum tl_status take_work(void *context, struct tl_work *work, struct tl_error *err)
{
    struct run *run = context;

    return tl_writer_take(run->writer, work, err);
}

static enum tl_status tick(void *context, struct tl_error *err)
{
    struct run *run = context;
    const struct tl_writer_totals taken = tl_writer_totals(run->writer);

    if (run->progress)
        tl_progress_set(run->progress, taken.done_count, taken.failed_count);
    tl_record_tell_progress(&run->record, &taken);
    return tl_writer_tick(run->writer, err);
}

static bool should_stop(void *context)
{
    struct run *run = context;

    return tl_stop_is_due(&run->stop, run->target.store);
}

/* Before libvips, threads and the store, none of which a decoder may share. */
static enum tl_status start_decoders(struct run *run, struct tl_error *err)
{
    struct tl_decoders_terms terms;
    enum tl_status status;

    tl_decoders_terms_init(&terms);
    status = tl_decoders_create(&run->decoders, run->settings.thread_count, &run->settings.recipe, &terms, err);
    if (status != TL_IO)
        return status;
    tl_tool_say(&tl_settings_program, "%s; a photo that crashes its decoder will end this run", err->message);
    return TL_OK;
}

static enum tl_status compute(struct run *run, struct tl_error *err)
{
    const struct tl_pipeline_sink sink = {run, take_work, tick, should_stop};
    struct tl_engine engine;
    size_t job_count = tl_agenda_job_count(run->agenda);
    enum tl_status status = TL_OK, end_status;

    if (job_count == 0)
        return TL_OK;
    if (!run->settings.is_quiet)
        status = tl_progress_create(&run->progress, stderr, "extract", "photos", job_count, err);
    if (status != TL_OK)
        return status;
    if (tl_stop_is_due(&run->stop, run->target.store)) /* a store that is too large already gets no larger by being tried again */
        status = TL_STOPPED;
    tl_engine_init(&engine, run->target.features, run->decoders);
    if (status == TL_OK)
        status = tl_pipeline_run(&run->effort, run->agenda, &run->settings.augmentation, &engine, run->settings.thread_count,
                                 &sink, err);
    run->is_stopped = status == TL_STOPPED;
    if (status == TL_OK || run->is_stopped) { /* what was computed before a stop is kept */
        struct tl_writer_totals written;

        end_status = tl_writer_flush(run->writer, err);
        if (end_status != TL_OK)
            status = end_status;
        written = tl_writer_totals(run->writer);
        if (run->progress)
            tl_progress_set(run->progress, written.done_count, written.failed_count);
    }
    tl_progress_finish(run->progress);
    run->progress = NULL;
    return status == TL_STOPPED ? TL_OK : status;
}

/* Only a scan that saw everything, and a run that wrote all of it, can tell what is gone. */
static enum tl_status mark_missing(struct run *run, int64_t *out_count, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    *out_count = 0;
    for (size_t i = 0; i < run->sources.count && status == TL_OK && !run->is_stopped; i++) {
        int64_t count = 0;

        if (run->sources.scans[i]->unlisted_count > 0)
            continue;
        status = tl_writer_mark_missing(run->writer, run->target.source_ids[i], &count, err);
        *out_count += count;
    }
    return status;
}

static void say_stopped(const struct run *run, size_t left_count)
{
    char words[TL_STOP_WORDS_BYTES];

    tl_stop_describe(words, &run->stop);
    tl_tool_say(&tl_settings_program, "%s: %zu photo%s left; %s goes on from here", words, left_count,
                left_count == 1 ? " is" : "s are",
                run->stop.reason == TL_STOP_SIZE ? "a larger --max-size" : "the same command");
}

static enum tl_status summarise(struct run *run, int64_t missing_count, double seconds, enum tl_exit *out_exit,
                                struct tl_error *err)
{
    const struct tl_tally_facts facts = {
        .settings = &run->settings,
        .arithmetic = tl_features_identify(run->target.features).arithmetic,
        .written = tl_writer_totals(run->writer),
        .scans = run->sources.scans,
        .scan_count = run->sources.count,
        .missing_count = missing_count,
        .seconds = seconds,
        .effort = run->effort,
        .is_stopped = run->is_stopped,
    };
    struct tl_tally tally;
    enum tl_status status = tl_tally_count(&tally, run->agenda, run->target.store, run->sources.scans, run->target.source_ids,
                                           run->sources.count, err);

    if (status != TL_OK)
        return status;
    if (run->is_stopped)
        *out_exit = TL_EXIT_STOPPED;
    else if (tally.total.new_count + tally.total.there_count == 0 && run->settings.shard.count == 0)
        *out_exit = TL_EXIT_NOTHING; /* a part may be of few photos or none, and has done all it could */
    else if (tally.total.failed_count > 0 || tl_sources_has_unlisted(&run->sources))
        *out_exit = TL_EXIT_SKIPPED;
    if (run->settings.is_json)
        status = tl_tally_write_json(&tally, &facts, stdout, err);
    else if (!run->settings.is_quiet)
        status = tl_tally_write_text(&tally, &facts, stdout, err);
    if (status == TL_IO)
        status = TL_OK; /* the work is done; what standard output did not take is told at the very end, a closed pipe not at all */
    if (run->is_stopped)
        say_stopped(run, tally.total.left_count);
    tl_tally_free(&tally);
    return status;
}

/* What the run is about to do goes to those who do not watch it; the writer keeps it up to date. */
static enum tl_status begin_record(struct run *run, struct tl_error *err)
{
    const struct tl_record_plan plan = {
        .feature_set_id = run->target.wish.feature_set_id,
        .augmentation_id = run->target.wish.augmentation_id,
        .arithmetic = tl_features_identify(run->target.features).arithmetic,
        .photo_count = tl_agenda_scanned_count(run->agenda),
        .to_do_count = tl_agenda_job_count(run->agenda),
        .known_failure_count = tl_agenda_known_failure_count(run->agenda),
    };
    enum tl_status status = tl_record_begin(&run->record, run->target.store, &plan, err);

    if (status == TL_OK)
        tl_writer_keep_row(run->writer, &run->record.row);
    return status;
}

/* Nothing is changed, and no store made; nobody is kept from working on it. */
static enum tl_status tell_plan(struct run *run, struct tl_error *err)
{
    struct tl_forecast forecast;
    struct tl_text text;
    enum tl_status status = tl_sources_read(&run->sources, &run->settings, err);

    tl_text_init(&text, PLAN_CEILING_BYTES);
    if (status == TL_OK)
        status = start_decoders(run, err);
    if (status == TL_OK)
        status = tl_forecast_make(&forecast, &run->settings, &run->sources, run->decoders, err);
    if (status == TL_OK) {
        if (run->settings.is_json)
            tl_forecast_append_json(&text, &forecast);
        else
            tl_forecast_append_text(&text, &forecast);
        status = tl_text_check(&text, err);
    }
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

static enum tl_status extract(struct run *run, enum tl_exit *out_exit, struct tl_error *err)
{
    double started_seconds;
    int64_t missing_count = 0;
    enum tl_status status = start_decoders(run, err);

    if (status == TL_OK)
        status = tl_target_hold(&run->target, &run->settings, &run->stop, err);
    if (status == TL_OK)
        status = tl_sources_read(&run->sources, &run->settings, err);
    if (status == TL_OK)
        status = tl_target_open(&run->target, &run->settings, run->sources.scans, run->sources.count, err);
    if (status == TL_OK && tl_store_notice(run->target.store))
        tl_tool_say(&tl_settings_program, "%s: %s", run->settings.store_path, tl_store_notice(run->target.store));
    if (status == TL_OK)
        status = tl_agenda_create(&run->agenda, run->target.store, &run->target.wish, run->sources.scans, run->target.source_ids,
                                  run->sources.count, err);
    for (size_t i = 0; i < run->sources.count && status == TL_OK; i++)
        tl_scan_forget_entries(run->sources.scans[i]);
    if (status == TL_OK)
        status = tl_writer_create(&run->writer, run->target.store, run->agenda, report_failure, run, err);
    if (status == TL_OK)
        status = begin_record(run, err);
    if (status == TL_OK)
        status = tl_writer_put_known(run->writer, err);
    started_seconds = tl_system_seconds();
    if (status == TL_OK)
        status = compute(run, err);
    if (status == TL_OK)
        status = mark_missing(run, &missing_count, err);
    if (status == TL_OK)
        status = summarise(run, missing_count, tl_system_seconds() - started_seconds, out_exit, err);
    return status;
}

/* Ends row, store and log after what ended with `status`, of which *err tells. Of several failures the first is the one to tell;
 * what comes after a full disk is a consequence. */
static enum tl_exit end_run(struct run *run, enum tl_status status, enum tl_exit exit_code, struct tl_error *err)
{
    const bool is_stopped = run->is_stopped || status == TL_STOPPED, has_started_photos = run->target.features != NULL;
    struct tl_record_ending ending = {.stop_reason = is_stopped ? tl_stop_name(&run->stop) : NULL};
    struct tl_error later;

    if (run->writer)
        ending.totals = tl_writer_totals(run->writer);
    ending.outcome = is_stopped ? "stopped" : status == TL_OK ? "finished" : "failed";
    ending.message = status == TL_OK || is_stopped ? NULL : err->message;
    if (tl_record_end_row(&run->record, run->target.store, &ending, &later) != TL_OK && status == TL_OK) {
        *err = later;
        status = err->status;
    }
    tl_decoders_free(run->decoders);
    tl_writer_free(run->writer);
    tl_agenda_free(run->agenda);
    if (tl_target_close(&run->target, &later) != TL_OK && status == TL_OK) {
        *err = later;
        status = err->status;
    }
    if (has_started_photos)
        tl_photo_stop();
    tl_sources_free(&run->sources);
    if (status != TL_OK) {
        tl_tool_say(&tl_settings_program, "%s", err->message);
        exit_code = status == TL_STOPPED ? TL_EXIT_STOPPED : TL_EXIT_NOTHING;
        if (status != TL_STOPPED)
            ending.outcome = "failed";
        ending.message = err->message;
    }
    exit_code = tl_tool_end(&tl_settings_program, exit_code);
    ending.exit_code = (int)exit_code;
    tl_record_tell_end(&run->record, &ending);
    tl_record_close(&run->record);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct run run = {.agenda = NULL};
    enum tl_exit exit_code = TL_EXIT_OK;
    struct tl_error err;
    enum tl_status status;

    tl_record_init(&run.record, argc, argv);
    if (!tl_settings_read(&run.settings, &exit_code, argc, argv)) {
        tl_record_close(&run.record);
        return (int)exit_code;
    }
    tl_system_catch_signals();
    tl_stop_init(&run.stop, &run.settings);
    status = tl_record_open(&run.record, &run.settings, &err);
    if (status == TL_OK)
        status = run.settings.is_plan ? tell_plan(&run, &err) : extract(&run, &exit_code, &err);
    return (int)end_run(&run, status, exit_code, &err);
}
