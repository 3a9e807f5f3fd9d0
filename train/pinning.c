/* pinning.c - see pinning.h. */
#include "train/pinning.h"

#include <inttypes.h>
#include <string.h>

#include "common/store/store_run.h"

static void append_json(struct tl_text *out, const struct tl_store_chosen_head *head)
{
    tl_text_append_format(out, "{\"run\": %" PRId64 ", \"name\": ", head->run_id);
    tl_text_append_json_string(out, head->name);
    tl_text_append(out, ", \"pinned\": true}\n");
}

static void append_sentence(struct tl_text *out, const struct tl_store_chosen_head *head)
{
    if (head->run_id > 0)
        tl_text_append_format(out, "Run %" PRId64, head->run_id);
    else
        tl_text_append(out, "The imported head");
    if (head->name) {
        tl_text_append(out, " '");
        tl_text_append_visible(out, head->name, strlen(head->name));
        tl_text_append(out, "'");
    }
    tl_text_append(out, " answers from now on.\n");
}

enum tl_status tl_pinning_pin(struct tl_text *out, tl_store *store, const char *wanted, bool as_json, struct tl_error *err)
{
    struct tl_store_chosen_head head = {0};
    enum tl_status status = tl_store_pin_head(store, wanted, err);

    if (status == TL_OK)
        status = tl_store_get_head(store, &head, NULL, err);
    if (status != TL_OK)
        return status;
    if (as_json)
        append_json(out, &head);
    else
        append_sentence(out, &head);
    tl_store_free_head(&head);
    return tl_text_check(out, err);
}
