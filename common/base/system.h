/* system.h - what the process may use and when it should stop: cores, clock, default paths, whole files, Ctrl-C.
 */
#ifndef TL_BASE_SYSTEM_H
#define TL_BASE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

/* Threads that this process can keep busy, at least 1: the cores of its affinity mask, or fewer where control groups limit
 * its time. */
unsigned tl_system_core_count(void);

/* Seconds of a monotonic clock; for durations only. */
double tl_system_seconds(void);

/* Milliseconds since 1970 UTC; for time columns. */
int64_t tl_system_time_ms(void);

/* A pipe that is closed fails a write from here on, instead of ending the process. */
void tl_system_ignore_closed_pipes(void);
/* SIGINT, SIGTERM and, unless nohup has it ignored, SIGHUP set a flag; a second one ends the process by the signal's default.
 * Closed pipes are ignored. */
void tl_system_catch_signals(void);
bool tl_system_is_interrupted(void);
/* The name of the signal that came first ("SIGINT"), static; NULL while none has. */
const char *tl_system_interruption(void);

/* `$XDG_DATA_HOME/tl/weights/<file_name>`, or under `~/.local/share`. The caller frees. Fails with: TL_NOT_FOUND
 * (neither XDG_DATA_HOME nor HOME is set), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_system_weights_path(char **out, const char *file_name, struct tl_error *err);

/* "directory/name", without doubled slashes; the caller frees. NULL when out of memory. */
char *tl_system_join_path(const char *directory, const char *name);

/* What a st_mode that is not a regular file's is: "a folder", "a FIFO", "a socket" or "a device"; static. */
const char *tl_system_kind_name(mode_t mode);

/* The whole of a regular file, at most `limit_bytes`; the caller frees. Never blocks on a FIFO or device, follows links.
 * Messages do not name the path: who reads several files puts it in front.
 * Fails with: TL_NOT_FOUND (no such file, dangling link), TL_BAD_INPUT (not a regular file, empty, larger than the limit),
 * TL_IO (with strerror), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_system_read_file(uint8_t **out, size_t *out_bytes, const char *path, size_t limit_bytes,
                                               struct tl_error *err);

/* All that comes from a pipe, file or terminal until its end, at most `limit_bytes`; the caller frees. Waits for what is to come.
 * Fails with: TL_BAD_INPUT (nothing came, or more than the limit), TL_IO (with strerror), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_system_read_stream(uint8_t **out, size_t *out_bytes, int descriptor, size_t limit_bytes,
                                                 struct tl_error *err);

#endif
