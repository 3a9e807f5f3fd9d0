/* stored_head.c - see stored_head.h. */
#include "train/export/stored_head.h"

#include <inttypes.h>
#include <string.h>

#include "common/head/head_record.h"

enum tl_status tl_stored_head_read(struct tl_stored_head *out, tl_store *store, const char *wanted, struct tl_error *err)
{
    struct tl_store_chosen_head *chosen = &out->chosen;
    enum tl_status status;

    *out = (struct tl_stored_head){.head = NULL};
    status = tl_store_get_head(store, chosen, wanted, err);
    if (status != TL_OK)
        return status;
    const struct tl_head_record record = {.feature_count = chosen->feature_count,
                                          .channel_count = chosen->channel_count,
                                          .hidden_count = chosen->hidden_count,
                                          .class_count = chosen->class_count,
                                          .pool = chosen->pool,
                                          .transform = chosen->transform,
                                          .scale = chosen->scale,
                                          .hidden_kernel = chosen->hidden_kernel,
                                          .hidden_bias = chosen->hidden_bias,
                                          .kernel = chosen->kernel,
                                          .bias = chosen->bias,
                                          .class_names = (const char *const *)chosen->class_names};
    status = tl_head_record_read(&out->head, &record, err);
    if (status == TL_OK)
        return TL_OK;
    tl_stored_head_release(out);
    return status == TL_CORRUPT ? tl_error_prefix(err, "the stored head is damaged") : status;
}

void tl_stored_head_release(struct tl_stored_head *stored)
{
    tl_head_free(stored->head);
    tl_store_free_head(&stored->chosen);
    stored->head = NULL;
}

void tl_stored_head_append_name(struct tl_text *text, const struct tl_store_chosen_head *chosen)
{
    if (chosen->run_id > 0)
        tl_text_append_format(text, "run %" PRId64, chosen->run_id);
    else
        tl_text_append(text, "the imported head");
    if (chosen->name) {
        tl_text_append(text, " '");
        tl_text_append_visible(text, chosen->name, strlen(chosen->name));
        tl_text_append(text, "'");
    }
}
