/* record.c - see record.h. */
#include "extract/record.h"

#include <inttypes.h>
#include <unistd.h>

#include "common/base/system.h"

enum { COMMAND_CEILING_BYTES = 1 << 20, MEMBERS_CEILING_BYTES = 1 << 20 };
static const double PROGRESS_SECONDS = 30.0;

void tl_record_init(struct tl_record *record, int argc, char **argv)
{
    *record = (struct tl_record){.settings = NULL};
    record->started_seconds = record->told_seconds = tl_system_seconds();
    tl_rate_init(&record->rate, record->started_seconds, 0);
    tl_text_init(&record->command, COMMAND_CEILING_BYTES);
    for (int i = 0; i < argc; i++) {
        tl_text_append(&record->command, i > 0 ? ", " : "[");
        tl_text_append_json_string(&record->command, argv[i]);
    }
    tl_text_append(&record->command, argc > 0 ? "]" : "[]");
}

/* A command too long to be kept is an empty one: it is a help to memory, no more. */
static const char *find_command(struct tl_record *record)
{
    return tl_text_check(&record->command, NULL) == TL_OK ? record->command.bytes : "[]";
}

static void write_line(struct tl_record *record, const char *event, struct tl_text *members)
{
    struct tl_error err;
    enum tl_status status = tl_text_check(members, &err);

    if (status == TL_OK)
        status = tl_log_write(record->log, event, members->bytes, &err);
    if (status != TL_OK)
        tl_tool_say(&tl_settings_program, "%s", err.message);
    tl_text_free(members);
}

static void append_string(struct tl_text *members, const char *name, const char *value)
{
    tl_text_append_format(members, ", \"%s\": ", name);
    tl_text_append_json_string(members, value);
}

static void append_number(struct tl_text *members, const char *name, double value)
{
    tl_text_append_format(members, ", \"%s\": ", name);
    tl_text_append_json_number(members, value);
}

enum tl_status tl_record_open(struct tl_record *record, const struct tl_settings *settings, struct tl_error *err)
{
    struct tl_text members;
    enum tl_status status;

    record->settings = settings;
    if (!settings->log_path)
        return TL_OK;
    status = tl_log_open(&record->log, settings->log_path, settings->store_path, err);
    if (status == TL_BAD_INPUT)
        return status;
    if (status != TL_OK) {
        tl_tool_say(&tl_settings_program, "%s; the work goes on without it", err->message);
        return TL_OK;
    }
    tl_text_init(&members, MEMBERS_CEILING_BYTES);
    append_string(&members, "store", settings->store_path);
    tl_text_append_format(&members, ", \"command\": %s", find_command(record));
    append_string(&members, "program_version", TL_VERSION);
    append_number(&members, "pid", (double)getpid());
    append_number(&members, "threads", settings->thread_count);
    write_line(record, "start", &members);
    return TL_OK;
}

void tl_record_close(struct tl_record *record)
{
    tl_log_close(record->log);
    tl_text_free(&record->command);
    *record = (struct tl_record){.settings = NULL};
}

static enum tl_status put_row(struct tl_record *record, tl_store *store, const struct tl_record_plan *plan, struct tl_error *err)
{
    enum tl_status status = tl_store_begin(store, err);

    record->row = (struct tl_store_extraction){
        .program_version = TL_VERSION,
        .command = find_command(record),
        .feature_set_id = plan->feature_set_id,
        .augmentation_id = plan->augmentation_id,
        .photos_to_do = (int64_t)plan->to_do_count,
    };
    if (status == TL_OK)
        status = tl_store_put_extraction(store, &record->row, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    if (status != TL_OK)
        tl_store_rollback(store);
    record->has_row = status == TL_OK;
    return status;
}

enum tl_status tl_record_begin(struct tl_record *record, tl_store *store, const struct tl_record_plan *plan, struct tl_error *err)
{
    struct tl_text members;
    enum tl_status status = put_row(record, store, plan, err);

    if (status != TL_OK)
        return status;
    tl_text_init(&members, MEMBERS_CEILING_BYTES);
    append_string(&members, "extraction", record->row.uuid);
    append_string(&members, "arithmetic", plan->arithmetic);
    append_number(&members, "variants", record->settings->variant_count);
    append_number(&members, "photos", (double)plan->photo_count);
    append_number(&members, "photos_to_do", (double)plan->to_do_count);
    append_number(&members, "known_failures", (double)plan->known_failure_count);
    write_line(record, "plan", &members);
    record->told_seconds = tl_system_seconds();
    tl_rate_init(&record->rate, record->told_seconds, 0);
    return TL_OK;
}

static void append_totals(struct tl_text *members, const struct tl_record *record, const struct tl_writer_totals *totals)
{
    append_number(members, "photos_to_do", (double)record->row.photos_to_do);
    append_number(members, "photos_done", (double)totals->done_count);
    append_number(members, "photos_failed", (double)totals->failed_count);
    append_number(members, "features", (double)totals->feature_count);
    append_number(members, "blob_bytes", (double)totals->blob_bytes);
    append_number(members, "seconds", tl_system_seconds() - record->started_seconds);
}

void tl_record_tell_progress(struct tl_record *record, const struct tl_writer_totals *totals)
{
    const double now_seconds = tl_system_seconds();
    struct tl_text members;
    double rate;

    if (!record->log)
        return;
    tl_rate_tell(&record->rate, now_seconds, totals->done_count);
    if (now_seconds - record->told_seconds < PROGRESS_SECONDS)
        return;
    record->told_seconds = now_seconds;
    rate = tl_rate_per_second(&record->rate);
    tl_text_init(&members, MEMBERS_CEILING_BYTES);
    append_totals(&members, record, totals);
    append_number(&members, "photos_per_second", rate);
    tl_text_append(&members, ", \"seconds_left\": ");
    if (rate > 0)
        tl_text_append_json_number(&members, (double)(record->row.photos_to_do - (int64_t)totals->done_count) / rate);
    else
        tl_text_append(&members, "null");
    write_line(record, "progress", &members);
}

void tl_record_tell_failure(struct tl_record *record, const char *path, const struct tl_error *failure)
{
    struct tl_text members;

    if (!record->log)
        return;
    tl_text_init(&members, MEMBERS_CEILING_BYTES);
    append_string(&members, "photo", path);
    append_string(&members, "cause", tl_error_status_name(failure->status));
    append_string(&members, "message", failure->message);
    write_line(record, "failure", &members);
}

enum tl_status tl_record_end_row(struct tl_record *record, tl_store *store, const struct tl_record_ending *ending,
                                 struct tl_error *err)
{
    enum tl_status status;

    if (!record->has_row)
        return TL_OK;
    record->has_row = false;
    status = tl_store_begin(store, err);
    if (status == TL_OK)
        status = tl_store_end_extraction(store, &record->row, ending->outcome, ending->message, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    if (status != TL_OK)
        tl_store_rollback(store);
    return status;
}

void tl_record_tell_end(struct tl_record *record, const struct tl_record_ending *ending)
{
    struct tl_text members;

    if (!record->log)
        return;
    tl_text_init(&members, MEMBERS_CEILING_BYTES);
    append_string(&members, "outcome", ending->outcome);
    append_string(&members, "stopped_by", ending->stop_reason);
    append_string(&members, "message", ending->message);
    append_totals(&members, record, &ending->totals);
    append_number(&members, "exit_code", ending->exit_code);
    write_line(record, "end", &members);
}
