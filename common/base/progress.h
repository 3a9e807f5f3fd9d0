/* progress.h - how far a long job is: one line that renews itself on a terminal, a plain line now and then elsewhere.
 *
 *     tl_progress *progress = NULL;
 *     tl_progress_create(&progress, stderr, "extract", "variants", total, err);
 *     ... tl_progress_set(progress, done, failed); ...
 *     tl_progress_finish(progress);
 *
 * A line shows done, total, items a second (over the last half minute) and the time left. Used from one thread.
 * On a terminal at most ten times a second; elsewhere (a log) at the first item, then every 30 seconds, and in a
 * long run less and less often, down to every five minutes.
 */
#ifndef TL_BASE_PROGRESS_H
#define TL_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/error.h"

typedef struct tl_progress tl_progress;

/* `file`, `label` and `unit` are borrowed. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_progress_create(tl_progress **out, FILE *file, const char *label, const char *unit,
                                              uint64_t total, struct tl_error *err);
void tl_progress_set(tl_progress *progress, uint64_t done, uint64_t failed);
/* Clears a terminal's line so that a message can be printed; the next set() draws it again. */
void tl_progress_hide(tl_progress *progress);
/* Ends the line and frees; NULL is fine. */
void tl_progress_finish(tl_progress *progress);

/* "1 h 05 min", "3 min 20 s", "12 s", "0.4 s" into `out`; for summaries too. */
void tl_progress_format_duration(char *out, size_t out_bytes, double seconds);

#endif
