/* store_command.h - what the verbs of tl-store have in common: how they begin, print their result and end.
 *
 *     if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
 *         return exit_code;
 *     ... status = ...; status = tl_store_command_print(&text, err) ...
 *     return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
 */
#ifndef TL_SERVE_STORE_STORE_COMMAND_H
#define TL_SERVE_STORE_STORE_COMMAND_H

#include "common/base/text.h"
#include "common/base/tool.h"

/* tl_tool_begin() for a verb of so many operands; `needed` says which they are. */
bool tl_store_command_begin(struct tl_operands *out, enum tl_exit *out_exit, const struct tl_command *command, size_t operand_count,
                            const char *needed, int argc, char **argv);

/* Writes the text to standard output and frees it; what cannot be written tl_tool_end() tells. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_command_print(struct tl_text *text, struct tl_error *err);

/* Says what failed, if anything; the exit code is `done` where nothing did. */
enum tl_exit tl_store_command_end(const struct tl_command *command, enum tl_status status, const struct tl_error *err,
                                  enum tl_exit done);

#endif
