/* action_compare.c - tl-train STORE --compare A B: two runs side by side. */
#include "train/actions.h"
#include "train/report/run_comparison.h"

static const size_t OBJECT_CEILING_BYTES = (size_t)1 << 28;

static enum tl_status print_json(const struct tl_run_comparison *comparison, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, OBJECT_CEILING_BYTES);
    tl_run_comparison_append_json(&text, comparison);
    tl_text_append(&text, "\n");
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

enum tl_exit tl_action_compare(const struct tl_action *action)
{
    struct tl_run_comparison *comparison = NULL;
    tl_store *store = NULL;
    struct tl_error err;
    enum tl_status status = tl_store_open(&store, action->store_path, TL_STORE_READ, &err);

    if (status == TL_OK)
        status = tl_run_comparison_read(&comparison, store, action->options->compare, action->operands->items[1], &err);
    status = tl_store_close_after(&store, status, &err);
    if (status == TL_OK)
        status = action->options->is_json ? print_json(comparison, &err) : tl_run_comparison_write(stdout, comparison, &err);
    tl_run_comparison_free(comparison);
    return status == TL_OK || (status == TL_IO && ferror(stdout)) ? TL_EXIT_OK : tl_action_fail(action, &err);
}
