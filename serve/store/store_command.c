/* store_command.c - see store_command.h. */
#include "serve/store/store_command.h"

#include <stdio.h>

bool tl_store_command_begin(struct tl_operands *out, enum tl_exit *out_exit, const struct tl_command *command, size_t operand_count,
                            const char *needed, int argc, char **argv)
{
    if (!tl_tool_begin(out, out_exit, command, argc, argv))
        return false;
    if (out->count == operand_count)
        return true;
    tl_tool_say(command, "%s (see --help)", needed);
    *out_exit = TL_EXIT_NOTHING;
    return false;
}

enum tl_status tl_store_command_print(struct tl_text *text, struct tl_error *err)
{
    enum tl_status status = tl_text_check(text, err);

    if (status == TL_OK)
        fputs(text->bytes, stdout);
    tl_text_free(text);
    return status;
}

enum tl_exit tl_store_command_end(const struct tl_command *command, enum tl_status status, const struct tl_error *err,
                                  enum tl_exit done)
{
    if (status != TL_OK)
        tl_tool_say(command, "%s", err->message);
    return tl_tool_end(command, status == TL_OK ? done : status == TL_STOPPED ? TL_EXIT_STOPPED : TL_EXIT_NOTHING);
}
