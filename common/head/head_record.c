/* head_record.c - see head_record.h. */
#include "common/head/head_record.h"

#include <stdbool.h>
#include <string.h>

static bool find_word(size_t *out, const char *const *words, const char *word)
{
    for (*out = 0; words[*out]; (*out)++)
        if (strcmp(words[*out], word) == 0)
            return true;
    return false;
}

enum tl_status tl_head_record_read(struct tl_head **out, const struct tl_head_record *record, struct tl_error *err)
{
    struct tl_head_shape shape = {.feature_count = record->feature_count, .channel_count = record->channel_count,
                                  .hidden_count = record->hidden_count, .class_count = record->class_count};
    struct tl_head *head = NULL;
    size_t transform, pool;
    enum tl_status status;

    *out = NULL;
    if (!find_word(&transform, tl_head_transform_names, record->transform))
        return tl_error_set(err, TL_CORRUPT, "the head wants its features transformed by '%s', which this program does not know",
                            record->transform);
    if (!find_word(&pool, tl_head_pool_names, record->pool))
        return tl_error_set(err, TL_CORRUPT, "the head wants its features pooled by '%s', which this program does not know",
                            record->pool);
    shape.pool = (enum tl_head_pool)pool;
    status = tl_head_create(&head, &shape, record->class_names, err);
    if (status != TL_OK)
        return status;
    head->transform = (enum tl_head_transform)transform;
    head->scale = record->scale;
    memcpy(head->kernel, record->kernel, tl_head_kernel_rows(head) * head->class_count * sizeof *head->kernel);
    memcpy(head->bias, record->bias, head->class_count * sizeof *head->bias);
    if (head->hidden_count > 0) {
        memcpy(head->hidden_kernel, record->hidden_kernel, head->input_count * head->hidden_count * sizeof *head->hidden_kernel);
        memcpy(head->hidden_bias, record->hidden_bias, head->hidden_count * sizeof *head->hidden_bias);
    }
    status = tl_head_check(head, err);
    if (status != TL_OK) {
        tl_head_free(head);
        return status;
    }
    *out = head;
    return TL_OK;
}
