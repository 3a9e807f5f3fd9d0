/* record.h - what a run leaves for those who do not watch it: its row of `extraction` in the store, and its lines in the log.
 *
 *     tl_record_init(&record, argc, argv);           before the command line is parsed, which reorders it
 *     tl_record_open(&record, &settings);            the log's first line
 *     tl_record_begin(&record, store, &plan, err);   the row, and the log's line "plan"
 *     ... record.row goes to the writer, which renews it with each commit; tl_record_tell_progress(), ..._failure() ...
 *     tl_record_end_row(&record, store, &end, err);  and, when the store is closed, tl_record_tell_end(&record, &end)
 *     tl_record_close(&record);
 *
 * A log that cannot be written is said once, on standard error, and stops nothing.
 */
#ifndef TL_EXTRACT_RECORD_H
#define TL_EXTRACT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rate.h"
#include "common/base/text.h"
#include "common/store/store_extraction.h"
#include "extract/log.h"
#include "extract/settings.h"
#include "extract/writer.h"

struct tl_record {
    const struct tl_settings *settings;
    struct tl_text command; /* a JSON array */
    tl_log *log;            /* NULL: none */
    struct tl_store_extraction row;
    bool has_row;
    double started_seconds, told_seconds; /* of the log's first and last line of progress */
    struct tl_rate rate;
};

/* What is known when computing begins. */
struct tl_record_plan {
    int64_t feature_set_id, augmentation_id; /* 0: none */
    const char *arithmetic;
    size_t photo_count, to_do_count, known_failure_count;
};

/* How it ended. */
struct tl_record_ending {
    const char *outcome;     /* "finished", "stopped" or "failed" */
    const char *stop_reason; /* tl_stop_name(), NULL */
    const char *message;     /* of a failure, else NULL */
    struct tl_writer_totals totals;
    int exit_code; /* for the log alone, as messages of closing are */
};

void tl_record_init(struct tl_record *record, int argc, char **argv);
/* Opens the log where one is wanted. Fails with: TL_BAD_INPUT (the log is the store). */
TL_MUST_USE enum tl_status tl_record_open(struct tl_record *record, const struct tl_settings *settings, struct tl_error *err);
void tl_record_close(struct tl_record *record);

/* Commits the row. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_record_begin(struct tl_record *record, tl_store *store, const struct tl_record_plan *plan,
                                           struct tl_error *err);
/* A line every half minute at most, however often it is called. */
void tl_record_tell_progress(struct tl_record *record, const struct tl_writer_totals *totals);
void tl_record_tell_failure(struct tl_record *record, const char *path, const struct tl_error *failure);
/* Commits the row's end where there is a row; before the store is closed. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_record_end_row(struct tl_record *record, tl_store *store, const struct tl_record_ending *ending,
                                             struct tl_error *err);
/* The log's last line. */
void tl_record_tell_end(struct tl_record *record, const struct tl_record_ending *ending);

#endif
