/* verb_status.c - tl-store status: whether an extraction is at work on a store, how far it is, and how the last ones ended. */
#include "common/base/memory.h"
#include "serve/store/condition.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

enum tl_exit tl_verb_status_run(int argc, char **argv)
{
    bool is_json = false;
    const struct tl_option options[] = {
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &is_json, .help = "one JSON object"},
    };
    const struct tl_command command = {
        "tl-store status",
        "tl-store status [options] STORE",
        "Tells whether a tl-extract is at work on the store, since when and how far it is; how large the store is; which photos\n"
        "failed last; and how the last extractions ended. Changes nothing, and disturbs nobody.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 told; 2 not.",
    };
    struct tl_operands operands;
    struct tl_condition condition;
    struct tl_text text;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
        return exit_code;
    tl_text_init(&text, TL_CONDITION_TEXT_BYTES);
    status = tl_condition_read(&condition, operands.items[0], &err);
    if (status == TL_OK) {
        if (is_json)
            tl_condition_append_json(&text, &condition);
        else
            tl_condition_append_text(&text, &condition);
        status = tl_store_command_print(&text, &err);
    }
    tl_condition_free(&condition);
    tl_text_free(&text);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
