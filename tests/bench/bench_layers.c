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
    {{224, 224, 3, 64, 3, true, false, false, 0}, 1},    {{224, 224, 64, 64, 3, true, false, false, 0}, 1},
    {{112, 112, 64, 128, 3, true, false, false, 0}, 1},  {{112, 112, 128, 128, 3, true, false, false, 0}, 1},
    {{56, 56, 128, 256, 3, true, false, false, 0}, 1},   {{56, 56, 256, 256, 3, true, false, false, 0}, 1},
    {{28, 28, 256, 512, 3, true, false, false, 0}, 16},  {{28, 28, 512, 512, 3, true, false, false, 0}, 16},
    {{14, 14, 512, 512, 3, true, false, false, 0}, 16},
};

enum { LAYER_COUNT = sizeof layers / sizeof *layers };

/* One kernel's memory for one layer. */
struct trial {
    const struct tl_conv_kernel *kernel;
    struct tl_conv_shape shape;
    float *packed, *scratch, *zeros;
    double seconds[BENCH_ROUNDS_MAX];
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

static void run_trial(struct trial *trial, const struct layer *layer, const float *in, const float *bias, float *out, size_t round)
{
    struct tl_conv_call call = {trial->shape, layer->photo_count, in, trial->packed, bias, out, NULL, trial->zeros, {0, 0, 0}};
    call.division = trial->kernel->divide(&trial->shape, layer->photo_count, 1);
    const double start = tl_system_seconds();
    for (size_t task = 0; task < call.division.block_count * call.division.range_count; task++)
        trial->kernel->run(&call, task, trial->scratch);
    trial->seconds[round] = tl_system_seconds() - start;
}

static enum tl_status bench_layer(const struct bench *bench, const struct layer *layer, const double *peaks, tl_table *table,
                                  struct tl_error *err)
{
    const struct tl_conv_shape *s = &layer->shape;
    const size_t pixels = layer->photo_count * s->height * s->width;
    float *in = make_values(pixels * s->input_channels), *out = make_values(pixels * s->output_channels);
    float *weights = make_values(9U * s->input_channels * s->output_channels), *bias = make_values(s->output_channels);
    struct trial *trials = tl_memory_alloc(bench->kernel_count, sizeof *trials);
    enum tl_status status = TL_OK;
    bool is_whole = in != NULL && out != NULL && weights != NULL && bias != NULL && trials != NULL;

    for (size_t i = 0; i < bench->kernel_count && is_whole; i++) {
        const struct tl_conv_kernel *kernel = bench->kernels[i];
        trials[i].kernel = kernel;
        trials[i].shape = *s;
        kernel->settle(&trials[i].shape);
        trials[i].packed = tl_memory_alloc_large(kernel->packed_count(&trials[i].shape), sizeof(float));
        trials[i].scratch = tl_memory_alloc_large(kernel->scratch_count(&trials[i].shape), sizeof(float));
        trials[i].zeros = tl_memory_alloc(s->input_channels + TL_CONV_ZEROS_UNIT, sizeof(float));
        is_whole = trials[i].packed != NULL && trials[i].scratch != NULL && trials[i].zeros != NULL;
        if (is_whole) {
            kernel->pack(trials[i].packed, &trials[i].shape, weights);
            run_trial(&trials[i], layer, in, bias, out, 0);
        }
    }
    if (!is_whole) {
        status = tl_error_set_no_memory(err, "a layer", pixels * (s->input_channels + s->output_channels) * sizeof(float));
        goto done;
    }
    for (size_t round = 0; round < (size_t)bench->round_count; round++) {
        for (size_t i = 0; i < bench->kernel_count; i++)
            run_trial(&trials[i], layer, in, bias, out, round);
    }
    tl_table_add_format(table, "%u x %u, %u to %u", s->height, s->width, s->input_channels, s->output_channels);
    for (size_t i = 0; i < bench->kernel_count; i++) {
        const double seconds = tl_bench_median(trials[i].seconds, (size_t)bench->round_count);
        tl_table_add_format(table, "%.2f", seconds * 1e3 / (double)layer->photo_count);
        tl_table_add_format(table, "%.0f", count_operations(layer) / seconds * 1e-9);
        if (peaks[i] > 0)
            tl_table_add_format(table, "%.0f%%", 100 * count_done(layer, trials[i].kernel) / seconds * 1e-9 / peaks[i]);
        else
            tl_table_add(table, "-");
    }
done:
    for (size_t i = 0; trials != NULL && i < bench->kernel_count; i++) {
        tl_memory_free(trials[i].packed);
        tl_memory_free(trials[i].scratch);
        tl_memory_free(trials[i].zeros);
    }
    tl_memory_free(trials);
    tl_memory_free(in);
    tl_memory_free(out);
    tl_memory_free(weights);
    tl_memory_free(bias);
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
