/* test_winograd_i16.c - the kernels of 16-bit integers: how rows are scaled, the bits of the plain twin, that no sum overflows, the
 * error against the definition. What every Winograd kernel promises is in test_winograd.c.
 */
#include <math.h>

#include "common/network/i16_product.h"
#include "tests/common/network/conv_fixture.h"

/* Edges of tiles (4), of rows of the micro-kernel (14), of blocks (32) and parts (128) of channels, of panels (32); several blocks
 * of tiles; pooling. */
static const struct tl_conv_shape shapes[] = {
    {1, 1, 8, 1, 3, true, false, TL_CONV_BATCHES, false, 0},      {2, 2, 32, 32, 3, true, false, TL_CONV_BATCHES, false, 0},
    {3, 5, 33, 31, 3, false, false, TL_CONV_BATCHES, false, 0},   {13, 14, 48, 65, 3, true, false, TL_CONV_BATCHES, false, 0},
    {20, 13, 31, 33, 3, true, false, TL_CONV_BATCHES, false, 0},  {64, 4, 16, 16, 3, false, false, TL_CONV_BATCHES, false, 0},
    {17, 60, 64, 20, 3, true, false, TL_CONV_BATCHES, false, 0},  {61, 47, 16, 20, 3, true, false, TL_CONV_BATCHES, false, 0},
    {4, 4, 512, 70, 3, true, false, TL_CONV_BATCHES, false, 0},   {9, 13, 16, 31, 3, false, true, TL_CONV_BATCHES, false, 0},
    {24, 20, 96, 64, 3, true, true, TL_CONV_BATCHES, false, 0},   {9, 30, 3, 64, 3, true, false, TL_CONV_BATCHES, false, 0},
    {6, 5, 9, 520, 3, true, false, TL_CONV_BATCHES, false, 0},    {8, 53, 128, 33, 3, true, false, TL_CONV_BATCHES, false, 0},
    {5, 9, 129, 40, 3, false, false, TL_CONV_BATCHES, false, 0},  {12, 52, 300, 32, 3, true, false, TL_CONV_BATCHES, false, 0},
    {40, 40, 257, 16, 3, true, true, TL_CONV_BATCHES, false, 0},
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

/* Relative L2 error against the definition: 1.3 times the largest measured. */
static const double ERROR_MAX = 8.5e-4;

static bool has_vnni(void)
{
#if defined(__x86_64__)
    if (tl_conv_winograd_vnni.is_supported())
        return true;
#endif
    printf("skipped: winograd-vnni, not run here\n");
    return false;
}

static float *run_vnni(const struct problem *p)
{
#if defined(__x86_64__)
    return run(&tl_conv_winograd_vnni, p);
#else
    return run(&tl_conv_i16_twin, p);
#endif
}

static void check_twin(const struct problem *p)
{
    const size_t count = p->photo_count * count_out(&p->shape);
    float *found = run_vnni(p), *expected = run(&tl_conv_i16_twin, p);
    const size_t at = find_difference(found, expected, count);

    ck_assert_msg(at == count, "%s: output %zu is %a, not %a", describe(&tl_conv_i16_twin, p), at, (double)found[at],
                  (double)expected[at]);
    free_buffer(found);
    free_buffer(expected);
}

/* Relative L2 distance of the twin, whose bits the kernel has, from the definition. */
static double find_error(const struct problem *p)
{
    const size_t count = p->photo_count * count_out(&p->shape);
    float *found = run(&tl_conv_i16_twin, p), *expected = run(&tl_conv_reference, p);
    double error = 0, size = 0;

    for (size_t i = 0; i < count; i++) {
        error += ((double)found[i] - (double)expected[i]) * ((double)found[i] - (double)expected[i]);
        size += (double)expected[i] * (double)expected[i];
    }
    free_buffer(found);
    free_buffer(expected);
    return sqrt(error / size);
}

/* ---- Rows ---- */

/* Scales and units of 36 rows, each of which begins with `first`, then `value`s. */
static void scale_rows(float scales[I16_UNITS], float units[I16_UNITS], float first, float value, size_t count)
{
    float rows[I16_POSITIONS * I16_PART], squares[I16_UNITS] = {0};

    for (size_t i = 0; i < I16_POSITIONS * count; i++)
        rows[i] = i % count == 0 ? first : value;
    keep_larger_squares(squares, rows, count, count);
    choose_scales(scales, units, squares);
}

START_TEST(rows_are_scaled_to_one_norm)
{
    static const struct {
        float first, value;
        size_t count;
        double norm;
    } cases[] = {
        {3, 0, 16, 3}, {2, 2, 16, 8}, {-3, 3, 64, 24}, {1e-9F, 0, 128, 1e-9}, {1e15F, -1e15F, 16, 4e15},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float scales[I16_UNITS], units[I16_UNITS];
        scale_rows(scales, units, cases[i].first, cases[i].value, cases[i].count);
        for (size_t p = 0; p < I16_POSITIONS; p++) {
            ck_assert_msg(fabs((double)scales[p] * cases[i].norm / 32700 - 1) < 1e-5, "case %zu: scale %g", i, (double)scales[p]);
            ck_assert_msg(fabs((double)units[p] * 32700 / cases[i].norm - 1) < 1e-5, "case %zu: unit %g", i, (double)units[p]);
        }
    }
}
END_TEST

START_TEST(a_row_of_nothing_is_zero_and_one_beyond_the_numbers_is_nan)
{
    float scales[I16_UNITS], units[I16_UNITS];

    scale_rows(scales, units, 0, 0, 16);
    ck_assert(scales[0] == 0 && units[0] == 0);
    scale_rows(scales, units, 1e-17F, 0, 16);
    ck_assert(scales[35] == 0 && units[35] == 0);
    scale_rows(scales, units, NAN, 1, 16);
    ck_assert(isnan(units[0]) && isnan(units[35]));
    scale_rows(scales, units, -INFINITY, 1, 16);
    ck_assert(isnan(units[0]) && isnan(units[35]));
    scale_rows(scales, units, 1e30F, 1, 16);
    ck_assert(isnan(units[0]) && isnan(units[35]));
}
END_TEST

START_TEST(the_part_with_the_largest_norm_counts_and_nan_in_any)
{
    float rows[I16_POSITIONS * 16] = {3}, small[I16_POSITIONS * 16] = {2}, nan[I16_POSITIONS * 16] = {NAN};
    float squares[I16_UNITS] = {0};

    keep_larger_squares(squares, small, 16, 16);
    keep_larger_squares(squares, rows, 16, 16);
    keep_larger_squares(squares, small, 16, 16);
    ck_assert(squares[0] == 9);
    keep_larger_squares(squares, nan, 16, 16);
    keep_larger_squares(squares, rows, 16, 16);
    ck_assert(isnan(squares[0]));
    ck_assert(squares[1] == 0);
}
END_TEST

START_TEST(rounding_is_to_the_nearest_and_ties_to_even)
{
    static const float values[I16_BLOCK] = {0.5F, 1.5F, -0.5F, -1.5F, 2.5F, 16350, -16350, 0.4F};
    static const int16_t halves[] = {0, 2, 0, -2, 2, 16350, -16350, 0}, doubled[] = {1, 3, -1, -3, 5, 32700, -32700, 1};
    int16_t found[I16_BLOCK];

    for (size_t i = 0; i < 8; i++) {
        round_block(found, values, 1, I16_BLOCK);
        ck_assert_int_eq(found[locate_channel(i)], halves[i]);
        round_block(found, values, 2, I16_BLOCK);
        ck_assert_int_eq(found[locate_channel(i)], doubled[i]);
    }
}
END_TEST

START_TEST(every_channel_of_a_block_has_a_place_of_its_own)
{
    uint32_t taken = 0;

    for (size_t c = 0; c < I16_BLOCK; c++)
        taken |= (uint32_t)1 << locate_channel(c);
    ck_assert_uint_eq(taken, UINT32_MAX);
    for (size_t c = 0; c < I16_BLOCK; c += 2) /* pairs stay together */
        ck_assert_uint_eq(locate_channel(c) + 1, locate_channel(c + 1));
}
END_TEST

/* ---- The kernel and its twin ---- */

START_TEST(the_kernel_gives_the_bits_of_the_twin)
{
    const struct tl_conv_shape *shape = &shapes[_i];

    if (!has_vnni())
        return;
    struct problem p = make_problem(shape, 1 + (size_t)_i % PHOTO_COUNT_MAX, false, (uint64_t)_i + 2000);
    check_twin(&p);
    for (size_t i = 0; i < p.photo_count * count_in(shape); i += 3) /* as after ReLU */
        p.in[i] = 0;
    check_twin(&p);
    free_problem(&p);
}
END_TEST

/* A kernel that forgets one product, the middle tap of the first channel, must differ from the twin: itself such a kernel
 * here, so that this runs on every CPU. */
START_TEST(a_dropped_product_is_reported)
{
    struct problem p = make_problem(&shapes[_i], 1, false, (uint64_t)_i + 2100);
    p.shape.has_relu = false; /* it would hide the fault where the output is zero */
    const size_t count = count_out(&p.shape);
    float *expected = run(&tl_conv_i16_twin, &p);
    p.weights[(size_t)4 * p.shape.input_channels * p.shape.output_channels] = 0;
    float *found = run(&tl_conv_i16_twin, &p);
    ck_assert_msg(find_difference(found, expected, count) < count, "%s: a dropped product passes", describe(&tl_conv_i16_twin, &p));
    free_buffer(found);
    free_buffer(expected);
    free_problem(&p);
}
END_TEST

START_TEST(a_loud_photo_beside_changes_no_bits)
{
    static const struct tl_conv_shape shape = {18, 15, 40, 33, 3, true, false, TL_CONV_BATCHES, false, 0};
    struct problem p = make_problem(&shape, 2, false, 2200), alone = p;

    alone.photo_count = 1;
    for (size_t i = count_in(&shape); i < 2 * count_in(&shape); i++)
        p.in[i] *= 1e6F;
    float *found = run_vnni(&p), *expected = run_vnni(&alone);
    ck_assert_uint_eq(find_difference(found, expected, count_out(&shape)), count_out(&shape));
    free_buffer(found);
    free_buffer(expected);
    free_problem(&p);
}
END_TEST

/* ---- Limits: the inequality that forbids an overflow holds with equality where rows are multiples of each other ---- */

START_TEST(rows_in_the_same_direction_do_not_overflow)
{
    static const uint32_t channels[] = {8, 32, 127, 128, 129, 512};

    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            const struct tl_conv_shape shape = {12, 12, channels[i], 32, 3, false, false, TL_CONV_BATCHES, false, 0};
            struct problem p = make_problem(&shape, 1, false, i + 2300);
            for (size_t j = 0; j < count_in(&shape); j++)
                p.in[j] = 0.7F;
            for (size_t j = 0; j < count_weights(&shape); j++)
                p.weights[j] = (float)sign * 0.3F;
            ck_assert_double_le(find_error(&p), ERROR_MAX);
            if (has_vnni())
                check_twin(&p);
            /* The same direction at random: each channel's inputs are as its weights. */
            for (size_t j = 0; j < count_in(&shape); j++)
                p.in[j] = (float)((j % channels[i] * 37 + 11) % 64) - 31.5F;
            for (size_t j = 0; j < count_weights(&shape); j++)
                p.weights[j] = p.in[j / 32 % channels[i]] * (float)sign;
            ck_assert_double_le(find_error(&p), ERROR_MAX);
            free_problem(&p);
        }
    }
}
END_TEST

/* All of a row's norm in one channel: the largest integers there are. */
START_TEST(one_channel_among_zeros_does_not_overflow)
{
    static const struct tl_conv_shape shape = {8, 8, 160, 32, 3, false, false, TL_CONV_BATCHES, false, 0};
    struct problem p = make_problem(&shape, 1, false, 2400);

    for (size_t j = 0; j < count_in(&shape); j++)
        p.in[j] *= j % shape.input_channels == 130 ? 1 : 0;
    ck_assert_double_le(find_error(&p), ERROR_MAX);
    for (size_t j = 0; j < count_weights(&shape); j++)
        p.weights[j] *= j / shape.output_channels % shape.input_channels == 130 ? 1 : 0;
    ck_assert_double_le(find_error(&p), ERROR_MAX);
    if (has_vnni())
        check_twin(&p);
    free_problem(&p);
}
END_TEST

START_TEST(the_error_does_not_depend_on_the_size_of_values)
{
    static const float sizes[] = {1e-9F, 1e-3F, 1, 1e6F, 1e12F};
    static const struct tl_conv_shape shape = {9, 9, 20, 16, 3, false, false, TL_CONV_BATCHES, false, 0};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct problem p = make_problem(&shape, 1, false, 2500);
        for (size_t j = 0; j < count_in(&shape); j++)
            p.in[j] *= sizes[i];
        for (size_t j = 0; j < count_weights(&shape); j++)
            p.weights[j] /= sizes[i];
        ck_assert_double_le(find_error(&p), ERROR_MAX);
        free_problem(&p);
    }
}
END_TEST

START_TEST(what_is_no_number_shows)
{
    static const float values[] = {NAN, INFINITY, -INFINITY, 1e30F};
    static const struct tl_conv_shape shape = {6, 6, 40, 33, 3, true, false, TL_CONV_BATCHES, false, 0};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct problem p = make_problem(&shape, 1, false, 2600);
        p.in[((size_t)2 * shape.width + 2) * shape.input_channels + 35] = values[i];
        for (size_t n = 0; n < 2; n++) {
            float *out = n == 0 ? run(&tl_conv_i16_twin, &p) : run_vnni(&p);
            const float *const pixel = out + ((size_t)2 * shape.width + 2) * shape.output_channels;
            for (size_t o = 0; o < shape.output_channels; o++)
                ck_assert_msg(isnan(pixel[o]), "%g is lost", (double)values[i]);
            free_buffer(out);
        }
        free_problem(&p);
    }
}
END_TEST

START_TEST(a_weight_that_is_no_number_shows)
{
    static const struct tl_conv_shape shape = {6, 6, 300, 33, 3, true, false, TL_CONV_BATCHES, false, 0};
    struct problem p = make_problem(&shape, 1, false, 2650);

    p.weights[((size_t)4 * shape.input_channels + 150) * shape.output_channels + 17] = NAN;
    for (size_t n = 0; n < 2; n++) {
        float *out = n == 0 ? run(&tl_conv_i16_twin, &p) : run_vnni(&p);
        for (size_t i = 0; i < count_out(&shape); i++)
            ck_assert_msg(isnan(out[i]) == (i % shape.output_channels == 17), "output %zu is %g", i, (double)out[i]);
        free_buffer(out);
    }
    free_problem(&p);
}
END_TEST

/* The twin stands for the kernel, whose bits it has, so that this runs on every CPU. */
START_TEST(the_error_is_that_of_the_rounding)
{
    double largest = 0;

    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 2, false, i + 2700);
        p.shape.has_pooling = false;
        const double error = find_error(&p);
        largest = fmax(largest, error);
        ck_assert_msg(error <= ERROR_MAX, "%s: error %g, at most %g", describe(&tl_conv_i16_twin, &p), error, ERROR_MAX);
        free_problem(&p);
    }
    ck_assert_msg(largest > ERROR_MAX / 3, "an error of %g means that less was rounded than thought", largest);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("winograd_i16");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_set_timeout(core, 120);
    tcase_set_timeout(limits, 120);
    tcase_add_test(core, rows_are_scaled_to_one_norm);
    tcase_add_test(core, rounding_is_to_the_nearest_and_ties_to_even);
    tcase_add_test(core, every_channel_of_a_block_has_a_place_of_its_own);
    tcase_add_test(core, the_part_with_the_largest_norm_counts_and_nan_in_any);
    tcase_add_loop_test(core, the_kernel_gives_the_bits_of_the_twin, 0, SHAPE_COUNT);
    tcase_add_loop_test(core, a_dropped_product_is_reported, 0, SHAPE_COUNT);
    tcase_add_test(core, a_loud_photo_beside_changes_no_bits);
    tcase_add_test(core, the_error_is_that_of_the_rounding);
    tcase_add_test(limits, a_row_of_nothing_is_zero_and_one_beyond_the_numbers_is_nan);
    tcase_add_test(limits, rows_in_the_same_direction_do_not_overflow);
    tcase_add_test(limits, one_channel_among_zeros_does_not_overflow);
    tcase_add_test(limits, the_error_does_not_depend_on_the_size_of_values);
    tcase_add_test(limits, what_is_no_number_shows);
    tcase_add_test(limits, a_weight_that_is_no_number_shows);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
