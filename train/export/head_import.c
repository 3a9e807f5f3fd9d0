/* head_import.c - see head_import.h. */
#include "train/export/head_import.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/store/store_feature.h"
#include "common/store/store_head.h"

/* Names split at commas; `text` is cut in pieces. */
struct names {
    char *text;
    const char **items;
    size_t count;
};

static void release(struct names *names)
{
    tl_memory_free(names->items);
    tl_memory_free(names->text);
}

static enum tl_status split(struct names *out, const char *list, struct tl_error *err)
{
    size_t capacity = 1;

    for (const char *at = list; *at; at++)
        capacity += *at == ',';
    *out = (struct names){.text = tl_memory_copy_string(list), .items = tl_memory_alloc(capacity, sizeof *out->items)};
    if (!out->text || !out->items)
        return tl_error_set_no_memory(err, "class names", capacity * sizeof *out->items);
    for (char *rest = out->text, *name; (name = strsep(&rest, ",")) != NULL;)
        out->items[out->count++] = name;
    return TL_OK;
}

static enum tl_status check_names(const char *const *names, size_t count, struct tl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] == '\0' || !tl_text_is_plain(names[i], strlen(names[i])))
            return tl_error_set(err, TL_BAD_INPUT, "class %zu has no name of UTF-8 text without control characters", i + 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                return tl_error_set(err, TL_BAD_INPUT, "class names are different from each other, but '%s' is there twice",
                                    names[i]);
    }
    return TL_OK;
}

static enum tl_status find_shape(struct tl_head_shape *out, const struct tl_keras_dense *dense, size_t place_count,
                                 size_t channel_count, struct tl_error *err)
{
    const struct tl_tensor *first = tl_tensors_get(dense->layers, 0),
                           *last = tl_tensors_get(dense->layers, 2 * dense->layer_count - 2);
    const size_t feature_count = place_count * channel_count;

    *out = (struct tl_head_shape){.feature_count = feature_count,
                                  .channel_count = channel_count,
                                  .pool = first->shape[0] == feature_count ? TL_HEAD_POOL_NONE : TL_HEAD_POOL_AVG,
                                  .hidden_count = dense->layer_count > 1 ? first->shape[1] : 0,
                                  .class_count = last->shape[1]};
    if (first->shape[0] != feature_count && first->shape[0] != channel_count)
        return tl_error_set(err, TL_BAD_INPUT,
                            "its kernel has %zu rows; the store's features are %zu values, or %zu averaged over their places",
                            first->shape[0], feature_count, channel_count);
    return TL_OK;
}

static void copy_tensor(float *to, const tl_tensors *layers, size_t index)
{
    const struct tl_tensor *tensor = tl_tensors_get(layers, index);

    memcpy(to, tensor->values, tl_tensor_value_count(tensor) * sizeof *to);
}

static enum tl_status fill(struct tl_head *head, const struct tl_keras_dense *dense, struct tl_error *err)
{
    const size_t last = 2 * dense->layer_count - 2;
    enum tl_status status;

    if (head->hidden_count > 0) {
        copy_tensor(head->hidden_kernel, dense->layers, 0);
        copy_tensor(head->hidden_bias, dense->layers, 1);
    }
    copy_tensor(head->kernel, dense->layers, last);
    copy_tensor(head->bias, dense->layers, last + 1);
    status = tl_head_check(head, err);
    if (status == TL_CORRUPT && err)
        err->status = TL_BAD_INPUT;
    return status == TL_CORRUPT ? TL_BAD_INPUT : status;
}

enum tl_status tl_head_import_make(struct tl_head **out, const struct tl_keras_dense *dense, const char *classes,
                                   size_t place_count, size_t channel_count, struct tl_error *err)
{
    struct names given = {.text = NULL};
    const char *const *names = (const char *const *)dense->class_names;
    size_t name_count = dense->class_count;
    struct tl_head_shape shape;
    struct tl_head *head = NULL;
    enum tl_status status = find_shape(&shape, dense, place_count, channel_count, err);

    *out = NULL;
    if (status == TL_OK && classes) {
        status = split(&given, classes, err);
        names = given.items;
        name_count = given.count;
    }
    if (status == TL_OK && name_count == 0)
        status = tl_error_set(err, TL_BAD_INPUT,
                              "it does not name its %zu classes: give them in the order of its units, --classes a,b,c",
                              shape.class_count);
    else if (status == TL_OK && name_count != shape.class_count)
        status =
            tl_error_set(err, TL_BAD_INPUT, "--classes names %zu classes, but it has %zu units", name_count, shape.class_count);
    if (status == TL_OK)
        status = check_names(names, name_count, err);
    if (status == TL_OK)
        status = tl_head_create(&head, &shape, names, err);
    if (status == TL_OK)
        status = fill(head, dense, err);
    if (status == TL_OK) {
        *out = head;
        head = NULL;
    }
    tl_head_free(head);
    release(&given);
    return status;
}

static enum tl_status put_row(tl_store *store, const char *name, int64_t feature_set_id, const struct tl_head *head,
                              struct tl_error *err)
{
    const struct tl_store_head row = {.class_names = (const char *const *)head->class_names,
                                      .class_count = head->class_count,
                                      .feature_count = head->feature_count,
                                      .channel_count = head->channel_count,
                                      .pool = tl_head_pool_names[head->pool],
                                      .transform = tl_head_transform_names[head->transform],
                                      .scale = head->scale,
                                      .kernel = head->kernel,
                                      .bias = head->bias,
                                      .hidden_count = head->hidden_count,
                                      .hidden_kernel = head->hidden_kernel,
                                      .hidden_bias = head->hidden_bias};
    int64_t head_id;
    enum tl_status status = tl_store_begin(store, err);

    if (status != TL_OK)
        return status;
    status = tl_store_check_run_name(store, name, err);
    if (status == TL_OK)
        status = tl_store_put_head(store, &head_id, 0, name, feature_set_id, &row, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    if (status != TL_OK)
        tl_store_rollback(store);
    return status;
}

/* Only sets of the head's width are looked at, so that one that fits need not be named. */
static enum tl_status choose_feature_set(struct tl_store_feature_set *out, tl_store *store, size_t row_count,
                                         const char *wanted, struct tl_error *err)
{
    struct tl_store_feature_set *sets = NULL;
    size_t count = 0, fitting_count = 0, index = 0;
    enum tl_status status = tl_store_list_feature_sets(store, &sets, &count, err);

    for (size_t i = 0; status == TL_OK && !wanted && i < count; i++) {
        const size_t width = (size_t)sets[i].height * sets[i].width * sets[i].channels;

        if (width == row_count || sets[i].channels == row_count) {
            index = i;
            fitting_count++;
        }
    }
    if (status == TL_OK && fitting_count != 1)
        status = tl_store_choose_feature_set(&index, sets, count, wanted, err);
    if (status == TL_OK)
        *out = (struct tl_store_feature_set){.feature_set_id = sets[index].feature_set_id,
                                             .height = sets[index].height,
                                             .width = sets[index].width,
                                             .channels = sets[index].channels};
    tl_store_free_feature_sets(sets, count);
    return status;
}

enum tl_status tl_head_import_put(struct tl_head **out, tl_store *store, const struct tl_keras_dense *dense,
                                  const struct tl_head_import *import, struct tl_error *err)
{
    struct tl_store_feature_set set;
    struct tl_head *head = NULL;
    enum tl_status status = choose_feature_set(&set, store, tl_tensors_get(dense->layers, 0)->shape[0], import->features, err);

    *out = NULL;
    if (status == TL_OK)
        status = tl_head_import_make(&head, dense, import->classes, (size_t)set.height * set.width, set.channels, err);
    if (status == TL_OK)
        status = put_row(store, import->name, set.feature_set_id, head, err);
    if (status != TL_OK) {
        tl_head_free(head);
        return status;
    }
    *out = head;
    return TL_OK;
}
