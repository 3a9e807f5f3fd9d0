/* onnx.c - from an ONNX file's bytes to HWIO tensors.
 *
 * protobuf-c copies what it unpacks, so a model takes up to three times its file for a moment: bytes, messages,
 * tensors. A message of two bytes becomes a struct of a hundred or more; the allocator below therefore has a budget
 * in proportion to the file, so that a hostile file cannot ask for more than an honest one.
 */
#include "common/exchange/onnx.h"

#include <endian.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/exchange/foreign_file.h"
#include "onnx.pb-c.h"

enum {
    FILE_BYTES_MAX = INT_MAX,  /* protobuf itself ends at 2 GiB */
    GRAPH_ITEMS_MAX = 1 << 16, /* nodes, and initialisers: the search for a name walks them all */
    HOPS_MAX = 8,              /* Identity nodes between a Conv and its weight */
    BUDGET_PER_FILE_BYTE = 4,
    BUDGET_BYTES_LEAST = 64 << 20,
    DATA_TYPE_FLOAT = 1,       /* TensorProto.DataType.FLOAT */
    DATA_LOCATION_EXTERNAL = 1 /* TensorProto.DataLocation.EXTERNAL */
};

typedef Tl__Onnx__ModelProto model;
typedef Tl__Onnx__GraphProto graph;
typedef Tl__Onnx__NodeProto node;
typedef Tl__Onnx__TensorProto tensor;

struct budget {
    size_t left_bytes;
    bool is_spent, has_no_memory;
};

static void *allocate(void *data, size_t size_bytes)
{
    struct budget *budget = data;
    void *memory;

    if (size_bytes > budget->left_bytes) {
        budget->is_spent = true;
        return NULL;
    }
    memory = tl_memory_alloc(1, size_bytes);
    if (!memory)
        budget->has_no_memory = true;
    else
        budget->left_bytes -= size_bytes;
    return memory;
}

static void release(void *data, void *memory)
{
    (void)data;
    tl_memory_free(memory);
}

static enum tl_status unpack(model **out, ProtobufCAllocator *allocator, const uint8_t *bytes, size_t size_bytes,
                             struct tl_error *err)
{
    struct budget *budget = allocator->allocator_data;

    *out = tl__onnx__model_proto__unpack(allocator, size_bytes, bytes);
    if (*out)
        return TL_OK;
    if (budget->has_no_memory)
        return tl_error_set_no_memory(err, "an ONNX model", size_bytes);
    if (budget->is_spent)
        return tl_error_set(err, TL_BAD_INPUT, "unpacks to more than %d times its %zu bytes: not an honest ONNX model",
                            BUDGET_PER_FILE_BYTE, size_bytes);
    return tl_error_set(err, TL_BAD_INPUT, "expected an ONNX model, found %zu bytes that are not one (damaged or truncated?)",
                        size_bytes);
}

static bool is_op(const node *n, const char *op_type)
{
    return n->op_type && strcmp(n->op_type, op_type) == 0;
}

static const node *find_producer(const graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t j = 0; j < g->node[i]->n_output; j++)
            if (strcmp(g->node[i]->output[j], name) == 0)
                return g->node[i];
    return NULL;
}

static const tensor *find_initialiser(const graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_initializer; i++)
        if (g->initializer[i]->name && strcmp(g->initializer[i]->name, name) == 0)
            return g->initializer[i];
    return NULL;
}

/* The constant behind a Conv's input: an initialiser, a Constant node's value, or either through Identity nodes. */
static enum tl_status find_constant(const tensor **out, const graph *g, const char *conv, const char *input,
                                    struct tl_error *err)
{
    const char *name = input;

    for (int hop = 0; hop < HOPS_MAX; hop++) {
        const tensor *found = find_initialiser(g, name);
        const node *producer = found ? NULL : find_producer(g, name);

        for (size_t i = 0; producer && is_op(producer, "Constant") && i < producer->n_attribute; i++)
            if (producer->attribute[i]->name && strcmp(producer->attribute[i]->name, "value") == 0)
                found = producer->attribute[i]->t;
        if (found) {
            *out = found;
            return TL_OK;
        }
        if (!producer)
            return tl_error_set(err, TL_BAD_INPUT, "%s takes '%s', expected an initialiser of that name, found none", conv,
                                input);
        if (!is_op(producer, "Identity") || producer->n_input != 1)
            return tl_error_set(err, TL_BAD_INPUT, "%s takes '%s', expected constant values, found the output of a %s node",
                                conv, input, producer->op_type ? producer->op_type : "nameless");
        name = producer->input[0];
    }
    return tl_error_set(err, TL_BAD_INPUT, "%s takes '%s', which is behind more than %d Identity nodes", conv, input, HOPS_MAX);
}

static enum tl_status check_values(const tensor *t, const char *input, const size_t *shape, size_t rank, struct tl_error *err)
{
    size_t count = 1;
    char text[128];

    for (size_t i = 0; i < rank; i++) {
        if (count > TL_TENSOR_VALUES_MAX / shape[i])
            return tl_error_set(err, TL_BAD_INPUT, "'%s' has more than %zu values", input, TL_TENSOR_VALUES_MAX);
        count *= shape[i];
    }
    tl_tensor_format_shape(text, sizeof text, rank, shape);
    if (t->has_raw_data ? t->raw_data.len != count * sizeof(float) : t->n_float_data != count)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' has shape %s, expected %zu float32 values, found %zu bytes of them", input,
                            text, count, t->has_raw_data ? t->raw_data.len : t->n_float_data * sizeof(float));
    return TL_OK;
}

/* The tensor's shape, once it is one of `rank` dimensions whose values are all there. */
static enum tl_status check_tensor(size_t *shape, const tensor *t, const char *input, size_t rank, struct tl_error *err)
{
    if (t->has_data_location && t->data_location == DATA_LOCATION_EXTERNAL)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' keeps its values in another file; expected them inside the model", input);
    if (t->data_type != DATA_TYPE_FLOAT)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' has ONNX data type %d, expected %d (float32)", input, (int)t->data_type,
                            DATA_TYPE_FLOAT);
    if (t->n_dims != rank)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' has %zu dimensions, expected %zu", input, t->n_dims, rank);
    for (size_t i = 0; i < rank; i++) {
        if (t->dims[i] < 1 || (uint64_t)t->dims[i] > TL_TENSOR_VALUES_MAX)
            return tl_error_set(err, TL_BAD_INPUT, "'%s' has %lld along dimension %zu, expected 1 to %zu", input,
                                (long long)t->dims[i], i, TL_TENSOR_VALUES_MAX);
        shape[i] = (size_t)t->dims[i];
    }
    return check_values(t, input, shape, rank, err);
}

static float value_at(const tensor *t, size_t index)
{
    uint32_t bits;
    float value;

    if (!t->has_raw_data)
        return t->float_data[index];
    memcpy(&bits, t->raw_data.data + index * sizeof bits, sizeof bits);
    bits = le32toh(bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static enum tl_status add_kernel(tl_tensors *tensors, const tensor *t, const char *layer, const char *input,
                                 struct tl_error *err)
{
    size_t oihw[4] = {0}, hwio[4], source = 0;
    float *values = NULL;
    enum tl_status status = check_tensor(oihw, t, input, 4, err);

    if (status != TL_OK)
        return status;
    hwio[0] = oihw[2];
    hwio[1] = oihw[3];
    hwio[2] = oihw[1];
    hwio[3] = oihw[0];
    status = tl_tensors_add(tensors, &values, layer, input, 4, hwio, err);
    if (status != TL_OK)
        return status;
    for (size_t o = 0; o < oihw[0]; o++)
        for (size_t i = 0; i < oihw[1]; i++)
            for (size_t y = 0; y < oihw[2]; y++)
                for (size_t x = 0; x < oihw[3]; x++)
                    values[((y * hwio[1] + x) * hwio[2] + i) * hwio[3] + o] = value_at(t, source++);
    return TL_OK;
}

static enum tl_status add_bias(tl_tensors *tensors, const tensor *t, const char *layer, const char *input, struct tl_error *err)
{
    size_t out_channels = tl_tensors_get(tensors, tl_tensors_count(tensors) - 1)->shape[3];
    size_t shape[1] = {0};
    float *values = NULL;
    enum tl_status status = check_tensor(shape, t, input, 1, err);

    if (status != TL_OK)
        return status;
    if (shape[0] != out_channels)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' is a bias of %zu values, expected %zu as its kernel's output channels",
                            input, shape[0], out_channels);
    status = tl_tensors_add(tensors, &values, layer, input, 1, shape, err);
    for (size_t i = 0; status == TL_OK && i < shape[0]; i++)
        values[i] = value_at(t, i);
    return status;
}

static enum tl_status add_convolution(tl_tensors *tensors, const graph *g, const node *n, size_t conv_index,
                                      struct tl_error *err)
{
    const tensor *constant = NULL;
    enum tl_status status;
    char layer[32];

    snprintf(layer, sizeof layer, "conv%zu", conv_index);
    if (n->n_input < 2)
        return tl_error_set(err, TL_BAD_INPUT, "%s has %zu inputs, expected 2 or 3", layer, n->n_input);
    status = find_constant(&constant, g, layer, n->input[1], err);
    if (status == TL_OK)
        status = add_kernel(tensors, constant, layer, n->input[1], err);
    if (status != TL_OK || n->n_input < 3 || n->input[2][0] == '\0')
        return status;
    status = find_constant(&constant, g, layer, n->input[2], err);
    if (status == TL_OK)
        status = add_bias(tensors, constant, layer, n->input[2], err);
    return status;
}

static enum tl_status add_convolutions(tl_tensors *tensors, const model *m, struct tl_error *err)
{
    const graph *g = m->graph;
    size_t conv_count = 0;

    if (!g || g->n_node == 0)
        return tl_error_set(err, TL_BAD_INPUT, "expected an ONNX model, found no graph in it");
    if (g->n_node > GRAPH_ITEMS_MAX || g->n_initializer > GRAPH_ITEMS_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "%zu nodes and %zu initialisers, at most %d of each are read", g->n_node,
                            g->n_initializer, GRAPH_ITEMS_MAX);
    for (size_t i = 0; i < g->n_node; i++) {
        if (!is_op(g->node[i], "Conv"))
            continue;
        enum tl_status status = add_convolution(tensors, g, g->node[i], conv_count++, err);
        if (status != TL_OK)
            return status;
    }
    if (conv_count == 0)
        return tl_error_set(err, TL_BAD_INPUT, "expected Conv nodes, found none among %zu nodes", g->n_node);
    return TL_OK;
}

enum tl_status tl_onnx_read_convolutions(tl_tensors **out, const char *path, struct tl_error *err)
{
    struct budget budget = {0};
    ProtobufCAllocator allocator = {allocate, release, &budget};
    struct tl_foreign_file file;
    tl_tensors *tensors = NULL;
    uint8_t *bytes = NULL;
    model *m = NULL;
    size_t size_bytes = 0;
    enum tl_status status;

    *out = NULL;
    status = tl_foreign_file_look(&file, path, "an ONNX model", err);
    if (status != TL_OK) {
        tl_error_prefix(err, "%s", path);
        goto done;
    }
    status = tl_system_read_file(&bytes, &size_bytes, path, FILE_BYTES_MAX, err);
    if (status != TL_OK)
        goto done;
    budget.left_bytes = BUDGET_BYTES_LEAST + BUDGET_PER_FILE_BYTE * size_bytes;
    status = unpack(&m, &allocator, bytes, size_bytes, err);
    tl_memory_free(bytes); /* the messages are copies */
    bytes = NULL;
    if (status == TL_OK)
        status = tl_tensors_create(&tensors, err);
    if (status == TL_OK)
        status = add_convolutions(tensors, m, err);
    if (status != TL_OK) {
        tl_error_prefix(err, "%s", path);
        goto done;
    }
    *out = tensors;
    tensors = NULL;

done:
    tl_tensors_free(tensors);
    if (m)
        tl__onnx__model_proto__free_unpacked(m, &allocator);
    tl_memory_free(bytes);
    return status;
}
