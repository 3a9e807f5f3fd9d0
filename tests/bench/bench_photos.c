/* bench_photos.c - all of VGG16 by each kernel: photos a second, one at a time and in batches of 32.
 *
 * Weights and photos are random, which costs the same as real ones.
 */
#include <math.h>
#include <stdio.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/base/table.h"
#include "common/network/plan.h"
#include "tests/bench/bench.h"

enum { BATCH = 32, SINGLES = 4 };

struct session {
    tl_plan *plan;
    tl_workspace *workspace;
    double plan_seconds;
    double rates[BENCH_ROUNDS_MAX]; /* photos a second */
};

/* A kernel's plans for photos in batches and for photos alone. */
struct contender {
    struct session many, alone;
};

static void close_session(struct session *session)
{
    tl_workspace_free(session->workspace);
    tl_plan_free(session->plan);
}

static enum tl_status add_values(tl_tensors *tensors, const char *layer, const char *name, size_t rank, const size_t *shape,
                                 double size, struct tl_error *err)
{
    struct tl_random random;
    float *values;
    size_t count = 1;
    const enum tl_status status = tl_tensors_add(tensors, &values, layer, name, rank, shape, err);

    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    tl_random_init(&random, count, layer);
    for (size_t i = 0; status == TL_OK && i < count; i++)
        values[i] = (float)(size * (2 * tl_random_uniform(&random) - 1));
    return status;
}

static enum tl_status make_backbone(tl_backbone **out, struct tl_error *err)
{
    const struct tl_network *network = &tl_network_vgg16;
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_tensors_create(&tensors, err);

    for (size_t i = 0; i < network->layer_count && status == TL_OK; i++) {
        const struct tl_layer *layer = &network->layers[i];
        if (layer->kind != TL_LAYER_CONVOLUTION)
            continue;
        const size_t channels = tl_network_channels(network, layer->inputs[0]);
        const size_t shape[] = {layer->kernel, layer->kernel, channels, layer->channels};
        status = add_values(tensors, layer->name, "kernel", 4, shape, sqrt(6.0 / (double)(9 * channels)), err);
        if (status == TL_OK)
            status = add_values(tensors, layer->name, "bias", 1, &shape[3], 0.1, err);
    }
    if (status == TL_OK)
        status = tl_backbone_create(out, network, &tensors, err);
    tl_tensors_free(tensors);
    return status;
}

static enum tl_status open_contender(struct contender *contender, const tl_backbone *backbone, const struct tl_conv_kernel *kernel,
                                     size_t thread_count, struct tl_error *err)
{
    static const enum tl_conv_use uses[] = {TL_CONV_BATCHES, TL_CONV_SINGLES};
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < 2 && status == TL_OK; i++) {
        struct session *session = i == 0 ? &contender->many : &contender->alone;
        const double start = tl_system_seconds();
        status = tl_plan_create(&session->plan, backbone, kernel, NULL, uses[i], err);
        session->plan_seconds = tl_system_seconds() - start;
        if (status == TL_OK)
            status = tl_workspace_create(&session->workspace, session->plan, thread_count, err);
    }
    return status;
}

static void run_round(struct contender *contender, float *features, const float *inputs, size_t round)
{
    const struct tl_shape input = tl_plan_input_shape(contender->many.plan);
    const size_t input_floats = (size_t)input.height * input.width * input.channels;
    double start = tl_system_seconds();

    tl_plan_run(contender->many.plan, contender->many.workspace, features, inputs, BATCH);
    contender->many.rates[round] = BATCH / (tl_system_seconds() - start);
    start = tl_system_seconds();
    for (size_t i = 0; i < SINGLES; i++)
        tl_plan_run(contender->alone.plan, contender->alone.workspace, features, inputs + i * input_floats, 1);
    contender->alone.rates[round] = SINGLES / (tl_system_seconds() - start);
}

static enum tl_status write_rates(const struct bench *bench, struct contender *contenders, struct tl_error *err)
{
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 6, err);

    if (status != TL_OK)
        return status;
    tl_table_add(table, "kernel");
    tl_table_add(table, "arithmetic");
    tl_table_add(table, "batch 32");
    tl_table_add(table, "batch 1");
    tl_table_add(table, "ms to plan for 32");
    tl_table_add(table, "for 1");
    for (size_t i = 0; i < bench->kernel_count; i++) {
        tl_table_add(table, bench->kernels[i]->name);
        tl_table_add(table, bench->kernels[i]->arithmetic);
        tl_table_add_format(table, "%.2f", tl_bench_median(contenders[i].many.rates, (size_t)bench->round_count));
        tl_table_add_format(table, "%.2f", tl_bench_median(contenders[i].alone.rates, (size_t)bench->round_count));
        tl_table_add_format(table, "%.0f", contenders[i].many.plan_seconds * 1e3);
        tl_table_add_format(table, "%.0f", contenders[i].alone.plan_seconds * 1e3);
    }
    status = tl_table_write(table, stdout, err);
    tl_table_free(table);
    return status;
}

enum tl_status tl_bench_photos(const struct bench *bench, struct tl_error *err)
{
    const struct tl_network *network = &tl_network_vgg16;
    const size_t input_floats = (size_t)network->height * network->width * network->channels;
    struct contender *contenders = tl_memory_alloc(bench->kernel_count, sizeof *contenders);
    float *inputs = tl_memory_alloc_large(BATCH * input_floats, sizeof *inputs), *features = NULL;
    tl_backbone *backbone = NULL;
    struct tl_random random;
    enum tl_status status = make_backbone(&backbone, err);

    for (size_t i = 0; i < bench->kernel_count && status == TL_OK && contenders != NULL; i++)
        status = open_contender(&contenders[i], backbone, bench->kernels[i], (size_t)bench->thread_count, err);
    if (status != TL_OK)
        goto done;
    if (contenders != NULL && bench->kernel_count > 0) {
        const struct tl_shape shape = tl_plan_feature_shape(contenders[0].many.plan);
        features = tl_memory_alloc_large((size_t)BATCH * shape.height * shape.width * shape.channels, sizeof *features);
    }
    if (inputs == NULL || features == NULL) {
        status = tl_error_set_no_memory(err, "photos", BATCH * input_floats * sizeof *inputs);
        goto done;
    }
    tl_random_init(&random, 1, "photos");
    for (size_t i = 0; i < BATCH * input_floats; i++)
        inputs[i] = (float)(255 * tl_random_uniform(&random) - 110);
    for (size_t i = 0; i < bench->kernel_count; i++) /* memory is given when it is first touched */
        run_round(&contenders[i], features, inputs, 0);
    for (size_t round = 0; round < (size_t)bench->round_count; round++) {
        for (size_t i = 0; i < bench->kernel_count; i++)
            run_round(&contenders[i], features, inputs, round);
    }
    printf("\nVGG16 at 224 x 224 by %ld threads: photos a second\n\n", bench->thread_count);
    status = write_rates(bench, contenders, err);
done:
    for (size_t i = 0; contenders != NULL && i < bench->kernel_count; i++) {
        close_session(&contenders[i].many);
        close_session(&contenders[i].alone);
    }
    tl_memory_free(contenders);
    tl_memory_free(inputs);
    tl_memory_free(features);
    tl_backbone_free(backbone);
    return status;
}
