/* onnx_write.c - the messages of a model, gathered as protobuf-c has them; see onnx_write.h. How they become bytes: onnx_sink.h. */
#include "common/exchange/onnx_write.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/onnx_sink.h"
#include "common/exchange/output_file.h"

enum { ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7, LIST_START = 16, FILE_BYTES_MAX = INT_MAX };

typedef Tl__Onnx__NodeProto node;
typedef Tl__Onnx__TensorProto tensor;
typedef Tl__Onnx__ValueInfoProto value_info;
typedef Tl__Onnx__AttributeProto attribute;
typedef Tl__Onnx__StringStringEntryProto entry;

struct tl_onnx_writer {
    Tl__Onnx__ModelProto model;
    Tl__Onnx__GraphProto graph;
    void **blocks; /* all that the messages consist of */
    size_t block_count, block_capacity;
    struct tl_onnx_source *sources;
    size_t source_count, source_capacity;
    bool has_failed;
};

/* Room for one more pointer in a list of `count`, which grows by doubling from LIST_START. */
static bool reserve(tl_onnx_writer *writer, void **items, size_t count, size_t *capacity, size_t item_bytes)
{
    void *grown;

    if (writer->has_failed)
        return false;
    if (count < *capacity)
        return true;
    grown = tl_memory_resize(*items, *capacity ? 2 * *capacity : LIST_START, item_bytes);
    if (!grown) {
        writer->has_failed = true;
        return false;
    }
    *items = grown;
    *capacity = *capacity ? 2 * *capacity : LIST_START;
    return true;
}

/* Zeroed memory that is freed with the writer; NULL marks it. */
static void *make(tl_onnx_writer *writer, size_t count, size_t size_bytes)
{
    void *blocks = writer->blocks, *block;

    if (!reserve(writer, &blocks, writer->block_count, &writer->block_capacity, sizeof *writer->blocks))
        return NULL;
    writer->blocks = blocks;
    block = tl_memory_alloc(count > 0 ? count : 1, size_bytes);
    if (!block)
        writer->has_failed = true;
    else
        writer->blocks[writer->block_count++] = block;
    return block;
}

static char *copy(tl_onnx_writer *writer, const char *text)
{
    char *out = make(writer, strlen(text) + 1, 1);

    if (out)
        memcpy(out, text, strlen(text));
    return out;
}

/* The list with one item more, all of it the writer's: lists of a model are short, and an old one is freed with the rest. */
static void *append(tl_onnx_writer *writer, void *items, size_t count, void *item)
{
    void **grown = items;

    if ((count & (count - 1)) == 0) { /* 0, 1, 2, 4, ...: full */
        grown = make(writer, count > 0 ? 2 * count : 1, sizeof *grown);
        if (grown && count > 0)
            memcpy(grown, items, count * sizeof *grown);
    }
    if (grown)
        grown[count] = item;
    return grown;
}

enum tl_status tl_onnx_writer_create(tl_onnx_writer **out, const char *graph_name, struct tl_error *err)
{
    tl_onnx_writer *writer = tl_memory_alloc(1, sizeof *writer);
    Tl__Onnx__OperatorSetIdProto *set;

    *out = NULL;
    if (!writer)
        return tl_error_set_no_memory(err, "an ONNX model", sizeof *writer);
    tl__onnx__model_proto__init(&writer->model);
    tl__onnx__graph_proto__init(&writer->graph);
    writer->model.ir_version = TL_ONNX_IR_VERSION;
    writer->model.has_ir_version = 1;
    writer->model.producer_name = copy(writer, "tl");
    writer->model.producer_version = copy(writer, TL_VERSION);
    writer->model.graph = &writer->graph;
    writer->graph.name = copy(writer, graph_name);
    set = make(writer, 1, sizeof *set);
    writer->model.opset_import = append(writer, NULL, 0, set);
    if (writer->has_failed) {
        tl_onnx_writer_free(writer);
        return tl_error_set_no_memory(err, "an ONNX model", sizeof *writer);
    }
    tl__onnx__operator_set_id_proto__init(set);
    set->domain = copy(writer, "");
    set->version = TL_ONNX_OPERATOR_SET;
    set->has_version = 1;
    writer->model.n_opset_import = 1;
    *out = writer;
    return TL_OK;
}

void tl_onnx_writer_free(tl_onnx_writer *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; i < writer->block_count; i++)
        tl_memory_free(writer->blocks[i]);
    tl_memory_free(writer->blocks);
    tl_memory_free(writer->sources);
    tl_memory_free(writer);
}

static Tl__Onnx__TensorShapeProto *make_shape(tl_onnx_writer *writer, const size_t *dimensions, size_t rank)
{
    Tl__Onnx__TensorShapeProto *shape = make(writer, 1, sizeof *shape);

    if (!shape)
        return NULL;
    tl__onnx__tensor_shape_proto__init(shape);
    for (size_t i = 0; i < rank; i++) {
        Tl__Onnx__TensorShapeProto__Dimension *dimension = make(writer, 1, sizeof *dimension);

        shape->dim = append(writer, shape->dim, shape->n_dim, dimension);
        if (writer->has_failed)
            return NULL;
        tl__onnx__tensor_shape_proto__dimension__init(dimension);
        if (dimensions[i] == 0)
            dimension->dim_param = copy(writer, "N");
        dimension->dim_value = (int64_t)dimensions[i];
        dimension->has_dim_value = dimensions[i] > 0;
        shape->n_dim++;
    }
    return shape;
}

static value_info *make_value_info(tl_onnx_writer *writer, const char *name, enum tl_onnx_type type, const size_t *dimensions,
                                   size_t rank)
{
    value_info *info = make(writer, 1, sizeof *info);
    Tl__Onnx__TypeProto *type_proto = make(writer, 1, sizeof *type_proto);
    Tl__Onnx__TypeProto__Tensor *tensor_type = make(writer, 1, sizeof *tensor_type);
    Tl__Onnx__TensorShapeProto *shape = make_shape(writer, dimensions, rank);

    if (writer->has_failed)
        return NULL;
    tl__onnx__value_info_proto__init(info);
    tl__onnx__type_proto__init(type_proto);
    tl__onnx__type_proto__tensor__init(tensor_type);
    info->name = copy(writer, name);
    info->type = type_proto;
    type_proto->tensor_type = tensor_type;
    tensor_type->elem_type = (int32_t)type;
    tensor_type->has_elem_type = 1;
    tensor_type->shape = shape;
    return info;
}

void tl_onnx_writer_add_input(tl_onnx_writer *writer, const char *name, enum tl_onnx_type type, const size_t *shape, size_t rank)
{
    value_info *info = make_value_info(writer, name, type, shape, rank);

    writer->graph.input = append(writer, writer->graph.input, writer->graph.n_input, info);
    writer->graph.n_input += !writer->has_failed;
}

void tl_onnx_writer_add_output(tl_onnx_writer *writer, const char *name, enum tl_onnx_type type, const size_t *shape, size_t rank)
{
    value_info *info = make_value_info(writer, name, type, shape, rank);

    writer->graph.output = append(writer, writer->graph.output, writer->graph.n_output, info);
    writer->graph.n_output += !writer->has_failed;
}

/* The tensor's bytes are the caller's values, by pointer; `source` says how they are to be written. */
static void add_tensor(tl_onnx_writer *writer, const char *name, const struct tl_onnx_source *source, const int64_t *dimensions,
                       size_t rank)
{
    const size_t value_bytes = source->is_integer ? sizeof(int64_t) : sizeof(float);
    void *sources = writer->sources;
    tensor *t = make(writer, 1, sizeof *t);

    if (!reserve(writer, &sources, writer->source_count, &writer->source_capacity, sizeof *writer->sources))
        return;
    writer->sources = sources;
    tl__onnx__tensor_proto__init(t);
    t->name = copy(writer, name);
    t->dims = make(writer, rank, sizeof *t->dims);
    writer->graph.initializer = append(writer, writer->graph.initializer, writer->graph.n_initializer, t);
    if (writer->has_failed)
        return;
    memcpy(t->dims, dimensions, rank * sizeof *t->dims);
    t->n_dims = rank;
    t->data_type = source->is_integer ? TL_ONNX_INT64 : TL_ONNX_FLOAT;
    t->has_data_type = 1;
    t->raw_data.data = (uint8_t *)(uintptr_t)source->values;
    t->raw_data.len = source->count * value_bytes;
    t->has_raw_data = 1;
    writer->graph.n_initializer++;
    writer->sources[writer->source_count++] = *source;
}

void tl_onnx_writer_add_floats(tl_onnx_writer *writer, const char *name, enum tl_onnx_order order, const float *values,
                               const size_t *shape, size_t rank)
{
    static const size_t convolution_axes[TL_ONNX_RANK_MAX] = {3, 2, 0, 1};
    struct tl_onnx_source source = {.values = values, .count = 1, .order = order};
    int64_t dimensions[TL_ONNX_RANK_MAX] = {0};

    for (size_t i = 0; i < rank; i++) {
        source.shape[i] = shape[i];
        source.count *= shape[i];
        dimensions[i] = (int64_t)shape[order == TL_ONNX_CONVOLUTION ? convolution_axes[i] : i];
    }
    add_tensor(writer, name, &source, dimensions, rank);
}

void tl_onnx_writer_add_integers(tl_onnx_writer *writer, const char *name, const int64_t *values, size_t count)
{
    const struct tl_onnx_source source = {.values = values, .count = count, .is_integer = true};

    add_tensor(writer, name, &source, (int64_t[]){(int64_t)count}, 1);
}

static void add_attribute(tl_onnx_writer *writer, node *n, const struct tl_onnx_attribute *from)
{
    attribute *a = make(writer, 1, sizeof *a);
    int64_t *values = make(writer, from->count, sizeof *values);

    n->attribute = append(writer, n->attribute, n->n_attribute, a);
    if (writer->has_failed)
        return;
    tl__onnx__attribute_proto__init(a);
    a->name = copy(writer, from->name);
    a->type = from->count > 0 ? ATTRIBUTE_INTS : ATTRIBUTE_INT;
    a->has_type = 1;
    a->i = from->value;
    a->has_i = from->count == 0;
    if (from->count > 0)
        memcpy(values, from->values, from->count * sizeof *values);
    a->ints = values;
    a->n_ints = from->count;
    n->n_attribute++;
}

void tl_onnx_writer_add_node(tl_onnx_writer *writer, const char *operator_name, const char *const *inputs, size_t input_count,
                             const char *output, const struct tl_onnx_attribute *attributes, size_t attribute_count)
{
    node *n = make(writer, 1, sizeof *n);

    if (!n)
        return;
    tl__onnx__node_proto__init(n);
    n->op_type = copy(writer, operator_name);
    n->name = copy(writer, output);
    n->output = append(writer, NULL, 0, copy(writer, output));
    n->n_output = 1;
    for (size_t i = 0; i < input_count && !writer->has_failed; i++) {
        n->input = append(writer, n->input, i, copy(writer, inputs[i]));
        n->n_input = i + 1;
    }
    for (size_t i = 0; i < attribute_count && !writer->has_failed; i++)
        add_attribute(writer, n, &attributes[i]);
    writer->graph.node = append(writer, writer->graph.node, writer->graph.n_node, n);
    writer->graph.n_node += !writer->has_failed;
}

void tl_onnx_writer_add_metadata(tl_onnx_writer *writer, const char *key, const char *value)
{
    entry *e = make(writer, 1, sizeof *e);

    writer->model.metadata_props = append(writer, writer->model.metadata_props, writer->model.n_metadata_props, e);
    if (writer->has_failed)
        return;
    tl__onnx__string_string_entry_proto__init(e);
    e->key = copy(writer, key);
    e->value = copy(writer, value);
    writer->model.n_metadata_props++;
}

enum tl_status tl_onnx_writer_write(tl_onnx_writer *writer, const char *path, struct tl_error *err)
{
    struct tl_output_file output;
    size_t size_bytes;
    enum tl_status status;

    if (writer->has_failed)
        return tl_error_set_no_memory(err, "an ONNX model", writer->block_count * sizeof(tensor));
    size_bytes = tl__onnx__model_proto__get_packed_size(&writer->model);
    if (size_bytes > FILE_BYTES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "an ONNX file ends at 2 GiB, this model takes %zu bytes", size_bytes);
    status = tl_output_file_create(&output, path, err);
    if (status != TL_OK)
        return status;
    status = tl_onnx_sink_write(&writer->model, writer->sources, writer->source_count, output.part_path, err);
    if (status == TL_OK)
        status = tl_output_file_commit(&output, err);
    tl_output_file_discard(&output);
    return status;
}
