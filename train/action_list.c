/* action_list.c - tl-train --list: the runs of a store, best first. */
#include "train/actions.h"
#include "train/report/run_table.h"

static const size_t LINE_CEILING_BYTES = (size_t)1 << 26;

static enum tl_status print_lines(const struct tl_store_run_row *rows, size_t count, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status = TL_OK;

    tl_text_init(&text, LINE_CEILING_BYTES);
    for (size_t i = 0; i < count && status == TL_OK; i++) {
        tl_text_clear(&text);
        tl_run_table_append_json(&text, &rows[i]);
        tl_text_append(&text, "\n");
        status = tl_text_check(&text, err);
        if (status == TL_OK)
            fputs(text.bytes, stdout);
    }
    tl_text_free(&text);
    return status;
}

enum tl_exit tl_action_list(const struct tl_action *action)
{
    struct tl_store_run_row *rows = NULL;
    size_t count = 0;
    tl_store *store = NULL;
    struct tl_error err;
    enum tl_status status = tl_store_open(&store, action->store_path, TL_STORE_READ, &err);

    if (status == TL_OK)
        status = tl_store_list_runs(store, &rows, &count, &err);
    status = tl_store_close_after(&store, status, &err);
    if (status == TL_OK && action->options->is_json)
        status = print_lines(rows, count, &err);
    else if (status == TL_OK && count > 0)
        status = tl_run_table_write(stdout, rows, count, &err);
    tl_store_free_runs(rows, count);
    if (status != TL_OK && !(status == TL_IO && ferror(stdout)))
        return tl_action_fail(action, &err);
    if (count == 0)
        tl_tool_say(action->command, "%s has no runs yet; tl-train %s makes one", action->store_path, action->store_path);
    return TL_EXIT_OK;
}
