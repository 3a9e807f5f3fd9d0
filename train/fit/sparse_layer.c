/* sparse_layer.c - see sparse_layer.h. */
#include "train/fit/sparse_layer.h"

#include <string.h>

#include "common/base/memory.h"
#include "train/fit/optimiser.h"

/* Floats of weights for which waking another thread pays. */
enum { THREAD_MIN_WEIGHTS = 1 << 14 };

struct tl_sparse_layer {
    size_t input_count, output_count, width, block_count;
    const struct tl_fit_kernels *kernels;
    tl_team *team;
    size_t part_count;             /* parts of the blocks, one a thread */
    struct tl_fit_weights weights; /* (block_count * TL_MATRIX_BLOCK, width) */
    float *gradients;              /* (part_count, TL_MATRIX_BLOCK, width): each thread's of its block at hand; zero between */
    float *sums;                   /* (block_count, capacity, width) */
    size_t capacity;               /* vectors */
};

/* A pass that is under way. */
struct progress {
    tl_sparse_layer *layer;
    const struct tl_sparse_pass *pass;
};

enum tl_status tl_sparse_layer_create(tl_sparse_layer **out, const struct tl_sparse_setup *setup, struct tl_error *err)
{
    tl_sparse_layer *layer = tl_memory_alloc(1, sizeof *layer);
    size_t block_floats;
    enum tl_status status;

    *out = NULL;
    if (!layer)
        return tl_error_set_no_memory(err, "training", sizeof *layer);
    layer->input_count = setup->input_count;
    layer->output_count = setup->output_count;
    layer->width = tl_fit_kernels_width(setup->output_count);
    layer->block_count = (setup->input_count + TL_MATRIX_BLOCK - 1) / TL_MATRIX_BLOCK;
    layer->kernels = setup->kernels;
    layer->team = setup->team;
    block_floats = TL_MATRIX_BLOCK * layer->width;
    layer->part_count = setup->team ? tl_team_thread_count(setup->team) : 1;
    if (layer->part_count > layer->block_count * block_floats / THREAD_MIN_WEIGHTS + 1)
        layer->part_count = layer->block_count * block_floats / THREAD_MIN_WEIGHTS + 1;
    status = tl_optimiser_create_weights(&layer->weights, layer->block_count * block_floats, err);
    layer->gradients = tl_memory_alloc_aligned(layer->part_count * block_floats, sizeof *layer->gradients);
    if (status == TL_OK && !layer->gradients)
        status = tl_error_set_no_memory(err, "the gradient", layer->part_count * block_floats * sizeof *layer->gradients);
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
    tl_memory_free(layer);
}

size_t tl_sparse_layer_width(const tl_sparse_layer *layer)
{
    return layer->width;
}

enum tl_status tl_sparse_layer_reserve(tl_sparse_layer *layer, size_t count, struct tl_error *err)
{
    float *sums;

    if (count <= layer->capacity)
        return TL_OK;
    sums = tl_memory_alloc_aligned(layer->block_count * layer->width, count * sizeof *sums);
    if (!sums)
        return tl_error_set_no_memory(err, "a batch", layer->block_count * layer->width * count * sizeof *sums);
    tl_memory_free(layer->sums);
    layer->sums = sums;
    layer->capacity = count;
    return TL_OK;
}

/* How many floats of a block are in use, in whole registers. */
static size_t count_floats(const tl_sparse_layer *layer, size_t block)
{
    const size_t columns = layer->input_count - block * TL_MATRIX_BLOCK;
    const size_t floats = (columns < TL_MATRIX_BLOCK ? columns : TL_MATRIX_BLOCK) * layer->width;

    return (floats + TL_FIT_LANES - 1) / TL_FIT_LANES * TL_FIT_LANES;
}

static void pass_block(tl_sparse_layer *layer, const struct tl_sparse_pass *pass, size_t block, float *gradient)
{
    const size_t start = block * TL_MATRIX_BLOCK * layer->width;
    const struct tl_fit_rows learnt = {pass->matrix, block, pass->learnt, pass->learnt_count};
    const struct tl_fit_rows asked = {pass->matrix, block, pass->asked, pass->asked_count};
    const struct tl_fit_weights weights = {layer->weights.weights + start, layer->weights.moments + start,
                                           layer->weights.velocities + start};

    if (learnt.count > 0) {
        layer->kernels->add_gradient(gradient, pass->deltas, layer->width, &learnt);
        layer->kernels->update(&weights, gradient, count_floats(layer, block), &pass->step);
    }
    layer->kernels->sum(layer->sums + block * layer->capacity * layer->width, weights.weights, layer->width, &asked);
}

/* A part is a run of blocks, so that in most steps a thread meets the blocks it had in the step before. */
static void pass_part(void *context, size_t part, size_t thread_index)
{
    const struct progress *progress = context;
    tl_sparse_layer *layer = progress->layer;

    (void)thread_index;
    for (size_t b = part * layer->block_count / layer->part_count; b < (part + 1) * layer->block_count / layer->part_count; b++)
        pass_block(layer, progress->pass, b, layer->gradients + part * TL_MATRIX_BLOCK * layer->width);
}

void tl_sparse_layer_pass(tl_sparse_layer *layer, const struct tl_sparse_pass *pass)
{
    struct progress progress = {layer, pass};

    if (layer->part_count == 1)
        pass_part(&progress, 0, 0);
    else
        tl_team_run(layer->team, layer->part_count, pass_part, &progress);
}

void tl_sparse_layer_read_sums(const tl_sparse_layer *layer, double *sums, size_t i)
{
    for (size_t l = 0; l < layer->output_count; l++)
        sums[l] = 0;
    for (size_t b = 0; b < layer->block_count; b++) {
        const float *part = layer->sums + (b * layer->capacity + i) * layer->width;

        for (size_t l = 0; l < layer->output_count; l++)
            sums[l] += (double)part[l];
    }
}

void tl_sparse_layer_take(tl_sparse_layer *layer, const float *kernel)
{
    for (size_t f = 0; f < layer->input_count; f++)
        memcpy(layer->weights.weights + f * layer->width, kernel + f * layer->output_count, layer->output_count * sizeof *kernel);
}

void tl_sparse_layer_give(const tl_sparse_layer *layer, float *kernel)
{
    for (size_t f = 0; f < layer->input_count; f++)
        memcpy(kernel + f * layer->output_count, layer->weights.weights + f * layer->width, layer->output_count * sizeof *kernel);
}
