/* action_import.c - tl-train --import FILE --name NAME: Dense layers that Keras trained become a head of the store. */
#include <stdio.h>
#include <string.h>

#include "train/actions.h"
#include "train/export/head_import.h"

static const size_t TEXT_CEILING_BYTES = (size_t)1 << 28;

static void append_json(struct tl_text *text, const char *name, const struct tl_head *head)
{
    tl_text_append(text, "{\"name\": ");
    tl_text_append_json_string(text, name);
    tl_text_append_format(text, ", \"pool\": \"%s\", \"hidden\": %zu, \"classes\": [", tl_head_pool_names[head->pool],
                          head->hidden_count);
    for (size_t l = 0; l < head->class_count; l++) {
        tl_text_append(text, l == 0 ? "" : ", ");
        tl_text_append_json_string(text, head->class_names[l]);
    }
    tl_text_append(text, "]}\n");
}

static void append_sentence(struct tl_text *text, const char *name, const struct tl_head *head)
{
    tl_text_append(text, "The head '");
    tl_text_append_visible(text, name, strlen(name));
    tl_text_append_format(text, "' is in the store: %zu %s", head->input_count,
                          head->pool == TL_HEAD_POOL_AVG ? "channels, each averaged over its places" : "features");
    if (head->hidden_count > 0)
        tl_text_append_format(text, ", %zu hidden units", head->hidden_count);
    tl_text_append(text, ", classes ");
    for (size_t l = 0; l < head->class_count; l++) {
        tl_text_append(text, l == 0 ? "" : ", ");
        tl_text_append_visible(text, head->class_names[l], strlen(head->class_names[l]));
    }
    tl_text_append(text, ". tl-classify --run takes it by that name, tl-train --use lets it answer.\n");
}

static enum tl_status tell(const struct tl_train_options *options, const struct tl_head *head, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, TEXT_CEILING_BYTES);
    if (options->is_json)
        append_json(&text, options->name, head);
    else
        append_sentence(&text, options->name, head);
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

enum tl_exit tl_action_import(const struct tl_action *action)
{
    const struct tl_train_options *options = action->options;
    const struct tl_head_import import = {.name = options->name, .classes = options->data.classes, .features = options->features};
    struct tl_keras_dense dense = {.layers = NULL};
    struct tl_head *head = NULL;
    tl_store *store = NULL;
    struct tl_error err;
    enum tl_status status = tl_keras_dense_read(&dense, options->import, &err);

    if (status == TL_OK)
        status = tl_store_open(&store, action->store_path, TL_STORE_WRITE, &err);
    if (status == TL_OK) {
        status = tl_head_import_put(&head, store, &dense, &import, &err);
        if (status == TL_BAD_INPUT)
            (void)tl_error_prefix(&err, "%s", options->import);
    }
    status = tl_store_close_after(&store, status, &err);
    if (status == TL_OK)
        status = tell(options, head, &err);
    tl_head_free(head);
    tl_keras_dense_clear(&dense);
    return status == TL_OK ? TL_EXIT_OK : tl_action_fail(action, &err);
}
