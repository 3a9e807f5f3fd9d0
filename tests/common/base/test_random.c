/* test_random.c - draws and streams are what they always were: stored features depend on them. */
#include <string.h>

#include "common/base/random.h"
#include "tests/support/suite.h"

/* Computed once by a Python program (hashlib, integers) written from random.h's words. They never change. */
struct draw_case {
    uint64_t seed;
    uint8_t first_byte, step; /* the content's digest: first_byte, first_byte + step, ... */
    uint32_t variant_index;
    const char *parameter;
    double expected;
};

static const struct draw_case DRAWS[] = {
    {0, 0, 0, 0, "", 0x1.2b30ab74025adp-1},
    {0, 0, 0, 1, "zoom", 0x1.bc0ca0f507c04p-1},
    {42, 0, 1, 1, "flip_horizontal", 0x1.809f6b7bdfaafp-1},
    {42, 0, 1, 2, "flip_horizontal", 0x1.ef97cfec95a6ep-2},
    {UINT64_MAX, 0, 1, UINT32_MAX, "shear", 0x1.16066027edfacp-2},
};
enum { DRAW_COUNT = sizeof DRAWS / sizeof DRAWS[0] };

static double draw_case(const struct draw_case *c)
{
    uint8_t content[TL_DIGEST_BYTES];

    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(c->first_byte + i * c->step);
    return tl_random_draw(c->seed, content, c->variant_index, c->parameter);
}

START_TEST(a_draw_is_fixed_for_ever)
{
    ck_assert_double_eq(draw_case(&DRAWS[_i]), DRAWS[_i].expected);
}
END_TEST

START_TEST(draws_do_not_depend_on_their_order)
{
    for (int i = DRAW_COUNT; i-- > 0;)
        ck_assert_double_eq(draw_case(&DRAWS[i]), DRAWS[i].expected);
}
END_TEST

START_TEST(every_part_of_the_key_matters)
{
    static const uint8_t content[TL_DIGEST_BYTES] = {1}, other[TL_DIGEST_BYTES] = {[31] = 1};
    double base = tl_random_draw(5, content, 3, "zoom");

    ck_assert_double_ne(base, tl_random_draw(6, content, 3, "zoom"));
    ck_assert_double_ne(base, tl_random_draw(5, other, 3, "zoom"));
    ck_assert_double_ne(base, tl_random_draw(5, content, 4, "zoom"));
    ck_assert_double_ne(base, tl_random_draw(5, content, 3, "zoo"));
}
END_TEST

START_TEST(draws_fill_the_unit_interval_evenly)
{
    enum { BINS = 16, DRAWN = 16000 };
    static const uint8_t content[TL_DIGEST_BYTES] = {9};
    int bins[BINS] = {0};

    for (uint32_t i = 0; i < DRAWN; i++) {
        double value = tl_random_draw(1, content, i, "place");

        ck_assert(value >= 0.0 && value < 1.0);
        bins[(int)(value * BINS)]++;
    }
    for (int i = 0; i < BINS; i++) /* 1000 expected, a standard deviation of 31 */
        ck_assert_msg(bins[i] > 850 && bins[i] < 1150, "bin %d has %d", i, bins[i]);
}
END_TEST

/* The first outputs of xoshiro256** from the state 1, 2, 3, 4, worked out apart from this code. */
START_TEST(next_is_xoshiro256_starstar)
{
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600};
    struct tl_random random = {{1, 2, 3, 4}};

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(tl_random_next(&random), expected[i]);
}
END_TEST

START_TEST(a_stream_is_fixed_for_ever)
{
    static const uint64_t state[] = {0xe4eff11c6fa986eb, 0xfe42259beafa46d2, 0xa8dfa611b8820377, 0x28402661abcbf954};
    static const uint64_t outputs[] = {0xd04e3426ff397953, 0x0f12346eefaa5d2e, 0xdc3910fbf23a4c62, 0x55d744eed9751930};
    struct tl_random random;

    tl_random_init(&random, 7, "shuffle");
    ck_assert_mem_eq(random.state, state, sizeof state);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(tl_random_next(&random), outputs[i]);
    tl_random_init(&random, 7, "glorot");
    ck_assert_uint_eq(tl_random_next(&random), 0x1e02f673ec6681be);
    ck_assert_uint_eq(tl_random_next(&random), 0xb7cb367f5507fad9);
}
END_TEST

START_TEST(uniform_is_fixed_for_ever)
{
    struct tl_random random;

    tl_random_init(&random, 1, "uniform");
    ck_assert_double_eq(tl_random_uniform(&random), 0x1.215af6b54e422p-1);
    ck_assert_double_eq(tl_random_uniform(&random), 0x1.75c6247d7e920p-5);
}
END_TEST

/* A bound just above 2^63 rejects half of all draws: the expected values show that the rejection happens. */
START_TEST(below_rejects_as_lemire_says)
{
    static const uint64_t expected[] = {0x7b083bd2cbdaf323, 0x1201e21e30e66e0c, 0x1078b7b254181114, 0x301cc9ce4bd4e070};
    struct tl_random random;

    tl_random_init(&random, 1, "below");
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(tl_random_below(&random, ((uint64_t)1 << 63) + 1), expected[i]);
}
END_TEST

/* A generator whose next output is `output`: what next() does to state[1], undone by the inverses of 9 and 5. */
static struct tl_random make_generator_of(uint64_t output)
{
    uint64_t value = output * 0x8e38e38e38e38e39;

    value = value >> 7 | value << 57;
    return (struct tl_random){{1, value * 0xcccccccccccccccd, 2, 3}};
}

/* For the bound 2^63 + 1 the threshold is 2^63 - 1, and an output's low product is itself if even, plus 2^63 if odd. */
START_TEST(below_takes_the_threshold_itself_and_rejects_one_less)
{
    const uint64_t bound = ((uint64_t)1 << 63) + 1;
    struct tl_random random = make_generator_of(UINT64_MAX), once = random;

    ck_assert_uint_eq(tl_random_next(&once), UINT64_MAX);
    ck_assert_uint_eq(tl_random_below(&random, bound), bound - 1);
    ck_assert_mem_eq(random.state, once.state, sizeof random.state);

    random = make_generator_of(((uint64_t)1 << 63) - 2);
    once = random;
    ck_assert_uint_eq(tl_random_next(&once), ((uint64_t)1 << 63) - 2);
    ck_assert_uint_lt(tl_random_below(&random, bound), bound);
    ck_assert_mem_ne(random.state, once.state, sizeof random.state);
}
END_TEST

START_TEST(shuffle_is_fixed_for_ever)
{
    static const uint32_t expected[] = {9, 1, 4, 7, 3, 5, 2, 6, 0, 8};
    uint32_t indices[10];
    struct tl_random random;

    for (uint32_t i = 0; i < 10; i++)
        indices[i] = i;
    tl_random_init(&random, 7, "shuffle");
    tl_random_shuffle(&random, indices, 10);
    ck_assert_mem_eq(indices, expected, sizeof expected);
}
END_TEST

START_TEST(below_stays_below_and_reaches_every_value)
{
    struct tl_random random;

    tl_random_init(&random, 3, "limits");
    for (uint64_t bound = 1; bound <= 17; bound++) {
        int counts[17] = {0};

        for (int i = 0; i < 2000; i++) {
            uint64_t value = tl_random_below(&random, bound);

            ck_assert_uint_lt(value, bound);
            counts[value]++;
        }
        for (uint64_t value = 0; value < bound; value++)
            ck_assert_int_gt(counts[value], 0);
    }
    for (int i = 0; i < 100; i++)
        ck_assert_uint_lt(tl_random_below(&random, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(a_shuffle_is_a_permutation)
{
    enum { LARGEST = 1000 };
    static const size_t counts[] = {0, 1, 2, 3, 31, LARGEST};
    struct tl_random random;

    tl_random_init(&random, 11, "shuffle");
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t indices[LARGEST];
        char seen[LARGEST] = {0};

        for (uint32_t i = 0; i < LARGEST; i++)
            indices[i] = i;
        tl_random_shuffle(&random, indices, counts[c]);
        for (size_t i = 0; i < counts[c]; i++) {
            ck_assert_uint_lt(indices[i], counts[c]);
            ck_assert_int_eq(seen[indices[i]]++, 0);
        }
        for (size_t i = counts[c]; i < LARGEST; i++)
            ck_assert_uint_eq(indices[i], i);
    }
}
END_TEST

START_TEST(every_permutation_of_three_is_as_likely)
{
    int counts[27] = {0};
    int kinds = 0;
    struct tl_random random;

    tl_random_init(&random, 12, "shuffle");
    for (int i = 0; i < 6000; i++) {
        uint32_t indices[3] = {0, 1, 2};

        tl_random_shuffle(&random, indices, 3);
        counts[indices[0] * 9 + indices[1] * 3 + indices[2]]++;
    }
    for (int i = 0; i < 27; i++) {
        if (counts[i] == 0)
            continue;
        kinds++; /* 1000 expected, a standard deviation of 29 */
        ck_assert_msg(counts[i] > 860 && counts[i] < 1140, "permutation %d came %d times", i, counts[i]);
    }
    ck_assert_int_eq(kinds, 6);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/random");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_loop_test(core, a_draw_is_fixed_for_ever, 0, DRAW_COUNT);
    tcase_add_test(core, draws_do_not_depend_on_their_order);
    tcase_add_test(core, every_part_of_the_key_matters);
    tcase_add_test(core, draws_fill_the_unit_interval_evenly);
    tcase_add_test(core, next_is_xoshiro256_starstar);
    tcase_add_test(core, a_stream_is_fixed_for_ever);
    tcase_add_test(core, uniform_is_fixed_for_ever);
    tcase_add_test(core, below_rejects_as_lemire_says);
    tcase_add_test(core, shuffle_is_fixed_for_ever);
    tcase_add_test(limits, below_stays_below_and_reaches_every_value);
    tcase_add_test(limits, below_takes_the_threshold_itself_and_rejects_one_less);
    tcase_add_test(limits, a_shuffle_is_a_permutation);
    tcase_add_test(limits, every_permutation_of_three_is_as_likely);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
