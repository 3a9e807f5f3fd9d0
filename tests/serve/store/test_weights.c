/* test_weights.c - a network's weights come out under the table's names, unchanged, or not at all. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/exchange/keras_h5.h"
#include "serve/store/weights.h"
#include "tests/support/suite.h"

static const struct tl_layer LAYERS[] = {
    {.name = "input", .kind = TL_LAYER_INPUT, .channels = 2},
    {.name = "first",
     .kind = TL_LAYER_CONVOLUTION,
     .inputs = {0},
     .input_count = 1,
     .kernel = 3,
     .stride = 1,
     .channels = 4,
     .has_relu = 1},
    {.name = "pool", .kind = TL_LAYER_MAX_POOLING, .inputs = {1}, .input_count = 1, .kernel = 2, .stride = 2},
    {.name = "second",
     .kind = TL_LAYER_CONVOLUTION,
     .inputs = {2},
     .input_count = 1,
     .kernel = 1,
     .stride = 1,
     .channels = 3,
     .has_relu = 1},
};
static const struct tl_network NETWORK = {"small", LAYERS, 4, 3, 4, 4, 2};

static const struct part {
    const char *layer, *name;
    size_t rank, shape[4];
} PARTS[] = {
    {"first", "first/kernel:0", 4, {3, 3, 2, 4}},
    {"first", "first/bias:0", 1, {4}},
    {"second", "second/kernel:0", 4, {1, 1, 4, 3}},
    {"second", "second/bias:0", 1, {3}},
};
enum { PART_COUNT = sizeof PARTS / sizeof PARTS[0] };

/* The network's weights, named by nobody's rule; every value differs. */
static tl_backbone *create_backbone(void)
{
    tl_tensors *tensors = NULL;
    tl_backbone *backbone = NULL;
    struct tl_error err;
    float next = 1;

    ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
    for (size_t i = 0; i < PART_COUNT; i++) {
        float *values = NULL;
        const struct tl_tensor *tensor;

        ck_assert_int_eq(tl_tensors_add(tensors, &values, "conv7", "W", PARTS[i].rank, PARTS[i].shape, &err), TL_OK);
        tensor = tl_tensors_get(tensors, i);
        for (size_t j = 0; j < tl_tensor_value_count(tensor); j++)
            values[j] = next++;
    }
    ck_assert_msg(tl_backbone_create(&backbone, &NETWORK, &tensors, &err) == TL_OK, "%s", err.message);
    return backbone;
}

static void check_parts(const tl_tensors *tensors)
{
    float next = 1;

    ck_assert_uint_eq(tl_tensors_count(tensors), PART_COUNT);
    for (size_t i = 0; i < PART_COUNT; i++) {
        const struct tl_tensor *tensor = tl_tensors_get(tensors, i);

        ck_assert_str_eq(tensor->layer, PARTS[i].layer);
        ck_assert_str_eq(tensor->name, PARTS[i].name);
        ck_assert_uint_eq(tensor->rank, PARTS[i].rank);
        ck_assert_mem_eq(tensor->shape, PARTS[i].shape, PARTS[i].rank * sizeof *tensor->shape);
        for (size_t j = 0; j < tl_tensor_value_count(tensor); j++)
            ck_assert(tensor->values[j] == next++);
    }
}

START_TEST(tensors_go_by_the_names_of_the_table)
{
    tl_backbone *backbone = create_backbone();
    tl_tensors *tensors = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_weights_to_tensors(&tensors, backbone, &err), TL_OK);
    check_parts(tensors);
    tl_tensors_free(tensors);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    const char *path = tl_test_path(tl_test_make_folder(), "w.h5");
    tl_backbone *backbone = create_backbone();
    tl_tensors *tensors = NULL, *again = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_weights_to_tensors(&tensors, backbone, &err), TL_OK);
    ck_assert_int_eq(tl_keras_h5_write(tensors, path, &err), TL_OK);
    ck_assert_int_eq(tl_keras_h5_read(&again, path, &err), TL_OK);
    check_parts(again);
    tl_tensors_free(tensors);
    tl_tensors_free(again);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(vgg16_converts_to_itself)
{
    const char *weights = tl_test_weights_path(), *path = tl_test_path(tl_test_make_folder(), "w.h5");
    char first[TL_DIGEST_HEX_BYTES], second[TL_DIGEST_HEX_BYTES];
    struct tl_error err;

    if (!weights)
        return;
    ck_assert_msg(tl_weights_convert(first, "vgg16", weights, path, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_weights_convert(second, "vgg16", path, tl_test_path(tl_test_make_folder(), "again.h5"), &err) == TL_OK, "%s",
                  err.message);
    ck_assert_str_eq(first, second);
}
END_TEST

static const struct refusal {
    const char *network, *content; /* of the file; NULL for none */
    enum tl_status status;
    const char *words;
} REFUSALS[] = {
    {"vgg61", "x", TL_NOT_FOUND, "vgg61"},
    {"vgg16", NULL, TL_NOT_FOUND, "in.h5"},
    {"vgg16", "", TL_BAD_INPUT, "empty"},
    {"vgg16", "just some text\n", TL_BAD_INPUT, "in.h5"},
    {"vgg16", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", TL_BAD_INPUT, "LFS"},
    {"vgg16", "\x89HDF\r\n\x1a\n", TL_BAD_INPUT, "in.h5"},
};

START_TEST(what_is_no_file_of_weights_is_refused_and_nothing_written)
{
    const struct refusal *refusal = &REFUSALS[_i];
    const char *folder = tl_test_make_folder(), *in = tl_test_path(folder, "in.h5"), *out = tl_test_path(folder, "out.h5");
    char digest[TL_DIGEST_HEX_BYTES];
    struct tl_error err;

    if (refusal->content)
        tl_test_write_file(in, refusal->content, strlen(refusal->content));
    ck_assert_int_eq(tl_weights_convert(digest, refusal->network, in, out, &err), refusal->status);
    ck_assert_msg(strstr(err.message, refusal->words) != NULL, "%s", err.message);
    ck_assert_int_ne(access(out, F_OK), 0);
}
END_TEST

START_TEST(weights_of_another_network_are_refused)
{
    const char *folder = tl_test_make_folder(), *in = tl_test_path(folder, "in.h5"), *out = tl_test_path(folder, "out.h5");
    char digest[TL_DIGEST_HEX_BYTES];
    tl_backbone *backbone = create_backbone();
    tl_tensors *tensors = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_weights_to_tensors(&tensors, backbone, &err), TL_OK);
    ck_assert_int_eq(tl_keras_h5_write(tensors, in, &err), TL_OK);
    ck_assert_int_eq(tl_weights_convert(digest, "vgg16", in, out, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "(3, 3, 2, 4)") && strstr(err.message, "(3, 3, 3, 64)"), "%s", err.message);
    ck_assert_int_ne(access(out, F_OK), 0);
    tl_tensors_free(tensors);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    tl_backbone *backbone = create_backbone();
    tl_tensors *tensors = NULL;
    size_t n = 0;

    while (!tensors) {
        struct tl_error err;

        (void)tl_memory_fail_at(++n);
        if (tl_weights_to_tensors(&tensors, backbone, &err) != TL_OK)
            ck_assert_int_eq(err.status, TL_NO_MEMORY);
        (void)tl_memory_fail_at(0);
    }
    ck_assert_uint_gt(n, 4);
    tl_tensors_free(tensors);
    tl_backbone_free(backbone);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("weights");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_set_timeout(core, 120);
    tcase_add_test(core, tensors_go_by_the_names_of_the_table);
    tcase_add_test(core, what_is_written_reads_back);
    tcase_add_test(core, vgg16_converts_to_itself);
    tcase_add_loop_test(faults, what_is_no_file_of_weights_is_refused_and_nothing_written, 0,
                        (int)(sizeof REFUSALS / sizeof REFUSALS[0]));
    tcase_add_test(faults, weights_of_another_network_are_refused);
    tcase_add_test(faults, every_failed_allocation_is_reported);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
