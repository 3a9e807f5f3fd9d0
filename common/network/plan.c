/* plan.c - a network laid out in steps, with its weights packed; and what runs them. */
#include "common/network/plan.h"

#include <assert.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/team.h"
#include "common/network/steps.h"

enum { PACKING_THREADS_MAX = 8 }; /* memory is the limit sooner */

struct tl_plan {
    const tl_backbone *backbone;
    const struct tl_conv_kernel *kernel;
    struct tl_shape input;
    struct tl_steps steps;
    size_t scratch_floats; /* of one thread */
    size_t shared_floats;  /* of all */
    size_t zeros_floats;
};

struct tl_workspace {
    const tl_plan *plan;
    tl_team *team;
    float **buffers;
    float *scratch; /* scratch_floats for each thread */
    float *shared, *zeros;
};

static enum tl_status check_input(const struct tl_network *network, struct tl_shape input, struct tl_error *err)
{
    if (input.channels != network->channels)
        return tl_error_set(err, TL_BAD_INPUT, "%s takes photos of %u channels, not %u", network->name, network->channels,
                            input.channels);
    if (input.height < 1 || input.width < 1 || (uint64_t)input.height * input.width > UINT32_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "%s cannot take photos of %u x %u", network->name, input.height, input.width);
    return TL_OK;
}

static size_t get_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Memory for weights packed as the kernel wants them, if it does, and what other memory it needs. */
static enum tl_status prepare_convolution(tl_plan *plan, struct tl_step *step, struct tl_error *err)
{
    const struct tl_backbone_weights weights = tl_backbone_get_weights(plan->backbone, step->layer);
    const size_t packed_floats = plan->kernel->packed_count(&step->conv), zeros_unit = TL_CONV_ZEROS_UNIT;
    step->bias = tl_memory_copy(weights.bias, step->conv.output_channels * sizeof *step->bias);
    step->packed = tl_memory_alloc_large(packed_floats, sizeof *step->packed);
    if (step->packed == NULL || step->bias == NULL)
        return tl_error_set_no_memory(err, "a network's weights", (unsigned long long)packed_floats * sizeof *step->packed);
    plan->scratch_floats = get_larger(plan->scratch_floats, plan->kernel->scratch_count(&step->conv));
    plan->shared_floats = get_larger(plan->shared_floats, plan->kernel->shared_count(&step->conv, plan->steps.group));
    plan->zeros_floats = get_larger(plan->zeros_floats, (step->conv.input_channels + zeros_unit - 1) / zeros_unit * zeros_unit);
    return TL_OK;
}

static void pack_step(void *context, size_t task, size_t thread_index)
{
    const tl_plan *plan = context;
    const struct tl_step *step = &plan->steps.steps[task];
    (void)thread_index;
    if (step->is_convolution)
        plan->kernel->pack(step->packed, &step->conv, tl_backbone_get_weights(plan->backbone, step->layer).kernel);
}

/* On all cores: of a single photo's time, this is the largest part. */
static enum tl_status pack_weights(tl_plan *plan, struct tl_error *err)
{
    const unsigned core_count = tl_system_core_count();
    tl_team *team = NULL;
    const enum tl_status status = tl_team_create(&team, core_count < PACKING_THREADS_MAX ? core_count : PACKING_THREADS_MAX, err);
    if (status == TL_OK)
        tl_team_run(team, plan->steps.step_count, pack_step, plan);
    tl_team_free(team);
    return status;
}

enum tl_status tl_plan_create(tl_plan **out, const tl_backbone *backbone, const struct tl_conv_kernel *kernel,
                              const struct tl_shape *input, enum tl_conv_use use, struct tl_error *err)
{
    const struct tl_network *network = tl_backbone_network(backbone);
    const struct tl_shape whole = {network->height, network->width, network->channels};
    tl_plan *plan = NULL;
    *out = NULL;
    enum tl_status status = check_input(network, input != NULL ? *input : whole, err);
    if (status != TL_OK)
        goto done;
    plan = tl_memory_alloc(1, sizeof *plan);
    if (plan == NULL) {
        status = tl_error_set_no_memory(err, "a network's plan", sizeof *plan);
        goto done;
    }
    plan->backbone = backbone;
    plan->kernel = kernel;
    plan->input = input != NULL ? *input : whole;
    status = tl_steps_create(&plan->steps, network, kernel, plan->input, use, err);
    for (size_t i = 0; i < plan->steps.step_count && status == TL_OK; i++) {
        if (plan->steps.steps[i].is_convolution)
            status = prepare_convolution(plan, &plan->steps.steps[i], err);
    }
    if (status == TL_OK)
        status = pack_weights(plan, err);
    if (status != TL_OK)
        goto done;
    plan->scratch_floats = (plan->scratch_floats + 15) / 16 * 16;
    *out = plan;
    plan = NULL;
done:
    tl_plan_free(plan);
    return status;
}

void tl_plan_free(tl_plan *plan)
{
    if (plan == NULL)
        return;
    tl_steps_clear(&plan->steps);
    tl_memory_free(plan);
}

struct tl_shape tl_plan_input_shape(const tl_plan *plan)
{
    return plan->input;
}

struct tl_shape tl_plan_feature_shape(const tl_plan *plan)
{
    return plan->steps.features;
}

const char *tl_plan_arithmetic(const tl_plan *plan)
{
    return plan->kernel->arithmetic;
}

enum tl_status tl_workspace_create(tl_workspace **out, const tl_plan *plan, size_t thread_count, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    const struct tl_steps *steps = &plan->steps;
    size_t floats = thread_count * plan->scratch_floats + plan->shared_floats + plan->zeros_floats;
    tl_workspace *workspace = tl_memory_alloc(1, sizeof *workspace);
    *out = NULL;
    bool is_whole = workspace != NULL;
    if (is_whole) {
        workspace->plan = plan;
        workspace->scratch = tl_memory_alloc_large(thread_count * plan->scratch_floats, sizeof(float));
        workspace->shared = tl_memory_alloc_large(plan->shared_floats, sizeof(float));
        workspace->zeros = tl_memory_alloc(plan->zeros_floats, sizeof(float));
        workspace->buffers = tl_memory_alloc(steps->buffer_count, sizeof *workspace->buffers);
        is_whole = workspace->scratch != NULL && workspace->shared != NULL && workspace->zeros != NULL &&
                   workspace->buffers != NULL;
    }
    for (size_t i = 0; i < steps->buffer_count && is_whole; i++) {
        workspace->buffers[i] = tl_memory_alloc_large(steps->buffer_floats[i], sizeof(float));
        floats += steps->buffer_floats[i];
        is_whole = workspace->buffers[i] != NULL;
    }
    if (is_whole)
        status = tl_team_create(&workspace->team, thread_count, err);
    else
        status = tl_error_set_no_memory(err, "a network's activations", (unsigned long long)floats * sizeof(float));
    if (status != TL_OK)
        goto done;
    *out = workspace;
    workspace = NULL;
done:
    tl_workspace_free(workspace);
    return status;
}

void tl_workspace_free(tl_workspace *workspace)
{
    if (workspace == NULL)
        return;
    tl_team_free(workspace->team);
    for (size_t i = 0; workspace->buffers != NULL && i < workspace->plan->steps.buffer_count; i++)
        tl_memory_free(workspace->buffers[i]);
    tl_memory_free(workspace->buffers);
    tl_memory_free(workspace->scratch);
    tl_memory_free(workspace->shared);
    tl_memory_free(workspace->zeros);
    tl_memory_free(workspace);
}

/* What the tasks of one step share. */
struct convolution {
    const tl_plan *plan;
    float *scratch;
    struct tl_conv_call call;
};

static void prepare_tasks(void *context, size_t task, size_t thread_index)
{
    const struct convolution *convolution = context;
    (void)thread_index;
    convolution->plan->kernel->prepare(&convolution->call, task);
}

static void do_convolution(void *context, size_t task, size_t thread_index)
{
    const struct convolution *convolution = context;
    convolution->plan->kernel->run(&convolution->call, task,
                                   convolution->scratch + thread_index * convolution->plan->scratch_floats);
}

static void run_convolution(const tl_plan *plan, tl_workspace *workspace, const struct tl_step *step, float *out, const float *in,
                            size_t photo_count)
{
    struct convolution convolution = {
        .plan = plan,
        .scratch = workspace->scratch,
        .call = {
            .shape = step->conv,
            .photo_count = photo_count,
            .in = in,
            .weights = step->packed,
            .bias = step->bias,
            .out = out,
            .shared = workspace->shared,
            .zeros = workspace->zeros,
            .division = plan->kernel->divide(&step->conv, photo_count, tl_team_thread_count(workspace->team)),
        },
    };
    const struct tl_conv_division *division = &convolution.call.division;
    if (division->preparation_count > 0)
        tl_team_run(workspace->team, division->preparation_count, prepare_tasks, &convolution);
    tl_team_run(workspace->team, division->block_count * division->range_count, do_convolution, &convolution);
}

/* Pooling that no kernel has fused: a photo is a task. */
struct pooling {
    const struct tl_step *step;
    const struct tl_layer *layer;
    float *out;
    const float *in;
};

static void do_pooling(void *context, size_t task, size_t thread_index)
{
    const struct pooling *pooling = context;
    const struct tl_step *step = pooling->step;
    (void)thread_index;
    tl_pool_max(pooling->out + task * step->out.floats, pooling->in + task * step->in.floats, step->in_shape.height,
                step->in_shape.width, step->in_shape.channels, pooling->layer->kernel, pooling->layer->stride);
}

/* A group's photos: where its inputs and features lie. */
struct group {
    float *features;
    const float *inputs;
    size_t photo_count;
};

static float *find_activation(const tl_workspace *workspace, const struct tl_activation *activation, size_t first_photo)
{
    return workspace->buffers[activation->place] + (activation->is_for_group ? first_photo * activation->floats : 0);
}

/* One step for photos [first, first + photo_count) of a group. */
static void run_step(const tl_plan *plan, tl_workspace *workspace, const struct tl_step *step, const struct group *group,
                     size_t first, size_t photo_count)
{
    const float *in = step->in.place == TL_PLACE_INPUT ? group->inputs + first * step->in.floats
                                                       : find_activation(workspace, &step->in, first);
    float *out = step->out.place == TL_PLACE_FEATURES ? group->features + first * step->out.floats
                                                      : find_activation(workspace, &step->out, first);
    if (step->is_convolution) {
        run_convolution(plan, workspace, step, out, in, photo_count);
    } else {
        struct pooling pooling = {step, &tl_backbone_network(plan->backbone)->layers[step->layer], out, in};
        tl_team_run(workspace->team, photo_count, do_pooling, &pooling);
    }
}

static void run_segment(const tl_plan *plan, tl_workspace *workspace, const struct tl_segment *segment, const struct group *group)
{
    for (size_t first = 0; first < group->photo_count; first += segment->photo_count) {
        const size_t left = group->photo_count - first, photo_count = left < segment->photo_count ? left : segment->photo_count;
        for (size_t i = segment->first_step; i < segment->end_step; i++)
            run_step(plan, workspace, &plan->steps.steps[i], group, first, photo_count);
    }
}

void tl_plan_run(const tl_plan *plan, tl_workspace *workspace, float *features, const float *inputs, size_t count)
{
    assert(workspace->plan == plan);
    for (size_t first = 0; first < count; first += plan->steps.group) {
        const size_t left = count - first;
        const struct group group = {features + first * count_floats(plan->steps.features),
                                    inputs + first * count_floats(plan->input),
                                    left < plan->steps.group ? left : plan->steps.group};
        for (size_t i = 0; i < plan->steps.segment_count; i++)
            run_segment(plan, workspace, &plan->steps.segments[i], &group);
    }
}
