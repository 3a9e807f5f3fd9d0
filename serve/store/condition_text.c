/* condition_text.c - how a store fares, for people and for programs; see condition.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/progress.h"
#include "common/base/quantity.h"
#include "serve/store/condition.h"

enum { TIME_BYTES = 32, DURATION_BYTES = 32, QUIET_SECONDS = 60 };

static void write_time(char out[TIME_BYTES], int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;

    if (!gmtime_r(&seconds, &utc) || strftime(out, TIME_BYTES, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        snprintf(out, TIME_BYTES, "%" PRId64 " ms", time_ms);
}

/* As of its last commit; 0 before the first. */
static double find_rate(const struct tl_store_extraction *extraction)
{
    const double seconds = (double)(extraction->updated_ms - extraction->started_ms) / 1e3;

    return seconds > 0 ? (double)extraction->photos_done / seconds : 0;
}

static int64_t count_left(const struct tl_store_extraction *extraction)
{
    return extraction->photos_to_do > extraction->photos_done ? extraction->photos_to_do - extraction->photos_done : 0;
}

static bool is_running(const struct tl_condition *condition)
{
    return condition->is_held && condition->extraction_count > 0 && !condition->extractions[0].outcome;
}

static void append_running(struct tl_text *text, const struct tl_condition *condition)
{
    const struct tl_store_extraction *extraction = &condition->extractions[0];
    const double rate = find_rate(extraction), quiet_seconds = (double)(condition->now_ms - extraction->updated_ms) / 1e3;
    char since[TIME_BYTES], duration[DURATION_BYTES];

    write_time(since, extraction->started_ms);
    tl_text_append_format(text, "An extraction is at work: process %" PRId64 " on ", extraction->pid);
    tl_text_append_visible(text, extraction->host, strlen(extraction->host));
    tl_text_append_format(text, ", since %s UTC.\n", since);
    tl_text_append_format(text,
                          "%" PRId64 " of %" PRId64 " photos done, %" PRId64 " failed, %" PRId64 " left; %" PRId64 " feature "
                                                                                                                   "vectors",
                          extraction->photos_done, extraction->photos_to_do, extraction->photos_failed, count_left(extraction),
                          extraction->features_made);
    if (rate > 0) {
        tl_progress_format_duration(duration, sizeof duration, (double)count_left(extraction) / rate);
        tl_text_append_format(text, "; %.1f photos a second, %s left", rate, duration);
    }
    tl_text_append(text, ".\n");
    if (quiet_seconds >= QUIET_SECONDS) {
        tl_progress_format_duration(duration, sizeof duration, quiet_seconds);
        tl_text_append_format(text, "Nothing was committed for %s.\n", duration);
    }
}

static void append_files(struct tl_text *text, const struct tl_condition *condition)
{
    char file[TL_QUANTITY_BYTES_WORDS], journal[TL_QUANTITY_BYTES_WORDS];

    tl_quantity_format_bytes(file, condition->file_bytes);
    tl_quantity_format_bytes(journal, condition->journal_bytes);
    if (condition->journal_bytes == 0)
        tl_text_append_format(text, "The store is one file of %s.\n", file);
    else if (condition->is_held)
        tl_text_append_format(text, "The store has %s, and %s in its journal beside it: to copy it now, use tl-store backup.\n",
                              file, journal);
    else
        tl_text_append_format(text,
                              "The store has %s, and %s in a journal beside it that belongs to it: who copies or moves the one "
                              "must take "
                              "the other along, or run tl-store seal first, when nobody works on it.\n",
                              file, journal);
}

static void append_failures(struct tl_text *text, const struct tl_condition *condition)
{
    if (condition->failed_photos == 0)
        return;
    tl_text_append_format(text, "%" PRId64 " photo%s failed%s:\n", condition->failed_photos,
                          condition->failed_photos == 1 ? "" : "s",
                          condition->failed_photos > TL_CONDITION_FAILURES ? "; the latest" : "");
    for (size_t i = 0; i < condition->failure_count; i++) {
        const struct tl_condition_failure *failure = &condition->failures[i];

        if (!failure->photo || !failure->message || !failure->last_at)
            continue;
        tl_text_append_format(text, "  %s  ", failure->last_at);
        tl_text_append_visible(text, failure->photo, strlen(failure->photo));
        tl_text_append(text, ": ");
        tl_text_append_visible(text, failure->message, strlen(failure->message));
        tl_text_append(text, "\n");
    }
}

static void append_history(struct tl_text *text, const struct tl_condition *condition)
{
    char started[TIME_BYTES], duration[DURATION_BYTES];

    if (condition->extraction_count > 0)
        tl_text_append(text, "The last extractions (times are UTC):\n");
    for (size_t i = 0; i < condition->extraction_count; i++) {
        const struct tl_store_extraction *extraction = &condition->extractions[i];

        write_time(started, extraction->started_ms);
        tl_progress_format_duration(duration, sizeof duration, (double)(extraction->updated_ms - extraction->started_ms) / 1e3);
        tl_text_append_format(text,
                              "  %s  %s after %s: %" PRId64 " of %" PRId64 " photos, %" PRId64 " failed, %" PRId64 " feature "
                                                                                                                   "vectors",
                              started, tl_condition_outcome(condition, i), duration, extraction->photos_done,
                              extraction->photos_to_do, extraction->photos_failed, extraction->features_made);
        if (extraction->message) {
            tl_text_append(text, "; ");
            tl_text_append_visible(text, extraction->message, strlen(extraction->message));
        }
        tl_text_append(text, "\n");
    }
}

void tl_condition_append_text(struct tl_text *text, const struct tl_condition *condition)
{
    if (is_running(condition))
        append_running(text, condition);
    else
        tl_text_append(text, condition->is_held ? "A process has begun to work on the store, or is about to end.\n"
                                                : "No extraction is at work.\n");
    append_files(text, condition);
    append_failures(text, condition);
    append_history(text, condition);
}

static void append_member(struct tl_text *text, const char *name, const char *value)
{
    tl_text_append_format(text, "\"%s\": ", name);
    tl_text_append_json_string(text, value);
    tl_text_append(text, ", ");
}

/* "2026-01-31T20:00:00Z"; null for 0. */
static void append_time(struct tl_text *text, const char *name, int64_t time_ms)
{
    char words[TIME_BYTES];

    write_time(words, time_ms);
    if (words[10] == ' ')
        words[10] = 'T';
    tl_text_append_format(text, time_ms != 0 ? "\"%s\": \"%sZ\", " : "\"%s\": null, ", name, words);
}

static void append_extraction(struct tl_text *text, const struct tl_condition *condition, size_t index)
{
    const struct tl_store_extraction *extraction = &condition->extractions[index];

    append_member(text, "uuid", extraction->uuid);
    append_member(text, "outcome", tl_condition_outcome(condition, index));
    append_member(text, "message", extraction->message);
    append_member(text, "host", extraction->host);
    append_member(text, "program_version", extraction->program_version);
    append_time(text, "started", extraction->started_ms);
    append_time(text, "updated", extraction->updated_ms);
    append_time(text, "ended", extraction->ended_ms);
    tl_text_append_format(text,
                          "\"pid\": %" PRId64 ", \"command\": %s, \"photos_to_do\": %" PRId64 ", \"photos_done\": %" PRId64
                          ", \"photos_failed\": %" PRId64 ", \"photos_left\": %" PRId64 ", \"features\": %" PRId64 ", "
                                                                                                                   "\"photos_per_"
                                                                                                                   "second\": ",
                          extraction->pid, extraction->command, extraction->photos_to_do, extraction->photos_done,
                          extraction->photos_failed, count_left(extraction), extraction->features_made);
    tl_text_append_json_number(text, find_rate(extraction));
}

void tl_condition_append_json(struct tl_text *text, const struct tl_condition *condition)
{
    tl_text_append(text, "{");
    append_member(text, "store", condition->path);
    tl_text_append_format(text, "\"running\": %s, ", condition->is_held ? "true" : "false");
    tl_text_append_format(text,
                          "\"file_bytes\": %" PRId64 ", \"journal_bytes\": %" PRId64 ", \"failed_photos\": %" PRId64 ", "
                                                                                                                     "\"extractions"
                                                                                                                     "\": [",
                          condition->file_bytes, condition->journal_bytes, condition->failed_photos);
    for (size_t i = 0; i < condition->extraction_count; i++) {
        tl_text_append(text, i > 0 ? ", {" : "{");
        append_extraction(text, condition, i);
        tl_text_append(text, "}");
    }
    tl_text_append(text, "], \"failures\": [");
    for (size_t i = 0; i < condition->failure_count; i++) {
        tl_text_append(text, i > 0 ? ", {" : "{");
        append_member(text, "photo", condition->failures[i].photo);
        append_member(text, "cause", condition->failures[i].cause);
        append_member(text, "message", condition->failures[i].message);
        tl_text_append(text, "\"last_at\": ");
        tl_text_append_json_string(text, condition->failures[i].last_at);
        tl_text_append(text, "}");
    }
    tl_text_append(text, "]}\n");
}
