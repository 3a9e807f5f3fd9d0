/* error.h - what went wrong: a code that says what the caller can do, and one message.
 *
 * The caller keeps a `struct tl_error` on its stack and hands it down. Whoever sees the fault calls
 * tl_error_set() once, with the offending values; everybody above cleans up and returns the same code.
 * Only a loop that knows a name (a photo, a column) puts it in front with tl_error_prefix().
 *
 *     enum tl_status read_all(struct reader *r, struct tl_error *err)
 *     {
 *         if (r->size_bytes > LIMIT)
 *             return tl_error_set(err, TL_BAD_INPUT, "%zu bytes, at most %zu are read", r->size_bytes, LIMIT);
 *         ...
 *         return TL_OK;
 *     }
 *
 * Programming errors are assert()s, not codes. After TL_OK the error's content is unspecified.
 */
#ifndef TL_BASE_ERROR_H
#define TL_BASE_ERROR_H

#define TL_MUST_USE __attribute__((warn_unused_result))
#define TL_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))

enum tl_status {
    TL_OK = 0,
    TL_NOT_FOUND, /* not there: compute it, or name another */
    TL_BAD_INPUT, /* the given photo, file or option is no good: skip or refuse it */
    TL_CORRUPT,   /* stored bytes contradict themselves: stop trusting this row or file */
    TL_IO,        /* the system said no: perhaps retry, perhaps elsewhere */
    TL_NO_MEMORY, /* unwind */
    TL_STOPPED,   /* ended on request, after a commit */
    TL_CRASHED,   /* a helper process died of this photo: skip it */
    TL_TOO_SLOW   /* it took longer than it may: skip it */
};

enum { TL_ERROR_MESSAGE_BYTES = 1024 };

struct tl_error {
    enum tl_status status;
    char message[TL_ERROR_MESSAGE_BYTES]; /* one line, UTF-8, no newline; cut, never overrun */
};

/* Fills *err and returns `status`, so that `return tl_error_set(...)` reads as one step. Newlines and
 * other control bytes in the result become `\xNN`. `err` may be NULL. `status` is not TL_OK. */
enum tl_status tl_error_set(struct tl_error *err, enum tl_status status, const char *format, ...) TL_PRINTF(3, 4);

/* Puts "<text>: " before the message already in *err, which is not NULL here, and returns err->status. */
enum tl_status tl_error_prefix(struct tl_error *err, const char *format, ...) TL_PRINTF(2, 3);

/* The usual message for a failed allocation of `size_bytes` for `what`; returns TL_NO_MEMORY. */
enum tl_status tl_error_set_no_memory(struct tl_error *err, const char *what, unsigned long long size_bytes);

/* A lower-case word for a status ("bad input"), static. */
const char *tl_error_status_name(enum tl_status status);

#endif
