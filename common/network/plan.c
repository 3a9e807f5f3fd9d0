/* plan.c - the planner: shapes, packed weights, and a few buffers that activations take turns in. */
#include "common/network/plan.h"

#include <assert.h>

#include "common/base/memory.h"

/* Floats of one activation of one photo; VGG16 at 224 x 224 needs 3.2 million. */
static const uint64_t ACTIVATION_FLOATS_MAX = (uint64_t)1 << 31;

/* Where a row's output lies. Rows from 0 up are buffers of the workspace. */
enum { GROUP_PHOTOS = 4 };
enum { PLACE_INPUT = -1, PLACE_FEATURES = -2, PLACE_NONE = -3 };

struct step {
    size_t layer; /* row of the table */
    struct tl_shape in, out;
    int in_place, out_place;
    struct tl_conv_shape conv;
    float *packed;               /* owned; NULL where the kernel needs none */
    const float *weights, *bias; /* of a convolution: what its kernel runs from */
};

struct tl_plan {
    const tl_backbone *backbone;
    const struct tl_conv_kernel *kernel;
    size_t group_count; /* photos that go through the steps together */
    struct step *steps;
    size_t step_count;
    size_t *buffer_floats; /* for one photo, one a buffer */
    size_t buffer_count;
    size_t scratch_floats;
    struct tl_shape input, features;
};

struct tl_workspace {
    const tl_plan *plan;
    float **buffers;
    float *scratch;
};

/* What the planner knows of each row while it works. */
struct row {
    struct tl_shape shape;
    size_t last_use; /* the row that reads it last */
    bool is_needed;
    int place;
};

static size_t count_floats(struct tl_shape shape)
{
    return (size_t)shape.height * shape.width * shape.channels;
}

/* The kinds there are take one input each; a layer that adds or joins several will take the rest of the row's. */
static size_t find_input(const struct tl_layer *layer)
{
    assert(layer->input_count == 1);
    return layer->inputs[0];
}

static enum tl_status infer_shape(struct tl_shape *out, const struct tl_layer *layer, struct tl_shape in, struct tl_error *err)
{
    *out = in;
    if (layer->kind == TL_LAYER_CONVOLUTION) {
        assert(layer->stride == 1 && layer->kernel % 2 == 1);
        out->channels = layer->channels;
    } else {
        assert(layer->kind == TL_LAYER_MAX_POOLING);
        if (in.height < layer->kernel || in.width < layer->kernel)
            return tl_error_set(err, TL_BAD_INPUT, "%s: its input is %u x %u, too small to pool %u x %u", layer->name, in.height,
                                in.width, layer->kernel, layer->kernel);
        out->height = (in.height - layer->kernel) / layer->stride + 1;
        out->width = (in.width - layer->kernel) / layer->stride + 1;
    }
    if ((uint64_t)out->height * out->width > ACTIVATION_FLOATS_MAX / out->channels)
        return tl_error_set(err, TL_BAD_INPUT, "%s: an output of %u x %u x %u is too large", layer->name, out->height, out->width,
                            out->channels);
    return TL_OK;
}

/* Backwards from the feature layer: which rows matter, and who reads each last. */
static void mark_needed(struct row *rows, const struct tl_network *network)
{
    rows[network->feature_layer].is_needed = true;
    for (size_t i = network->feature_layer; i > 0; i--) {
        if (!rows[i].is_needed)
            continue;
        struct row *input = &rows[find_input(&network->layers[i])];
        if (!input->is_needed)
            input->last_use = i;
        input->is_needed = true;
    }
}

static enum tl_status infer_shapes(struct row *rows, const struct tl_network *network, struct tl_shape input,
                                   struct tl_error *err)
{
    rows[0].shape = input;
    for (size_t i = 1; i <= network->feature_layer; i++) {
        if (!rows[i].is_needed)
            continue;
        const enum tl_status status =
            infer_shape(&rows[i].shape, &network->layers[i], rows[find_input(&network->layers[i])].shape, err);
        if (status != TL_OK)
            return status;
    }
    return TL_OK;
}

/* A buffer that no living row lies in; a new one when there is none. */
static int find_free_buffer(tl_plan *plan, const struct row *rows, size_t row_index)
{
    for (size_t b = 0; b < plan->buffer_count; b++) {
        bool is_free = true;
        for (size_t i = 0; i < row_index && is_free; i++)
            is_free = !rows[i].is_needed || rows[i].place != (int)b || rows[i].last_use < row_index;
        if (is_free)
            return (int)b;
    }
    plan->buffer_floats[plan->buffer_count] = 0;
    return (int)plan->buffer_count++;
}

static void assign_places(tl_plan *plan, struct row *rows, const struct tl_network *network)
{
    rows[0].place = PLACE_INPUT;
    for (size_t i = 1; i <= network->feature_layer; i++) {
        struct row *row = &rows[i];
        row->place = PLACE_NONE;
        if (!row->is_needed)
            continue;
        if (i == network->feature_layer) {
            row->place = PLACE_FEATURES;
            continue;
        }
        row->place = find_free_buffer(plan, rows, i);
        if (plan->buffer_floats[row->place] < count_floats(row->shape))
            plan->buffer_floats[row->place] = count_floats(row->shape);
    }
}

/* Shape, weights and scratch of a convolution's step. */
static enum tl_status plan_convolution(tl_plan *plan, struct step *step, struct tl_error *err)
{
    const struct tl_conv_kernel *kernel = plan->kernel;
    const struct tl_layer *layer = &tl_backbone_network(plan->backbone)->layers[step->layer];
    const struct tl_backbone_weights weights = tl_backbone_get_weights(plan->backbone, step->layer);
    step->conv = (struct tl_conv_shape){step->in.height,    step->in.width, step->in.channels,
                                        step->out.channels, layer->kernel,  layer->has_relu, false};
    step->weights = weights.kernel;
    step->bias = weights.bias;
    const size_t packed_floats = kernel->packed_count(&step->conv);
    if (packed_floats != 0) {
        step->packed = tl_memory_alloc_aligned(packed_floats, sizeof *step->packed);
        if (step->packed == NULL)
            return tl_error_set_no_memory(err, layer->name, (unsigned long long)packed_floats * sizeof *step->packed);
        kernel->pack(step->packed, &step->conv, weights.kernel);
        step->weights = step->packed;
    }
    const size_t scratch_floats = kernel->scratch_count(&step->conv);
    if (plan->scratch_floats < scratch_floats)
        plan->scratch_floats = scratch_floats;
    return TL_OK;
}

static enum tl_status plan_steps(tl_plan *plan, const struct row *rows, const struct tl_network *network, struct tl_error *err)
{
    for (size_t i = 1; i <= network->feature_layer; i++) {
        if (!rows[i].is_needed)
            continue;
        const struct row *input = &rows[find_input(&network->layers[i])];
        struct step *step = &plan->steps[plan->step_count++];
        *step = (struct step){
            .layer = i, .in = input->shape, .out = rows[i].shape, .in_place = input->place, .out_place = rows[i].place};
        if (network->layers[i].kind == TL_LAYER_CONVOLUTION) {
            const enum tl_status status = plan_convolution(plan, step, err);
            if (status != TL_OK)
                return status;
        }
    }
    return TL_OK;
}

static enum tl_status check_input(const struct tl_network *network, struct tl_shape input, struct tl_error *err)
{
    if (input.channels != network->channels)
        return tl_error_set(err, TL_BAD_INPUT, "%s takes photos of %u channels, not %u", network->name, network->channels,
                            input.channels);
    if (input.height < 1 || input.width < 1 || (uint64_t)input.height * input.width > ACTIVATION_FLOATS_MAX / input.channels)
        return tl_error_set(err, TL_BAD_INPUT, "%s cannot take photos of %u x %u", network->name, input.height, input.width);
    return TL_OK;
}

enum tl_status tl_plan_create(tl_plan **out, const tl_backbone *backbone, const struct tl_conv_kernel *kernel,
                              const struct tl_shape *input, struct tl_error *err)
{
    const struct tl_network *network = tl_backbone_network(backbone);
    const struct tl_shape whole = {network->height, network->width, network->channels};
    struct row *rows = NULL;
    tl_plan *plan = NULL;
    *out = NULL;
    enum tl_status status = check_input(network, input != NULL ? *input : whole, err);
    if (status != TL_OK)
        goto done;
    rows = tl_memory_alloc(network->layer_count, sizeof *rows);
    plan = tl_memory_alloc(1, sizeof *plan);
    if (plan != NULL) {
        plan->steps = tl_memory_alloc(network->layer_count, sizeof *plan->steps);
        plan->buffer_floats = tl_memory_alloc(network->layer_count, sizeof *plan->buffer_floats);
    }
    if (rows == NULL || plan == NULL || plan->steps == NULL || plan->buffer_floats == NULL) {
        status = tl_error_set_no_memory(err, "a network's plan", network->layer_count * sizeof *rows);
        goto done;
    }
    plan->backbone = backbone;
    plan->kernel = kernel;
    plan->group_count = GROUP_PHOTOS;
    plan->input = input != NULL ? *input : whole;
    if (kernel->start != NULL)
        kernel->start();
    mark_needed(rows, network);
    status = infer_shapes(rows, network, plan->input, err);
    if (status != TL_OK)
        goto done;
    assign_places(plan, rows, network);
    status = plan_steps(plan, rows, network, err);
    if (status != TL_OK)
        goto done;
    plan->features = rows[network->feature_layer].shape;
    *out = plan;
    plan = NULL;
done:
    tl_memory_free(rows);
    tl_plan_free(plan);
    return status;
}

void tl_plan_free(tl_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->step_count; i++)
        tl_memory_free(plan->steps[i].packed);
    tl_memory_free(plan->steps);
    tl_memory_free(plan->buffer_floats);
    tl_memory_free(plan);
}

struct tl_shape tl_plan_input_shape(const tl_plan *plan)
{
    return plan->input;
}

struct tl_shape tl_plan_feature_shape(const tl_plan *plan)
{
    return plan->features;
}

const char *tl_plan_arithmetic(const tl_plan *plan)
{
    return plan->kernel->arithmetic;
}

enum tl_status tl_workspace_create(tl_workspace **out, const tl_plan *plan, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    size_t floats = plan->scratch_floats;
    tl_workspace *workspace = tl_memory_alloc(1, sizeof *workspace);
    *out = NULL;
    bool is_whole = workspace != NULL;
    if (is_whole) {
        workspace->plan = plan;
        workspace->scratch = tl_memory_alloc_aligned(plan->scratch_floats, sizeof(float));
        workspace->buffers = tl_memory_alloc(plan->buffer_count, sizeof *workspace->buffers);
        is_whole = workspace->scratch != NULL && workspace->buffers != NULL;
    }
    for (size_t i = 0; i < plan->buffer_count && is_whole; i++) {
        workspace->buffers[i] = tl_memory_alloc_aligned(plan->group_count * plan->buffer_floats[i], sizeof(float));
        floats += plan->group_count * plan->buffer_floats[i];
        is_whole = workspace->buffers[i] != NULL;
    }
    if (!is_whole) {
        status = tl_error_set_no_memory(err, "a network's activations", (unsigned long long)floats * sizeof(float));
        goto done;
    }
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
    for (size_t i = 0; workspace->buffers != NULL && i < workspace->plan->buffer_count; i++)
        tl_memory_free(workspace->buffers[i]);
    tl_memory_free(workspace->buffers);
    tl_memory_free(workspace->scratch);
    tl_memory_free(workspace);
}

static void run_pooling(float *out, const struct step *step, const struct tl_layer *layer, size_t photo_count, const float *in)
{
    for (size_t n = 0; n < photo_count; n++) {
        tl_pool_max(out + n * count_floats(step->out), in + n * count_floats(step->in), step->in.height, step->in.width,
                    step->in.channels, layer->kernel, layer->stride);
    }
}

static void run_convolution(const tl_plan *plan, const struct step *step, float *out, size_t photo_count, const float *in,
                            float *scratch)
{
    struct tl_conv_call call = {step->conv, photo_count, in, step->weights, step->bias, out, {0, 0}};
    call.division = plan->kernel->divide(&step->conv, photo_count, 1);
    for (size_t task = 0; task < call.division.block_count * call.division.range_count; task++)
        plan->kernel->run(&call, task, scratch);
}

/* All steps for one group of photos. */
static void run_group(const tl_plan *plan, tl_workspace *workspace, float *features, const float *inputs, size_t photo_count)
{
    const struct tl_layer *layers = tl_backbone_network(plan->backbone)->layers;
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct step *step = &plan->steps[i];
        const float *in = step->in_place == PLACE_INPUT ? inputs : workspace->buffers[step->in_place];
        float *out = step->out_place == PLACE_FEATURES ? features : workspace->buffers[step->out_place];
        if (layers[step->layer].kind == TL_LAYER_CONVOLUTION)
            run_convolution(plan, step, out, photo_count, in, workspace->scratch);
        else
            run_pooling(out, step, &layers[step->layer], photo_count, in);
    }
}

void tl_plan_run(const tl_plan *plan, tl_workspace *workspace, float *features, const float *inputs, size_t count)
{
    assert(workspace->plan == plan);
    for (size_t first = 0; first < count; first += plan->group_count) {
        const size_t left = count - first;
        run_group(plan, workspace, features + first * count_floats(plan->features), inputs + first * count_floats(plan->input),
                  left < plan->group_count ? left : plan->group_count);
    }
}
