/* test_onnx.c - convolutions out of ONNX models: order, axes, every way a weight is stored, every way it is wrong. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/exchange/onnx.h"
#include "onnx.pb-c.h"
#include "tests/support/suite.h"

enum { KERNEL_COUNT = 2 * 3 * 1 * 2, NODE_COUNT = 5 };

/* A model of two convolutions: the first takes initialisers, the second its kernel from a Constant node behind an Identity and
 * no bias. Kernels are OIHW (2, 3, 1, 2) with values 0, 1, 2, ... and 100, 101, ... */
struct fixture {
    float kernel_values[KERNEL_COUNT], bias_values[2], constant_values[KERNEL_COUNT];
    int64_t kernel_dims[4], bias_dims[1], constant_dims[4];
    Tl__Onnx__TensorProto kernel, bias, constant, *initialisers[2];
    char *conv0_inputs[3], *conv0_outputs[1], *relu_inputs[1], *relu_outputs[1], *constant_outputs[1], *identity_inputs[1],
        *identity_outputs[1], *conv1_inputs[3], *conv1_outputs[1];
    Tl__Onnx__AttributeProto value, *attributes[1];
    Tl__Onnx__NodeProto nodes[NODE_COUNT], *node_list[NODE_COUNT];
    Tl__Onnx__GraphProto graph;
    Tl__Onnx__ModelProto model;
};

/* protobuf-c's strings are not const; these are never written. */
static char *text(const char *string) { return (char *)(uintptr_t)string; }

static void init_node(Tl__Onnx__NodeProto *node, const char *op_type, char **inputs, size_t input_count, char **outputs)
{
    tl__onnx__node_proto__init(node);
    node->op_type = text(op_type);
    node->input = inputs;
    node->n_input = input_count;
    node->output = outputs;
    node->n_output = 1;
}

static void init_tensor(Tl__Onnx__TensorProto *tensor, const char *name, int64_t *dims, size_t rank)
{
    tl__onnx__tensor_proto__init(tensor);
    tensor->name = text(name);
    tensor->dims = dims;
    tensor->n_dims = rank;
    tensor->has_data_type = 1;
    tensor->data_type = 1;
}

static void init_fixture(struct fixture *f)
{
    static const int64_t dims[4] = {2, 3, 1, 2};

    memset(f, 0, sizeof *f);
    for (int i = 0; i < KERNEL_COUNT; i++) {
        f->kernel_values[i] = (float)i;
        f->constant_values[i] = (float)(100 + i);
    }
    memcpy(f->kernel_dims, dims, sizeof dims);
    memcpy(f->constant_dims, dims, sizeof dims);
    f->bias_values[0] = 0.5F;
    f->bias_values[1] = -0.25F;
    f->bias_dims[0] = 2;
    init_tensor(&f->kernel, "w", f->kernel_dims, 4);
    f->kernel.has_raw_data = 1;
    f->kernel.raw_data.data = (uint8_t *)f->kernel_values;
    f->kernel.raw_data.len = sizeof f->kernel_values;
    init_tensor(&f->bias, "b", f->bias_dims, 1);
    f->bias.float_data = f->bias_values;
    f->bias.n_float_data = 2;
    init_tensor(&f->constant, "unused", f->constant_dims, 4);
    f->constant.float_data = f->constant_values;
    f->constant.n_float_data = KERNEL_COUNT;
    f->initialisers[0] = &f->bias;
    f->initialisers[1] = &f->kernel;

    tl__onnx__attribute_proto__init(&f->value);
    f->value.name = text("value");
    f->value.t = &f->constant;
    f->attributes[0] = &f->value;
    f->conv0_inputs[0] = text("input");
    f->conv0_inputs[1] = text("w");
    f->conv0_inputs[2] = text("b");
    f->conv0_outputs[0] = f->relu_inputs[0] = text("c0");
    f->relu_outputs[0] = f->conv1_inputs[0] = text("r0");
    f->constant_outputs[0] = f->identity_inputs[0] = text("k");
    f->identity_outputs[0] = f->conv1_inputs[1] = text("k2");
    f->conv1_inputs[2] = text("");
    f->conv1_outputs[0] = text("c1");
    init_node(&f->nodes[0], "Conv", f->conv0_inputs, 3, f->conv0_outputs);
    init_node(&f->nodes[1], "Relu", f->relu_inputs, 1, f->relu_outputs);
    init_node(&f->nodes[2], "Constant", NULL, 0, f->constant_outputs);
    f->nodes[2].attribute = f->attributes;
    f->nodes[2].n_attribute = 1;
    init_node(&f->nodes[3], "Identity", f->identity_inputs, 1, f->identity_outputs);
    init_node(&f->nodes[4], "Conv", f->conv1_inputs, 3, f->conv1_outputs);
    for (int i = 0; i < NODE_COUNT; i++)
        f->node_list[i] = &f->nodes[i];

    tl__onnx__graph_proto__init(&f->graph);
    f->graph.node = f->node_list;
    f->graph.n_node = NODE_COUNT;
    f->graph.initializer = f->initialisers;
    f->graph.n_initializer = 2;
    tl__onnx__model_proto__init(&f->model);
    f->model.has_ir_version = 1;
    f->model.ir_version = 7;
    f->model.graph = &f->graph;
}

static uint8_t *pack(size_t *size_bytes, const struct fixture *f)
{
    uint8_t *bytes;

    *size_bytes = tl__onnx__model_proto__get_packed_size(&f->model);
    bytes = tl_memory_alloc(*size_bytes, 1);
    ck_assert_ptr_nonnull(bytes);
    tl__onnx__model_proto__pack(&f->model, bytes);
    return bytes;
}

static void write_fixture(const char *path, const struct fixture *f)
{
    size_t size_bytes = 0;
    uint8_t *bytes = pack(&size_bytes, f);

    tl_test_write_file(path, bytes, size_bytes);
    tl_memory_free(bytes);
}

static void check_kernel(const struct tl_tensor *tensor, float first)
{
    const size_t shape[4] = {1, 2, 3, 2};

    ck_assert_uint_eq(tensor->rank, 4);
    ck_assert_mem_eq(tensor->shape, shape, sizeof shape);
    for (size_t o = 0; o < 2; o++)
        for (size_t i = 0; i < 3; i++)
            for (size_t x = 0; x < 2; x++)
                ck_assert(tensor->values[(x * 3 + i) * 2 + o] == first + (float)((o * 3 + i) * 2 + x));
}

START_TEST(convolutions_come_in_graph_order_as_hwio)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.onnx");
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;
    struct fixture f;

    init_fixture(&f);
    write_fixture(path, &f);
    ck_assert_msg(tl_onnx_read_convolutions(&tensors, path, &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(tl_tensors_count(tensors), 3);
    ck_assert_str_eq(tl_tensors_get(tensors, 0)->layer, "conv0");
    ck_assert_str_eq(tl_tensors_get(tensors, 0)->name, "w");
    check_kernel(tl_tensors_get(tensors, 0), 0);
    ck_assert_str_eq(tl_tensors_get(tensors, 1)->layer, "conv0");
    ck_assert_str_eq(tl_tensors_get(tensors, 1)->name, "b");
    ck_assert_uint_eq(tl_tensors_get(tensors, 1)->rank, 1);
    ck_assert_mem_eq(tl_tensors_get(tensors, 1)->values, f.bias_values, sizeof f.bias_values);
    ck_assert_str_eq(tl_tensors_get(tensors, 2)->layer, "conv1");
    check_kernel(tl_tensors_get(tensors, 2), 100);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

static void drop_graph(struct fixture *f) { f->model.graph = NULL; }
static void drop_nodes(struct fixture *f) { f->graph.n_node = 0; }
static void drop_convs(struct fixture *f) { f->nodes[0].op_type = f->nodes[4].op_type = text("Gemm"); }
static void drop_inputs(struct fixture *f) { f->nodes[0].n_input = 1; }
static void drop_kernel(struct fixture *f) { f->graph.n_initializer = 1; }
static void compute_kernel(struct fixture *f) { f->nodes[3].op_type = text("Transpose"); }
static void loop_identity(struct fixture *f) { f->identity_inputs[0] = text("k2"); }
static void drop_value(struct fixture *f) { f->value.t = NULL; }
static void make_double(struct fixture *f) { f->kernel.data_type = 11; }
static void drop_type(struct fixture *f) { f->kernel.has_data_type = 0; }
static void make_external(struct fixture *f) { f->kernel.has_data_location = f->kernel.data_location = 1; }
static void drop_axis(struct fixture *f) { f->kernel.n_dims = 3; }
static void shrink_axis(struct fixture *f) { f->kernel_dims[1] = 0; }
static void negate_axis(struct fixture *f) { f->kernel_dims[1] = -3; }
static void grow_axis(struct fixture *f) { f->kernel_dims[1] = INT64_MAX; }
static void grow_axes(struct fixture *f)
{
    f->kernel_dims[0] = f->kernel_dims[1] = f->kernel_dims[2] = f->kernel_dims[3] = 1 << 30;
}
static void widen_axis(struct fixture *f) { f->kernel_dims[1] = 4; }
static void cut_values(struct fixture *f) { f->kernel.raw_data.len--; }
static void drop_values(struct fixture *f) { f->kernel.has_raw_data = 0; }
static void grow_bias(struct fixture *f) { f->bias_dims[0] = 3; }
static void narrow_bias(struct fixture *f) { f->bias_dims[0] = 1, f->bias.n_float_data = 1; }

static const struct {
    void (*spoil)(struct fixture *f);
    const char *message;
} spoilt[] = {
    {drop_graph, "expected an ONNX model, found no graph in it"},
    {drop_nodes, "expected an ONNX model, found no graph in it"},
    {drop_convs, "expected Conv nodes, found none among 5 nodes"},
    {drop_inputs, "conv0 has 1 inputs, expected 2 or 3"},
    {drop_kernel, "conv0 takes 'w', expected an initialiser of that name, found none"},
    {compute_kernel, "conv1 takes 'k2', expected constant values, found the output of a Transpose node"},
    {loop_identity, "conv1 takes 'k2', which is behind more than 8 Identity nodes"},
    {drop_value, "conv1 takes 'k2', expected constant values, found the output of a Constant node"},
    {make_double, "'w' has ONNX data type 11, expected 1 (float32)"},
    {drop_type, "'w' has ONNX data type 0, expected 1 (float32)"},
    {make_external, "'w' keeps its values in another file"},
    {drop_axis, "'w' has 3 dimensions, expected 4"},
    {shrink_axis, "'w' has 0 along dimension 1, expected 1 to 1073741824"},
    {negate_axis, "'w' has -3 along dimension 1, expected 1 to 1073741824"},
    {grow_axis, "'w' has 9223372036854775807 along dimension 1, expected 1 to 1073741824"},
    {grow_axes, "'w' has more than 1073741824 values"},
    {widen_axis, "'w' has shape (2, 4, 1, 2), expected 16 float32 values, found 48 bytes of them"},
    {cut_values, "'w' has shape (2, 3, 1, 2), expected 12 float32 values, found 47 bytes of them"},
    {drop_values, "'w' has shape (2, 3, 1, 2), expected 12 float32 values, found 0 bytes of them"},
    {grow_bias, "'b' has shape (3,), expected 3 float32 values, found 8 bytes of them"},
    {narrow_bias, "'b' is a bias of 1 values, expected 2 as its kernel's output channels"},
};

static void check_refused(const char *path, enum tl_status expected, const char *message)
{
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_onnx_read_convolutions(&tensors, path, &err);

    ck_assert_msg(status == expected, "status %d, expected %d: %s", (int)status, (int)expected, err.message);
    ck_assert_ptr_null(tensors);
    ck_assert_msg(strstr(err.message, message) != NULL, "'%s' should say '%s'", err.message, message);
    ck_assert_msg(strncmp(err.message, path, strlen(path)) == 0, "'%s' should begin with the path", err.message);
}

START_TEST(a_spoilt_model_is_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.onnx");
    struct fixture f;

    init_fixture(&f);
    spoilt[_i].spoil(&f);
    write_fixture(path, &f);
    check_refused(path, TL_BAD_INPUT, spoilt[_i].message);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(what_is_not_onnx_is_named_for_what_it_is)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 5\n",
                      page[] = "<!DOCTYPE html>";
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.onnx"), *fifo = tl_test_path(folder, "fifo");

    check_refused(path, TL_NOT_FOUND, "no such file");
    check_refused(folder, TL_BAD_INPUT, "expected an ONNX model, found a folder");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    check_refused(fifo, TL_BAD_INPUT, "expected an ONNX model, found a FIFO");
    tl_test_write_file(path, "", 0);
    check_refused(path, TL_BAD_INPUT, "expected an ONNX model, found an empty file");
    tl_test_write_file(path, pointer, sizeof pointer - 1);
    check_refused(path, TL_BAD_INPUT, "expected an ONNX model, found a Git LFS pointer");
    tl_test_write_file(path, page, sizeof page - 1);
    check_refused(path, TL_BAD_INPUT, "expected an ONNX model, found 15 bytes that are not one");
    tl_test_remove_folder(folder);
}
END_TEST

/* Two bytes a node: each becomes a struct of more than a hundred. */
START_TEST(a_file_that_unpacks_to_far_more_than_itself_is_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.onnx");
    enum { NODES = 1 << 21 };
    uint8_t *bytes = tl_memory_alloc(2 * NODES + 6, 1);
    uint32_t length = 2 * NODES;

    ck_assert_ptr_nonnull(bytes);
    bytes[0] = 7 << 3 | 2;
    for (int i = 0; i < 4; i++)
        bytes[1 + i] = (uint8_t)((length >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
    for (size_t i = 0; i < NODES; i++)
        bytes[5 + 2 * i] = 1 << 3 | 2;
    tl_test_write_file(path, bytes, 5 + 2 * NODES);
    check_refused(path, TL_BAD_INPUT, "unpacks to more than 4 times its 4194309 bytes");
    tl_memory_free(bytes);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(cut_and_damaged_bytes_are_read_or_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.onnx");
    size_t size_bytes = 0, refused_count = 0;
    struct tl_random random;
    uint8_t *bytes, *copy;
    struct fixture f;

    init_fixture(&f);
    bytes = pack(&size_bytes, &f);
    copy = tl_memory_alloc(size_bytes, 1);
    ck_assert_ptr_nonnull(copy);
    tl_random_init(&random, 1, "mutate");
    for (size_t round = 0; round < size_bytes + 600; round++) {
        struct tl_error err = {.message = ""};
        tl_tensors *tensors = NULL;
        enum tl_status status;

        memcpy(copy, bytes, size_bytes);
        if (round >= size_bytes)
            for (uint64_t changes = 1 + tl_random_below(&random, 4); changes > 0; changes--)
                copy[tl_random_below(&random, size_bytes)] = (uint8_t)tl_random_next(&random);
        tl_test_write_file(path, copy, round >= size_bytes ? size_bytes : round);
        status = tl_onnx_read_convolutions(&tensors, path, &err);
        ck_assert_msg(status == TL_OK || status == TL_BAD_INPUT, "round %zu: status %d", round, (int)status);
        ck_assert_int_eq(tensors != NULL, status == TL_OK);
        refused_count += status != TL_OK;
        tl_tensors_free(tensors);
    }
    ck_assert_uint_ge(refused_count, size_bytes / 2);
    tl_memory_free(copy);
    tl_memory_free(bytes);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(every_failed_allocation_unwinds)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.onnx");
    enum tl_status status = TL_NO_MEMORY;
    tl_tensors *tensors = NULL;
    struct tl_error err;
    struct fixture f;
    size_t n;

    init_fixture(&f);
    write_fixture(path, &f);
    for (n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 1000);
        tl_memory_fail_at(n);
        status = tl_onnx_read_convolutions(&tensors, path, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "allocation %zu: %s", n, err.message);
        ck_assert_int_eq(tensors != NULL, status == TL_OK);
    }
    ck_assert_uint_gt(n, 20);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("onnx");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, convolutions_come_in_graph_order_as_hwio);
    tcase_add_loop_test(faults, a_spoilt_model_is_refused, 0, sizeof spoilt / sizeof spoilt[0]);
    tcase_add_test(faults, what_is_not_onnx_is_named_for_what_it_is);
    tcase_add_test(faults, a_file_that_unpacks_to_far_more_than_itself_is_refused);
    tcase_add_test(faults, cut_and_damaged_bytes_are_read_or_refused);
    tcase_add_test(faults, every_failed_allocation_unwinds);
    tcase_set_timeout(faults, 60);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
