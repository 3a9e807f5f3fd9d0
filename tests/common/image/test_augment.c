/* test_augment.c - augmented pixels against a plain loop in double, and against Keras's. */
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/digest.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/image/augment.h"
#include "common/image/photo.h"
#include "tests/support/suite.h"

enum { SIZE = TL_RECIPE_SIZE_PX, VALUES = SIZE * SIZE * 3 };

static void start(void)
{
    struct tl_error err;

    ck_assert_int_eq(tl_photo_start(&err), TL_OK);
}

static double clamp(double value, double most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* The definition: keras-semantics section 1, newest column; then the flips. */
static void apply_plainly(float *out, const uint8_t *pixels, int n, const struct tl_variant *v)
{
    double o = n / 2.0 - 0.5, s = v->shear_degrees * acos(-1) / 180;

    for (int r = 0; r < n; r++)
        for (int c = 0; c < n; c++) {
            double y = clamp(v->zoom_y * cos(s) * (r - o) + o + v->shift_y_px, n - 1);
            double x = clamp(v->zoom_x * (c - o) - v->zoom_y * sin(s) * (r - o) + o + v->shift_x_px, n - 1);
            int y0 = (int)y, x0 = (int)x, y1 = y0 + 1 < n ? y0 + 1 : y0, x1 = x0 + 1 < n ? x0 + 1 : x0;
            double fy = y - y0, fx = x - x0;
            int to = ((v->flip_vertical ? n - 1 - r : r) * n + (v->flip_horizontal ? n - 1 - c : c)) * 3;

            for (int k = 0; k < 3; k++)
                out[to + k] = (float)(pixels[(y0 * n + x0) * 3 + k] * (1 - fy) * (1 - fx) +
                                      pixels[(y0 * n + x1) * 3 + k] * (1 - fy) * fx +
                                      pixels[(y1 * n + x0) * 3 + k] * fy * (1 - fx) + pixels[(y1 * n + x1) * 3 + k] * fy * fx);
        }
}

static double find_difference(const float *a, const float *b, size_t count)
{
    double most = 0;

    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)a[i] - (double)b[i]);
        if (!(difference <= most)) /* NaN too */
            most = difference;
    }
    return most;
}

static uint8_t *make_noise(uint64_t seed, size_t count)
{
    struct tl_random random;
    uint8_t *pixels = tl_memory_alloc(count, 1);

    ck_assert_ptr_nonnull(pixels);
    tl_random_init(&random, seed, "test");
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)tl_random_below(&random, 256);
    return pixels;
}

static const struct tl_variant VARIANTS[] = {
    {.index = 1, .zoom_x = 1, .zoom_y = 1},
    {.index = 1, .zoom_x = 1, .zoom_y = 1, .flip_horizontal = true},
    {.index = 1, .zoom_x = 1, .zoom_y = 1, .flip_horizontal = true, .flip_vertical = true},
    {.index = 1, .zoom_x = 0.8, .zoom_y = 0.8, .shift_x_px = 11.3, .shift_y_px = -20.25},
    {.index = 1, .zoom_x = 0.8, .zoom_y = 0.8, .shift_x_px = 22.3, .shift_y_px = 22.3, .flip_horizontal = true},
    {.index = 1, .zoom_x = 1.05, .zoom_y = 1.05, .flip_vertical = true},
    {.index = 1, .shear_degrees = 15, .zoom_x = 0.3, .zoom_y = 1.7},
    {.index = 1, .shear_degrees = -45, .zoom_x = 1, .zoom_y = 1, .shift_x_px = 0.5},
    {.index = 1, .zoom_x = 1, .zoom_y = 1, .shift_x_px = 1, .shift_y_px = -1},
    {.index = 1, .zoom_x = 1, .zoom_y = 1, .shift_x_px = 1e9, .shift_y_px = -1e9},
    {.index = 1, .zoom_x = 1e-9, .zoom_y = 1e9},
};
static const int SIZES[] = {224, 1, 2, 7, 16, 33};

START_TEST(every_size_equals_the_plain_loop)
{
    const struct tl_variant *variant = &VARIANTS[_i];

    for (size_t k = 0; k < sizeof SIZES / sizeof *SIZES; k++) {
        int n = SIZES[k];
        size_t count = (size_t)(n * n * 3);
        uint8_t *pixels = make_noise((uint64_t)_i, count);
        float *got = tl_memory_alloc(count, sizeof *got), *expected = tl_memory_alloc(count, sizeof *expected);
        struct tl_error err;

        apply_plainly(expected, pixels, n, variant);
        ck_assert_msg(tl_augment_apply(got, pixels, (uint32_t)n, variant, &err) == TL_OK, "%s", err.message);
        ck_assert_msg(find_difference(got, expected, count) <= 2e-5, "size %d: off by %g", n,
                      find_difference(got, expected, count));
        if (n > 1) { /* the comparison can fail */
            expected[count / 2] += 0.001f;
            ck_assert(find_difference(got, expected, count) > 5e-4);
        }
        tl_memory_free(pixels);
        tl_memory_free(got);
        tl_memory_free(expected);
    }
}
END_TEST

/* Features are compared by their bits, so pixels have to be the same on every CPU. The digest is also what libvips 8.14
 * (vips_mapim) gives. With shear they hang on the system's sine. */
START_TEST(variants_without_shear_have_these_very_bits)
{
    uint8_t *pixels = make_noise(1, VALUES), sha256[TL_DIGEST_BYTES];
    float *out = tl_memory_alloc(VALUES, sizeof *out);
    char hex[TL_DIGEST_HEX_BYTES];
    struct tl_digest digest;
    struct tl_error err;

    tl_digest_init(&digest);
    for (size_t i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++) {
        if (VARIANTS[i].shear_degrees < 0 || VARIANTS[i].shear_degrees > 0)
            continue;
        ck_assert_int_eq(tl_augment_apply(out, pixels, SIZE, &VARIANTS[i], &err), TL_OK);
        tl_digest_update_floats(&digest, out, VALUES);
    }
    tl_digest_finish(&digest, sha256);
    tl_digest_to_hex(hex, sha256);
    ck_assert_str_eq(hex, "21584d9daeedacc35e33f137d268577e6eb18f96d9fcfe81d81d9e616107e5c7");
    tl_memory_free(pixels);
    tl_memory_free(out);
}
END_TEST

START_TEST(the_plain_photo_and_its_flips_are_exact)
{
    uint8_t *pixels = make_noise(1, VALUES);
    float *out = tl_memory_alloc(VALUES, sizeof *out);
    struct tl_variant variant;
    struct tl_error err;

    tl_variant_init_plain(&variant);
    ck_assert_int_eq(tl_augment_apply(out, pixels, SIZE, &variant, &err), TL_OK);
    for (size_t i = 0; i < VALUES; i++)
        ck_assert(out[i] == pixels[i]);
    variant.flip_horizontal = true;
    ck_assert_int_eq(tl_augment_apply(out, pixels, SIZE, &variant, &err), TL_OK);
    for (size_t r = 0; r < SIZE; r++)
        for (size_t c = 0; c < SIZE; c++)
            ck_assert(out[(r * SIZE + c) * 3 + 1] == pixels[(r * SIZE + SIZE - 1 - c) * 3 + 1]);
    tl_memory_free(pixels);
    tl_memory_free(out);
}
END_TEST

START_TEST(caffe_makes_bgr_less_means_and_rescale_divides)
{
    float caffe[6] = {1, 2, 3, 255, 0, 128}, rescale[3] = {0, 255, 51};
    const float expected[6] = {3 - 103.939f, 2 - 116.779f, 1 - 123.68f, 128 - 103.939f, 0 - 116.779f, 255 - 123.68f};
    float square[12];

    memcpy(square, caffe, sizeof caffe);
    memcpy(square + 6, caffe, sizeof caffe);
    tl_augment_preprocess(square, 2, TL_PREPROCESS_CAFFE);
    for (int i = 0; i < 12; i++)
        ck_assert(square[i] == expected[i % 6]);
    tl_augment_preprocess(rescale, 1, TL_PREPROCESS_RESCALE);
    ck_assert(rescale[0] == 0 && rescale[1] == 1 && rescale[2] == 51.0f / 255);
}
END_TEST

static double read_number(hid_t group, const char *name)
{
    hid_t attribute = H5Aopen(group, name, H5P_DEFAULT);
    double value = 0;

    ck_assert(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

/* h5py keeps bools as an enumeration of int8. */
static bool read_flag(hid_t group, const char *name)
{
    hid_t attribute = H5Aopen(group, name, H5P_DEFAULT), type = H5Aget_type(attribute);
    signed char value = 0;

    ck_assert_uint_eq(H5Tget_size(type), 1);
    ck_assert(H5Aread(attribute, type, &value) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
    return value != 0;
}

static void read_path(char *out, size_t out_bytes, hid_t group)
{
    hid_t attribute = H5Aopen(group, "path", H5P_DEFAULT), type = H5Aget_type(attribute);
    char *text = NULL;

    ck_assert(H5Tis_variable_str(type) > 0);
    ck_assert(H5Aread(attribute, type, (void *)&text) >= 0);
    snprintf(out, out_bytes, "data/weather/%s", text);
    H5free_memory(text);
    H5Tclose(type);
    H5Aclose(attribute);
}

START_TEST(keras_augments_the_same)
{
    const char *golden = tl_test_shared_path("golden/keras_augmented.h5"), *photo_path;
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    float *expected = tl_memory_alloc(VALUES, sizeof *expected), *got = tl_memory_alloc(VALUES, sizeof *got);
    struct tl_variant variant;
    struct tl_recipe recipe;
    struct tl_error err;
    char name[16], path[512];
    hid_t file, group, dataset;

    if (!golden)
        goto done;
    tl_recipe_init(&recipe);
    file = H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    snprintf(name, sizeof name, "case%d", _i);
    group = H5Gopen2(file, name, H5P_DEFAULT);
    ck_assert(group >= 0);
    tl_variant_init_plain(&variant);
    variant.shear_degrees = read_number(group, "shear_degrees");
    variant.zoom_x = read_number(group, "zx");
    variant.zoom_y = read_number(group, "zy");
    variant.flip_horizontal = read_flag(group, "flip_horizontal");
    variant.flip_vertical = read_flag(group, "flip_vertical");
    read_path(path, sizeof path, group);
    dataset = H5Dopen2(group, "pixels", H5P_DEFAULT);
    ck_assert(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, expected) >= 0);
    H5Dclose(dataset);
    H5Gclose(group);
    H5Fclose(file);
    photo_path = tl_test_shared_path(path);
    if (!photo_path)
        goto done;
    ck_assert_int_eq(tl_photo_read(photo, photo_path, &recipe, &err), TL_OK);
    ck_assert_int_eq(tl_augment_apply(got, photo->pixels, SIZE, &variant, &err), TL_OK);
    ck_assert_msg(find_difference(got, expected, VALUES) <= 1e-4, "case %d is off by %g grey levels", _i,
                  find_difference(got, expected, VALUES));
    printf("case %d: at most %g grey levels from Keras\n", _i, find_difference(got, expected, VALUES));
done:
    tl_memory_free(photo);
    tl_memory_free(expected);
    tl_memory_free(got);
}
END_TEST

static const struct {
    struct tl_variant variant;
    const char *message;
} REFUSED[] = {
    {{.zoom_x = 0, .zoom_y = 1}, "not positive: 0 x 1"},
    {{.zoom_x = 1, .zoom_y = -1}, "not positive: 1 x -1"},
    {{.zoom_x = (double)NAN, .zoom_y = 1}, "not finite"},
    {{.zoom_x = 1, .zoom_y = (double)INFINITY}, "not finite"},
    {{.zoom_x = 1, .zoom_y = 1, .shear_degrees = (double)NAN}, "not finite"},
    {{.zoom_x = 1, .zoom_y = 1, .shift_x_px = (double)INFINITY}, "not finite"},
    {{.zoom_x = 1, .zoom_y = 1, .shift_y_px = -(double)INFINITY}, "not finite"},
};

START_TEST(impossible_parameters_are_refused)
{
    uint8_t pixels[12] = {0};
    float out[12] = {7};
    struct tl_error err;

    ck_assert_int_eq(tl_augment_apply(out, pixels, 2, &REFUSED[_i].variant, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, REFUSED[_i].message) != NULL, "%s", err.message);
    ck_assert(out[0] == 7);
}
END_TEST

START_TEST(each_failed_allocation_is_told)
{
    uint8_t pixels[12] = {0};
    float out[12];
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    for (n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 100);
        tl_memory_fail_at(n);
        status = tl_augment_apply(out, pixels, 2, &VARIANTS[3], &err);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    }
    tl_memory_fail_at(0);
    ck_assert_uint_gt(n, 2);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("augment");
    TCase *core = tcase_create("Core"), *golden = tcase_create("Golden"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(golden, start, tl_photo_stop);
    tcase_set_timeout(core, 60);
    tcase_set_timeout(golden, 60);
    tcase_add_loop_test(core, every_size_equals_the_plain_loop, 0, sizeof VARIANTS / sizeof *VARIANTS);
    tcase_add_test(core, variants_without_shear_have_these_very_bits);
    tcase_add_test(core, the_plain_photo_and_its_flips_are_exact);
    tcase_add_test(core, caffe_makes_bgr_less_means_and_rescale_divides);
    tcase_add_loop_test(golden, keras_augments_the_same, 0, 6);
    tcase_add_loop_test(faults, impossible_parameters_are_refused, 0, sizeof REFUSED / sizeof *REFUSED);
    tcase_add_test(faults, each_failed_allocation_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, golden);
    suite_add_tcase(suite, faults);
    return suite;
}
