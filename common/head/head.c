/* head.c - see head.h. */
#include "common/head/head.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"

const char *const tl_head_transform_names[] = {"none", "sqrt", NULL};
const char *const tl_head_pool_names[] = {"none", "avg", NULL};

static enum tl_status check_shape(size_t feature_count, size_t class_count, struct tl_error *err)
{
    if (feature_count == 0)
        return tl_error_set(err, TL_BAD_INPUT, "a head needs at least one feature");
    if (class_count < 2 || class_count > TL_HEAD_CLASSES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "a head has 2 to %d classes, not %zu", TL_HEAD_CLASSES_MAX, class_count);
    if (feature_count > TL_MEMORY_LIMIT_BYTES / sizeof(float) / class_count)
        return tl_error_set(err, TL_BAD_INPUT, "a head of %zu features and %zu classes is too large", feature_count, class_count);
    return TL_OK;
}

static bool allocate_parts(struct tl_head *head, size_t feature_count, size_t class_count)
{
    head->feature_count = feature_count;
    head->class_count = class_count;
    head->kernel = tl_memory_alloc(feature_count * class_count, sizeof *head->kernel);
    head->bias = tl_memory_alloc(class_count, sizeof *head->bias);
    head->class_names = tl_memory_alloc(class_count, sizeof *head->class_names);
    return head->kernel && head->bias && head->class_names;
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

enum tl_status tl_head_create(struct tl_head **out, size_t feature_count, const char *const *class_names, size_t class_count,
                              struct tl_error *err)
{
    struct tl_head *head = NULL;
    enum tl_status status;

    *out = NULL;
    status = check_shape(feature_count, class_count, err);
    if (status != TL_OK)
        goto done;
    head = tl_memory_alloc(1, sizeof *head);
    if (!head || !allocate_parts(head, feature_count, class_count) || !copy_names(head, class_names)) {
        status = tl_error_set_no_memory(err, "a head", feature_count * class_count * sizeof(float));
        goto done;
    }
    head->scale = 1;
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
    tl_memory_free(head->kernel);
    tl_memory_free(head->bias);
    tl_memory_free(head);
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
    status = check_values("kernel", head->kernel, head->feature_count * head->class_count, err);
    if (status == TL_OK)
        status = check_values("bias", head->bias, head->class_count, err);
    return status;
}

float tl_head_transform_value(enum tl_head_transform transform, float value)
{
    if (transform == TL_HEAD_TRANSFORM_SQRT)
        return copysignf(sqrtf(fabsf(value)), value);
    return value;
}

/* sums[l] += kernel[feature][l] * transform(value) */
static void add_feature(const struct tl_head *head, double *sums, size_t feature, float value)
{
    const float *row = head->kernel + feature * head->class_count;
    const double transformed = (double)tl_head_transform_value(head->transform, value);

    for (size_t l = 0; l < head->class_count; l++)
        sums[l] += (double)row[l] * transformed;
}

static void finish_logits(const struct tl_head *head, double *sums)
{
    for (size_t l = 0; l < head->class_count; l++)
        sums[l] = sums[l] / head->scale + (double)head->bias[l];
}

static void clear(double *sums, size_t count)
{
    for (size_t l = 0; l < count; l++)
        sums[l] = 0;
}

/* A zero adds a zero to each sum, which leaves its bits alone; so zeros are passed over, and the sparse form is the same sum. */
void tl_head_logits(const struct tl_head *head, double *logits, const float *x)
{
    clear(logits, head->class_count);
    for (size_t f = 0; f < head->feature_count; f++)
        if (x[f] != 0)
            add_feature(head, logits, f, x[f]);
    finish_logits(head, logits);
}

void tl_head_logits_sparse(const struct tl_head *head, double *logits, const uint32_t *indices, const float *values, size_t count)
{
    clear(logits, head->class_count);
    for (size_t i = 0; i < count; i++) {
        assert(indices[i] < head->feature_count);
        add_feature(head, logits, indices[i], values[i]);
    }
    finish_logits(head, logits);
}

void tl_head_softmax(double *logits, size_t class_count)
{
    double largest = logits[0], sum = 0;

    for (size_t l = 1; l < class_count; l++)
        if (logits[l] > largest)
            largest = logits[l];
    for (size_t l = 0; l < class_count; l++) {
        logits[l] = exp(logits[l] - largest);
        sum += logits[l];
    }
    for (size_t l = 0; l < class_count; l++)
        logits[l] /= sum;
}

static int compare_ranks(const void *a, const void *b, void *context)
{
    const size_t first = *(const size_t *)a, second = *(const size_t *)b;
    const double *probabilities = context;

    if (probabilities[first] != probabilities[second])
        return probabilities[first] > probabilities[second] ? -1 : 1;
    return first < second ? -1 : first > second;
}

void tl_head_rank(size_t *order, const double *probabilities, size_t class_count)
{
    for (size_t l = 0; l < class_count; l++)
        order[l] = l;
    qsort_r(order, class_count, sizeof *order, compare_ranks, (void *)(uintptr_t)probabilities);
}

void tl_head_append_json(struct tl_text *text, const char *const *class_names, const size_t *order, const double *probabilities,
                         size_t count)
{
    tl_text_append(text, "{");
    for (size_t i = 0; i < count; i++) {
        tl_text_append(text, i == 0 ? "" : ", ");
        tl_text_append_json_string(text, class_names[order[i]]);
        tl_text_append(text, ": ");
        tl_text_append_json_number(text, probabilities[order[i]]);
    }
    tl_text_append(text, "}");
}

enum tl_status tl_head_to_tensors(const struct tl_head *head, tl_tensors **out, int fold, struct tl_error *err)
{
    const size_t kernel_shape[2] = {head->feature_count, head->class_count};
    const size_t bias_shape[1] = {head->class_count};
    tl_tensors *tensors = NULL;
    float *kernel = NULL, *bias = NULL;
    enum tl_status status;

    *out = NULL;
    status = tl_tensors_create(&tensors, err);
    if (status == TL_OK)
        status = tl_tensors_add(tensors, &kernel, "head", "head/kernel:0", 2, kernel_shape, err);
    if (status == TL_OK)
        status = tl_tensors_add(tensors, &bias, "head", "head/bias:0", 1, bias_shape, err);
    if (status != TL_OK)
        goto done;
    for (size_t i = 0; i < head->feature_count * head->class_count; i++)
        kernel[i] = fold ? (float)((double)head->kernel[i] / head->scale) : head->kernel[i];
    memcpy(bias, head->bias, head->class_count * sizeof *bias);
    *out = tensors;
    tensors = NULL;
done:
    tl_tensors_free(tensors);
    return status;
}
