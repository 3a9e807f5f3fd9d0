/* head.c - made, checked and given as tensors; see head.h. What it predicts is in head_logits.c. */
#include "common/head/head.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/memory.h"

const char *const tl_head_transform_names[] = {"none", "sqrt", NULL};
const char *const tl_head_pool_names[] = {"none", "avg", NULL};

static bool is_too_large(size_t rows, size_t columns)
{
    return columns > 0 && rows > TL_MEMORY_LIMIT_BYTES / sizeof(float) / columns;
}

static enum tl_status check_shape(const struct tl_head_shape *shape, struct tl_error *err)
{
    if (shape->feature_count == 0)
        return tl_error_set(err, TL_BAD_INPUT, "a head needs at least one feature");
    if (shape->class_count < 2 || shape->class_count > TL_HEAD_CLASSES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "a head has 2 to %d classes, not %zu", TL_HEAD_CLASSES_MAX, shape->class_count);
    if (shape->hidden_count > TL_HEAD_HIDDEN_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "a hidden layer has at most %d units, not %zu", TL_HEAD_HIDDEN_MAX,
                            shape->hidden_count);
    if (shape->pool == TL_HEAD_POOL_AVG &&
        (shape->channel_count == 0 || shape->feature_count % shape->channel_count != 0 ||
         shape->channel_count > TL_HEAD_POOLED_CHANNELS_MAX))
        return tl_error_set(err, TL_BAD_INPUT, "%zu features of %zu channels cannot be pooled; at most %d channels can",
                            shape->feature_count, shape->channel_count, TL_HEAD_POOLED_CHANNELS_MAX);
    if (is_too_large(shape->feature_count, shape->class_count) || is_too_large(shape->feature_count, shape->hidden_count) ||
        is_too_large(shape->hidden_count, shape->class_count))
        return tl_error_set(err, TL_BAD_INPUT, "a head of %zu features, %zu hidden units and %zu classes is too large",
                            shape->feature_count, shape->hidden_count, shape->class_count);
    return TL_OK;
}

static bool allocate_parts(struct tl_head *head)
{
    head->kernel = tl_memory_alloc(tl_head_kernel_rows(head) * head->class_count, sizeof *head->kernel);
    head->bias = tl_memory_alloc(head->class_count, sizeof *head->bias);
    head->class_names = tl_memory_alloc(head->class_count, sizeof *head->class_names);
    if (head->hidden_count > 0) {
        head->hidden_kernel = tl_memory_alloc(head->input_count * head->hidden_count, sizeof *head->hidden_kernel);
        head->hidden_bias = tl_memory_alloc(head->hidden_count, sizeof *head->hidden_bias);
    }
    return head->kernel && head->bias && head->class_names &&
           (head->hidden_count == 0 || (head->hidden_kernel && head->hidden_bias));
}

static bool copy_names(struct tl_head *head, const char *const *class_names)
{
    for (size_t l = 0; l < head->class_count; l++) {
        head->class_names[l] = tl_memory_copy_string(class_names[l]);
        if (!head->class_names[l])
            return false;
    }
    return true;
}

enum tl_status tl_head_create(struct tl_head **out, const struct tl_head_shape *shape, const char *const *class_names,
                              struct tl_error *err)
{
    struct tl_head *head = NULL;
    enum tl_status status;

    *out = NULL;
    status = check_shape(shape, err);
    if (status != TL_OK)
        goto done;
    head = tl_memory_alloc(1, sizeof *head);
    if (head)
        *head = (struct tl_head){.feature_count = shape->feature_count,
                                 .channel_count = shape->channel_count,
                                 .pool = shape->pool,
                                 .input_count = shape->pool == TL_HEAD_POOL_AVG ? shape->channel_count : shape->feature_count,
                                 .hidden_count = shape->hidden_count,
                                 .class_count = shape->class_count,
                                 .scale = 1};
    if (!head || !allocate_parts(head) || !copy_names(head, class_names)) {
        status = tl_error_set_no_memory(err, "a head", shape->feature_count * shape->class_count * sizeof(float));
        goto done;
    }
    *out = head;
    head = NULL;
done:
    tl_head_free(head);
    return status;
}

void tl_head_free(struct tl_head *head)
{
    if (!head)
        return;
    for (size_t l = 0; head->class_names && l < head->class_count; l++)
        tl_memory_free(head->class_names[l]);
    tl_memory_free(head->class_names);
    tl_memory_free(head->hidden_kernel);
    tl_memory_free(head->hidden_bias);
    tl_memory_free(head->kernel);
    tl_memory_free(head->bias);
    tl_memory_free(head);
}

size_t tl_head_kernel_rows(const struct tl_head *head)
{
    return head->hidden_count > 0 ? head->hidden_count : head->input_count;
}

static enum tl_status check_values(const char *tensor, const float *values, size_t count, struct tl_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return tl_error_set(err, TL_CORRUPT, "the head's %s is not usable: value %zu of %zu is %g", tensor, i, count,
                                (double)values[i]);
    return TL_OK;
}

enum tl_status tl_head_check(const struct tl_head *head, struct tl_error *err)
{
    enum tl_status status;

    if (!isfinite(head->scale) || head->scale <= 0)
        return tl_error_set(err, TL_CORRUPT, "the head's scale is %g, it has to be a number above 0", head->scale);
    status = check_values("kernel", head->kernel, tl_head_kernel_rows(head) * head->class_count, err);
    if (status == TL_OK)
        status = check_values("bias", head->bias, head->class_count, err);
    if (status == TL_OK)
        status = check_values("hidden kernel", head->hidden_kernel, head->input_count * head->hidden_count, err);
    if (status == TL_OK)
        status = check_values("hidden bias", head->hidden_bias, head->hidden_count, err);
    return status;
}

/* Adds (rows, columns) values, each divided by `scale`, and (columns) of bias. */
static enum tl_status add_layer(tl_tensors *tensors, const char *layer, const char *const names[2], const float *kernel,
                                const float *bias, const size_t shape[2], double scale, struct tl_error *err)
{
    float *kernel_values, *bias_values;
    enum tl_status status = tl_tensors_add(tensors, &kernel_values, layer, names[0], 2, shape, err);

    if (status == TL_OK)
        status = tl_tensors_add(tensors, &bias_values, layer, names[1], 1, &shape[1], err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < shape[0] * shape[1]; i++)
        kernel_values[i] = (float)((double)kernel[i] / scale);
    memcpy(bias_values, bias, shape[1] * sizeof *bias);
    return TL_OK;
}

enum tl_status tl_head_to_tensors(const struct tl_head *head, tl_tensors **out, int fold, struct tl_error *err)
{
    static const char *const hidden_names[2] = {"hidden/kernel:0", "hidden/bias:0"};
    static const char *const head_names[2] = {"head/kernel:0", "head/bias:0"};
    const size_t hidden_shape[2] = {head->input_count, head->hidden_count};
    const size_t head_shape[2] = {tl_head_kernel_rows(head), head->class_count};
    const double scale = fold ? head->scale : 1;
    tl_tensors *tensors = NULL;
    enum tl_status status;

    *out = NULL;
    status = tl_tensors_create(&tensors, err);
    if (status == TL_OK && head->hidden_count > 0)
        status = add_layer(tensors, "hidden", hidden_names, head->hidden_kernel, head->hidden_bias, hidden_shape, scale, err);
    if (status == TL_OK)
        status = add_layer(tensors, "head", head_names, head->kernel, head->bias, head_shape,
                           head->hidden_count > 0 ? 1 : scale, err);
    if (status != TL_OK)
        goto done;
    *out = tensors;
    tensors = NULL;
done:
    tl_tensors_free(tensors);
    return status;
}
