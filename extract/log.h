/* log.h - a file of JSON lines, appended: what a run did, for a look in the morning or a collector.
 *
 *     tl_log_open(&log, path, store_path, err);
 *     tl_log_write(log, "progress", ", \"photos_done\": 12", err);    {"time": "2026-01-31T20:00:00Z", "event": "progress",
 * "photos_done": 12} tl_log_close(log);
 *
 * Each line is one write() to a file opened for appending, so that lines of several runs never mix, and is there at once. One
 * thread at a time.
 */
#ifndef TL_EXTRACT_LOG_H
#define TL_EXTRACT_LOG_H

#include "common/base/error.h"

typedef struct tl_log tl_log;

/* The file is made when absent. Does not wait for the reader of a FIFO. Fails with: TL_BAD_INPUT (the file is the store), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_log_open(tl_log **out, const char *path, const char *store_path, struct tl_error *err);
void tl_log_close(tl_log *log);

/* `members` is what stands in the object after time and event, each with a comma before it; NULL: none. A NULL log takes nothing.
 * Only the first failure is one, lest each line be complained of; a later line may well get through, and never joins one that was
 * cut. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_log_write(tl_log *log, const char *event, const char *members, struct tl_error *err);

#endif
