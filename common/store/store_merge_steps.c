/* store_merge_steps.c - what every step of a merge does: telling, and SQL without parameters. See store_merge_steps.h. */
#include "common/store/store_merge_steps.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES = 2048 };

void tl_store_merge_tell(struct tl_store_merging *merging, enum tl_store_merge_event event, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    merging->report->events[event]++;
    if (merging->wish->tell == NULL)
        return;
    const int used = snprintf(line, sizeof line, "%s: ", merging->input);
    if (used < 0 || used >= LINE_BYTES)
        return;
    va_start(arguments, format);
    (void)vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
    va_end(arguments);
    merging->wish->tell(merging->wish->context, event, line);
}

enum tl_status tl_store_merge_run(struct tl_store_merging *merging, const char *sql, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out, sql, err);
    return tl_statement_finish(&s);
}
