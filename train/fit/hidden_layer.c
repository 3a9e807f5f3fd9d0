/* hidden_layer.c - see hidden_layer.h. Rows of the kernel are padded with zeros. */
#include "train/fit/hidden_layer.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "train/fit/optimiser.h"

struct tl_hidden_layer {
    size_t unit_count, class_count, width;
    const struct tl_fit_kernels *kernels;
    double dropout;
    struct tl_random random;
    struct tl_fit_weights kernel; /* (unit_count, width) */
    struct tl_fit_weights bias;   /* (width) */
    float *kernel_gradient, *bias_gradient;
    double *units; /* (unit_count) of the vector last answered, after ReLU and dropout */
};

static size_t kernel_count(const tl_hidden_layer *layer)
{
    return layer->unit_count * layer->width;
}

static enum tl_status allocate(tl_hidden_layer *layer, struct tl_error *err)
{
    enum tl_status status = tl_optimiser_create_weights(&layer->kernel, kernel_count(layer), err);

    if (status == TL_OK)
        status = tl_optimiser_create_weights(&layer->bias, layer->width, err);
    if (status != TL_OK)
        return status;
    layer->kernel_gradient = tl_memory_alloc_aligned(kernel_count(layer), sizeof *layer->kernel_gradient);
    layer->bias_gradient = tl_memory_alloc_aligned(layer->width, sizeof *layer->bias_gradient);
    layer->units = tl_memory_alloc(layer->unit_count, sizeof *layer->units);
    if (!layer->kernel_gradient || !layer->bias_gradient || !layer->units)
        return tl_error_set_no_memory(err, "the hidden layer", kernel_count(layer) * sizeof(float));
    return TL_OK;
}

enum tl_status tl_hidden_layer_create(tl_hidden_layer **out, const struct tl_head *head, const struct tl_course *course,
                                      const struct tl_fit_kernels *kernels, struct tl_error *err)
{
    tl_hidden_layer *layer = tl_memory_alloc(1, sizeof *layer);
    enum tl_status status;

    *out = NULL;
    if (!layer)
        return tl_error_set_no_memory(err, "the hidden layer", sizeof *layer);
    layer->unit_count = head->hidden_count;
    layer->class_count = head->class_count;
    layer->width = tl_fit_kernels_pad(head->class_count);
    layer->kernels = kernels;
    layer->dropout = course->dropout;
    tl_random_init(&layer->random, course->seed, "dropout");
    status = allocate(layer, err);
    if (status != TL_OK) {
        tl_hidden_layer_free(layer);
        return status;
    }
    for (size_t u = 0; u < layer->unit_count; u++)
        memcpy(layer->kernel.weights + u * layer->width, head->kernel + u * head->class_count, head->class_count * sizeof(float));
    memcpy(layer->bias.weights, head->bias, head->class_count * sizeof(float));
    *out = layer;
    return TL_OK;
}

void tl_hidden_layer_free(tl_hidden_layer *layer)
{
    if (!layer)
        return;
    tl_optimiser_free_weights(&layer->kernel);
    tl_optimiser_free_weights(&layer->bias);
    tl_memory_free(layer->kernel_gradient);
    tl_memory_free(layer->bias_gradient);
    tl_memory_free(layer->units);
    tl_memory_free(layer);
}

void tl_hidden_layer_answer(tl_hidden_layer *layer, double *logits, const double *sums)
{
    for (size_t l = 0; l < layer->class_count; l++)
        logits[l] = (double)layer->bias.weights[l];
    for (size_t u = 0; u < layer->unit_count; u++) {
        const bool is_kept = layer->dropout <= 0 || tl_random_uniform(&layer->random) >= layer->dropout;
        const float *row = layer->kernel.weights + u * layer->width;

        /* NaN stays, so that a fit that diverged shows. */
        layer->units[u] = !is_kept || sums[u] <= 0 ? 0 : sums[u] / (1 - layer->dropout);
        if (layer->units[u] == 0)
            continue;
        for (size_t l = 0; l < layer->class_count; l++)
            logits[l] += layer->units[u] * (double)row[l];
    }
}

void tl_hidden_layer_learn(tl_hidden_layer *layer, double *sums, const double *logits, double factor)
{
    for (size_t l = 0; l < layer->class_count; l++)
        layer->bias_gradient[l] += (float)(logits[l] * factor);
    for (size_t u = 0; u < layer->unit_count; u++) {
        const float *row = layer->kernel.weights + u * layer->width;
        float *gradient = layer->kernel_gradient + u * layer->width;
        const double unit = layer->units[u] * factor;
        double sum = 0;

        if (layer->units[u] != 0) { /* else the unit neither spoke nor learns */
            for (size_t l = 0; l < layer->class_count; l++) {
                sum += (double)row[l] * logits[l];
                gradient[l] += (float)(unit * logits[l]);
            }
        }
        sums[u] = sum / (1 - layer->dropout);
    }
}

void tl_hidden_layer_step(tl_hidden_layer *layer, const struct tl_fit_step *step, double l2)
{
    struct tl_fit_step penalised = *step;

    penalised.penalty = (float)(2 * l2);
    layer->kernels->update(&layer->kernel, layer->kernel_gradient, kernel_count(layer), &penalised);
    layer->kernels->update(&layer->bias, layer->bias_gradient, layer->width, step);
}

void tl_hidden_layer_give(const tl_hidden_layer *layer, struct tl_head *head)
{
    for (size_t u = 0; u < layer->unit_count; u++)
        memcpy(head->kernel + u * head->class_count, layer->kernel.weights + u * layer->width, head->class_count * sizeof(float));
    memcpy(head->bias, layer->bias.weights, head->class_count * sizeof(float));
}
