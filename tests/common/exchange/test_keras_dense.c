/* test_keras_dense.c - heads in Keras's three formats: written, read back, and refused where they are something else. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/exchange/archive.h"
#include "common/exchange/keras_config.h"
#include "common/exchange/keras_dense.h"
#include "common/exchange/keras_model.h"
#include "tests/support/suite.h"

enum { INPUTS = 20, HIDDEN = 6, CLASSES = 3, FORMATS = 3 };

static const char *const NAMES[CLASSES] = {"a", "b \"c\"", "d\303\251"};
static const char *folder;

static void setup(void)
{
    folder = tl_test_make_folder();
}

static const char *name_file(int format)
{
    static const char *const names[FORMATS] = {"head.weights.h5", "head.keras", "head.h5"};

    return tl_test_path(folder, names[format]);
}

static void add_layer(tl_tensors *tensors, const char *layer, size_t rows, size_t columns)
{
    const size_t shape[2] = {rows, columns};
    char name[64];
    float *values;

    snprintf(name, sizeof name, "%s/kernel:0", layer);
    ck_assert_int_eq(tl_tensors_add(tensors, &values, layer, name, 2, shape, NULL), TL_OK);
    for (size_t i = 0; i < rows * columns; i++)
        values[i] = (float)i / 7;
    snprintf(name, sizeof name, "%s/bias:0", layer);
    ck_assert_int_eq(tl_tensors_add(tensors, &values, layer, name, 1, &shape[1], NULL), TL_OK);
    for (size_t i = 0; i < columns; i++)
        values[i] = (float)i - 1;
}

static tl_tensors *make_layers(bool has_hidden)
{
    tl_tensors *tensors = NULL;

    ck_assert_int_eq(tl_tensors_create(&tensors, NULL), TL_OK);
    if (has_hidden)
        add_layer(tensors, "hidden", INPUTS, HIDDEN);
    add_layer(tensors, "head", has_hidden ? HIDDEN : INPUTS, CLASSES);
    return tensors;
}

static void write_format(int format, bool has_hidden)
{
    tl_tensors *layers = make_layers(has_hidden);

    ck_assert_int_eq(tl_keras_model_write(layers, NAMES, CLASSES, (enum tl_keras_format)format, name_file(format), NULL),
                     TL_OK);
    tl_tensors_free(layers);
}

static void check_equal(const tl_tensors *a, const tl_tensors *b)
{
    ck_assert_uint_eq(tl_tensors_count(a), tl_tensors_count(b));
    for (size_t i = 0; i < tl_tensors_count(a); i++) {
        const struct tl_tensor *x = tl_tensors_get(a, i), *y = tl_tensors_get(b, i);

        ck_assert_str_eq(x->layer, y->layer);
        ck_assert_uint_eq(x->shape[0], y->shape[0]);
        ck_assert_int_eq(memcmp(x->values, y->values, tl_tensor_value_count(x) * sizeof(float)), 0);
    }
}

START_TEST(what_is_written_reads_back_with_its_classes)
{
    const bool has_hidden = _i >= FORMATS;
    tl_tensors *layers = make_layers(has_hidden);
    struct tl_keras_dense dense;
    struct tl_error err;

    write_format(_i % FORMATS, has_hidden);
    ck_assert_msg(tl_keras_dense_read(&dense, name_file(_i % FORMATS), &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(dense.layer_count, has_hidden ? 2 : 1);
    check_equal(dense.layers, layers);
    ck_assert_uint_eq(dense.class_count, CLASSES);
    for (size_t l = 0; l < CLASSES; l++)
        ck_assert_str_eq(dense.class_names[l], NAMES[l]);
    tl_keras_dense_clear(&dense);
    tl_tensors_free(layers);
}
END_TEST

START_TEST(equal_heads_make_equal_bytes)
{
    uint8_t *first, *second;
    size_t first_bytes, second_bytes;

    write_format(_i, true);
    ck_assert_int_eq(tl_system_read_file(&first, &first_bytes, name_file(_i), 1 << 20, NULL), TL_OK);
    write_format(_i, true);
    ck_assert_int_eq(tl_system_read_file(&second, &second_bytes, name_file(_i), 1 << 20, NULL), TL_OK);
    ck_assert_uint_eq(first_bytes, second_bytes);
    ck_assert_int_eq(memcmp(first, second, first_bytes), 0);
    tl_memory_free(first);
    tl_memory_free(second);
}
END_TEST

START_TEST(a_config_of_dense_layers_is_taken)
{
    static const struct {
        size_t dense_count;
        const char *json;
    } taken[] = {
        {1, "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Dense\", \"config\": {\"activation\": "
            "\"softmax\"}}]}"},
        {1, "{\"class_name\": \"Functional\", \"config\": {\"layers\": [{\"class_name\": \"InputLayer\"}, {\"class_name\": "
            "\"Flatten\"},"
            "{\"class_name\": \"Dense\", \"config\": {\"activation\": \"linear\"}}]}}"},
        {1, "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"GlobalAveragePooling2D\"},"
            "{\"class_name\": \"Dense\", \"config\": {\"activation\": null}}, {\"class_name\": \"Softmax\"}]}}"},
        {2,
         "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
         "{\"class_name\": \"Dense\", \"config\": {\"activation\": {\"class_name\": \"function\", \"config\": \"relu\"}}},"
         "{\"class_name\": \"Dropout\", \"config\": {\"rate\": 0.5}},"
         "{\"class_name\": \"Dense\", \"config\": {}}, {\"class_name\": \"Activation\", \"config\": {\"activation\": "
         "\"softmax\"}}]}}"},
    };
    struct tl_error err;

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        ck_assert_msg(tl_keras_config_check(taken[i].json, taken[i].dense_count, &err) == TL_OK, "%zu: %s", i, err.message);
}
END_TEST

/* ---- Faults ---- */

START_TEST(other_configs_are_refused_by_name)
{
    static const struct {
        const char *json, *message;
    } refused[] = {
        {"[", "no JSON"},
        {"{\"class_name\": \"Cake\", \"config\": {\"layers\": []}}", "found 'Cake'"},
        {"[7]", "found ''"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"Conv2D\"}]}}", "'Conv2D'"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": []}}",
         "describes 0 Dense layers and has the weights of 1"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"Dense\", \"config\": "
         "{\"activation\": "
         "\"sigmoid\"}}]}}",
         "Dense layer 1 of 1 has the activation 'sigmoid'"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"Dense\", \"config\": "
         "{\"activation\": "
         "\"softmax\"}}, {\"class_name\": \"Softmax\"}]}}",
         "follows the softmax"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"Dense\", \"config\": {}}, "
         "{\"class_name\": "
         "\"Dense\", \"config\": {}}]}}",
         "more Dense layers"},
    };
    struct tl_error err;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_int_eq(tl_keras_config_check(refused[i].json, 1, &err), TL_BAD_INPUT);
        ck_assert_msg(strstr(err.message, refused[i].message) != NULL, "%zu: %s", i, err.message);
    }
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
static const bool is_watched = true;
#else
static const bool is_watched = false;
#endif

/* No damage may do more than be refused or change a value. */
START_TEST(damaged_files_are_read_or_refused)
{
    enum { TRIALS = 300 };
    const char *path = name_file(_i);
    struct tl_random random;
    uint8_t *bytes = NULL;
    size_t size_bytes, refused_count = 0;

    if (is_watched && _i != TL_KERAS_ARCHIVE) {
        puts("skipped: HDF5 1.10 itself reads beyond its buffers where attributes are damaged, and the sanitizer ends that");
        return;
    }
    write_format(_i, true);
    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, 1 << 20, NULL), TL_OK);
    tl_random_init(&random, 1, "damage");
    for (size_t trial = 0; trial < TRIALS; trial++) {
        struct tl_keras_dense dense;
        struct tl_error err;
        uint8_t *damaged = tl_memory_copy(bytes, size_bytes);
        size_t length_bytes = size_bytes;

        ck_assert_ptr_nonnull(damaged);
        if (trial % 10 == 0)
            length_bytes = (size_t)(tl_random_uniform(&random) * (double)size_bytes);
        for (size_t k = 0; k < 1 + trial % 8; k++)
            damaged[(size_t)(tl_random_uniform(&random) * (double)size_bytes)] ^=
                (uint8_t)(1 + tl_random_uniform(&random) * 255);
        tl_test_write_file(path, damaged, length_bytes);
        tl_memory_free(damaged);
        if (tl_keras_dense_read(&dense, path, &err) == TL_OK) {
            tl_keras_dense_clear(&dense);
            continue;
        }
        refused_count++;
        ck_assert_ptr_null(dense.layers);
        ck_assert_msg(strncmp(err.message, path, strlen(path)) == 0, "%s", err.message);
    }
    ck_assert_uint_gt(refused_count, TRIALS / 20);
    tl_memory_free(bytes);
}
END_TEST

START_TEST(an_archive_without_weights_is_refused)
{
    const struct tl_archive_entry entry = {"config.json", "{}", 2};
    const char *path = name_file(TL_KERAS_ARCHIVE);
    struct tl_keras_dense dense;
    struct tl_error err;

    ck_assert_int_eq(tl_archive_write(path, &entry, 1, NULL), TL_OK);
    ck_assert_int_eq(tl_keras_dense_read(&dense, path, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "expected 'model.weights.h5' in the archive, found none"));
    ck_assert_int_eq(err.status, TL_BAD_INPUT);
}
END_TEST

START_TEST(weights_of_a_network_are_refused)
{
    const size_t shape[4] = {3, 3, 3, 4}, bias_shape[1] = {4};
    tl_tensors *tensors = NULL;
    struct tl_keras_dense dense;
    struct tl_error err;

    ck_assert_int_eq(tl_tensors_create(&tensors, NULL), TL_OK);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "conv", "kernel", 4, shape, NULL), TL_OK);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "conv", "bias", 1, bias_shape, NULL), TL_OK);
    ck_assert_int_eq(tl_keras_model_write(tensors, NAMES, CLASSES, TL_KERAS_WEIGHTS, name_file(0), NULL), TL_OK);
    ck_assert_int_eq(tl_keras_dense_read(&dense, name_file(0), &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(
        strstr(err.message, "shapes (3, 3, 3, 4) and (4,), which are no kernel and bias of a Dense layer"));
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(classes_that_are_not_as_many_as_units_are_refused)
{
    tl_tensors *layers = make_layers(false);
    struct tl_keras_dense dense;
    struct tl_error err;

    ck_assert_int_eq(tl_keras_model_write(layers, NAMES, 2, TL_KERAS_LEGACY, name_file(2), NULL), TL_OK);
    ck_assert_int_eq(tl_keras_dense_read(&dense, name_file(2), &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "names 2 classes for 3 units"));
    ck_assert_int_eq(tl_keras_dense_read(&dense, "/nowhere/head.keras", &err), TL_NOT_FOUND);
    ck_assert_int_eq(tl_keras_model_write(layers, NAMES, CLASSES, TL_KERAS_ARCHIVE, "/nowhere/head.keras", &err), TL_IO);
    tl_tensors_free(layers);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    tl_tensors *layers = make_layers(true);
    struct tl_keras_dense dense;
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = tl_keras_model_write(layers, NAMES, CLASSES, (enum tl_keras_format)_i, name_file(_i), NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert((status == TL_OK) == (access(name_file(_i), F_OK) == 0));
    } while (status != TL_OK);
    n = 0;
    do {
        struct tl_error err;

        tl_memory_fail_at(++n);
        status = tl_keras_dense_read(&dense, name_file(_i), &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || (status == TL_NO_MEMORY && !dense.layers), "%zu: %s", n, err.message);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 10);
    tl_keras_dense_clear(&dense);
    tl_tensors_free(layers);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keras_dense");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, setup, NULL);
    tcase_add_checked_fixture(faults, setup, NULL);
    tcase_add_loop_test(core, what_is_written_reads_back_with_its_classes, 0, 2 * FORMATS);
    tcase_add_loop_test(core, equal_heads_make_equal_bytes, 0, FORMATS);
    tcase_add_test(core, a_config_of_dense_layers_is_taken);
    tcase_add_test(faults, other_configs_are_refused_by_name);
    tcase_add_loop_test(faults, damaged_files_are_read_or_refused, 0, FORMATS);
    tcase_add_test(faults, an_archive_without_weights_is_refused);
    tcase_add_test(faults, weights_of_a_network_are_refused);
    tcase_add_test(faults, classes_that_are_not_as_many_as_units_are_refused);
    tcase_add_loop_test(faults, every_allocation_may_fail, 0, FORMATS);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
