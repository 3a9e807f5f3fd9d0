/* verb_vacuum.c - tl-store vacuum: gives back the room of what was deleted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/system.h"
#include "common/base/text.h"
#include "common/store/store_vacuum.h"
#include "serve/store/held_store.h"
#include "serve/store/verbs.h"

static enum tl_status print_result(const char *path, const struct tl_store_vacuuming *done, bool is_json, struct tl_error *err)
{
    struct tl_text line;
    enum tl_status status;

    tl_text_init(&line, 1 << 20);
    if (is_json) {
        tl_text_append(&line, "{\"store\": ");
        tl_text_append_json_string(&line, path);
        tl_text_append_format(&line, ", \"bytes_before\": %" PRId64 ", \"bytes_after\": %" PRId64 "}\n", done->before_bytes, done->after_bytes);
    } else {
        tl_text_append_visible(&line, path, strlen(path));
        tl_text_append_format(&line, ": %" PRId64 " bytes before, %" PRId64 " after\n", done->before_bytes, done->after_bytes);
    }
    status = tl_text_check(&line, err);
    if (status == TL_OK)
        fputs(line.bytes, stdout);
    tl_text_free(&line);
    return status;
}

enum tl_exit tl_verb_vacuum_run(int argc, char **argv)
{
    bool is_json = false;
    const struct tl_option options[] = {
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &is_json, .help = "the result as a JSON object"},
    };
    const struct tl_command command = {
        "tl-store vacuum",
        "tl-store vacuum [options] STORE",
        "Writes the store anew without the gaps that tl-store prune and replaced features leave. Twice the size of what is kept\n"
        "must be free on its disk meanwhile. Others can read; who wants to write waits.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 done; 2 not, 3 stopped on request, and the store is as it was.",
    };
    struct tl_operands operands;
    struct tl_store_vacuuming done = {0, 0};
    struct tl_error err;
    struct tl_held_store held;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return exit_code;
    if (operands.count != 1) {
        tl_tool_say(&command, "one store is needed (see --help)");
        return TL_EXIT_NOTHING;
    }
    tl_system_catch_signals();
    status = tl_held_store_open(&held, operands.items[0], &err);
    if (status == TL_OK)
        status = tl_store_vacuum(held.store, &done, tl_system_is_interrupted, &err);
    status = tl_held_store_close_after(&held, status, &err);
    if (status == TL_OK)
        status = print_result(operands.items[0], &done, is_json, &err);
    if (status != TL_OK)
        tl_tool_say(&command, "%s", err.message);
    return tl_tool_end(&command, status == TL_OK ? TL_EXIT_OK : status == TL_STOPPED ? TL_EXIT_STOPPED : TL_EXIT_NOTHING);
}
