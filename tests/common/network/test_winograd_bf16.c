/* test_winograd_bf16.c - the kernels of bf16: rounding, the bits of the plain twin, the error against the definition.
 */
#define TL_WINOGRAD_BF16

#include <math.h>

#include "common/network/winograd_values.h"
#include "tests/common/network/conv_fixture.h"

/* Edges of tiles (4), of AMX's tiles of rows (16, 32) and channels (32), of panels (32); several blocks of tiles; pooling. */
static const struct tl_conv_shape shapes[] = {
    {1, 1, 8, 1, 3, true, false, TL_CONV_BATCHES, false, 0},     {2, 2, 32, 32, 3, true, false, TL_CONV_BATCHES, false, 0},
    {3, 5, 33, 31, 3, false, false, TL_CONV_BATCHES, false, 0},  {13, 14, 48, 65, 3, true, false, TL_CONV_BATCHES, false, 0},
    {20, 13, 31, 33, 3, true, false, TL_CONV_BATCHES, false, 0}, {64, 4, 16, 16, 3, false, false, TL_CONV_BATCHES, false, 0},
    {17, 60, 64, 20, 3, true, false, TL_CONV_BATCHES, false, 0}, {61, 47, 16, 20, 3, true, false, TL_CONV_BATCHES, false, 0},
    {4, 4, 512, 70, 3, true, false, TL_CONV_BATCHES, false, 0},  {9, 13, 16, 31, 3, false, true, TL_CONV_BATCHES, false, 0},
    {24, 20, 96, 64, 3, true, true, TL_CONV_BATCHES, false, 0},  {9, 30, 3, 64, 3, true, false, TL_CONV_BATCHES, false, 0},
    {6, 5, 9, 520, 3, true, false, TL_CONV_BATCHES, false, 0},
};

/* Each kernel and its twin, and the relative L2 error against the definition: 1.3 times the largest measured. */
struct pair {
    const struct tl_conv_kernel *fast, *twin;
    double error_max;
};

static const struct pair pairs[] = {
#if defined(__x86_64__)
    {&tl_conv_winograd_amx, &tl_conv_bf16_twin, 2.2e-2},
    {&tl_conv_winograd_amx3, &tl_conv_bf16x3_twin, 4.5e-5},
#else
    {NULL, &tl_conv_bf16_twin, 2.2e-2},
    {NULL, &tl_conv_bf16x3_twin, 4.5e-5},
#endif
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes, PAIR_COUNT = sizeof pairs / sizeof *pairs };

static bool can_run(const struct tl_conv_kernel *kernel)
{
    if (kernel != NULL && kernel->is_supported())
        return true;
    printf("skipped: %s, not run here\n", kernel != NULL ? kernel->name : "AMX");
    return false;
}

START_TEST(rounding_is_to_the_nearest_and_ties_to_even)
{
    static const struct {
        float value;
        uint16_t rounded;
    } cases[] = {
        {0, 0x0000}, {-0.0F, 0x8000}, {1, 0x3F80}, {-1.5F, 0xBFC0}, {0x1.01p0F, 0x3F80}, {0x1.03p0F, 0x3F82},
        {0x1.010002p0F, 0x3F81}, {0x1.02p0F, 0x3F81}, {0x1.FFp0F, 0x4000}, {0x1.FFp127F, 0x7F80}, {INFINITY, 0x7F80},
        {0x1p-127F, 0x0000}, {-0x1p-140F, 0x8000}, {0x1p-126F, 0x0080},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(round_to_bf16(cases[i].value) == cases[i].rounded, "%a becomes %04x, not %04x", (double)cases[i].value,
                      round_to_bf16(cases[i].value), cases[i].rounded);
    ck_assert(isnan(widen_bf16(round_to_bf16(NAN))));
    ck_assert(widen_bf16(0x3F81) == 0x1.02p0F);
}
END_TEST

START_TEST(kernels_give_the_bits_of_the_twin)
{
    const struct pair *pair = &pairs[_i];

    if (!can_run(pair->fast))
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, false, i + 1000);
        const size_t count = p.photo_count * count_out(&p.shape);
        float *found = run(pair->fast, &p), *expected = run(pair->twin, &p);
        const size_t at = find_difference(found, expected, count);
        ck_assert_msg(at == count, "%s: output %zu is %a, not %a", describe(pair->fast, &p), at, (double)found[at],
                      (double)expected[at]);
        free_buffer(found);
        free_buffer(expected);
        free_problem(&p);
    }
}
END_TEST

/* A kernel that forgets one product, the middle tap of the first channel, must differ from the twin. */
START_TEST(a_dropped_product_is_reported)
{
    const struct pair *pair = &pairs[_i];

    if (!can_run(pair->fast))
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 1, false, i + 1100);
        p.shape.has_relu = false; /* it would hide the fault where the output is zero */
        const size_t count = count_out(&p.shape);
        float *expected = run(pair->twin, &p);
        p.weights[(size_t)4 * p.shape.input_channels * p.shape.output_channels] = 0;
        float *found = run(pair->fast, &p);
        ck_assert_msg(find_difference(found, expected, count) < count, "%s: a dropped product passes", describe(pair->fast, &p));
        free_buffer(found);
        free_buffer(expected);
        free_problem(&p);
    }
}
END_TEST

/* The twin stands for the kernels, whose bits it has, so that this runs on every CPU. */
START_TEST(the_error_is_that_of_the_rounding)
{
    const struct pair *pair = &pairs[_i];
    double largest = 0;

    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 2, false, i + 1200);
        p.shape.has_pooling = false;
        const size_t count = 2 * count_out(&p.shape);
        float *found = run(pair->twin, &p), *expected = run(&tl_conv_reference, &p);
        double error = 0, size = 0;
        for (size_t j = 0; j < count; j++) {
            error += ((double)found[j] - (double)expected[j]) * ((double)found[j] - (double)expected[j]);
            size += (double)expected[j] * (double)expected[j];
        }
        error = sqrt(error / size);
        largest = fmax(largest, error);
        ck_assert_msg(error <= pair->error_max, "%s: error %g, at most %g", describe(pair->twin, &p), error, pair->error_max);
        free_buffer(found);
        free_buffer(expected);
        free_problem(&p);
    }
    ck_assert_msg(largest > pair->error_max / 100, "%s: an error of %g means that nothing was rounded", pair->twin->name, largest);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("winograd_bf16");
    TCase *core = tcase_create("Core");

    tcase_set_timeout(core, 120);
    tcase_add_test(core, rounding_is_to_the_nearest_and_ties_to_even);
    tcase_add_loop_test(core, kernels_give_the_bits_of_the_twin, 0, PAIR_COUNT);
    tcase_add_loop_test(core, a_dropped_product_is_reported, 0, PAIR_COUNT);
    tcase_add_loop_test(core, the_error_is_that_of_the_rounding, 0, PAIR_COUNT);
    suite_add_tcase(suite, core);
    return suite;
}
