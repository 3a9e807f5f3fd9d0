/* verb_seal.c - tl-store seal: a store as one file again, after a crash. */
#include <inttypes.h>
#include <string.h>

#include "common/store/store_seal.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

static enum tl_status print_result(const char *path, const struct tl_store_sealing *sealing, bool is_json, struct tl_error *err)
{
    struct tl_text line;

    tl_text_init(&line, 1 << 20);
    if (is_json) {
        tl_text_append(&line, "{\"store\": ");
        tl_text_append_json_string(&line, path);
        tl_text_append_format(&line, ", \"journal_bytes\": %" PRId64 ", \"file_bytes\": %" PRId64 "}\n", sealing->journal_bytes,
                              sealing->file_bytes);
    } else {
        tl_text_append_visible(&line, path, strlen(path));
        if (sealing->journal_bytes > 0)
            tl_text_append_format(&line, ": a journal of %" PRId64 " bytes was taken in; the store is one file\n",
                                  sealing->journal_bytes);
        else
            tl_text_append(&line, ": the store is one file\n");
    }
    return tl_store_command_print(&line, err);
}

enum tl_exit tl_verb_seal_run(int argc, char **argv)
{
    bool is_json = false, is_quiet = false;
    const struct tl_option options[] = {
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &is_json, .help = "the result as a JSON object"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &is_quiet, .help = "no summary"},
    };
    const struct tl_command command = {
        "tl-store seal",
        "tl-store seal [options] STORE",
        "Makes a store one file again that a crash left with a journal (-wal, -shm, -journal) beside it: what was committed is\n"
        "taken in, what was not is undone. The next tool that writes would do the same; this is for a store that is to be moved\n"
        "or put on a read-only medium.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 one file; 2 not, as when another program has it open.",
    };
    struct tl_operands operands;
    struct tl_store_sealing sealing;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
        return exit_code;
    status = tl_store_seal(&sealing, operands.items[0], &err);
    if (status == TL_OK && (is_json || !is_quiet))
        status = print_result(operands.items[0], &sealing, is_json, &err);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
