/* test_resample.c - Pillow's index, and each kernel against its formula. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/image/photo.h"
#include "common/image/resize.h"
#include "tests/support/suite.h"

enum { SIZE = TL_RECIPE_SIZE_PX };
static const double PI = 3.14159265358979323846;

static void start(void)
{
    struct tl_error err;

    ck_assert_int_eq(tl_photo_start(&err), TL_OK);
}

/* Reads width x height noise as `recipe` says; the noise is the caller's to free. */
static uint8_t *resize_noise(uint8_t *pixels, int width, int height, const struct tl_recipe *recipe, size_t fail_at,
                             enum tl_status *status)
{
    size_t count = (size_t)width * (size_t)height * 3;
    uint8_t *noise = tl_memory_alloc(count, 1);
    struct tl_decode decode;
    struct tl_random random;
    struct tl_error err;

    ck_assert_ptr_nonnull(noise);
    tl_random_init(&random, (uint64_t)width, "noise");
    for (size_t i = 0; i < count; i++)
        noise[i] = (uint8_t)tl_random_below(&random, 256);
    memset(&decode, 0, sizeof decode);
    decode.format = "noise";
    decode.end_seconds = (double)INFINITY;
    decode.image = vips_image_new_from_memory(noise, count, width, height, 3, VIPS_FORMAT_UCHAR);
    decode.width_px = (uint32_t)width;
    decode.height_px = (uint32_t)height;
    decode.shrink = 1;
    tl_memory_fail_at(fail_at);
    *status = tl_resize_read(pixels, NULL, &decode, recipe, &err);
    tl_memory_fail_at(0);
    tl_decode_close(&decode);
    return noise;
}

START_TEST(the_index_is_the_sum_of_steps_not_the_product)
{
    const struct tl_resample_axis axis = {.in_px = 640, .scaled_px = SIZE, .size_px = SIZE};
    uint32_t indices[SIZE], differing = 0;
    double step = 640.0 / SIZE, position = step * 0.5;

    tl_resample_index(indices, &axis);
    for (uint32_t i = 0; i < SIZE; i++, position += step) {
        ck_assert_uint_eq(indices[i], (uint32_t)position);
        differing += indices[i] != (uint32_t)((i + 0.5) * 640 / SIZE);
    }
    ck_assert_uint_gt(differing, 0);
}
END_TEST

START_TEST(the_index_never_leaves_the_photo)
{
    for (uint32_t in = 1; in < 3000; in++) {
        const struct tl_resample_axis axis = {.in_px = in, .scaled_px = SIZE, .size_px = SIZE};
        uint32_t indices[SIZE];

        tl_resample_index(indices, &axis);
        for (uint32_t i = 0; i < SIZE; i++)
            ck_assert(indices[i] < in && (i == 0 || indices[i] >= indices[i - 1]));
    }
}
END_TEST

START_TEST(a_crop_keeps_the_centre)
{
    struct tl_resample_axis x, y;
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    recipe.crop = true;
    ck_assert_int_eq(tl_resize_plan(&x, &y, 640, 480, &recipe, &err), TL_OK);
    ck_assert_uint_eq(y.scaled_px, 256);
    ck_assert_uint_eq(x.scaled_px, 341);
    ck_assert_uint_eq(y.offset_px, 16);
    ck_assert_uint_eq(x.offset_px, 58);
    ck_assert_int_eq(tl_resize_plan(&x, &y, 99, 1, &recipe, &err), TL_OK);
    ck_assert_int_eq(tl_resize_plan(&x, &y, 3, 300, &recipe, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "3 x 300 pixels are too thin a strip for a centre crop: one side is 100 or more times the other");
}
END_TEST

static double sinc(double x)
{
    return x == 0 ? 1 : sin(PI * x) / (PI * x);
}

/* The kernel's value at an input pixel's centre, `distance` from the output pixel's; `step` input pixels an output pixel. */
static double weigh(enum tl_resize kernel, double distance, double step)
{
    double x = fabs(distance) / fmax(step, 1);

    if (kernel == TL_RESIZE_BILINEAR)
        return x < 1 ? 1 - x : 0;
    if (kernel == TL_RESIZE_LANCZOS3)
        return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    return fmax(0, fmin(distance + 0.5, step / 2) - fmax(distance - 0.5, -step / 2));
}

/* The definition, one value: all pixels, weighed. */
static double sample_plainly(const uint8_t *noise, int width, int height, enum tl_resize kernel, double x, double y,
                             double step_x, double step_y, int c)
{
    double sum = 0, weight_sum = 0;

    for (int r = 0; r < height; r++) {
        double weight_y = weigh(kernel, r + 0.5 - y, step_y);
        for (int k = 0; k < width && weight_y != 0; k++) {
            double weight = weight_y * weigh(kernel, k + 0.5 - x, step_x);
            sum += weight * noise[(r * width + k) * 3 + c];
            weight_sum += weight;
        }
    }
    return fmin(255, fmax(0, sum / weight_sum));
}

static const struct {
    int width, height;
    bool crop;
} SHAPES[] = {
    {448, 448, false}, {500, 300, false}, {100, 90, false}, {259, 194, false}, {224, 224, false}, {1, 1, false},
    {1, 700, false},   {300, 2, false},   {500, 300, true}, {100, 90, true},   {30, 290, true},
};

START_TEST(each_kernel_equals_its_formula)
{
    uint8_t pixels[SIZE * SIZE * 3];
    int width = SHAPES[_i].width, height = SHAPES[_i].height;
    struct tl_resample_axis x, y;
    struct tl_recipe recipe;
    struct tl_error err;
    enum tl_status status;

    tl_recipe_init(&recipe);
    recipe.crop = SHAPES[_i].crop;
    for (int kernel = TL_RESIZE_BILINEAR; kernel <= TL_RESIZE_LANCZOS3; kernel++) {
        double step_x, step_y;
        uint8_t *noise;

        recipe.resize = (enum tl_resize)kernel;
        ck_assert_int_eq(tl_resize_plan(&x, &y, (uint32_t)width, (uint32_t)height, &recipe, &err), TL_OK);
        noise = resize_noise(pixels, width, height, &recipe, 0, &status);
        ck_assert_int_eq(status, TL_OK);
        step_x = (double)width / x.scaled_px;
        step_y = (double)height / y.scaled_px;
        for (int i = 0; i < SIZE; i += 13)
            for (int j = 0; j < SIZE; j += 11) {
                double expected = sample_plainly(noise, width, height, recipe.resize, ((double)x.offset_px + j + 0.5) * step_x,
                                                 ((double)y.offset_px + i + 0.5) * step_y, step_x, step_y, (i + j) % 3);
                double got = pixels[(i * SIZE + j) * 3 + (i + j) % 3];
                ck_assert_msg(fabs(got - expected) <= 0.5 + 1e-9, "%s of %d x %d at %d, %d: %g, not %g",
                              tl_recipe_resize_names[kernel], width, height, i, j, got, expected);
            }
        tl_memory_free(noise);
    }
}
END_TEST

START_TEST(a_photo_of_the_right_size_is_itself)
{
    uint8_t pixels[SIZE * SIZE * 3];
    struct tl_recipe recipe;
    enum tl_status status;
    uint8_t *noise;

    tl_recipe_init(&recipe);
    recipe.resize = (enum tl_resize)_i;
    noise = resize_noise(pixels, SIZE, SIZE, &recipe, 0, &status);
    ck_assert_int_eq(status, TL_OK);
    ck_assert_mem_eq(pixels, noise, sizeof pixels);
    tl_memory_free(noise);
}
END_TEST

START_TEST(each_failed_allocation_is_told)
{
    uint8_t pixels[SIZE * SIZE * 3];
    struct tl_recipe recipe;
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    tl_recipe_init(&recipe);
    recipe.resize = TL_RESIZE_LANCZOS3;
    for (n = 1; status != TL_OK; n++) {
        tl_memory_free(resize_noise(pixels, 40, 30, &recipe, n, &status));
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    }
    ck_assert_uint_eq(n, 5);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("resample");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, start, tl_photo_stop);
    tcase_add_checked_fixture(faults, start, tl_photo_stop);
    tcase_set_timeout(core, 120);
    tcase_add_test(core, the_index_is_the_sum_of_steps_not_the_product);
    tcase_add_test(core, the_index_never_leaves_the_photo);
    tcase_add_test(core, a_crop_keeps_the_centre);
    tcase_add_loop_test(core, each_kernel_equals_its_formula, 0, sizeof SHAPES / sizeof *SHAPES);
    tcase_add_loop_test(core, a_photo_of_the_right_size_is_itself, TL_RESIZE_NEAREST, TL_RESIZE_LANCZOS3 + 1);
    tcase_add_test(faults, each_failed_allocation_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
