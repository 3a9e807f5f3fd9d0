/* test_half.c - every half, and the floats at which rounding changes its mind, against a search and against the CPU's own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "common/base/half.h"
#include "common/base/random.h"
#include "tests/support/suite.h"

enum { HALVES = 1 << 16, FINITE_HALVES = 0x7C00, INFINITE = 0x7C00 };

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The number a half stands for, by the standard's formula. */
static double define_half(unsigned half)
{
    const int exponent = (int)(half >> 10 & 31);
    const double mantissa = half & 1023, sign = half & 0x8000 ? -1.0 : 1.0;

    if (exponent == 31)
        return mantissa > 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent > 0 ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24));
}

/* The nearest half of a number that is not NaN, found by looking among all of them. */
static uint16_t search_half(float value)
{
    const double size = fabs((double)value);
    unsigned low = 0, high = FINITE_HALVES; /* halves without a sign are in the order of their numbers */

    while (high - low > 1) {
        const unsigned middle = (low + high) / 2;
        if (define_half(middle) <= size)
            low = middle;
        else
            high = middle;
    }
    const double next = high == INFINITE ? 65536 : define_half(high);
    const double below = size - define_half(low), above = next - size;
    const bool is_up = above < below || (above <= below && low % 2 == 1);
    return (uint16_t)((isinf(value) || is_up ? high : low) | (signbit(value) ? 0x8000 : 0));
}

START_TEST(every_half_is_the_number_of_the_standard_and_comes_back)
{
    for (unsigned half = 0; half < HALVES; half++) {
        const float value = tl_half_to_float((uint16_t)half);
        const double expected = define_half(half);

        if (isnan(expected)) {
            ck_assert_msg(isnan(value) && (bits_of(value) & 0x00400000) != 0, "0x%04x is no quiet NaN", half);
            ck_assert_uint_eq(tl_half_from_float(value), half | 0x0200);
        } else {
            ck_assert_msg((double)value == expected && !signbit(value) == !signbit(expected), "0x%04x is %g, not %g", half,
                          (double)value, expected);
            ck_assert_uint_eq(tl_half_from_float(value), half);
        }
    }
}
END_TEST

static void check_float(uint32_t bits)
{
    const float value = float_of(bits);
    const unsigned found = tl_half_from_float(value);

    if (isnan(value))
        ck_assert_msg(found == (0x7E00 | (bits >> 16 & 0x8000) | (bits >> 13 & 0x3FF)), "NaN 0x%08x gives 0x%04x", bits, found);
    else
        ck_assert_msg(found == search_half(value), "%a gives 0x%04x, not 0x%04x", (double)value, found, search_half(value));
}

/* Each half, the float midway to the next, and the floats on both sides of these two. */
START_TEST(floats_around_every_half_and_every_midpoint_go_to_the_nearest_even)
{
    for (unsigned half = 0; half <= FINITE_HALVES; half++) {
        const float here = half == INFINITE ? 65536.0F : tl_half_to_float((uint16_t)half);
        const float next = half + 1 >= INFINITE ? 65536.0F : tl_half_to_float((uint16_t)(half + 1));
        const uint32_t around[] = {bits_of(here), bits_of(here + (next - here) / 2)};

        for (size_t i = 0; i < 2; i++) {
            for (uint32_t step = 0; step < 3; step++) {
                if (around[i] + step > 0) {
                    check_float(around[i] + step - 1);
                    check_float((around[i] + step - 1) | 0x80000000);
                }
            }
        }
    }
}
END_TEST

static const uint32_t tricky[] = {
    0x00000000, 0x80000000, 0x00000001, 0x007FFFFF, 0x00800000, /* zeros and float's denormals */
    0x33000000, 0x33000001, 0x32FFFFFF,                         /* 2^-25, the last that is rounded to zero */
    0x477FE000, 0x477FEFFF, 0x477FF000, 0x47800000, 0x7F7FFFFF, /* 65504, just below 65520, 65520, 65536, the largest float */
    0x7F800000, 0xFF800000, 0x7F800001, 0x7FC00000, 0xFFFFFFFF, 0x7F802000, 0xFFA01234,
};

#if defined(__x86_64__)
__attribute__((target("f16c"))) static unsigned round_by_cpu(float value)
{
    return (unsigned)_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT);
}

__attribute__((target("f16c"))) static uint32_t widen_by_cpu(unsigned half)
{
    return bits_of(_cvtsh_ss((unsigned short)half));
}
#endif

START_TEST(the_cpu_s_own_conversion_gives_the_same_bits)
{
#if defined(__x86_64__)
    struct tl_random random;

    if (!__builtin_cpu_supports("f16c")) {
        printf("skipped: this CPU has no conversion of its own\n");
        return;
    }
    for (unsigned half = 0; half < HALVES; half++)
        ck_assert_msg(bits_of(tl_half_to_float((uint16_t)half)) == widen_by_cpu(half), "0x%04x", half);
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++)
        ck_assert_msg(tl_half_from_float(float_of(tricky[i])) == round_by_cpu(float_of(tricky[i])), "0x%08x", tricky[i]);
    tl_random_init(&random, 4, "half");
    for (unsigned n = 0; n < 1000000; n++) {
        uint32_t bits = (uint32_t)tl_random_next(&random);
        if (n % 2 == 0) /* near what a half can hold */
            bits = (bits & 0x800FFFFF) | (100U + (uint32_t)tl_random_below(&random, 46)) << 23;
        if (tl_half_from_float(float_of(bits)) != round_by_cpu(float_of(bits)))
            ck_abort_msg("0x%08x", bits);
    }
#else
    printf("skipped: only x86_64 is compared with\n");
#endif
}
END_TEST

START_TEST(tricky_floats_go_where_the_standard_says)
{
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++)
        check_float(tricky[i]);
}
END_TEST

START_TEST(runs_of_values_are_converted_as_each_alone)
{
    enum { COUNT = 1000 };
    static float values[COUNT], back[COUNT];
    static uint16_t halves[COUNT];
    struct tl_random random;

    tl_random_init(&random, 5, "half");
    for (size_t count = 0; count < COUNT; count += count < 70 ? 1 : 93) {
        for (size_t i = 0; i < count; i++)
            values[i] = float_of((uint32_t)tl_random_next(&random));
        halves[count] = 0xA5A5;
        back[count] = 42;
        tl_half_from_floats(halves, values, count);
        tl_half_to_floats(back, halves, count);
        ck_assert(halves[count] == 0xA5A5 && back[count] == 42.0F);
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(halves[i], tl_half_from_float(values[i]));
            ck_assert_uint_eq(bits_of(back[i]), bits_of(tl_half_to_float(halves[i])));
        }
    }
}
END_TEST

/* ---- Limits ---- */

START_TEST(rounding_keeps_what_is_finite_finite)
{
    float values[] = {65504, 65519, 65520, -70000, 3e38F, INFINITY, -INFINITY, NAN, 1.0F + 0x1p-11F, 0x1p-25F, -0x1p-26F, 0.1F};
    const float expected[] = {65504, 65504, 65504, -65504, 65504, INFINITY, -INFINITY, NAN, 1, 0, -0.0F, 0x1.998p-4F};

    tl_half_round(values, sizeof values / sizeof *values);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        ck_assert_msg(isnan(expected[i]) ? isnan(values[i]) : bits_of(values[i]) == bits_of(expected[i]), "value %zu became %a", i,
                      (double)values[i]);
}
END_TEST

START_TEST(what_is_rounded_is_not_changed_by_rounding)
{
    for (unsigned half = 0; half < HALVES; half++) {
        float value = tl_half_to_float((uint16_t)half);
        const uint32_t bits = bits_of(value);

        tl_half_round(&value, 1);
        ck_assert_uint_eq(bits_of(value), bits);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("half");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_set_timeout(core, 60);
    tcase_add_test(core, every_half_is_the_number_of_the_standard_and_comes_back);
    tcase_add_test(core, floats_around_every_half_and_every_midpoint_go_to_the_nearest_even);
    tcase_add_test(core, the_cpu_s_own_conversion_gives_the_same_bits);
    tcase_add_test(core, tricky_floats_go_where_the_standard_says);
    tcase_add_test(core, runs_of_values_are_converted_as_each_alone);
    tcase_add_test(limits, rounding_keeps_what_is_finite_finite);
    tcase_add_test(limits, what_is_rounded_is_not_changed_by_rounding);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
