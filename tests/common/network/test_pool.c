/* test_pool.c - max pooling: windows, strides, what is cut off, and NaN. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/network/kernels.h"
#include "tests/support/suite.h"

START_TEST(two_by_two_windows_give_their_largest)
{
    static const float in[] = {1, 9, 2, 8, /**/ 3, -4, 5, 6, /**/ -1, -2, -7, -6, /**/ -3, -4, -9, -8};
    static const float expected[] = {9, 8, -1, -6};
    float out[4];

    tl_pool_max(out, in, 4, 4, 1, 2, 2);
    ck_assert_mem_eq(out, expected, sizeof out);
}
END_TEST

START_TEST(what_fills_no_window_is_left_out)
{
    static const float in[] = {1, 2, 99, /**/ 3, 4, 99, /**/ 99, 99, 99};
    float out[2] = {0, -1};

    tl_pool_max(out, in, 3, 3, 1, 2, 2);
    ck_assert(out[0] == 4.0F && out[1] == -1.0F);
}
END_TEST

struct pooling {
    uint32_t height, width, channels, size, stride;
};

static const struct pooling poolings[] = {
    {1, 1, 1, 1, 1},  {2, 2, 5, 2, 2},  {2, 3, 16, 2, 2}, {5, 5, 17, 2, 2}, {7, 6, 31, 3, 2},
    {6, 7, 33, 3, 3}, {8, 8, 64, 2, 2}, {9, 4, 15, 3, 1}, {4, 9, 48, 4, 5},
};

static float find_largest(const struct pooling *p, const float *in, uint32_t top, uint32_t left, uint32_t c)
{
    float largest = -INFINITY;
    for (uint32_t i = 0; i < p->size * p->size; i++)
        largest = fmaxf(largest, in[((size_t)(top + i / p->size) * p->width + left + i % p->size) * p->channels + c]);
    return largest;
}

START_TEST(every_window_and_channel_agrees_with_the_formula)
{
    enum { GUARD_FLOATS = 16 };
    const struct pooling *p = &poolings[_i];
    const uint32_t out_height = (p->height - p->size) / p->stride + 1, out_width = (p->width - p->size) / p->stride + 1;
    const size_t in_count = (size_t)p->height * p->width * p->channels, out_count = (size_t)out_height * out_width * p->channels;
    float *in = tl_memory_alloc(in_count, sizeof *in), *out = tl_memory_alloc(out_count + GUARD_FLOATS, sizeof *out);
    struct tl_random random;

    tl_random_init(&random, (uint64_t)_i, "pool");
    for (size_t i = 0; i < in_count; i++)
        in[i] = (float)(2 * tl_random_uniform(&random) - 1);
    for (size_t i = 0; i < out_count + GUARD_FLOATS; i++)
        out[i] = 77;
    tl_pool_max(out, in, p->height, p->width, p->channels, p->size, p->stride);
    ck_assert_uint_gt(out_count, 0);
    for (size_t i = 0; i < out_count; i++) {
        const size_t pixel = i / p->channels;
        const float expected = find_largest(p, in, (uint32_t)(pixel / out_width) * p->stride,
                                            (uint32_t)(pixel % out_width) * p->stride, (uint32_t)(i % p->channels));
        ck_assert_msg(out[i] == expected, "case %d, seed %d: output %zu is %g, not %g", _i, _i, i, (double)out[i],
                      (double)expected);
    }
    for (size_t i = 0; i < GUARD_FLOATS; i++)
        ck_assert_msg(out[out_count + i] == 77.0F, "case %d: wrote beyond the output", _i);
    tl_memory_free(in);
    tl_memory_free(out);
}
END_TEST

/* In whichever corner, among lanes and in the remainder. */
START_TEST(nan_wins_wherever_it_stands)
{
    enum { CHANNELS = 19 };
    float in[4 * CHANNELS], out[CHANNELS];

    for (size_t at = 0; at < 4 * CHANNELS; at++) {
        for (size_t i = 0; i < 4 * CHANNELS; i++)
            in[i] = (float)(i % 5);
        in[at] = NAN;
        tl_pool_max(out, in, 2, 2, CHANNELS, 2, 2);
        for (size_t c = 0; c < CHANNELS; c++)
            ck_assert_msg(isnan(out[c]) == (c == at % CHANNELS), "NaN at %zu: channel %zu is %g", at, c, (double)out[c]);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *core = tcase_create("Core");

    tcase_add_test(core, two_by_two_windows_give_their_largest);
    tcase_add_test(core, what_fills_no_window_is_left_out);
    tcase_add_loop_test(core, every_window_and_channel_agrees_with_the_formula, 0, sizeof poolings / sizeof *poolings);
    tcase_add_test(core, nan_wins_wherever_it_stands);
    suite_add_tcase(suite, core);
    return suite;
}
