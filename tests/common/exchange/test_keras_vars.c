/* test_keras_vars.c - Keras 3's .weights.h5: models first, then class by class in the order of numbers. */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/keras_h5.h"
#include "tests/common/exchange/h5_fixture.h"
#include "tests/support/suite.h"

/* A group of one layer with `count` variables of two values; the first is `first`. */
static void write_layer(hid_t layers, const char *group_name, const char *layer, unsigned count, float first)
{
    hid_t group = fixture_group(layers, group_name), vars = fixture_group(group, "vars");

    if (layer)
        fixture_strings(vars, "name", FIXTURE_VARIABLE, &layer, 1);
    for (unsigned i = 0; i < count; i++) {
        char number[16];
        snprintf(number, sizeof number, "%u", i);
        fixture_floats(vars, number, H5T_IEEE_F32LE, 1, (const hsize_t[1]){2}, first + 10 * (float)i);
    }
    H5Gclose(vars);
    H5Gclose(group);
}

/* Sequential[VGG16, Flatten, Dense], as h5py lists it: the head before the backbone, conv2d_10 before conv2d_2. */
static const char *write_file(const char *folder)
{
    const char *path = tl_test_path(folder, "m.weights.h5");
    hid_t file = fixture_open(path), layers = fixture_group(file, "layers"), model = fixture_group(layers, "functional"),
          inner = fixture_group(model, "layers");

    H5Gclose(fixture_group(file, "vars"));
    write_layer(layers, "dense", "head", 2, 1);
    write_layer(layers, "flatten", "flatten", 0, 0);
    write_layer(inner, "conv2d_10", "block5_conv1", 2, 4);
    write_layer(inner, "conv2d_2", NULL, 2, 3);
    write_layer(inner, "conv2d", "block1_conv1", 2, 2);
    write_layer(inner, "max_pooling2d", "pool", 0, 0);
    H5Gclose(fixture_group(model, "vars"));
    H5Gclose(inner);
    H5Gclose(model);
    H5Gclose(layers);
    H5Fclose(file);
    return path;
}

static const struct {
    const char *layer, *name;
    float first;
} expected[] = {
    {"block1_conv1", "layers/functional/layers/conv2d/vars/0", 2},
    {"block1_conv1", "layers/functional/layers/conv2d/vars/1", 12},
    {"conv2d_2", "layers/functional/layers/conv2d_2/vars/0", 3},
    {"conv2d_2", "layers/functional/layers/conv2d_2/vars/1", 13},
    {"block5_conv1", "layers/functional/layers/conv2d_10/vars/0", 4},
    {"block5_conv1", "layers/functional/layers/conv2d_10/vars/1", 14},
    {"head", "layers/dense/vars/0", 1},
    {"head", "layers/dense/vars/1", 11},
};

enum { EXPECTED_COUNT = sizeof expected / sizeof expected[0] };

static void check_tensors(const tl_tensors *tensors)
{
    ck_assert_uint_eq(tl_tensors_count(tensors), EXPECTED_COUNT);
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        const struct tl_tensor *tensor = tl_tensors_get(tensors, i);
        ck_assert_str_eq(tensor->layer, expected[i].layer);
        ck_assert_str_eq(tensor->name, expected[i].name);
        ck_assert(tensor->values[0] == expected[i].first && tensor->values[1] == expected[i].first + 1);
    }
}

START_TEST(layers_come_in_the_order_of_the_model)
{
    const char *folder = tl_test_make_folder(), *path = write_file(folder);
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;

    ck_assert_msg(tl_keras_h5_read(&tensors, path, &err) == TL_OK, "%s", err.message);
    check_tensors(tensors);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

static void check_refused(const char *path, const char *message)
{
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_keras_h5_read(&tensors, path, &err);

    ck_assert_int_eq(status, TL_BAD_INPUT);
    ck_assert_ptr_null(tensors);
    ck_assert_msg(strstr(err.message, message) != NULL, "'%s' should say '%s'", err.message, message);
}

START_TEST(groups_linked_in_a_circle_end)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.weights.h5");
    hid_t file = fixture_open(path), layers = fixture_group(file, "layers"), dense = fixture_group(layers, "dense");

    ck_assert(H5Lcreate_hard(file, "layers", dense, "layers", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    ck_assert(H5Lcreate_hard(layers, "dense", layers, "dense_1", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Gclose(dense);
    H5Gclose(layers);
    H5Fclose(file);
    check_refused(path, "more than 4096 layers, or models more than 8 deep in each other");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(links_and_strangers_are_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "m.weights.h5");
    hid_t file = fixture_open(path), layers = fixture_group(file, "layers");

    ck_assert(H5Lcreate_external("/etc/passwd", "/", layers, "dense", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Gclose(layers);
    H5Fclose(file);
    check_refused(path, "'dense' in 'dense' is an external link");

    file = fixture_open(path);
    layers = fixture_group(file, "layers");
    fixture_floats(layers, "dense", H5T_IEEE_F32LE, 1, (const hsize_t[1]){2}, 0);
    H5Gclose(layers);
    H5Fclose(file);
    check_refused(path, "expected a group at 'dense' in 'dense', found a dataset");

    file = fixture_open(path);
    layers = fixture_group(file, "layers");
    write_layer(layers, "flatten", "flatten", 0, 0);
    H5Gclose(layers);
    H5Fclose(file);
    check_refused(path, "expected weights, found 1 layers without any");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(every_failed_allocation_unwinds)
{
    const char *folder = tl_test_make_folder(), *path = write_file(folder);
    enum tl_status status = TL_NO_MEMORY;
    tl_tensors *tensors = NULL;
    struct tl_error err;
    size_t n;

    for (n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 1000);
        tl_memory_fail_at(n);
        status = tl_keras_h5_read(&tensors, path, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "allocation %zu: %s", n, err.message);
        ck_assert_int_eq(tensors != NULL, status == TL_OK);
    }
    ck_assert_uint_gt(n, 30);
    check_tensors(tensors);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keras_vars");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, layers_come_in_the_order_of_the_model);
    tcase_add_test(faults, groups_linked_in_a_circle_end);
    tcase_add_test(faults, links_and_strangers_are_refused);
    tcase_add_test(faults, every_failed_allocation_unwinds);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
