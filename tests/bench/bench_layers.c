/* bench_layers.c - each convolution of VGG16 by each kernel on one core: GFLOP/s and the share of the core's peak.
 *
 * GFLOP/s count the definition's multiplications and additions. A Winograd kernel does a quarter of the multiplications or fewer,
 * by the size of its tiles, so its share of the peak is of those it does, tiles beyond the edge and transforms' time included.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/base/table.h"
#include "common/network/winograd.h"
#include "tests/bench/bench.h"

struct layer {
    struct tl_conv_shape shape;
    size_t photo_count; /* as many as a plan gives it at once */
};

static const struct layer layers[] = {
    {{224, 224, 3, 64, 3, true, false, TL_CONV_BATCHES, false, 0}, 1},
    {{224, 224, 64, 64, 3, true, false, TL_CONV_BATCHES, false, 0}, 1},
    {{112, 112, 64, 128, 3, true, false, TL_CONV_BATCHES, false, 0}, 1},
    {{112, 112, 128, 128, 3, true, false, TL_CONV_BATCHES, false, 0}, 1},
    {{56, 56, 128, 256, 3, true, false, TL_CONV_BATCHES, false, 0}, 1},
    {{56, 56, 256, 256, 3, true, false, TL_CONV_BATCHES, false, 0}, 1},
    {{28, 28, 256, 512, 3, true, false, TL_CONV_BATCHES, false, 0}, 16},
    {{28, 28, 512, 512, 3, true, false, TL_CONV_BATCHES, false, 0}, 16},
    {{14, 14, 512, 512, 3, true, false, TL_CONV_BATCHES, false, 0}, 16},
};

enum { LAYER_COUNT = sizeof layers / sizeof *layers };

/* One kernel's memory for one layer. */
struct trial {
    const struct tl_conv_kernel *kernel;
    struct tl_conv_shape shape;
    float *packed, *scratch, *zeros;
    double seconds[BENCH_ROUNDS_MAX];
};

/* A layer's values, and every kernel's trial with them. */
struct trials {
    const struct layer *layer;
    float *in, *out, *weights, *bias;
    struct trial *items;
    size_t count;
};

static float *make_values(size_t count)
{
    float *values = tl_memory_alloc_large(count, sizeof *values);
    struct tl_random random;

    tl_random_init(&random, count, "bench");
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = (float)(tl_random_uniform(&random) - 0.5);
    return values;
}

static double count_operations(const struct layer *layer)
{
    const struct tl_conv_shape *s = &layer->shape;
    return 2.0 * s->height * s->width * s->kernel * s->kernel * s->input_channels * s->output_channels * (double)layer->photo_count;
}

static double count_done(const struct layer *layer, const struct tl_conv_kernel *kernel)
{
    const struct tl_conv_shape *s = &layer->shape;
    struct tl_conv_shape settled = *s;
    kernel->settle(&settled);
    if (settled.tile == 0)
        return count_operations(layer);
    const size_t tile = settled.tile, tile_count = (s->height + tile - 1) / tile * ((s->width + tile - 1) / tile);
    return 2.0 * (double)(count_positions(tile) * tile_count) * s->input_channels * s->output_channels * (double)layer->photo_count;
}

static void run_trial(struct trial *trial, const struct trials *of, size_t round)
{
    const size_t photo_count = of->layer->photo_count;
    struct tl_conv_call call = {trial->shape, photo_count, of->in, trial->packed, of->bias, of->out, NULL, trial->zeros, {0, 0, 0}};
    call.division = trial->kernel->divide(&trial->shape, photo_count, 1);
    const double start = tl_system_seconds();
    for (size_t task = 0; task < call.division.block_count * call.division.range_count; task++)
        trial->kernel->run(&call, task, trial->scratch);
    trial->seconds[round] = tl_system_seconds() - start;
}

/* False when there is no memory. */
static bool open_trial(struct trial *trial, const struct trials *of, const struct tl_conv_kernel *kernel)
{
    trial->kernel = kernel;
    trial->shape = of->layer->shape;
    kernel->settle(&trial->shape);
    trial->packed = tl_memory_alloc_large(kernel->packed_count(&trial->shape), sizeof(float));
    trial->scratch = tl_memory_alloc_large(kernel->scratch_count(&trial->shape), sizeof(float));
    trial->zeros = tl_memory_alloc(trial->shape.input_channels + TL_CONV_ZEROS_UNIT, sizeof(float));
    if (trial->packed == NULL || trial->scratch == NULL || trial->zeros == NULL)
        return false;
    kernel->pack(trial->packed, &trial->shape, of->weights);
    run_trial(trial, of, 0);
    return true;
}

/* Every kernel has run once then. To be closed in any case. */
static enum tl_status open_trials(struct trials *trials, const struct bench *bench, const struct layer *layer, struct tl_error *err)
{
    const struct tl_conv_shape *s = &layer->shape;
    const size_t pixels = layer->photo_count * s->height * s->width;
    *trials = (struct trials){.layer = layer, .count = bench->kernel_count};
    trials->in = make_values(pixels * s->input_channels);
    trials->out = make_values(pixels * s->output_channels);
    trials->weights = make_values(9U * s->input_channels * s->output_channels);
    trials->bias = make_values(s->output_channels);
    trials->items = tl_memory_alloc(trials->count, sizeof *trials->items);
    bool is_whole =
        trials->in != NULL && trials->out != NULL && trials->weights != NULL && trials->bias != NULL && trials->items != NULL;
    for (size_t i = 0; i < trials->count && is_whole; i++)
        is_whole = open_trial(&trials->items[i], trials, bench->kernels[i]);
    if (!is_whole)
        return tl_error_set_no_memory(err, "a layer", pixels * (s->input_channels + s->output_channels) * sizeof(float));
    return TL_OK;
}

static void close_trials(struct trials *trials)
{
    for (size_t i = 0; trials->items != NULL && i < trials->count; i++) {
        tl_memory_free(trials->items[i].packed);
        tl_memory_free(trials->items[i].scratch);
        tl_memory_free(trials->items[i].zeros);
    }
    tl_memory_free(trials->items);
    tl_memory_free(trials->in);
    tl_memory_free(trials->out);
    tl_memory_free(trials->weights);
    tl_memory_free(trials->bias);
}

static void write_layer(tl_table *table, const struct trials *trials, size_t round_count, const double *peaks)
{
    const struct layer *layer = trials->layer;
    const struct tl_conv_shape *s = &layer->shape;
    tl_table_add_format(table, "%u x %u, %u to %u", s->height, s->width, s->input_channels, s->output_channels);
    for (size_t i = 0; i < trials->count; i++) {
        const double seconds = tl_bench_median(trials->items[i].seconds, round_count);
        tl_table_add_format(table, "%.2f", seconds * 1e3 / (double)layer->photo_count);
        tl_table_add_format(table, "%.0f", count_operations(layer) / seconds * 1e-9);
        if (peaks[i] > 0)
            tl_table_add_format(table, "%.0f%%", 100 * count_done(layer, trials->items[i].kernel) / seconds * 1e-9 / peaks[i]);
        else
            tl_table_add(table, "-");
    }
}

static enum tl_status bench_layer(const struct bench *bench, const struct layer *layer, const double *peaks, tl_table *table,
                                  struct tl_error *err)
{
    const size_t round_count = (size_t)bench->round_count;
    struct trials trials;
    const enum tl_status status = open_trials(&trials, bench, layer, err);
    for (size_t round = 0; round < round_count && status == TL_OK; round++) {
        for (size_t i = 0; i < trials.count; i++)
            run_trial(&trials.items[i], &trials, round);
    }
    if (status == TL_OK)
        write_layer(table, &trials, round_count, peaks);
    close_trials(&trials);
    return status;
}

enum tl_status tl_bench_layers(const struct bench *bench, struct tl_error *err)
{
    double peaks[BENCH_KERNELS_MAX];
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 1 + 3 * bench->kernel_count, err);

    if (status != TL_OK)
        return status;
    printf("Layers on one core, their photos together: ms a photo, GFLOP/s by the definition, share of the core's peak\n\n");
    tl_table_add(table, "layer");
    for (size_t i = 0; i < bench->kernel_count; i++) {
        peaks[i] = tl_bench_peak(bench->kernels[i]);
        tl_table_add_format(table, "%s ms", bench->kernels[i]->name);
        tl_table_add(table, "GFLOP/s");
        tl_table_add(table, "of peak");
    }
    for (size_t i = 0; i < LAYER_COUNT && status == TL_OK; i++)
        status = bench_layer(bench, &layers[i], peaks, table, err);
    if (status == TL_OK)
        status = tl_table_write(table, stdout, err);
    tl_table_free(table);
    return status;
}
