/* progress.c - see progress.h. */
#include "common/base/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/rate.h"
#include "common/base/system.h"

enum { LINE_BYTES = 256 };
static const double TERMINAL_SECONDS = 0.1;
/* In a log: every half minute at first, then after each twentieth of the time so far, at last every five minutes, so that a night
 * is some hundred lines. */
static const double LOG_SECONDS_MIN = 30.0, LOG_SECONDS_MAX = 300.0, LOG_SHARE = 1.0 / 20.0;

struct tl_progress {
    FILE *file;
    const char *label, *unit;
    uint64_t total, done, failed;
    struct tl_rate rate;
    double started_seconds;
    double shown_seconds; /* when a line was last written */
    size_t shown_bytes;   /* how much of a terminal's line is covered */
    bool is_terminal, is_shown_once, is_current;
};

enum tl_status tl_progress_create(tl_progress **out, FILE *file, const char *label, const char *unit, uint64_t total,
                                  struct tl_error *err)
{
    tl_progress *progress = tl_memory_alloc(1, sizeof *progress);

    *out = NULL;
    if (!progress)
        return tl_error_set_no_memory(err, "the progress line", sizeof *progress);
    progress->file = file;
    progress->label = label;
    progress->unit = unit;
    progress->total = total;
    progress->is_terminal = isatty(fileno(file)) == 1;
    progress->started_seconds = tl_system_seconds();
    tl_rate_init(&progress->rate, progress->started_seconds, 0);
    *out = progress;
    return TL_OK;
}

void tl_progress_format_duration(char *out, size_t out_bytes, double seconds)
{
    long whole;

    if (!(seconds > 0.0))
        seconds = 0.0;
    if (seconds > 1e9)
        seconds = 1e9;
    whole = (long)(seconds + 0.5);
    if (seconds < 9.95)
        snprintf(out, out_bytes, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(out, out_bytes, "%ld s", whole);
    else if (whole < 3600)
        snprintf(out, out_bytes, "%ld min %02ld s", whole / 60, whole % 60);
    else
        snprintf(out, out_bytes, "%ld h %02ld min", whole / 3600, whole % 3600 / 60);
}

/* Appends at `used`; the sum stays below LINE_BYTES. */
static size_t append(char line[LINE_BYTES], size_t used, const char *format, ...) TL_PRINTF(3, 4);

static size_t append(char line[LINE_BYTES], size_t used, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line + used, LINE_BYTES - used, format, arguments);
    va_end(arguments);
    if (length < 0)
        return used;
    return used + (size_t)length < LINE_BYTES ? used + (size_t)length : LINE_BYTES - 1;
}

static size_t format_line(char line[LINE_BYTES], const tl_progress *progress)
{
    double rate = tl_rate_per_second(&progress->rate);
    size_t used = append(line, 0, "%s: %" PRIu64, progress->label, progress->done);

    if (progress->total > 0)
        used = append(line, used, " of %" PRIu64, progress->total);
    used = append(line, used, " %s", progress->unit);
    if (progress->failed > 0)
        used = append(line, used, ", %" PRIu64 " failed", progress->failed);
    if (rate > 0.0) {
        used = append(line, used, ", %.*f/s", rate < 100.0 ? 1 : 0, rate);
        if (progress->done < progress->total) {
            char left[32];

            tl_progress_format_duration(left, sizeof left, (double)(progress->total - progress->done) / rate);
            used = append(line, used, ", %s left", left);
        }
    }
    return used;
}

/* One less than a terminal's width, so that the line never wraps, which would keep it from being overwritten. */
static size_t cut_to_terminal(char line[LINE_BYTES], size_t length_bytes, FILE *file)
{
    struct winsize size;

    if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && length_bytes > size.ws_col - 1u) {
        length_bytes = size.ws_col - 1u;
        line[length_bytes] = '\0';
    }
    return length_bytes;
}

static void show(tl_progress *progress, double now_seconds)
{
    char line[LINE_BYTES];
    size_t length_bytes = format_line(line, progress);

    if (progress->is_terminal) {
        size_t covered_bytes = progress->shown_bytes;

        length_bytes = cut_to_terminal(line, length_bytes, progress->file);
        fprintf(progress->file, "\r%-*s", (int)(covered_bytes > length_bytes ? covered_bytes : length_bytes), line);
        progress->shown_bytes = length_bytes;
    } else {
        fprintf(progress->file, "%s\n", line);
    }
    fflush(progress->file);
    progress->shown_seconds = now_seconds;
    progress->is_shown_once = true;
    progress->is_current = true;
}

static double find_interval_seconds(const tl_progress *progress, double now_seconds)
{
    if (progress->is_terminal)
        return TERMINAL_SECONDS;
    return fmin(fmax((now_seconds - progress->started_seconds) * LOG_SHARE, LOG_SECONDS_MIN), LOG_SECONDS_MAX);
}

void tl_progress_set(tl_progress *progress, uint64_t done, uint64_t failed)
{
    double now_seconds = tl_system_seconds();

    progress->is_current = progress->is_current && done == progress->done && failed == progress->failed;
    progress->done = done;
    progress->failed = failed;
    tl_rate_tell(&progress->rate, now_seconds, done);
    if (!progress->is_shown_once || now_seconds - progress->shown_seconds >= find_interval_seconds(progress, now_seconds))
        show(progress, now_seconds);
}

void tl_progress_hide(tl_progress *progress)
{
    if (!progress->is_terminal || progress->shown_bytes == 0)
        return;
    fprintf(progress->file, "\r%*s\r", (int)progress->shown_bytes, "");
    fflush(progress->file);
    progress->shown_bytes = 0;
    progress->is_shown_once = false;
    progress->is_current = false;
}

void tl_progress_finish(tl_progress *progress)
{
    if (!progress)
        return;
    if (!progress->is_current)
        show(progress, tl_system_seconds());
    if (progress->is_terminal) {
        fputc('\n', progress->file);
        fflush(progress->file);
    }
    tl_memory_free(progress);
}
