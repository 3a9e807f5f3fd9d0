/* test_features_golden.c - features of real photos against Keras's own, from the very pixels Keras saw.
 *
 * Needs the golden files and VGG16's weights; skipped, aloud, without them.
 */
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/features/features.h"
#include "common/network/kernels.h"
#include "tests/support/suite.h"

enum { INPUT_COUNT = 224 * 224 * 3, VECTOR_COUNT = 25088, PHOTO_COUNT = 8, CASE_COUNT = 6, NAME_BYTES = 200 };

/* Relative L2 distance from Keras's features, and the largest difference of one number; fp32 summed in another order gives about
 * 1e-6 of the first. */
struct bounds {
    const char *arithmetic; /* NULL: the default */
    double features, number;
};

static const struct bounds EXACT = {NULL, 5e-6, 1e-3};
/* All arithmetics but the definition, which takes minutes. */
static const struct bounds BOUNDS[] = {
    {"f32-wino6-fma", 5e-6, 1e-3},     {"openblas-im2col", 5e-6, 1e-3}, {"openblas-wino6", 5e-6, 1e-3},
    {"f32-wino7-fma", 1.2e-5, 2.5e-3}, {"bf16x3-wino4", 6e-5, 1e-2},    {"i16-wino4", 1.2e-3, 0.3},
    {"bf16-wino4", 1.6e-2, 4.5},
};

enum { BOUNDS_COUNT = sizeof BOUNDS / sizeof *BOUNDS };

struct golden {
    hid_t features, augmented;
    const char *weights_path;
};

/* False, after saying why, when something is not there. */
static bool open_or_skip(struct golden *golden)
{
    const char *features_path = tl_test_shared_path("golden/keras_features.h5");
    const char *augmented_path = tl_test_shared_path("golden/keras_augmented.h5");

    golden->weights_path = tl_test_weights_path();
    if (features_path == NULL || augmented_path == NULL || golden->weights_path == NULL)
        return false;
    golden->features = H5Fopen(features_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    golden->augmented = H5Fopen(augmented_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert(golden->features >= 0 && golden->augmented >= 0);
    return true;
}

static void close_golden(struct golden *golden)
{
    H5Fclose(golden->features);
    H5Fclose(golden->augmented);
}

/* Name of group `index`, in alphabetical order. */
static void name_group(char name[NAME_BYTES], hid_t file, hsize_t index)
{
    const ssize_t length = H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, NAME_BYTES, H5P_DEFAULT);
    ck_assert(length > 0 && length < NAME_BYTES);
}

static void read_values(void *out, hid_t file, const char *group, const char *name, hid_t type, size_t count)
{
    char path[NAME_BYTES + 40];

    snprintf(path, sizeof path, "%s/%s", group, name);
    const hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    ck_assert_msg(dataset >= 0, "no data set %s", path);
    const hid_t space = H5Dget_space(dataset);
    ck_assert_int_eq(H5Sget_simple_extent_npoints(space), (hssize_t)count);
    ck_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
}

static double read_number(hid_t file, const char *group, const char *name)
{
    double value;
    const hid_t attribute = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);

    ck_assert_msg(attribute >= 0, "no attribute %s of %s", name, group);
    ck_assert(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

/* h5py writes a bool as an enum of FALSE and TRUE, one byte each. */
static bool read_flag(hid_t file, const char *group, const char *name)
{
    int8_t value;
    const hid_t attribute = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);

    ck_assert_msg(attribute >= 0, "no attribute %s of %s", name, group);
    const hid_t type = H5Aget_type(attribute);
    ck_assert_uint_eq(H5Tget_size(type), sizeof value);
    ck_assert(H5Aread(attribute, type, &value) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
    return value != 0;
}

static double measure_distance(const float *found, const float *expected)
{
    double difference = 0, size = 0;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        const double d = (double)found[i] - (double)expected[i];
        difference += d * d;
        size += (double)expected[i] * (double)expected[i];
    }
    return sqrt(difference / size);
}

static tl_features *create_features(const struct golden *golden, const char *arithmetic, enum tl_preprocess preprocess)
{
    struct tl_error err;
    struct tl_recipe recipe;
    tl_features *features;
    const struct tl_features_wish wish = {.arithmetic = arithmetic};

    tl_recipe_init(&recipe);
    recipe.preprocess = preprocess;
    ck_assert_msg(tl_features_create(&features, &recipe, "vgg16", golden->weights_path, &wish, &err) == TL_OK, "%s", err.message);
    return features;
}

/* What one vector takes: pixels in, Keras's features beside ours. */
struct buffers {
    uint8_t pixels[INPUT_COUNT];
    float input[INPUT_COUNT], expected[VECTOR_COUNT], found[VECTOR_COUNT];
};

static void check_vector(const tl_features *features, tl_features_session *session, struct buffers *b,
                         const struct tl_variant *variant, const struct bounds *bounds, const char *what)
{
    struct tl_error err;

    ck_assert_msg(tl_features_prepare(features, b->input, b->pixels, variant, &err) == TL_OK, "%s: %s", what, err.message);
    tl_features_run(session, b->found, b->input, 1);
    const double distance = measure_distance(b->found, b->expected);
    ck_assert_msg(distance <= bounds->features, "%s: %g from Keras's features, at most %g", what, distance, bounds->features);
    for (size_t i = 0; i < VECTOR_COUNT; i++)
        ck_assert_msg(fabs((double)b->found[i] - (double)b->expected[i]) <= bounds->number,
                      "%s: number %zu is %g, Keras's is %g", what, i, (double)b->found[i], (double)b->expected[i]);
    /* A comparison that passed anything would pass this too. */
    b->found[VECTOR_COUNT / 2] += (float)(1000 * bounds->number);
    ck_assert_msg(measure_distance(b->found, b->expected) > bounds->features, "%s: a planted fault passes", what);
}

static void check_plain_photos(const struct bounds *bounds, enum tl_preprocess preprocess, const char *data_set)
{
    struct golden golden;
    struct tl_error err;
    struct tl_variant plain;
    tl_features_session *session;

    if (!open_or_skip(&golden))
        return;
    struct buffers *b = tl_memory_alloc(1, sizeof *b);
    tl_features *features = create_features(&golden, bounds->arithmetic, preprocess);
    ck_assert_int_eq(tl_features_session_create(&session, features, 1, &err), TL_OK);
    tl_variant_init_plain(&plain);
    for (hsize_t n = 0; n < PHOTO_COUNT; n++) {
        char name[NAME_BYTES];
        name_group(name, golden.features, n);
        read_values(b->pixels, golden.features, name, "pixels", H5T_NATIVE_UCHAR, INPUT_COUNT);
        read_values(b->expected, golden.features, name, data_set, H5T_NATIVE_FLOAT, VECTOR_COUNT);
        check_vector(features, session, b, &plain, bounds, name);
    }
    tl_features_session_free(session);
    tl_features_free(features);
    tl_memory_free(b);
    close_golden(&golden);
}

START_TEST(features_of_plain_photos_are_kerass)
{
    static const char *const data_sets[] = {"features_caffe", "features_rescale"};
    static const enum tl_preprocess preprocesses[] = {TL_PREPROCESS_CAFFE, TL_PREPROCESS_RESCALE};

    check_plain_photos(&EXACT, preprocesses[_i], data_sets[_i]);
}
END_TEST

START_TEST(every_arithmetic_stays_near_kerass)
{
    if (tl_conv_kernel_find(BOUNDS[_i].arithmetic) == NULL)
        printf("skipped: %s, not run here\n", BOUNDS[_i].arithmetic);
    else
        check_plain_photos(&BOUNDS[_i], TL_PREPROCESS_CAFFE, "features_caffe");
}
END_TEST

static bool has_bound(const char *arithmetic)
{
    for (size_t i = 0; i < BOUNDS_COUNT; i++) {
        if (strcmp(BOUNDS[i].arithmetic, arithmetic) == 0)
            return true;
    }
    return false;
}

START_TEST(no_arithmetic_is_without_a_bound)
{
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        const char *arithmetic = tl_conv_kernels[i]->arithmetic;
        if (strcmp(arithmetic, tl_conv_reference.arithmetic) == 0)
            printf("skipped: %s takes minutes\n", arithmetic);
        else
            ck_assert_msg(has_bound(arithmetic), "nothing says how far %s may be from Keras's features", arithmetic);
    }
}
END_TEST

/* The photo "Train/cloudy/cloudy66.jpg" of a case is the group "Train__cloudy__cloudy66.jpg" of the plain file. */
static void name_plain_photo(char out[NAME_BYTES], hid_t file, const char *group)
{
    char *path = NULL;
    size_t length = 0;
    const hid_t attribute = H5Aopen_by_name(file, group, "path", H5P_DEFAULT, H5P_DEFAULT);

    ck_assert(attribute >= 0);
    const hid_t type = H5Aget_type(attribute);
    ck_assert(H5Tis_variable_str(type) > 0);
    ck_assert(H5Aread(attribute, type, &path) >= 0);
    for (const char *c = path; *c != '\0'; c++) {
        ck_assert_uint_lt(length + 3, NAME_BYTES);
        out[length++] = *c == '/' ? '_' : *c;
        if (*c == '/')
            out[length++] = '_';
    }
    out[length] = '\0';
    H5free_memory(path);
    H5Tclose(type);
    H5Aclose(attribute);
}

START_TEST(features_of_augmented_photos_are_kerass)
{
    struct golden golden;
    struct tl_error err;
    tl_features_session *session;

    if (!open_or_skip(&golden))
        return;
    struct buffers *b = tl_memory_alloc(1, sizeof *b);
    tl_features *features = create_features(&golden, NULL, TL_PREPROCESS_CAFFE);
    ck_assert_int_eq(tl_features_session_create(&session, features, 1, &err), TL_OK);
    for (hsize_t n = 0; n < CASE_COUNT; n++) {
        char name[NAME_BYTES], photo[NAME_BYTES];
        struct tl_variant variant;
        name_group(name, golden.augmented, n);
        name_plain_photo(photo, golden.augmented, name);
        tl_variant_init_plain(&variant);
        variant.index = 1;
        variant.shear_degrees = read_number(golden.augmented, name, "shear_degrees");
        variant.zoom_x = read_number(golden.augmented, name, "zx");
        variant.zoom_y = read_number(golden.augmented, name, "zy");
        variant.flip_horizontal = read_flag(golden.augmented, name, "flip_horizontal");
        variant.flip_vertical = read_flag(golden.augmented, name, "flip_vertical");
        read_values(b->pixels, golden.features, photo, "pixels", H5T_NATIVE_UCHAR, INPUT_COUNT);
        read_values(b->expected, golden.augmented, name, "features_caffe", H5T_NATIVE_FLOAT, VECTOR_COUNT);
        check_vector(features, session, b, &variant, &EXACT, name);
    }
    tl_features_session_free(session);
    tl_features_free(features);
    tl_memory_free(b);
    close_golden(&golden);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("features_golden");
    TCase *core = tcase_create("Core");

    tcase_set_timeout(core, 600);
    tcase_add_loop_test(core, features_of_plain_photos_are_kerass, 0, 2);
    tcase_add_loop_test(core, every_arithmetic_stays_near_kerass, 0, BOUNDS_COUNT);
    tcase_add_test(core, no_arithmetic_is_without_a_bound);
    tcase_add_test(core, features_of_augmented_photos_are_kerass);
    suite_add_tcase(suite, core);
    return suite;
}
