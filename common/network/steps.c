/* steps.c - the planner: shapes, which pooling is fused, segments, and buffers by who lives when. */
#include "common/network/steps.h"

#include <assert.h>

#include "common/base/memory.h"

/* Floats of one activation of one photo; VGG16 at 224 x 224 needs 3.2 million. */
static const uint64_t ACTIVATION_FLOATS_MAX = (uint64_t)1 << 31;

/* A step's input and output of a whole group may take this much, else its photos go one by one. Measured on VGG16: from
 * 28 x 28 on, a photo alone has too few tiles to use weights often. */
static const size_t GROUP_BYTES_MAX = (size_t)48 << 20;

/* What the planner knows of each row while it works. */
struct row {
    struct tl_shape shape;
    size_t input;            /* the row it reads, past a convolution that is fused into it */
    size_t convolution;      /* the row whose weights it uses; itself, or the one fused into it */
    size_t user_count, last_use; /* rows that read it, and the last of them */
    bool is_needed, is_fused; /* fused: computed in the step of its only user */
    size_t segment;
    size_t begin, end;       /* rows between which its buffer is its own */
    struct tl_activation activation;
};

struct planner {
    const struct tl_network *network;
    const struct tl_conv_kernel *kernel;
    enum tl_conv_use use;
    struct row *rows;
    struct tl_steps *steps;
};

static bool has_step(const struct row *row)
{
    return row->is_needed && !row->is_fused;
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

/* Backwards from the feature layer. The kinds there are take one input each; a layer that adds or joins several will take
 * the rest of the table's row. */
static void mark_needed(struct planner *p)
{
    p->rows[p->network->feature_layer].is_needed = true;
    for (size_t i = p->network->feature_layer; i > 0; i--) {
        struct row *row = &p->rows[i];
        if (!row->is_needed)
            continue;
        assert(p->network->layers[i].input_count == 1);
        row->input = p->network->layers[i].inputs[0];
        row->convolution = i;
        p->rows[row->input].is_needed = true;
        p->rows[row->input].user_count++;
    }
}

static enum tl_status infer_shapes(struct planner *p, struct tl_shape input, struct tl_error *err)
{
    p->rows[0].shape = input;
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        struct row *row = &p->rows[i];
        if (!row->is_needed)
            continue;
        const enum tl_status status = infer_shape(&row->shape, &p->network->layers[i], p->rows[row->input].shape, err);
        if (status != TL_OK)
            return status;
    }
    return TL_OK;
}

/* As the kernel will do it, with the pooling that follows or without. */
static struct tl_conv_shape describe_convolution(const struct planner *p, size_t row_index, bool has_pooling)
{
    const struct tl_layer *layer = &p->network->layers[row_index];
    const struct tl_shape in = p->rows[p->rows[row_index].input].shape;
    struct tl_conv_shape shape = {
        .height = in.height,
        .width = in.width,
        .input_channels = in.channels,
        .output_channels = layer->channels,
        .kernel = layer->kernel,
        .has_relu = layer->has_relu,
        .has_pooling = has_pooling,
        .use = p->use,
    };
    p->kernel->settle(&shape);
    return shape;
}

static void fuse_pooling(struct planner *p)
{
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        const struct tl_layer *layer = &p->network->layers[i];
        struct row *row = &p->rows[i], *input = &p->rows[row->input];
        if (!row->is_needed || layer->kind != TL_LAYER_MAX_POOLING || layer->kernel != 2 || layer->stride != 2)
            continue;
        if (p->network->layers[row->input].kind != TL_LAYER_CONVOLUTION || input->user_count != 1)
            continue;
        if (!describe_convolution(p, row->input, true).has_pooling)
            continue;
        row->convolution = row->input;
        row->input = input->input;
        input->is_fused = true;
    }
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        if (has_step(&p->rows[i]))
            p->rows[p->rows[i].input].last_use = i;
    }
}

static size_t choose_photo_count(const struct planner *p, const struct row *row)
{
    const size_t photo_bytes = (count_floats(p->rows[row->input].shape) + count_floats(row->shape)) * sizeof(float);
    return photo_bytes <= GROUP_BYTES_MAX / TL_PLAN_GROUP ? p->steps->group : 1;
}

/* Steps of one row each, and segments of neighbouring steps with the same count of photos. */
static void make_segments(struct planner *p)
{
    struct tl_steps *steps = p->steps;
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        struct row *row = &p->rows[i];
        if (!has_step(row))
            continue;
        const size_t photo_count = choose_photo_count(p, row);
        if (steps->segment_count == 0 || steps->segments[steps->segment_count - 1].photo_count != photo_count)
            steps->segments[steps->segment_count++] = (struct tl_segment){steps->step_count, 0, photo_count};
        steps->step_count++;
        row->segment = steps->segment_count - 1;
        steps->segments[row->segment].end_step = steps->step_count;
    }
}

/* What crosses into another segment lives for the whole of both, because their photos come in turns. */
static void find_life(struct planner *p, size_t row_index)
{
    struct row *row = &p->rows[row_index];
    const size_t last_segment = p->rows[row->last_use].segment;
    row->begin = row_index;
    row->end = row->last_use;
    row->activation.is_for_group = last_segment != row->segment;
    if (!row->activation.is_for_group)
        return;
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        if (has_step(&p->rows[i]) && p->rows[i].segment == row->segment && i < row->begin)
            row->begin = i;
        if (has_step(&p->rows[i]) && p->rows[i].segment == last_segment && i > row->end)
            row->end = i;
    }
}

static bool is_free(const struct planner *p, int place, const struct row *row)
{
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        const struct row *other = &p->rows[i];
        if (other->activation.place == place && other->begin <= row->end && row->begin <= other->end)
            return false;
    }
    return true;
}

static void assign_places(struct planner *p)
{
    struct tl_steps *steps = p->steps;
    for (size_t i = 0; i <= p->network->feature_layer; i++) {
        p->rows[i].activation = (struct tl_activation){count_floats(p->rows[i].shape), TL_PLACE_NONE, true};
    }
    p->rows[0].activation.place = TL_PLACE_INPUT;
    p->rows[p->network->feature_layer].activation.place = TL_PLACE_FEATURES;
    for (size_t i = 1; i < p->network->feature_layer; i++) {
        struct row *row = &p->rows[i];
        int place = 0;
        if (!has_step(row))
            continue;
        find_life(p, i);
        while (!is_free(p, place, row))
            place++;
        row->activation.place = place;
        const size_t photo_count = row->activation.is_for_group ? p->steps->group : steps->segments[row->segment].photo_count;
        if (steps->buffer_count <= (size_t)place)
            steps->buffer_count = (size_t)place + 1;
        if (steps->buffer_floats[place] < photo_count * row->activation.floats)
            steps->buffer_floats[place] = photo_count * row->activation.floats;
    }
}

static void fill_steps(struct planner *p)
{
    struct tl_step *step = p->steps->steps;
    for (size_t i = 1; i <= p->network->feature_layer; i++) {
        const struct row *row = &p->rows[i];
        if (!has_step(row))
            continue;
        *step = (struct tl_step){
            .layer = row->convolution,
            .in_shape = p->rows[row->input].shape,
            .in = p->rows[row->input].activation,
            .out = row->activation,
            .is_convolution = p->network->layers[row->convolution].kind == TL_LAYER_CONVOLUTION,
        };
        if (step->is_convolution)
            step->conv = describe_convolution(p, row->convolution, row->convolution != i);
        step++;
    }
    p->steps->features = p->rows[p->network->feature_layer].shape;
}

enum tl_status tl_steps_create(struct tl_steps *out, const struct tl_network *network, const struct tl_conv_kernel *kernel,
                               struct tl_shape input, enum tl_conv_use use, struct tl_error *err)
{
    struct tl_steps steps = {
        .steps = tl_memory_alloc(network->layer_count, sizeof *steps.steps),
        .segments = tl_memory_alloc(network->layer_count, sizeof *steps.segments),
        .buffer_floats = tl_memory_alloc(network->layer_count, sizeof *steps.buffer_floats),
        .group = use == TL_CONV_BATCHES ? TL_PLAN_GROUP : 1,
    };
    struct planner planner = {network, kernel, use, tl_memory_alloc(network->layer_count, sizeof *planner.rows), &steps};
    enum tl_status status;
    *out = (struct tl_steps){.steps = NULL};
    if (steps.steps == NULL || steps.segments == NULL || steps.buffer_floats == NULL || planner.rows == NULL) {
        status = tl_error_set_no_memory(err, "a network's plan", network->layer_count * sizeof *planner.rows);
        goto done;
    }
    mark_needed(&planner);
    status = infer_shapes(&planner, input, err);
    if (status != TL_OK)
        goto done;
    fuse_pooling(&planner);
    make_segments(&planner);
    assign_places(&planner);
    fill_steps(&planner);
    *out = steps;
    steps = (struct tl_steps){.steps = NULL};
done:
    tl_memory_free(planner.rows);
    tl_steps_clear(&steps);
    return status;
}

void tl_steps_clear(struct tl_steps *steps)
{
    for (size_t i = 0; i < steps->step_count; i++) {
        tl_memory_free(steps->steps[i].packed);
        tl_memory_free(steps->steps[i].bias);
    }
    tl_memory_free(steps->steps);
    tl_memory_free(steps->segments);
    tl_memory_free(steps->buffer_floats);
}
