/* tool.c - see tool.h. The only file of the rooms below the tools that writes to the standard streams. */
#include "common/base/tool.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/system.h"
#include "common/base/utf8.h"

bool tl_tool_begin(struct tl_operands *out, enum tl_exit *out_exit, const struct tl_command *command, int argc, char **argv)
{
    struct tl_error err;
    tl_system_ignore_closed_pipes(); /* a reader that leaves must not end the work; tl_tool_end() judges what was written */
    if (tl_options_parse(out, command, argc, argv, &err) != TL_OK) {
        tl_tool_say(command, "%s", err.message);
        *out_exit = TL_EXIT_NOTHING;
        return false;
    }
    if (out->request == TL_OPTIONS_RUN)
        return true;
    if (out->request == TL_OPTIONS_HELP)
        tl_options_write_help(command, stdout);
    else
        tl_options_write_version(command, stdout);
    *out_exit = tl_tool_end(command, TL_EXIT_OK);
    return false;
}

void tl_tool_say(const struct tl_command *command, const char *format, ...)
{
    char raw[TL_ERROR_MESSAGE_BYTES + 256] = "", line[sizeof raw];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    tl_utf8_write_visible(line, sizeof line, raw);
    (void)fprintf(stderr, "%s: %s\n", command->program, line); /* nowhere is left to report a failure to */
}

/* Asked of the pipe itself: errno may be of another call by the time a tool ends. */
static bool is_closed_pipe(int descriptor)
{
    struct pollfd state = {.fd = descriptor, .events = POLLOUT};
    return poll(&state, 1, 0) == 1 && (state.revents & POLLERR) != 0;
}

enum tl_exit tl_tool_end(const struct tl_command *command, enum tl_exit exit_code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    if (errno == EPIPE || is_closed_pipe(STDOUT_FILENO))
        return exit_code;
    tl_tool_say(command, "standard output: %s", errno != 0 ? strerror(errno) : "not all of it could be written");
    return TL_EXIT_NOTHING;
}
