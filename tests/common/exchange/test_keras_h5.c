/* test_keras_h5.c - every layout of Keras's HDF5 weights is read in order. */
#include <string.h>

#include "common/exchange/keras_h5.h"
#include "tests/common/exchange/h5_fixture.h"
#include "tests/support/suite.h"

struct expected {
    const char *layer, *name;
    float first;
};

/* Two layers with weights and, between them, one without: the same under every layout. */
static void write_layers(hid_t top, enum fixture_form form, bool is_empty_double, const struct expected expected[4])
{
    const char *layers[3] = {expected[0].layer, "pool", expected[2].layer};
    hid_t pool;

    fixture_strings(top, "layer_names", form, layers, 3);
    fixture_layer(top, expected[0].layer, form, expected[0].name, expected[1].name, expected[0].first);
    fixture_layer(top, expected[2].layer, form, expected[2].name, expected[3].name, expected[2].first);
    pool = fixture_group(top, "pool");
    if (is_empty_double)
        fixture_empty_doubles(pool, "weight_names");
    else
        fixture_strings(pool, "weight_names", form, NULL, 0);
    H5Gclose(pool);
}

static const struct layout {
    const char *title;
    enum fixture_form form;
    bool is_empty_double, is_whole_model;
    struct expected expected[4];
} layouts[] = {
    {"the official files of Keras 1",
     FIXTURE_FIXED,
     false,
     false,
     {{"block1_conv1", "block1_conv1_W_1:0", 1},
      {"block1_conv1", "block1_conv1_b_1:0", 101},
      {"block1_conv2", "block1_conv2_W_1:0", 7},
      {"block1_conv2", "block1_conv2_b_1:0", 107}}},
    {"Keras 2",
     FIXTURE_FIXED,
     false,
     false,
     {{"block1_conv1", "block1_conv1/kernel:0", 1},
      {"block1_conv1", "block1_conv1/bias:0", 101},
      {"block1_conv2", "block1_conv2/kernel:0", 7},
      {"block1_conv2", "block1_conv2/bias:0", 107}}},
    {"Keras 2, a whole model",
     FIXTURE_FIXED,
     false,
     true,
     {{"block1_conv1", "block1_conv1/kernel:0", 1},
      {"block1_conv1", "block1_conv1/bias:0", 101},
      {"block1_conv2", "block1_conv2/kernel:0", 7},
      {"block1_conv2", "block1_conv2/bias:0", 107}}},
    {"Keras 3",
     FIXTURE_VARIABLE,
     true,
     false,
     {{"block1_conv1", "vgg16/block1_conv1/kernel", 1},
      {"block1_conv1", "vgg16/block1_conv1/bias", 101},
      {"block1_conv2", "vgg16/block1_conv2/kernel", 7},
      {"block1_conv2", "vgg16/block1_conv2/bias", 107}}},
    {"Keras 3, a whole model",
     FIXTURE_VARIABLE,
     true,
     true,
     {{"block1_conv1", "block1_conv1/kernel", 1},
      {"block1_conv1", "block1_conv1/bias", 101},
      {"block1_conv2", "block1_conv2/kernel", 7},
      {"block1_conv2", "block1_conv2/bias", 107}}},
    {"strings padded with blanks",
     FIXTURE_SPACE_PADDED,
     false,
     false,
     {{"a", "a/kernel:0", 1}, {"a", "a/bias:0", 101}, {"longer", "longer/kernel:0", 7}, {"longer", "longer/bias:0", 107}}},
};

static void check_values(const struct tl_tensor *tensor, float first)
{
    for (size_t i = 0; i < tl_tensor_value_count(tensor); i++)
        ck_assert_msg(tensor->values[i] == first + (float)i, "value %zu of '%s'", i, tensor->name);
}

static tl_tensors *read_file(const char *path)
{
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_keras_h5_read(&tensors, path, &err);

    ck_assert_msg(status == TL_OK, "%s", err.message);
    ck_assert_ptr_nonnull(tensors);
    return tensors;
}

START_TEST(each_layout_is_read_in_the_order_of_its_lists)
{
    const struct layout *layout = &layouts[_i];
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "weights.h5");
    hid_t file = fixture_open(path), top = layout->is_whole_model ? fixture_group(file, "model_weights") : file;
    tl_tensors *tensors;

    write_layers(top, layout->form, layout->is_empty_double, layout->expected);
    if (top != file) {
        H5Gclose(top);
        H5Gclose(fixture_group(file, "optimizer_weights"));
    }
    H5Fclose(file);

    tensors = read_file(path);
    ck_assert_msg(tl_tensors_count(tensors) == 4, "%s: %zu tensors", layout->title, tl_tensors_count(tensors));
    for (size_t i = 0; i < 4; i++) {
        const struct tl_tensor *tensor = tl_tensors_get(tensors, i);
        ck_assert_str_eq(tensor->layer, layout->expected[i].layer);
        ck_assert_str_eq(tensor->name, layout->expected[i].name);
        ck_assert_uint_eq(tensor->rank, i % 2 == 0 ? 4 : 1);
        ck_assert_uint_eq(tensor->shape[0], i % 2 == 0 ? 1 : 3);
        check_values(tensor, layout->expected[i].first);
    }
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(lists_split_over_several_attributes_are_one_list)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "split.h5");
    const char *first[2] = {"z", "y"}, *second[1] = {"x"}, *weights[2] = {"k", "b"};
    const hsize_t extent[1] = {2};
    hid_t file = fixture_open(path), group = fixture_group(file, "x");
    tl_tensors *tensors;

    fixture_strings(file, "layer_names0", FIXTURE_FIXED, first, 2);
    fixture_strings(file, "layer_names1", FIXTURE_VARIABLE, second, 1);
    fixture_layer(file, "z", FIXTURE_FIXED, "z_k", "z_b", 1);
    fixture_layer(file, "y", FIXTURE_FIXED, "y_k", "y_b", 2);
    fixture_floats(group, "k", H5T_IEEE_F32LE, 1, extent, 5);
    fixture_floats(group, "b", H5T_IEEE_F32LE, 1, extent, 9);
    fixture_strings(group, "weight_names0", FIXTURE_FIXED, weights, 1);
    fixture_strings(group, "weight_names1", FIXTURE_FIXED, weights + 1, 1);
    H5Gclose(group);
    H5Fclose(file);

    tensors = read_file(path);
    ck_assert_uint_eq(tl_tensors_count(tensors), 6);
    ck_assert_str_eq(tl_tensors_get(tensors, 0)->layer, "z");
    ck_assert_str_eq(tl_tensors_get(tensors, 2)->layer, "y");
    ck_assert_str_eq(tl_tensors_get(tensors, 5)->layer, "x");
    check_values(tl_tensors_get(tensors, 5), 9);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_model_used_as_a_layer_gives_its_inner_layers)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "nested.h5");
    const char *layers[3] = {"vgg16", "flatten", "dense"};
    const char *inner[4] = {"block1_conv1/kernel:0", "block1_conv1/bias:0", "vgg16/block1_conv2/kernel:0",
                            "vgg16/block1_conv2/bias:0"};
    const hsize_t extent[1] = {2};
    hid_t file = fixture_open(path), top = fixture_group(file, "model_weights"), group = fixture_group(top, "vgg16");
    tl_tensors *tensors;

    fixture_strings(top, "layer_names", FIXTURE_FIXED, layers, 3);
    for (int i = 0; i < 4; i++)
        fixture_floats(group, inner[i], H5T_IEEE_F32LE, 1, extent, (float)i);
    fixture_strings(group, "weight_names", FIXTURE_FIXED, inner, 4);
    H5Gclose(group);
    group = fixture_group(top, "flatten");
    fixture_strings(group, "weight_names", FIXTURE_FIXED, NULL, 0);
    H5Gclose(group);
    /* The names of a layer's weights may lie in scopes that are not the layer's. */
    fixture_layer(top, "dense", FIXTURE_FIXED, "sequential/dense_1/kernel:0", "sequential/dense_1/bias:0", 50);
    H5Gclose(top);
    H5Fclose(file);

    tensors = read_file(path);
    ck_assert_uint_eq(tl_tensors_count(tensors), 6);
    ck_assert_str_eq(tl_tensors_get(tensors, 0)->layer, "block1_conv1");
    ck_assert_str_eq(tl_tensors_get(tensors, 1)->layer, "block1_conv1");
    ck_assert_str_eq(tl_tensors_get(tensors, 2)->layer, "block1_conv2");
    ck_assert_str_eq(tl_tensors_get(tensors, 2)->name, "vgg16/block1_conv2/kernel:0");
    ck_assert_str_eq(tl_tensors_get(tensors, 4)->layer, "dense");
    check_values(tl_tensors_get(tensors, 3), 3);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(other_float_types_and_packed_chunks_become_float32)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "types.h5");
    const char *layers[1] = {"l"}, *names[4] = {"big32", "little64", "big64", "packed"};
    const hsize_t extent[2] = {40, 50};
    float values[2000];
    hid_t file = fixture_open(path), group = fixture_group(file, "l"), creation = H5Pcreate(H5P_DATASET_CREATE), packed;
    tl_tensors *tensors;

    for (int i = 0; i < 2000; i++)
        values[i] = 3 + (float)i;
    fixture_strings(file, "layer_names", FIXTURE_FIXED, layers, 1);
    fixture_strings(group, "weight_names", FIXTURE_FIXED, names, 4);
    fixture_floats(group, "big32", H5T_IEEE_F32BE, 2, extent, 0);
    fixture_floats(group, "little64", H5T_IEEE_F64LE, 2, extent, 1);
    fixture_floats(group, "big64", H5T_IEEE_F64BE, 2, extent, 2);
    H5Pset_chunk(creation, 2, (const hsize_t[2]){10, 50});
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 9);
    H5Pset_fletcher32(creation);
    packed = fixture_dataset(group, "packed", H5T_IEEE_F32LE, 2, extent, creation);
    ck_assert(H5Dwrite(packed, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(packed);
    H5Pclose(creation);
    H5Gclose(group);
    H5Fclose(file);

    tensors = read_file(path);
    ck_assert_uint_eq(tl_tensors_count(tensors), 4);
    for (size_t i = 0; i < 4; i++)
        check_values(tl_tensors_get(tensors, i), (float)i);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(an_hdf5_file_of_another_kind_is_refused)
{
    const char *path = tl_test_shared_path("golden/keras_head.h5");
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;

    if (!path)
        return;
    ck_assert_int_eq(tl_keras_h5_read(&tensors, path, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "expected Keras weights, with an attribute 'layer_names'") != NULL, "%s", err.message);
}
END_TEST

START_TEST(the_real_weights_are_thirteen_convolutions)
{
    const char *path = tl_test_weights_path();
    const struct tl_tensor *tensor;
    tl_tensors *tensors;

    if (!path)
        return;
    tensors = read_file(path);
    ck_assert_uint_ge(tl_tensors_count(tensors), 26);
    tensor = tl_tensors_get(tensors, 0);
    ck_assert_str_eq(tensor->layer, "block1_conv1");
    ck_assert_mem_eq(tensor->shape, ((const size_t[4]){3, 3, 3, 64}), sizeof(size_t[4]));
    tensor = tl_tensors_get(tensors, 25);
    ck_assert_str_eq(tensor->layer, "block5_conv3");
    ck_assert_uint_eq(tensor->rank, 1);
    ck_assert_uint_eq(tensor->shape[0], 512);
    tl_tensors_free(tensors);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keras_h5");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, each_layout_is_read_in_the_order_of_its_lists, 0, sizeof layouts / sizeof layouts[0]);
    tcase_add_test(core, lists_split_over_several_attributes_are_one_list);
    tcase_add_test(core, a_model_used_as_a_layer_gives_its_inner_layers);
    tcase_add_test(core, other_float_types_and_packed_chunks_become_float32);
    tcase_add_test(core, an_hdf5_file_of_another_kind_is_refused);
    tcase_add_test(core, the_real_weights_are_thirteen_convolutions);
    suite_add_tcase(suite, core);
    return suite;
}
