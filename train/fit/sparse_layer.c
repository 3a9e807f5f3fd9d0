/* sparse_layer.c - see sparse_layer.h.
 *
 * Outputs stand in panels (fit_kernels.h). A unit of work is one block of columns of one panel: its weights, moments and velocities
 * lie one after the other, TL_MATRIX_BLOCK columns wide also where the last block has fewer.
 */
#include "train/fit/sparse_layer.h"

#include <string.h>

#include "common/base/memory.h"
#include "train/fit/optimiser.h"

/* Weights for which waking another thread pays. */
enum { THREAD_MIN_WEIGHTS = 1 << 14 };

struct tl_sparse_layer {
    size_t input_count, output_count, width, block_count, panel_count;
    const struct tl_fit_kernels *kernels;
    tl_team *team;
    size_t part_count;             /* parts of the units, one a thread */
    struct tl_fit_weights weights; /* (panel_count, block_count, TL_MATRIX_BLOCK, width) */
    float *gradients;              /* (part_count, TL_MATRIX_BLOCK, width): each thread's of its unit at hand; zero between */
    float *sums;                   /* (panel_count, block_count, capacity, width) */
    float *deltas;                 /* (panel_count, capacity, width) */
    size_t capacity;               /* vectors */
};

/* A pass that is under way. */
struct progress {
    tl_sparse_layer *layer;
    const struct tl_sparse_pass *pass;
};

static size_t unit_floats(const tl_sparse_layer *layer)
{
    return TL_MATRIX_BLOCK * layer->width;
}

static void plan(tl_sparse_layer *layer, const struct tl_sparse_setup *setup)
{
    size_t weight_count;

    layer->input_count = setup->input_count;
    layer->output_count = setup->output_count;
    layer->width = tl_fit_kernels_width(setup->output_count);
    layer->block_count = (setup->input_count + TL_MATRIX_BLOCK - 1) / TL_MATRIX_BLOCK;
    layer->panel_count = (setup->output_count + layer->width - 1) / layer->width;
    layer->kernels = setup->kernels;
    layer->team = setup->team;
    weight_count = layer->input_count * layer->panel_count * layer->width;
    layer->part_count = setup->team ? tl_team_thread_count(setup->team) : 1;
    if (layer->part_count > weight_count / THREAD_MIN_WEIGHTS + 1)
        layer->part_count = weight_count / THREAD_MIN_WEIGHTS + 1;
}

enum tl_status tl_sparse_layer_create(tl_sparse_layer **out, const struct tl_sparse_setup *setup, struct tl_error *err)
{
    tl_sparse_layer *layer = tl_memory_alloc(1, sizeof *layer);
    enum tl_status status;

    *out = NULL;
    if (!layer)
        return tl_error_set_no_memory(err, "training", sizeof *layer);
    plan(layer, setup);
    status = tl_optimiser_create_weights(&layer->weights, layer->panel_count * layer->block_count * unit_floats(layer), err);
    layer->gradients = tl_memory_alloc_aligned(layer->part_count * unit_floats(layer), sizeof *layer->gradients);
    if (status == TL_OK && !layer->gradients)
        status = tl_error_set_no_memory(err, "the gradient", layer->part_count * unit_floats(layer) * sizeof(float));
    if (status == TL_OK)
        *out = layer;
    else
        tl_sparse_layer_free(layer);
    return status;
}

void tl_sparse_layer_free(tl_sparse_layer *layer)
{
    if (!layer)
        return;
    tl_optimiser_free_weights(&layer->weights);
    tl_memory_free(layer->gradients);
    tl_memory_free(layer->sums);
    tl_memory_free(layer->deltas);
    tl_memory_free(layer);
}

enum tl_status tl_sparse_layer_reserve(tl_sparse_layer *layer, size_t count, struct tl_error *err)
{
    const size_t row_floats = layer->panel_count * layer->width;
    float *sums, *deltas;

    if (count <= layer->capacity)
        return TL_OK;
    sums = tl_memory_alloc_aligned(layer->block_count * row_floats, count * sizeof *sums);
    deltas = tl_memory_alloc_aligned(row_floats, count * sizeof *deltas);
    if (!sums || !deltas) {
        tl_memory_free(sums);
        tl_memory_free(deltas);
        return tl_error_set_no_memory(err, "a batch", layer->block_count * row_floats * count * sizeof *sums);
    }
    tl_memory_free(layer->sums);
    tl_memory_free(layer->deltas);
    layer->sums = sums;
    layer->deltas = deltas;
    layer->capacity = count;
    return TL_OK;
}

/* How many floats of a block are in use, in whole registers. */
static size_t count_floats(const tl_sparse_layer *layer, size_t block)
{
    const size_t columns = layer->input_count - block * TL_MATRIX_BLOCK;

    return tl_fit_kernels_pad((columns < TL_MATRIX_BLOCK ? columns : TL_MATRIX_BLOCK) * layer->width);
}

static void pass_unit(tl_sparse_layer *layer, const struct tl_sparse_pass *pass, size_t unit, float *gradient)
{
    const size_t block = unit % layer->block_count, panel = unit / layer->block_count, start = unit * unit_floats(layer);
    const struct tl_fit_rows learnt = {pass->matrix, block, pass->learnt, pass->learnt_count};
    const struct tl_fit_rows asked = {pass->matrix, block, pass->asked, pass->asked_count};
    const struct tl_fit_weights weights = {layer->weights.weights + start, layer->weights.moments + start,
                                           layer->weights.velocities + start};

    if (learnt.count > 0) {
        layer->kernels->add_gradient(gradient, layer->deltas + panel * layer->capacity * layer->width, layer->width, &learnt);
        layer->kernels->update(&weights, gradient, count_floats(layer, block), &pass->step);
    }
    layer->kernels->sum(layer->sums + unit * layer->capacity * layer->width, weights.weights, layer->width, &asked);
}

/* A part is a run of units, so that in most steps a thread meets the weights it had in the step before. */
static void pass_part(void *context, size_t part, size_t thread_index)
{
    const struct progress *progress = context;
    tl_sparse_layer *layer = progress->layer;
    const size_t unit_count = layer->panel_count * layer->block_count;

    (void)thread_index;
    for (size_t u = part * unit_count / layer->part_count; u < (part + 1) * unit_count / layer->part_count; u++)
        pass_unit(layer, progress->pass, u, layer->gradients + part * unit_floats(layer));
}

void tl_sparse_layer_pass(tl_sparse_layer *layer, const struct tl_sparse_pass *pass)
{
    struct progress progress = {layer, pass};

    if (layer->part_count == 1)
        pass_part(&progress, 0, 0);
    else
        tl_team_run(layer->team, layer->part_count, pass_part, &progress);
}

/* The first output of a panel, and how many it has. */
static size_t panel_outputs(const tl_sparse_layer *layer, size_t panel, size_t *first)
{
    *first = panel * layer->width;
    return layer->output_count - *first < layer->width ? layer->output_count - *first : layer->width;
}

void tl_sparse_layer_read_sums(const tl_sparse_layer *layer, double *sums, size_t i)
{
    for (size_t l = 0; l < layer->output_count; l++)
        sums[l] = 0;
    for (size_t u = 0; u < layer->panel_count * layer->block_count; u++) {
        const float *part = layer->sums + (u * layer->capacity + i) * layer->width;
        size_t first;
        const size_t count = panel_outputs(layer, u / layer->block_count, &first);

        for (size_t l = 0; l < count; l++)
            sums[first + l] += (double)part[l];
    }
}

void tl_sparse_layer_write_deltas(tl_sparse_layer *layer, size_t i, const double *derivatives, double factor)
{
    for (size_t p = 0; p < layer->panel_count; p++) {
        float *deltas = layer->deltas + (p * layer->capacity + i) * layer->width;
        size_t first;
        const size_t count = panel_outputs(layer, p, &first);

        for (size_t l = 0; l < count; l++)
            deltas[l] = (float)(derivatives[first + l] * factor);
    }
}

void tl_sparse_layer_take(tl_sparse_layer *layer, const float *kernel)
{
    for (size_t p = 0; p < layer->panel_count; p++) {
        float *weights = layer->weights.weights + p * layer->block_count * unit_floats(layer);
        size_t first;
        const size_t count = panel_outputs(layer, p, &first);

        for (size_t f = 0; f < layer->input_count; f++)
            memcpy(weights + f * layer->width, kernel + f * layer->output_count + first, count * sizeof *kernel);
    }
}

void tl_sparse_layer_give(const tl_sparse_layer *layer, float *kernel)
{
    for (size_t p = 0; p < layer->panel_count; p++) {
        const float *weights = layer->weights.weights + p * layer->block_count * unit_floats(layer);
        size_t first;
        const size_t count = panel_outputs(layer, p, &first);

        for (size_t f = 0; f < layer->input_count; f++)
            memcpy(kernel + f * layer->output_count + first, weights + f * layer->width, count * sizeof *kernel);
    }
}
