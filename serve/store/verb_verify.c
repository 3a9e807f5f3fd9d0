/* verb_verify.c - tl-store verify: is every stored feature what was once computed, and what is damaged? */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/progress.h"
#include "common/base/system.h"
#include "serve/store/damage_record.h"
#include "serve/store/recompute.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"
#include "serve/store/verify_text.h"

enum { RECOMPUTE_MAX = 1000000, THREADS_MAX = 1024 };

struct settings {
    long recompute_count, seed, thread_count;
    const char *weights_path;
    bool json, quiet;
};

struct job {
    const struct settings *settings;
    const struct tl_command *command;
    tl_decoders *decoders; /* NULL: there are none */
    tl_store *store;
    tl_damage_record *record;
    tl_progress *progress;
    struct tl_verify_result result;
};

static void say(struct job *job, const char *message)
{
    if (job->progress)
        tl_progress_hide(job->progress);
    tl_tool_say(job->command, "%s", message);
}

static void tell_file_fault(void *context, const char *fault)
{
    say(context, fault);
}

static enum tl_status take_damage(void *context, const struct tl_store_feature_name *name, const struct tl_error *failure,
                                  struct tl_error *err)
{
    struct job *job = context;
    struct tl_error told = *failure;

    (void)tl_verify_name_damage(&told, name);
    say(job, told.message);
    if (!name->is_present) /* no extraction can mend it */
        job->result.beyond_mending++;
    return tl_damage_record_add(job->record, name, &told, err);
}

static bool tell_progress(void *context, int64_t done)
{
    struct job *job = context;

    if (job->progress)
        tl_progress_set(job->progress, (uint64_t)done, (uint64_t)tl_damage_record_count(job->record));
    return !tl_system_is_interrupted();
}

static void tell_skipped(void *context, const char *path, const struct tl_store_recomputed *recomputed)
{
    struct job *job = context;
    struct tl_error told = recomputed->why;

    if (recomputed->outcome == TL_STORE_RECHECK_UNABLE)
        (void)tl_error_prefix(&told, "features that cannot be computed here");
    else
        (void)tl_error_prefix(&told, "%s: not computed again", path);
    say(job, told.message);
}

static void tell_other_pixels(void *context, const char *path)
{
    struct tl_error told;

    (void)tl_error_set(&told, TL_BAD_INPUT, "%s: decodes to other pixels here than when its features were computed", path);
    say(context, told.message);
}

static enum tl_status start_progress(struct job *job, const char *label, int64_t total, struct tl_error *err)
{
    if (job->settings->quiet || total == 0)
        return TL_OK;
    return tl_progress_create(&job->progress, stderr, label, "features", (uint64_t)total, err);
}

static void end_progress(struct job *job)
{
    tl_progress_finish(job->progress);
    job->progress = NULL;
}

static enum tl_status recheck(struct job *job, const struct tl_store_verify_watch *watch, struct tl_error *err)
{
    struct tl_recompute recompute = {.decoders = job->decoders,
                                     .weights_path = job->settings->weights_path,
                                     .thread_count = (size_t)job->settings->thread_count};
    const struct tl_store_recheck wish = {
        .wanted_count = (size_t)job->settings->recompute_count,
        .seed = (uint64_t)job->settings->seed,
        .recompute = tl_recompute_feature,
        .recompute_context = &recompute,
        .tell_skipped = tell_skipped,
        .watch = watch,
        .tell_other_pixels = tell_other_pixels,
    };
    enum tl_status status = start_progress(job, "recompute", job->settings->recompute_count, err);

    if (status == TL_OK)
        status = tl_store_recheck(job->store, &job->result.rechecked, &wish, err);
    end_progress(job);
    tl_recompute_close(&recompute);
    return status;
}

static enum tl_status verify(struct job *job, struct tl_error *err)
{
    const struct tl_store_verify_watch watch = {take_damage, tell_progress, job};
    struct tl_store_counts counts;
    enum tl_status status =
        tl_store_check_integrity(job->store, &job->result.file_faults, tell_file_fault, job, tl_system_is_interrupted, err);

    if (status == TL_OK)
        status = tl_store_count(job->store, &counts, err);
    if (status == TL_OK)
        status = start_progress(job, "verify", counts.features, err);
    if (status == TL_OK)
        status = tl_store_verify(job->store, &job->result.verified, (size_t)job->settings->thread_count, &watch, err);
    end_progress(job);
    if (status == TL_OK && job->settings->recompute_count > 0)
        status = recheck(job, &watch, err);
    if (status == TL_CORRUPT && job->result.file_faults > 0) { /* said already; what can be read was */
        say(job, err->message);
        job->result.is_incomplete = true;
        status = TL_OK;
    }
    return status;
}

/* A file whose pages are not to be trusted is left alone: a write may hurt more of it. */
static void record(struct job *job, const char *path)
{
    struct tl_error err;

    if (job->result.file_faults > 0) {
        job->result.is_unrecorded = true;
        return;
    }
    if (tl_damage_record_write(job->record, path, &job->result.recorded, &err) != TL_OK) {
        job->result.is_unrecorded = true;
        (void)tl_error_prefix(&err, "the damage could not be recorded for tl-extract to mend");
        say(job, err.message);
    }
}

/* Before libvips, threads and the store, none of which a decoder may share. */
static enum tl_status start_decoders(struct job *job, struct tl_error *err)
{
    struct tl_decoders_terms terms;
    struct tl_recipe recipe;
    enum tl_status status;

    if (job->settings->recompute_count == 0)
        return TL_OK;
    tl_recipe_init(&recipe);
    tl_decoders_terms_init(&terms);
    status = tl_decoders_create(&job->decoders, 1, &recipe, &terms, err);
    if (status != TL_IO)
        return status;
    tl_tool_say(job->command, "%s; a photo that crashes its decoder will end this run", err->message);
    return TL_OK;
}

/* What reads is closed before damage is recorded: on a network file system it would keep out what records. */
static enum tl_status run(struct job *job, const char *path, struct tl_error *err)
{
    enum tl_status status = start_decoders(job, err);

    if (status != TL_OK)
        return status;
    status = tl_damage_record_create(&job->record, err);
    if (status == TL_OK)
        status = tl_store_open(&job->store, path, TL_STORE_READ, err);
    if (status == TL_OK)
        status = verify(job, err);
    status = tl_store_close_after(&job->store, status, err);
    record(job, path);
    tl_damage_record_free(job->record);
    return status;
}

static bool has_found_damage(const struct tl_verify_result *result)
{
    return result->file_faults > 0 || result->verified.damaged > 0 || result->rechecked.different > 0 ||
           result->rechecked.other_pixels > 0 || result->is_incomplete;
}

enum tl_exit tl_verb_verify_run(int argc, char **argv)
{
    struct settings settings = {.thread_count = (long)tl_system_core_count()};
    const struct tl_option options[] = {
        {.name = "recompute", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &settings.recompute_count, .minimum = 0,
         .maximum = RECOMPUTE_MAX, .help = "also compute N random features again from their photos, and compare bits (0)"},
        {.name = "seed", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &settings.seed, .minimum = 0,
         .maximum = 9007199254740992.0, .help = "which ones (0)"},
        {.name = "weights", .argument = "FILE", .kind = TL_OPTION_STRING, .target = &settings.weights_path,
         .help = "the network's weights for --recompute (where tl-extract finds them)"},
        {.name = "threads", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &settings.thread_count, .minimum = 1,
         .maximum = THREADS_MAX, .help = "threads (this machine's cores)"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "the summary as a JSON object"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &settings.quiet, .help = "no progress and no summary"},
    };
    const struct tl_command command = {
        "tl-store verify",
        "tl-store verify [options] STORE",
        "Checks the SQLite file, decodes every stored feature and compares its digest. Each damage is named, and recorded so that\n"
        "the next tl-extract computes those features again. On read-only media it is named alone.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 all is as it was stored; 1 damage found; 2 not verified; 3 stopped on request.",
    };
    struct job job = {.settings = &settings, .command = &command};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
        return exit_code;
    tl_system_catch_signals();
    status = run(&job, operands.items[0], &err);
    tl_decoders_free(job.decoders);
    if (status == TL_OK && (settings.json || !settings.quiet))
        status = tl_verify_write(&job.result, settings.json, stdout, &err);
    if (status == TL_IO && ferror(stdout))
        status = TL_OK; /* tl_tool_end() tells */
    return tl_store_command_end(&command, status, &err, has_found_damage(&job.result) ? TL_EXIT_SKIPPED : TL_EXIT_OK);
}
