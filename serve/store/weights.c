/* weights.c - see weights.h. */
#include "serve/store/weights.h"

#include <stdio.h>
#include <string.h>

#include "common/exchange/foreign_file.h"
#include "common/exchange/keras_h5.h"
#include "common/exchange/onnx.h"
#include "common/network/network.h"

static const uint8_t HDF5_SIGNATURE[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'}; /* HDF5 format specification, superblock */
enum { ONNX_FIRST_BYTE = 0x08 }; /* the tag of ModelProto.ir_version, which all writers put first */

/* One tensor named "layer/part:0", with its values. */
static enum tl_status add_copy(tl_tensors *tensors, const char *layer, const char *part, size_t rank, const size_t *shape,
                               const float *values, struct tl_error *err)
{
    char name[128];
    float *copy = NULL;
    size_t count = 1;
    enum tl_status status;

    (void)snprintf(name, sizeof name, "%s/%s:0", layer, part);
    status = tl_tensors_add(tensors, &copy, layer, name, rank, shape, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    memcpy(copy, values, count * sizeof *copy);
    return TL_OK;
}

enum tl_status tl_weights_to_tensors(tl_tensors **out, const tl_backbone *backbone, struct tl_error *err)
{
    const struct tl_network *network = tl_backbone_network(backbone);
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_tensors_create(&tensors, err);

    *out = NULL;
    for (size_t i = 0; status == TL_OK && i <= network->feature_layer; i++) {
        const struct tl_layer *layer = &network->layers[i];
        struct tl_backbone_weights weights;
        size_t shape[4];

        if (layer->kind != TL_LAYER_CONVOLUTION)
            continue;
        weights = tl_backbone_get_weights(backbone, i);
        shape[0] = shape[1] = layer->kernel;
        shape[2] = tl_network_channels(network, layer->inputs[0]);
        shape[3] = layer->channels;
        status = add_copy(tensors, layer->name, "kernel", 4, shape, weights.kernel, err);
        if (status == TL_OK)
            status = add_copy(tensors, layer->name, "bias", 1, &shape[3], weights.bias, err);
    }
    if (status != TL_OK) {
        tl_tensors_free(tensors);
        return status;
    }
    *out = tensors;
    return TL_OK;
}

/* Whichever of the two kinds the file is. */
static enum tl_status read_tensors(tl_tensors **out, const char *path, struct tl_error *err)
{
    struct tl_foreign_file file;
    enum tl_status status = tl_foreign_file_look(&file, path, "weights (Keras HDF5 or ONNX)", err);

    if (status != TL_OK)
        return tl_error_prefix(err, "%s", path);
    if (file.head_bytes >= sizeof HDF5_SIGNATURE && memcmp(file.head, HDF5_SIGNATURE, sizeof HDF5_SIGNATURE) == 0)
        return tl_keras_h5_read(out, path, err);
    status = tl_onnx_read_convolutions(out, path, err);
    if (status == TL_BAD_INPUT && file.head[0] != ONNX_FIRST_BYTE) {
        char head[TL_FOREIGN_FILE_SHOWN_BYTES];

        tl_foreign_file_show_head(head, &file);
        return tl_error_set(err, TL_BAD_INPUT, "%s: expected weights (Keras HDF5 or ONNX), found %llu bytes that begin with %s",
                            path, (unsigned long long)file.size_bytes, head);
    }
    return status;
}

enum tl_status tl_weights_convert(char out_digest[TL_DIGEST_HEX_BYTES], const char *network, const char *path, const char *out_path,
                                  struct tl_error *err)
{
    const struct tl_network *table = tl_network_find(network);
    tl_tensors *tensors = NULL;
    tl_backbone *backbone = NULL;
    enum tl_status status;

    if (!table)
        return tl_error_set(err, TL_NOT_FOUND, "there is no network '%s'; vgg16 is known", network);
    status = read_tensors(&tensors, path, err);
    if (status != TL_OK)
        goto done;
    status = tl_backbone_create(&backbone, table, &tensors, err);
    if (status != TL_OK) {
        (void)tl_error_prefix(err, "%s does not hold the weights of %s", path, network);
        goto done;
    }
    tl_tensors_free(tensors);
    tensors = NULL;
    status = tl_weights_to_tensors(&tensors, backbone, err);
    if (status != TL_OK)
        goto done;
    status = tl_keras_h5_write(tensors, out_path, err);
    if (status != TL_OK)
        goto done;
    tl_digest_to_hex(out_digest, tl_backbone_tensors_sha256(backbone));
done:
    tl_backbone_free(backbone);
    tl_tensors_free(tensors);
    return status;
}
