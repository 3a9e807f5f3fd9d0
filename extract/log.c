/* log.c - see log.h. */
#include "extract/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/text.h"

enum { LINE_CEILING_BYTES = 1 << 20 };

struct tl_log {
    int descriptor;
    char *path;
    bool has_failed; /* and said so */
    bool is_cut;     /* the last line lacks its end */
};

static bool is_same_file(int descriptor, const char *path)
{
    struct stat ours, theirs;

    return fstat(descriptor, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

enum tl_status tl_log_open(tl_log **out, const char *path, const char *store_path, struct tl_error *err)
{
    tl_log *log = tl_memory_alloc(1, sizeof *log);
    enum tl_status status = TL_OK;

    *out = NULL;
    if (log)
        log->path = tl_memory_copy_string(path);
    if (!log || !log->path) {
        tl_memory_free(log);
        return tl_error_set_no_memory(err, "the log", sizeof *log);
    }
    /* Asked before it is made, too: an empty file would count as a store that is yet to be filled. */
    if (strcmp(path, store_path) == 0)
        status = tl_error_set(err, TL_BAD_INPUT, "--log %s: that is the store; name another file", path);
    log->descriptor = status == TL_OK ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644) : -1;
    if (status == TL_OK && log->descriptor < 0)
        status = tl_error_set(err, TL_IO, "--log %s: cannot be opened: %s", path, strerror(errno));
    else if (status == TL_OK && is_same_file(log->descriptor, store_path))
        status = tl_error_set(err, TL_BAD_INPUT, "--log %s: that is the store; name another file", path);
    if (status != TL_OK) {
        tl_log_close(log);
        return status;
    }
    *out = log;
    return TL_OK;
}

void tl_log_close(tl_log *log)
{
    if (!log)
        return;
    if (log->descriptor >= 0)
        close(log->descriptor);
    tl_memory_free(log->path);
    tl_memory_free(log);
}

static void append_time(struct tl_text *line)
{
    const time_t now = time(NULL);
    char words[32];
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL && strftime(words, sizeof words, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
        tl_text_append(line, words);
}

/* One write(): appended as a whole, unless the disk is full or the reader of a pipe slow. */
static enum tl_status put_line(tl_log *log, const struct tl_text *line, struct tl_error *err)
{
    ssize_t count;

    do
        count = write(log->descriptor, line->bytes, line->length_bytes);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        log->is_cut = (size_t)count < line->length_bytes;
    if (count == (ssize_t)line->length_bytes)
        return TL_OK;
    return tl_error_set(err, TL_IO, "--log %s: cannot be written (%s); the work goes on without it", log->path,
                        count < 0 ? strerror(errno) : "a line was cut");
}

enum tl_status tl_log_write(tl_log *log, const char *event, const char *members, struct tl_error *err)
{
    struct tl_text line;
    struct tl_error failure;
    enum tl_status status;

    if (!log)
        return TL_OK;
    tl_text_init(&line, LINE_CEILING_BYTES);
    tl_text_append(&line, log->is_cut ? "\n{\"time\": \"" : "{\"time\": \"");
    append_time(&line);
    tl_text_append(&line, "\", \"event\": ");
    tl_text_append_json_string(&line, event);
    tl_text_append(&line, members ? members : "");
    tl_text_append(&line, "}\n");
    status = tl_text_check(&line, &failure);
    if (status == TL_OK)
        status = put_line(log, &line, &failure);
    tl_text_free(&line);
    if (status == TL_OK || log->has_failed)
        return TL_OK;
    log->has_failed = true;
    return tl_error_set(err, status, "%s", failure.message);
}
