/* action_use.c - tl-train --use RUN: pins the head that answers. */
#include "train/actions.h"
#include "train/pinning.h"

static const size_t ANSWER_CEILING_BYTES = (size_t)1 << 20;

static enum tl_status tell_pinned(tl_store *store, const struct tl_train_options *options, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, ANSWER_CEILING_BYTES);
    status = tl_pinning_pin(&text, store, options->use, options->is_json, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

enum tl_exit tl_action_use(const struct tl_action *action)
{
    tl_store *store = NULL;
    struct tl_error err;
    enum tl_status status = tl_store_open(&store, action->store_path, TL_STORE_WRITE, &err);

    if (status == TL_OK)
        status = tell_pinned(store, action->options, &err);
    status = tl_store_close_after(&store, status, &err);
    return status == TL_OK ? TL_EXIT_OK : tl_action_fail(action, &err);
}
