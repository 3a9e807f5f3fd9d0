/* verb_vacuum.c - tl-store vacuum: gives back the room of what was deleted. */
#include <inttypes.h>
#include <string.h>

#include "common/base/quantity.h"
#include "common/base/system.h"
#include "common/store/store_vacuum.h"
#include "serve/store/held_store.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

struct job {
    const struct tl_command *command;
    const char *path;
    bool is_quiet;
};

/* SQLite tells nothing while it works, so that the size has to say how long it may last. */
static void tell_start(void *context, int64_t file_bytes, int64_t kept_bytes)
{
    const struct job *job = context;
    char file[TL_QUANTITY_BYTES_WORDS], kept[TL_QUANTITY_BYTES_WORDS];

    tl_quantity_format_bytes(file, file_bytes);
    tl_quantity_format_bytes(kept, kept_bytes);
    if (!job->is_quiet)
        tl_tool_say(job->command, "%s: writing %s of its %s anew", job->path, kept, file);
}

static enum tl_status print_result(const char *path, const struct tl_store_vacuuming *done, bool is_json, struct tl_error *err)
{
    struct tl_text line;

    tl_text_init(&line, 1 << 20);
    if (is_json) {
        tl_text_append(&line, "{\"store\": ");
        tl_text_append_json_string(&line, path);
        tl_text_append_format(&line, ", \"bytes_before\": %" PRId64 ", \"bytes_after\": %" PRId64 "}\n", done->before_bytes,
                              done->after_bytes);
    } else {
        tl_text_append_visible(&line, path, strlen(path));
        tl_text_append_format(&line, ": %" PRId64 " bytes before, %" PRId64 " after\n", done->before_bytes, done->after_bytes);
    }
    return tl_store_command_print(&line, err);
}

enum tl_exit tl_verb_vacuum_run(int argc, char **argv)
{
    bool is_json = false, is_quiet = false;
    const struct tl_option options[] = {
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &is_json, .help = "the result as a JSON object"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &is_quiet, .help = "only errors"},
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
    struct tl_store_vacuum_watch watch = {.tell_start = tell_start, .should_stop = tl_system_is_interrupted};
    struct job job;
    struct tl_operands operands;
    struct tl_store_vacuuming done = {0, 0};
    struct tl_error err;
    struct tl_held_store held;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
        return exit_code;
    job = (struct job){&command, operands.items[0], is_quiet};
    watch.context = &job;
    tl_system_catch_signals();
    status = tl_held_store_open(&held, operands.items[0], &err);
    if (status == TL_OK)
        status = tl_store_vacuum(held.store, &done, &watch, &err);
    status = tl_held_store_close_after(&held, status, &err);
    if (status == TL_OK && (is_json || !is_quiet))
        status = print_result(operands.items[0], &done, is_json, &err);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
