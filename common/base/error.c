/* error.c - see error.h. */
#include "common/base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

/* Longer than a message, so that a message is always cut by tl_utf8_write_visible(), which cuts between characters. */
enum { RAW_BYTES = TL_ERROR_MESSAGE_BYTES + 8 };

enum tl_status tl_error_set(struct tl_error *err, enum tl_status status, const char *format, ...)
{
    char raw[RAW_BYTES] = "";
    va_list arguments;

    assert(status != TL_OK);
    if (!err)
        return status;
    va_start(arguments, format);
    if (vsnprintf(raw, sizeof raw, format, arguments) < 0)
        raw[0] = '\0';
    va_end(arguments);
    err->status = status;
    tl_utf8_write_visible(err->message, sizeof err->message, raw);
    return status;
}

enum tl_status tl_error_prefix(struct tl_error *err, const char *format, ...)
{
    char raw[RAW_BYTES] = "";
    size_t used;
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(raw, sizeof raw, format, arguments) < 0)
        raw[0] = '\0';
    va_end(arguments);
    used = strlen(raw);
    snprintf(raw + used, sizeof raw - used, ": %s", err->message);
    tl_utf8_write_visible(err->message, sizeof err->message, raw);
    return err->status;
}

enum tl_status tl_error_set_no_memory(struct tl_error *err, const char *what, unsigned long long size_bytes)
{
    return tl_error_set(err, TL_NO_MEMORY, "no memory for %s (%llu bytes)", what, size_bytes);
}

const char *tl_error_status_name(enum tl_status status)
{
    switch (status) {
    case TL_OK:
        return "ok";
    case TL_NOT_FOUND:
        return "not found";
    case TL_BAD_INPUT:
        return "bad input";
    case TL_CORRUPT:
        return "corrupt";
    case TL_IO:
        return "input or output";
    case TL_NO_MEMORY:
        return "no memory";
    case TL_STOPPED:
        return "stopped";
    case TL_CRASHED:
        return "crashed";
    case TL_TOO_SLOW:
        return "too slow";
    }
    return "unknown";
}
