/* condition.h - how a store fares: is an extraction at work on it, how did the last ones end, what failed last, which files is it.
 */
#ifndef TL_SERVE_STORE_CONDITION_H
#define TL_SERVE_STORE_CONDITION_H

#include <stdbool.h>

#include "common/base/text.h"
#include "common/store/store_extraction.h"

enum { TL_CONDITION_EXTRACTIONS = 5, TL_CONDITION_FAILURES = 5, TL_CONDITION_TEXT_BYTES = 1 << 20 };

struct tl_condition_failure {
    char *photo, *cause, *message, *last_at;
};

struct tl_condition {
    const char *path; /* borrowed */
    bool is_held;     /* an extraction is at work; the newest row is its own, where it has one yet */
    int64_t now_ms;
    int64_t file_bytes, journal_bytes;       /* of the file, and of a -wal or -journal beside it */
    struct tl_store_extraction *extractions; /* the newest first */
    size_t extraction_count;
    struct tl_condition_failure failures[TL_CONDITION_FAILURES]; /* the latest first */
    size_t failure_count;
    int64_t failed_photos; /* in all */
};

/* Of a store that nobody in this process has open. Free with tl_condition_free(), in any case. Fails with: as tl_store_open() for
 * reading; TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_condition_read(struct tl_condition *out, const char *path, struct tl_error *err);
void tl_condition_free(struct tl_condition *condition);

/* For people, several lines; for programs, one object on one line. (condition_text.c) */
void tl_condition_append_text(struct tl_text *text, const struct tl_condition *condition);
void tl_condition_append_json(struct tl_text *text, const struct tl_condition *condition);

/* "running", "killed" (it has no end, and is not at work any more), or how it ended; static. */
const char *tl_condition_outcome(const struct tl_condition *condition, size_t extraction_index);

#endif
