/* test_convolution.c - every convolution kernel of the registry against the definition, by its edges.
 *
 * The definition itself is held against sums worked out by hand. Comparisons are tried on planted faults, so that one
 * that cannot fail is seen. What only Winograd's kernels promise is in test_winograd.c.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/network/winograd.h"
#include "tests/common/network/conv_fixture.h"

/* How an output's error may grow: 4 eps sqrt(K) sqrt(sum (ab)^2), at most 0.28 of it measured. Winograd mixes the inputs of
 * a whole tile, so the tile's largest sums count, and its transforms round too, those of larger tiles more: at most 0.71 of it
 * measured. Kernels of bf16 round more coarsely: eps is their unit, and at most 0.35 of it measured (test_winograd_bf16.c holds
 * them more closely). */
static const double FACTOR = 4;

static double get_growth(size_t tile)
{
    return tile == 4 ? 1 : tile == 6 ? 8 : 12;
}

static bool has_transforms(const struct tl_conv_kernel *kernel, const struct tl_conv_shape *shape)
{
    return strstr(kernel->arithmetic, "wino") != NULL && is_for_winograd(shape);
}

/* The largest error of channel o in a tile, as a share of its bound; above 1 is a fault. */
static double find_tile_share(const struct tl_conv_kernel *kernel, const float *out, const struct problem *p, uint32_t tile,
                              size_t photo, uint32_t top, uint32_t left, uint32_t o)
{
    const struct tl_conv_shape *s = &p->shape;
    const double unit = has_transforms(kernel, s) ? get_unit(kernel) * get_growth(tile) : (double)FLT_EPSILON;
    double error = 0, squares = 0;
    size_t length = 0;

    for (uint32_t y = top; y < top + tile && y < s->height; y++) {
        for (uint32_t x = left; x < left + tile && x < s->width; x++) {
            const struct sums sums = sum_output(p, photo, y, x, o);
            const double expected = s->has_relu && sums.sum < 0 ? 0 : sums.sum;
            const double found = (double)out[((photo * s->height + y) * s->width + x) * s->output_channels + o];
            if (!(fabs(found - expected) <= error))
                error = fabs(found - expected);
            squares = fmax(squares, sums.squares);
            length = sums.length > length ? sums.length : length;
        }
    }
    return error / (FACTOR * unit * sqrt((double)length) * sqrt(squares));
}

static double find_worst_share(const struct tl_conv_kernel *kernel, const float *out, const struct problem *p)
{
    const struct tl_conv_shape *s = &p->shape;
    const uint32_t settled = settle(kernel, s).tile, tile = settled != 0 ? settled : 1;
    double worst = 0;

    for (size_t photo = 0; photo < p->photo_count; photo++) {
        for (uint32_t y = 0; y < s->height; y += tile) {
            for (uint32_t x = 0; x < s->width; x += tile) {
                for (uint32_t o = 0; o < s->output_channels; o++) {
                    const double share = find_tile_share(kernel, out, p, tile, photo, y, x, o);
                    if (!(share <= worst))
                        worst = share;
                }
            }
        }
    }
    return worst;
}

/* Edges of photos, registers and blocks: OpenBLAS's blocks here hold 392 pixels where K is 720, so there are one pixel
 * less, as many, one more and twice as many. */
static const struct tl_conv_shape shapes[] = {
    {1, 1, 1, 1, 1, false, false, TL_CONV_BATCHES, false, 0},    {1, 1, 1, 1, 3, true, false, TL_CONV_BATCHES, false, 0},
    {1, 1, 3, 5, 5, false, false, TL_CONV_BATCHES, false, 0},    {1, 7, 3, 4, 3, true, false, TL_CONV_BATCHES, false, 0},
    {9, 1, 3, 4, 3, false, false, TL_CONV_BATCHES, false, 0},    {1, 40, 2, 16, 5, true, false, TL_CONV_BATCHES, false, 0},
    {2, 2, 16, 16, 3, true, false, TL_CONV_BATCHES, false, 0},   {3, 3, 17, 15, 3, false, false, TL_CONV_BATCHES, false, 0},
    {4, 5, 15, 17, 3, true, false, TL_CONV_BATCHES, false, 0},   {5, 4, 1, 64, 3, true, false, TL_CONV_BATCHES, false, 0},
    {7, 7, 64, 31, 3, true, false, TL_CONV_BATCHES, false, 0},   {14, 14, 33, 33, 3, true, false, TL_CONV_BATCHES, false, 0},
    {13, 15, 8, 32, 1, false, false, TL_CONV_BATCHES, false, 0}, {6, 6, 5, 48, 7, true, false, TL_CONV_BATCHES, false, 0},
    {16, 16, 3, 64, 3, true, false, TL_CONV_BATCHES, false, 0},  {17, 23, 80, 8, 3, true, false, TL_CONV_BATCHES, false, 0},
    {14, 28, 80, 8, 3, true, false, TL_CONV_BATCHES, false, 0},  {3, 131, 80, 8, 3, false, false, TL_CONV_BATCHES, false, 0},
    {28, 28, 80, 8, 3, true, false, TL_CONV_BATCHES, false, 0},  {2, 2, 512, 3, 3, true, false, TL_CONV_BATCHES, false, 0},
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

/* ---- The definition, by hand ---- */

START_TEST(the_definition_gives_sums_worked_out_by_hand)
{
    /* A 2 x 3 photo of one channel; a kernel that counts up; one output channel. */
    static const struct tl_conv_shape shape = {2, 3, 1, 1, 3, false, false, TL_CONV_BATCHES, false, 0};
    static const float in[] = {1, 2, 3, 4, 5, 6}, weights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, bias[] = {0.5F};
    static const float expected[] = {94.5F, 154.5F, 106.5F, 58.5F, 91.5F, 58.5F};
    float out[6], scratch[2];
    const struct tl_conv_call call = {shape, 1, in, weights, bias, out, NULL, NULL, {1, 1, 0}};

    tl_conv_reference.run(&call, 0, scratch);
    for (size_t i = 0; i < 6; i++)
        ck_assert_msg(out[i] == expected[i], "output %zu is %g, not %g", i, (double)out[i], (double)expected[i]);
}
END_TEST

START_TEST(the_definition_mixes_channels_and_cuts_at_zero)
{
    /* One pixel, two channels in and two out: (1, -2) by columns (3, 5) and (4, 6), bias (1, -1). */
    static const struct tl_conv_shape shape = {1, 1, 2, 2, 1, false, false, TL_CONV_BATCHES, false, 0};
    static const struct tl_conv_shape with_relu = {1, 1, 2, 2, 1, true, false, TL_CONV_BATCHES, false, 0};
    static const float in[] = {1, -2}, weights[] = {3, 4, 5, 6}, bias[] = {1, 9};
    float out[2], scratch[4];

    struct tl_conv_call call = {shape, 1, in, weights, bias, out, NULL, NULL, {1, 1, 0}};
    tl_conv_reference.run(&call, 0, scratch);
    ck_assert(out[0] == -6.0F && out[1] == 1.0F);
    call.shape = with_relu;
    tl_conv_reference.run(&call, 0, scratch);
    ck_assert(out[0] == 0.0F && out[1] == 1.0F);
}
END_TEST

/* ---- Every kernel ---- */

START_TEST(integers_give_the_bits_of_the_definition)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (has_transforms(kernel, &shapes[i]))
            continue; /* its transforms divide */
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, true, i + 1);
        ck_assert_uint_lt(4 * ((size_t)p.shape.kernel * p.shape.kernel * p.shape.input_channels + 1), 1U << 24);
        const size_t count = p.photo_count * count_out(&p.shape);
        float *out = run(kernel, &p), *expected = run(&tl_conv_reference, &p);
        const size_t at = find_difference(out, expected, count);
        ck_assert_msg(at == count, "%s: output %zu is %g, not %g", describe(kernel, &p), at, (double)out[at],
                      (double)expected[at]);
        /* A fault planted in the last output must be seen. */
        out[count - 1] = nextafterf(out[count - 1], INFINITY);
        ck_assert_uint_eq(find_difference(out, expected, count), count - 1);
        free_buffer(out);
        free_buffer(expected);
        free_problem(&p);
    }
}
END_TEST

START_TEST(random_floats_stay_within_the_bound)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, false, i + 100);
        float *out = run(kernel, &p);
        const double share = find_worst_share(kernel, out, &p);
        ck_assert_msg(share <= 1, "%s: %g times the bound", describe(kernel, &p), share);
        free_buffer(out);
        free_problem(&p);
    }
}
END_TEST

/* A kernel that forgets one product, the middle tap of the first channel, must be reported for every shape. */
START_TEST(a_dropped_product_is_reported)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (has_transforms(kernel, &shapes[i]) && !is_exact(kernel))
            continue; /* one product is less than the rounding of many */
        struct problem p = make_problem(&shapes[i], 1, false, i + 200);
        p.shape.has_relu = false; /* it would hide the fault where the output is zero */
        float *const weight =
            &p.weights[(size_t)(p.shape.kernel * p.shape.kernel / 2) * p.shape.input_channels * p.shape.output_channels];
        const float kept = *weight;
        *weight = 0;
        float *out = run(kernel, &p);
        *weight = kept;
        ck_assert_msg(find_worst_share(kernel, out, &p) > 1, "%s: a dropped product passes", describe(kernel, &p));
        free_buffer(out);
        free_problem(&p);
    }
}
END_TEST

START_TEST(a_photo_among_others_has_the_bits_of_the_photo_alone)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], PHOTO_COUNT_MAX, false, i + 300);
        float *together = run(kernel, &p);
        for (size_t n = 0; n < PHOTO_COUNT_MAX; n++) {
            struct problem one = p;
            one.photo_count = 1;
            one.in = p.in + n * count_in(&p.shape);
            float *alone = run(kernel, &one);
            const size_t at = find_difference(alone, together + n * count_out(&p.shape), count_out(&p.shape));
            ck_assert_msg(at == count_out(&p.shape), "%s: output %zu of photo %zu differs alone", describe(kernel, &p), at, n);
            free_buffer(alone);
        }
        free_buffer(together);
        free_problem(&p);
    }
}
END_TEST

START_TEST(nan_reaches_the_outputs_that_see_it_and_no_others)
{
    static const struct tl_conv_shape shape = {9, 10, 3, 20, 3, true, false, TL_CONV_BATCHES, false, 0};
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];
    const uint32_t nan_y = 4, nan_x = 5;

    if (!kernel->is_supported())
        return;
    struct problem p = make_problem(&shape, 1, false, 400);
    p.in[((size_t)nan_y * shape.width + nan_x) * shape.input_channels + 1] = NAN;
    float *out = run(kernel, &p);
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++) {
            const bool sees = abs((int)y - (int)nan_y) <= 1 && abs((int)x - (int)nan_x) <= 1;
            for (uint32_t o = 0; o < shape.output_channels; o++)
                ck_assert_msg(isnan(out[((size_t)y * shape.width + x) * shape.output_channels + o]) == sees,
                              "%s: output %u of (%u, %u)", describe(kernel, &p), o, y, x);
        }
    }
    free_buffer(out);
    free_problem(&p);
}
END_TEST

/* The comparisons above are worth what these are. */
START_TEST(a_word_written_outside_a_buffer_is_seen)
{
    float *buffer = make_buffer(10);

    ck_assert(are_guards_whole(buffer, 10));
    buffer[10] = 0;
    ck_assert(!are_guards_whole(buffer, 10));
    memcpy(buffer + 10, &GUARD_BITS, sizeof *buffer);
    buffer[-1] = 0;
    ck_assert(!are_guards_whole(buffer, 10));
    free_buffer(buffer);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("convolution");
    TCase *definition = tcase_create("Definition"), *each = tcase_create("Every kernel");
    const int kernel_count = (int)tl_conv_kernel_count;

    tcase_add_test(definition, the_definition_gives_sums_worked_out_by_hand);
    tcase_add_test(definition, the_definition_mixes_channels_and_cuts_at_zero);
    tcase_set_timeout(each, 120);
    tcase_add_loop_test(each, integers_give_the_bits_of_the_definition, 0, kernel_count);
    tcase_add_loop_test(each, random_floats_stay_within_the_bound, 0, kernel_count);
    tcase_add_loop_test(each, a_dropped_product_is_reported, 0, kernel_count);
    tcase_add_loop_test(each, a_photo_among_others_has_the_bits_of_the_photo_alone, 0, kernel_count);
    tcase_add_loop_test(each, nan_reaches_the_outputs_that_see_it_and_no_others, 0, kernel_count);
    tcase_add_test(each, a_word_written_outside_a_buffer_is_seen);
    suite_add_tcase(suite, definition);
    suite_add_tcase(suite, each);
    return suite;
}
