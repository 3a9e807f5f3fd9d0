/* tl_extract.c - the tool tl-extract: folders of photos into a store of features. */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/progress.h"
#include "common/base/system.h"
#include "extract/pipeline.h"
#include "extract/settings.h"
#include "extract/tally.h"
#include "extract/target.h"
#include "extract/writer.h"

/* All of one run. */
struct run {
    struct tl_settings settings;
    struct tl_scan **scans;
    size_t scan_count;
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

    if (run->progress) {
        struct tl_writer_totals taken = tl_writer_totals(run->writer);

        tl_progress_set(run->progress, taken.done_count, taken.failed_count);
    }
    return tl_writer_tick(run->writer, err);
}

static bool should_stop(void *context)
{
    (void)context;
    return tl_system_is_interrupted();
}

/* One name for two trees would mix them. */
static enum tl_status check_new_scan(const struct run *run, const struct tl_scan *scan, struct tl_error *err)
{
    for (size_t i = 0; i < run->scan_count; i++) {
        if (strcmp(run->scans[i]->root, scan->root) == 0)
            return tl_error_set(err, TL_BAD_INPUT, "%s is given twice", scan->root);
        if (strcmp(run->scans[i]->name, scan->name) == 0)
            return tl_error_set(err, TL_BAD_INPUT,
                                "%s and %s have the same name: extract them one by one, the second with --source NAME",
                                run->scans[i]->root, scan->root);
    }
    return TL_OK;
}

static enum tl_status scan_folders(struct run *run, struct tl_error *err)
{
    const struct tl_settings *settings = &run->settings;

    run->scans = tl_memory_alloc(settings->directory_count, sizeof *run->scans);
    if (!run->scans)
        return tl_error_set_no_memory(err, "the list of folders", settings->directory_count * sizeof *run->scans);
    for (size_t i = 0; i < settings->directory_count; i++) {
        struct tl_scan *scan = NULL;
        enum tl_status status = tl_scan_read(&scan, settings->directories[i], settings->source_name, settings->split, err);

        if (status != TL_OK)
            return status;
        status = check_new_scan(run, scan, err);
        if (status != TL_OK) {
            tl_scan_free(scan);
            return status;
        }
        run->scans[run->scan_count++] = scan;
        for (size_t j = 0; j < scan->notice_count && !settings->is_quiet; j++)
            tl_tool_say(&tl_settings_program, "%s: %s", settings->directories[i], scan->notices[j]);
    }
    return TL_OK;
}

/* The photos of other parts are not this run's affair. */
static void keep_shard(struct run *run)
{
    const struct tl_store_shard *shard = &run->settings.shard;

    for (size_t i = 0; i < run->scan_count && shard->count > 0; i++) {
        const size_t all_count = run->scans[i]->entry_count;

        tl_shard_keep(shard, run->scans[i]);
        if (!run->settings.is_quiet)
            tl_tool_say(&tl_settings_program, "%s: part %u/%u has %zu of %zu photos", run->settings.directories[i], shard->index,
                        shard->count, run->scans[i]->entry_count, all_count);
    }
}

/* Folders without a single photo are rather a wrong path or a disk that is not there than a set that became empty. */
static enum tl_status check_photos(const struct run *run, struct tl_error *err)
{
    for (size_t i = 0; i < run->scan_count; i++)
        if (run->scans[i]->entry_count > 0 || run->scans[i]->unlisted_count > 0)
            return TL_OK;
    return tl_error_set(err, TL_BAD_INPUT, "there are no photos in the class folders of %s", run->settings.directories[0]);
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
    tl_engine_init(&engine, run->target.features, run->decoders);
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
    for (size_t i = 0; i < run->scan_count && status == TL_OK && !run->is_stopped; i++) {
        int64_t count = 0;

        if (run->scans[i]->unlisted_count > 0)
            continue;
        status = tl_writer_mark_missing(run->writer, run->target.source_ids[i], &count, err);
        *out_count += count;
    }
    return status;
}

static enum tl_status summarise(struct run *run, int64_t missing_count, double seconds, enum tl_exit *out_exit,
                                struct tl_error *err)
{
    const struct tl_tally_facts facts = {
        .settings = &run->settings,
        .arithmetic = tl_features_identify(run->target.features).arithmetic,
        .written = tl_writer_totals(run->writer),
        .scans = run->scans,
        .scan_count = run->scan_count,
        .missing_count = missing_count,
        .seconds = seconds,
        .effort = run->effort,
        .is_stopped = run->is_stopped,
    };
    struct tl_tally tally;
    bool is_any_unlisted = false;
    enum tl_status status = tl_tally_count(&tally, run->agenda, run->scans, run->scan_count, err);

    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < run->scan_count; i++)
        is_any_unlisted = is_any_unlisted || run->scans[i]->unlisted_count > 0;
    if (run->is_stopped)
        *out_exit = TL_EXIT_STOPPED;
    else if (tally.total.new_count + tally.total.there_count == 0 && run->settings.shard.count == 0)
        *out_exit = TL_EXIT_NOTHING; /* a part may be of few photos or none, and has done all it could */
    else if (tally.total.failed_count > 0 || is_any_unlisted)
        *out_exit = TL_EXIT_SKIPPED;
    if (run->settings.is_json)
        status = tl_tally_write_json(&tally, &facts, stdout, err);
    else if (!run->settings.is_quiet)
        status = tl_tally_write_text(&tally, &facts, stdout, err);
    if (status == TL_IO)
        status = TL_OK; /* the work is done; what standard output did not take is told at the very end, a closed pipe not at all */
    if (run->is_stopped)
        tl_tool_say(&tl_settings_program, "stopped on request: %zu photo%s left; the same command goes on from here",
                    tally.total.left_count, tally.total.left_count == 1 ? " is" : "s are");
    tl_tally_free(&tally);
    return status;
}

static enum tl_status extract(struct run *run, enum tl_exit *out_exit, struct tl_error *err)
{
    double started_seconds;
    int64_t missing_count = 0;
    enum tl_status status = scan_folders(run, err);

    if (status == TL_OK)
        status = check_photos(run, err);
    if (status == TL_OK)
        keep_shard(run);
    if (status == TL_OK)
        status = start_decoders(run, err);
    if (status == TL_OK)
        status = tl_target_open(&run->target, &run->settings, run->scans, run->scan_count, err);
    if (status == TL_OK)
        status = tl_agenda_create(&run->agenda, run->target.store, &run->target.wish, run->scans, run->target.source_ids,
                                  run->scan_count, err);
    if (status == TL_OK)
        status = tl_writer_create(&run->writer, run->target.store, run->agenda, report_failure, run, err);
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

static enum tl_status close_run(struct run *run, struct tl_error *err)
{
    bool has_started_photos = run->target.features != NULL;
    enum tl_status status;

    tl_decoders_free(run->decoders);
    tl_writer_free(run->writer);
    tl_agenda_free(run->agenda);
    status = tl_target_close(&run->target, err);
    if (has_started_photos)
        tl_photo_stop();
    for (size_t i = 0; i < run->scan_count; i++)
        tl_scan_free(run->scans[i]);
    tl_memory_free(run->scans);
    return status;
}

int main(int argc, char **argv)
{
    struct run run = {.scans = NULL};
    enum tl_exit exit_code = TL_EXIT_OK;
    struct tl_error err;

    if (!tl_settings_read(&run.settings, &exit_code, argc, argv))
        return (int)exit_code;
    tl_system_catch_signals();
    if (extract(&run, &exit_code, &err) != TL_OK) {
        tl_tool_say(&tl_settings_program, "%s", err.message);
        exit_code = TL_EXIT_NOTHING;
    }
    if (close_run(&run, &err) != TL_OK) {
        tl_tool_say(&tl_settings_program, "%s", err.message);
        exit_code = TL_EXIT_NOTHING;
    }
    return (int)tl_tool_end(&tl_settings_program, exit_code);
}
