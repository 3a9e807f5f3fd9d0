/* network_onnx.c - see network_onnx.h. ONNX has channels first, so the photo is turned once, and the grid of features back. */
#include "train/export/network_onnx.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/exchange/onnx_write.h"
#include "common/image/recipe.h"

static const size_t CLASS_NAMES_CEILING_BYTES = (size_t)1 << 28;
static const float HALF_MAX = 65504; /* the largest float16 (common/base/half.h) */
enum { NODE_NAME_BYTES = 96 };

/* A graph being written; `last` is the name of what was computed last. */
struct graph {
    tl_onnx_writer *writer;
    const struct tl_stored_head *stored;
    const tl_backbone *backbone;
    struct tl_recipe recipe;
    char last[NODE_NAME_BYTES];
    float scale;
};

static void add_node(struct graph *graph, const char *operator_name, const char *const *more_inputs, size_t more_count,
                     const char *output, const struct tl_onnx_attribute *attributes, size_t attribute_count)
{
    const char *inputs[4] = {graph->last};

    assert(more_count < sizeof inputs / sizeof *inputs && strlen(output) < sizeof graph->last);
    for (size_t i = 0; i < more_count; i++)
        inputs[1 + i] = more_inputs[i];
    tl_onnx_writer_add_node(graph->writer, operator_name, inputs, 1 + more_count, output, attributes, attribute_count);
    strcpy(graph->last, output);
}

static void add_plain(struct graph *graph, const char *operator_name, const char *output)
{
    add_node(graph, operator_name, NULL, 0, output, NULL, 0);
}

static void add_with(struct graph *graph, const char *operator_name, const char *operand, const char *output)
{
    add_node(graph, operator_name, &operand, 1, output, NULL, 0);
}

static void add_with_list(struct graph *graph, const char *operator_name, const char *output, const char *attribute,
                          const int64_t *values, size_t count)
{
    add_node(graph, operator_name, NULL, 0, output,
             &(struct tl_onnx_attribute){.name = attribute, .values = values, .count = count}, 1);
}

static void add_with_number(struct graph *graph, const char *operator_name, const char *output, const char *attribute,
                            int64_t value)
{
    add_node(graph, operator_name, NULL, 0, output, &(struct tl_onnx_attribute){.name = attribute, .value = value}, 1);
}

/* The same numbers as tl_augment_preprocess(). */
static void add_preprocessing(struct graph *graph, bool takes_bytes)
{
    static const float means[3] = {103.939F, 116.779F, 123.68F}, most = 255; /* BGR, of ImageNet */
    static const int64_t reversed[3] = {2, 1, 0}, channels_first[4] = {0, 3, 1, 2};
    const char *order = "blue_green_red";

    if (takes_bytes)
        add_with_number(graph, "Cast", "photos_float", "to", TL_ONNX_FLOAT);
    if (graph->recipe.preprocess == TL_PREPROCESS_CAFFE) {
        tl_onnx_writer_add_integers(graph->writer, order, reversed, 3);
        tl_onnx_writer_add_floats(graph->writer, "means", TL_ONNX_AS_IT_IS, means, (size_t[]){3}, 1);
        add_node(graph, "Gather", &order, 1, "photos_bgr", &(struct tl_onnx_attribute){.name = "axis", .value = 3}, 1);
        add_with(graph, "Sub", "means", "photos_centred");
    } else {
        tl_onnx_writer_add_floats(graph->writer, "most", TL_ONNX_AS_IT_IS, &most, NULL, 0);
        add_with(graph, "Div", "most", "photos_rescaled");
    }
    add_with_list(graph, "Transpose", "input", "perm", channels_first, 4);
}

static void add_convolution(struct graph *graph, const struct tl_network *network, size_t row)
{
    const struct tl_layer *layer = &network->layers[row];
    const struct tl_backbone_weights weights = tl_backbone_get_weights(graph->backbone, row);
    const size_t shape[4] = {layer->kernel, layer->kernel, tl_network_channels(network, layer->inputs[0]), layer->channels};
    const int64_t side = layer->kernel / 2, pads[4] = {side, side, side, side};
    const struct tl_onnx_attribute attributes[1] = {{.name = "pads", .values = pads, .count = 4}};
    char kernel[NODE_NAME_BYTES], bias[NODE_NAME_BYTES], sums[NODE_NAME_BYTES];
    const char *operands[2] = {kernel, bias};

    assert(layer->stride == 1 && layer->kernel % 2 == 1);
    snprintf(kernel, sizeof kernel, "%s/kernel", layer->name);
    snprintf(bias, sizeof bias, "%s/bias", layer->name);
    snprintf(sums, sizeof sums, "%s/sums", layer->name);
    tl_onnx_writer_add_floats(graph->writer, kernel, TL_ONNX_CONVOLUTION, weights.kernel, shape, 4);
    tl_onnx_writer_add_floats(graph->writer, bias, TL_ONNX_AS_IT_IS, weights.bias, &shape[3], 1);
    add_node(graph, "Conv", operands, 2, layer->has_relu ? sums : layer->name, attributes, 1);
    if (layer->has_relu)
        add_plain(graph, "Relu", layer->name);
}

static void add_max_pooling(struct graph *graph, const struct tl_layer *layer)
{
    const int64_t kernel[2] = {layer->kernel, layer->kernel}, strides[2] = {layer->stride, layer->stride};
    const struct tl_onnx_attribute attributes[2] = {{.name = "kernel_shape", .values = kernel, .count = 2},
                                                    {.name = "strides", .values = strides, .count = 2}};

    add_node(graph, "MaxPool", NULL, 0, layer->name, attributes, 2);
}

static void add_network(struct graph *graph)
{
    const struct tl_network *network = tl_backbone_network(graph->backbone);

    for (size_t i = 1; i <= network->feature_layer; i++) {
        const struct tl_layer *layer = &network->layers[i];

        assert(layer->input_count == 1);
        strcpy(graph->last, network->layers[layer->inputs[0]].name);
        if (layer->kind == TL_LAYER_CONVOLUTION)
            add_convolution(graph, network, i);
        else
            add_max_pooling(graph, layer);
    }
}

/* From the grid of features (N, C, H, W) to the head's input (N, K): rounded as it is stored, pooled, transformed, scaled. */
static void add_input(struct graph *graph)
{
    static const int64_t channels_last[4] = {0, 2, 3, 1};
    static const char *const ceiling[2] = {"", "half_max"}; /* the floor is left out */
    const struct tl_head *head = graph->stored->head;

    if (strcmp(graph->stored->chosen.stored_type, "float16") == 0) {
        tl_onnx_writer_add_floats(graph->writer, "half_max", TL_ONNX_AS_IT_IS, &HALF_MAX, NULL, 0);
        add_node(graph, "Clip", ceiling, 2, "features_clipped", NULL, 0);
        add_with_number(graph, "Cast", "features_half", "to", TL_ONNX_FLOAT16);
        add_with_number(graph, "Cast", "features_rounded", "to", TL_ONNX_FLOAT);
    }
    if (head->pool == TL_HEAD_POOL_AVG)
        add_plain(graph, "GlobalAveragePool", "features_pooled");
    else
        add_with_list(graph, "Transpose", "features_grid", "perm", channels_last, 4);
    add_with_number(graph, "Flatten", "features", "axis", 1);
    if (head->transform == TL_HEAD_TRANSFORM_SQRT) { /* keeps the sign */
        add_plain(graph, "Abs", "features_size");
        add_plain(graph, "Sqrt", "features_root");
        tl_onnx_writer_add_node(graph->writer, "Sign", (const char *const[]){"features"}, 1, "features_sign", NULL, 0);
        add_with(graph, "Mul", "features_sign", "features_transformed");
    }
    graph->scale = (float)head->scale;
    tl_onnx_writer_add_floats(graph->writer, "scale", TL_ONNX_AS_IT_IS, &graph->scale, NULL, 0);
    add_with(graph, "Div", "scale", "head_input");
}

static void add_head(struct graph *graph)
{
    static const char *const hidden[2] = {"hidden/kernel", "hidden/bias"}, *const last[2] = {"head/kernel", "head/bias"};
    const struct tl_head *head = graph->stored->head;
    const size_t hidden_shape[2] = {head->input_count, head->hidden_count};
    const size_t shape[2] = {tl_head_kernel_rows(head), head->class_count};

    add_input(graph);
    if (head->hidden_count > 0) {
        tl_onnx_writer_add_floats(graph->writer, hidden[0], TL_ONNX_AS_IT_IS, head->hidden_kernel, hidden_shape, 2);
        tl_onnx_writer_add_floats(graph->writer, hidden[1], TL_ONNX_AS_IT_IS, head->hidden_bias, &hidden_shape[1], 1);
        add_node(graph, "Gemm", hidden, 2, "hidden/sums", NULL, 0);
        add_plain(graph, "Relu", "hidden");
    }
    tl_onnx_writer_add_floats(graph->writer, last[0], TL_ONNX_AS_IT_IS, head->kernel, shape, 2);
    tl_onnx_writer_add_floats(graph->writer, last[1], TL_ONNX_AS_IT_IS, head->bias, &shape[1], 1);
    add_node(graph, "Gemm", last, 2, "logits", NULL, 0);
    add_with_number(graph, "Softmax", "probabilities", "axis", 1);
}

static enum tl_status add_metadata(struct graph *graph, struct tl_error *err)
{
    const struct tl_store_chosen_head *chosen = &graph->stored->chosen;
    const struct tl_head *head = graph->stored->head;
    char digest[TL_DIGEST_HEX_BYTES];
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, CLASS_NAMES_CEILING_BYTES);
    for (size_t l = 0; l < head->class_count; l++) {
        tl_text_append(&text, l == 0 ? "[" : ", ");
        tl_text_append_json_string(&text, head->class_names[l]);
    }
    tl_text_append(&text, "]");
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        tl_onnx_writer_add_metadata(graph->writer, "class_names", text.bytes);
    tl_text_clear(&text);
    tl_text_append_format(&text, "{\"pool\": \"%s\", \"transform\": \"%s\", \"hidden\": %zu, \"stored_type\": \"%s\"}",
                          tl_head_pool_names[head->pool], tl_head_transform_names[head->transform], head->hidden_count,
                          chosen->stored_type);
    if (status == TL_OK)
        status = tl_text_check(&text, err);
    if (status == TL_OK)
        tl_onnx_writer_add_metadata(graph->writer, "head", text.bytes);
    tl_text_free(&text);
    tl_digest_to_hex(digest, chosen->tensors_sha256);
    tl_onnx_writer_add_metadata(graph->writer, "recipe", chosen->input_json);
    tl_onnx_writer_add_metadata(graph->writer, "network", chosen->network);
    tl_onnx_writer_add_metadata(graph->writer, "tensors_sha256", digest);
    if (chosen->name)
        tl_onnx_writer_add_metadata(graph->writer, "name", chosen->name);
    return status;
}

/* What was trained on these weights' features may not be served with others. */
static enum tl_status check_weights(const struct tl_store_chosen_head *chosen, const tl_backbone *backbone,
                                    struct tl_error *err)
{
    const struct tl_network *network = tl_backbone_network(backbone);
    const uint8_t *found = tl_backbone_tensors_sha256(backbone);
    char found_hex[TL_DIGEST_HEX_BYTES], expected_hex[TL_DIGEST_HEX_BYTES];

    if (memcmp(found, chosen->tensors_sha256, TL_DIGEST_BYTES) != 0) {
        tl_digest_to_hex(found_hex, found);
        tl_digest_to_hex(expected_hex, chosen->tensors_sha256);
        return tl_error_set(
            err, TL_BAD_INPUT,
            "the weights are the tensors %s, but the head was trained on features of %s: name those with --weights", found_hex,
            expected_hex);
    }
    if (strcmp(network->layers[network->feature_layer].name, chosen->layer) != 0)
        return tl_error_set(err, TL_BAD_INPUT, "the head was trained on the output of %s, this program computes %s",
                            chosen->layer, network->layers[network->feature_layer].name);
    return tl_backbone_check(backbone, err);
}

static enum tl_status write_graph(struct graph *graph, bool takes_bytes, const char *path, struct tl_error *err)
{
    const struct tl_network *network = tl_backbone_network(graph->backbone);
    const size_t photos[4] = {0, network->height, network->width, network->channels};
    const size_t probabilities[2] = {0, graph->stored->head->class_count};
    enum tl_status status;

    strcpy(graph->last, "photos");
    tl_onnx_writer_add_input(graph->writer, "photos", takes_bytes ? TL_ONNX_UINT8 : TL_ONNX_FLOAT, photos, 4);
    add_preprocessing(graph, takes_bytes);
    add_network(graph);
    add_head(graph);
    tl_onnx_writer_add_output(graph->writer, "probabilities", TL_ONNX_FLOAT, probabilities, 2);
    status = add_metadata(graph, err);
    return status == TL_OK ? tl_onnx_writer_write(graph->writer, path, err) : status;
}

enum tl_status tl_network_onnx_write(const struct tl_stored_head *stored, const tl_backbone *backbone, bool takes_bytes,
                                     const char *path, struct tl_error *err)
{
    struct graph graph = {.stored = stored, .backbone = backbone};
    enum tl_status status = tl_recipe_from_json(&graph.recipe, stored->chosen.input_json, err);

    if (status == TL_OK)
        status = check_weights(&stored->chosen, backbone, err);
    if (status == TL_OK)
        status = tl_onnx_writer_create(&graph.writer, stored->chosen.network, err);
    if (status == TL_OK)
        status = write_graph(&graph, takes_bytes, path, err);
    tl_onnx_writer_free(graph.writer);
    return status;
}
