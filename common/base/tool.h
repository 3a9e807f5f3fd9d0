/* tool.h - what the four tools have in common: how they start, what they say and how they end.
 *
 *     if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv)) return exit_code;      --help, --version, wrong options
 *     ...
 *     tl_tool_say(&command, "%s", err.message);          "tl-train: no such run" on standard error
 *     return tl_tool_end(&command, exit_code);           a result that could not be written is a failure
 */
#ifndef TL_BASE_TOOL_H
#define TL_BASE_TOOL_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/options.h"

enum tl_exit {
    TL_EXIT_OK = 0,      /* all well */
    TL_EXIT_SKIPPED = 1, /* finished, some photos skipped; verify found damage */
    TL_EXIT_NOTHING = 2, /* nothing useful done */
    TL_EXIT_STOPPED = 3  /* stopped on request, after a commit */
};

/* Parses the command line; answers --help and --version. False when the tool has to end with *out_exit. From here on a pipe that
 * is closed fails a write instead of ending the process. */
bool tl_tool_begin(struct tl_operands *out, enum tl_exit *out_exit, const struct tl_command *command, int argc, char **argv);

/* One line on standard error, the program's name before it; what a terminal would obey, or could not show, appears as `\xNN`. */
void tl_tool_say(const struct tl_command *command, const char *format, ...) TL_PRINTF(2, 3);

/* Flushes standard output: a failed write turns `exit_code` into TL_EXIT_NOTHING with a message, a closed pipe ends quietly. */
enum tl_exit tl_tool_end(const struct tl_command *command, enum tl_exit exit_code);

#endif
