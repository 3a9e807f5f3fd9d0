/* backbone.c - matching a file's tensors to a table of layers, layer by layer.
 *
 * The tensors stay where their reader put them: nothing is copied. */
#include "common/network/backbone.h"

#include <assert.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/keras_h5.h"
#include "common/network/examination.h"

struct tl_backbone {
    const struct tl_network *network;
    struct tl_backbone_weights *weights; /* one a row of the table; NULLs where a row has none */
    tl_tensors *tensors;                 /* their owner */
    tl_examination *examination;
};

enum { SHAPE_TEXT_BYTES = 128 };

static void fill_kernel_shape(size_t shape[4], const struct tl_network *network, size_t layer_index)
{
    const struct tl_layer *layer = &network->layers[layer_index];
    shape[0] = shape[1] = layer->kernel;
    shape[2] = tl_network_channels(network, layer->inputs[0]);
    shape[3] = layer->channels;
}

static bool has_shape(const struct tl_tensor *tensor, size_t rank, const size_t *shape)
{
    return tensor->rank == rank && memcmp(tensor->shape, shape, rank * sizeof *shape) == 0;
}

/* Keras's old 'th' files hold kernels as (Cout, Cin, H, W), and turned by 180 degrees besides. */
static bool has_theano_shape(const struct tl_tensor *tensor, const size_t expected[4])
{
    const size_t shape[4] = {expected[3], expected[2], expected[0], expected[1]};
    return has_shape(tensor, 4, shape);
}

static enum tl_status check_shape(const struct tl_tensor *tensor, const char *layer, const char *part, size_t rank,
                                  const size_t *shape, struct tl_error *err)
{
    if (has_shape(tensor, rank, shape))
        return TL_OK;
    char found[SHAPE_TEXT_BYTES], expected[SHAPE_TEXT_BYTES];
    tl_tensor_format_shape(found, sizeof found, tensor->rank, tensor->shape);
    tl_tensor_format_shape(expected, sizeof expected, rank, shape);
    if (rank == 4 && has_theano_shape(tensor, shape))
        return tl_error_set(err, TL_BAD_INPUT,
                            "%s: the %s (%s) is %s, a file in Theano's order ('th'); TensorFlow's ('tf'), %s, is expected", layer,
                            part, tensor->name, found, expected);
    return tl_error_set(err, TL_BAD_INPUT, "%s: the %s (%s) is %s; %s is expected", layer, part, tensor->name, found, expected);
}

/* Checks kernel and bias of one row against the file's tensors at `tensor_index`. */
static enum tl_status check_layer(const struct tl_network *network, size_t layer_index, const tl_tensors *tensors,
                                  size_t tensor_index, struct tl_error *err)
{
    const char *layer = network->layers[layer_index].name;
    size_t shape[4];
    fill_kernel_shape(shape, network, layer_index);
    if (tl_tensors_count(tensors) < tensor_index + 2)
        return tl_error_set(err, TL_BAD_INPUT, "%s: a kernel and a bias are expected; the file ends after %zu tensors", layer,
                            tl_tensors_count(tensors));
    const struct tl_tensor *kernel = tl_tensors_get(tensors, tensor_index);
    const struct tl_tensor *bias = tl_tensors_get(tensors, tensor_index + 1);
    enum tl_status status = check_shape(kernel, layer, "kernel", 4, shape, err);
    if (status == TL_OK)
        status = check_shape(bias, layer, "bias", 1, &shape[3], err);
    return status;
}

static enum tl_status check_tensors(size_t *out_tensor_count, const struct tl_network *network, const tl_tensors *tensors,
                                    struct tl_error *err)
{
    size_t tensor_count = 0;
    for (size_t i = 0; i <= network->feature_layer; i++) {
        if (network->layers[i].kind != TL_LAYER_CONVOLUTION)
            continue;
        const enum tl_status status = check_layer(network, i, tensors, tensor_count, err);
        if (status != TL_OK)
            return status;
        tensor_count += 2;
    }
    *out_tensor_count = tensor_count;
    return TL_OK;
}

static void find_weights(struct tl_backbone_weights *weights, const struct tl_network *network, const tl_tensors *tensors)
{
    size_t tensor_index = 0;
    for (size_t i = 0; i <= network->feature_layer; i++) {
        if (network->layers[i].kind != TL_LAYER_CONVOLUTION)
            continue;
        weights[i].kernel = tl_tensors_get(tensors, tensor_index++)->values;
        weights[i].bias = tl_tensors_get(tensors, tensor_index++)->values;
    }
}

enum tl_status tl_backbone_create(tl_backbone **out, const struct tl_network *network, tl_tensors **tensors, struct tl_error *err)
{
    tl_backbone *backbone = NULL;
    size_t tensor_count = 0;
    *out = NULL;
    enum tl_status status = check_tensors(&tensor_count, network, *tensors, err);
    if (status != TL_OK)
        goto done;
    backbone = tl_memory_alloc(1, sizeof *backbone);
    if (backbone != NULL)
        backbone->weights = tl_memory_alloc(network->layer_count, sizeof *backbone->weights);
    if (backbone == NULL || backbone->weights == NULL) {
        status = tl_error_set_no_memory(err, "a network's layers", network->layer_count * sizeof *backbone->weights);
        goto done;
    }
    backbone->network = network;
    find_weights(backbone->weights, network, *tensors);
    tl_tensors_keep_first(*tensors, tensor_count); /* a classifier on top can be many times as large */
    status = tl_examination_create(&backbone->examination, network, *tensors, err);
    if (status != TL_OK)
        goto done;
    backbone->tensors = *tensors;
    *tensors = NULL;
    *out = backbone;
    backbone = NULL;
done:
    tl_backbone_free(backbone);
    return status;
}

enum tl_status tl_backbone_read(tl_backbone **out, const struct tl_network *network, const char *path, struct tl_error *err)
{
    tl_tensors *tensors = NULL;
    *out = NULL;
    enum tl_status status = tl_keras_h5_read(&tensors, path, err);
    if (status == TL_OK) {
        status = tl_backbone_create(out, network, &tensors, err);
        if (status == TL_BAD_INPUT)
            status = tl_error_prefix(err, "%s does not hold the weights of %s", path, network->name);
    }
    tl_tensors_free(tensors);
    return status;
}

void tl_backbone_free(tl_backbone *backbone)
{
    if (backbone == NULL)
        return;
    tl_examination_free(backbone->examination);
    tl_tensors_free(backbone->tensors);
    tl_memory_free(backbone->weights);
    tl_memory_free(backbone);
}

const struct tl_network *tl_backbone_network(const tl_backbone *backbone)
{
    return backbone->network;
}

void tl_backbone_drop_weights(tl_backbone *backbone)
{
    (void)tl_examination_sha256(backbone->examination);
    tl_tensors_free(backbone->tensors);
    backbone->tensors = NULL;
}

struct tl_backbone_weights tl_backbone_get_weights(const tl_backbone *backbone, size_t layer_index)
{
    assert(backbone->tensors != NULL);
    assert(layer_index <= backbone->network->feature_layer);
    assert(backbone->network->layers[layer_index].kind == TL_LAYER_CONVOLUTION);
    return backbone->weights[layer_index];
}

enum tl_status tl_backbone_check(const tl_backbone *backbone, struct tl_error *err)
{
    return tl_examination_check(backbone->examination, err);
}

const uint8_t *tl_backbone_tensors_sha256(const tl_backbone *backbone)
{
    return tl_examination_sha256(backbone->examination);
}
