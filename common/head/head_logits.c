/* head_logits.c - what a head makes of features: pooled, transformed, summed, and probabilities in order; see head.h.
 *
 * No memory is allocated: pooled inputs lie on the stack, which is why their number has a ceiling, and a hidden layer is summed a
 * block of units at a time. A unit's sum is the same whatever block it is in.
 */
#include "common/head/head.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { UNITS_AT_ONCE = 64 };

/* The input of a head, in whatever form it came. */
struct input {
    const float *dense;      /* (count), or NULL: */
    const uint32_t *indices; /* (count) */
    const float *values;     /* (count) */
    size_t count;
    enum tl_head_transform transform; /* still to be applied */
};

float tl_head_transform_value(enum tl_head_transform transform, float value)
{
    if (transform == TL_HEAD_TRANSFORM_SQRT)
        return copysignf(sqrtf(fabsf(value)), value);
    return value;
}

static void clear(double *sums, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] = 0;
}

static void average(float *pooled, const double *sums, size_t feature_count, size_t channel_count)
{
    const double place_count = (double)(feature_count / channel_count);

    for (size_t c = 0; c < channel_count; c++)
        pooled[c] = (float)(sums[c] / place_count);
}

void tl_head_pool_sparse(float *pooled, size_t feature_count, size_t channel_count, const uint32_t *indices, const float *values,
                         size_t count)
{
    double sums[TL_HEAD_POOLED_CHANNELS_MAX];

    assert(channel_count > 0 && channel_count <= TL_HEAD_POOLED_CHANNELS_MAX && feature_count % channel_count == 0);
    clear(sums, channel_count);
    for (size_t i = 0; i < count; i++) {
        assert(indices[i] < feature_count);
        sums[indices[i] % channel_count] += (double)values[i];
    }
    average(pooled, sums, feature_count, channel_count);
}

static void pool_dense(float *pooled, size_t feature_count, size_t channel_count, const float *x)
{
    double sums[TL_HEAD_POOLED_CHANNELS_MAX];

    clear(sums, channel_count);
    for (size_t start = 0; start < feature_count; start += channel_count)
        for (size_t c = 0; c < channel_count; c++)
            sums[c] += (double)x[start + c];
    average(pooled, sums, feature_count, channel_count);
}

/* sums[u] = sum over the input of matrix[k][first + u] * z[k]. A zero adds a zero to each sum, which leaves its bits alone; so
 * zeros are passed over, and the sparse form is the same sum. */
static void sum_columns(double *sums, const float *matrix, size_t column_count, size_t first, size_t count,
                        const struct input *input)
{
    clear(sums, count);
    for (size_t i = 0; i < input->count; i++) {
        const size_t k = input->dense ? i : input->indices[i];
        const float value = input->dense ? input->dense[i] : input->values[i];
        const float *row = matrix + k * column_count + first;
        double transformed;

        if (value == 0)
            continue;
        transformed = (double)tl_head_transform_value(input->transform, value);
        for (size_t u = 0; u < count; u++)
            sums[u] += (double)row[u] * transformed;
    }
}

/* logits[l] += kernel[unit][l] * relu(unit) */
static void add_units(const struct tl_head *head, double *logits, const double *sums, size_t first, size_t count)
{
    for (size_t u = 0; u < count; u++) {
        const double value = sums[u] / head->scale + (double)head->hidden_bias[first + u];
        const float *row = head->kernel + (first + u) * head->class_count;

        if (value <= 0)
            continue;
        for (size_t l = 0; l < head->class_count; l++)
            logits[l] += (double)row[l] * value;
    }
}

static void compute_logits(const struct tl_head *head, double *logits, const struct input *input)
{
    double sums[UNITS_AT_ONCE];

    if (head->hidden_count == 0) {
        sum_columns(logits, head->kernel, head->class_count, 0, head->class_count, input);
        for (size_t l = 0; l < head->class_count; l++)
            logits[l] = logits[l] / head->scale + (double)head->bias[l];
        return;
    }
    clear(logits, head->class_count);
    for (size_t first = 0, count; first < head->hidden_count; first += count) {
        count = head->hidden_count - first < UNITS_AT_ONCE ? head->hidden_count - first : UNITS_AT_ONCE;
        sum_columns(sums, head->hidden_kernel, head->hidden_count, first, count, input);
        add_units(head, logits, sums, first, count);
    }
    for (size_t l = 0; l < head->class_count; l++)
        logits[l] += (double)head->bias[l];
}

static void compute_logits_of_pooled(const struct tl_head *head, double *logits, const float *pooled)
{
    compute_logits(head, logits, &(struct input){.dense = pooled, .count = head->channel_count, .transform = head->transform});
}

void tl_head_logits(const struct tl_head *head, double *logits, const float *x)
{
    float pooled[TL_HEAD_POOLED_CHANNELS_MAX];

    if (head->pool == TL_HEAD_POOL_NONE) {
        compute_logits(head, logits, &(struct input){.dense = x, .count = head->feature_count, .transform = head->transform});
        return;
    }
    pool_dense(pooled, head->feature_count, head->channel_count, x);
    compute_logits_of_pooled(head, logits, pooled);
}

void tl_head_logits_sparse(const struct tl_head *head, double *logits, const uint32_t *indices, const float *values, size_t count)
{
    float pooled[TL_HEAD_POOLED_CHANNELS_MAX];

    if (head->pool == TL_HEAD_POOL_NONE) {
        compute_logits(head, logits,
                       &(struct input){.indices = indices, .values = values, .count = count, .transform = head->transform});
        return;
    }
    tl_head_pool_sparse(pooled, head->feature_count, head->channel_count, indices, values, count);
    compute_logits_of_pooled(head, logits, pooled);
}

void tl_head_logits_of_input(const struct tl_head *head, double *logits, const uint32_t *indices, const float *values,
                             size_t count)
{
    assert(count == 0 || indices[count - 1] < head->input_count);
    compute_logits(head, logits,
                   &(struct input){.indices = indices, .values = values, .count = count, .transform = TL_HEAD_TRANSFORM_NONE});
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
