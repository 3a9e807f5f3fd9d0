/* test_codec.c - feature blobs: every bit comes back, and old blobs stay readable. */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/codec/codec.h"
#include "tests/support/suite.h"

enum { SMALL_COUNT = 70 };

/* -0 and values of every kind among zeros, in the three words of a bitmap whose last is not full. */
static const uint32_t small_bits[][2] = {
    {0, 0x80000000},  /* -0 */
    {1, 0x7FC00001},  /* NaN with a payload */
    {5, 0x00000001},  /* the smallest denormal */
    {6, 0xFF800000},  /* -infinity */
    {31, 0x3F800000}, /* 1 */
    {62, 0x42280000}, /* 42 */
    {63, 0x7F7FFFFF}, /* the largest */
    {64, 0xFF812345}, /* a signalling NaN */
    {69, 0x3DCCCCCD}, /* 0.1 */
};

enum { SMALL_NONZERO_COUNT = sizeof small_bits / sizeof *small_bits };

static void fill_small(float values[SMALL_COUNT])
{
    memset(values, 0, SMALL_COUNT * sizeof *values);
    for (size_t i = 0; i < SMALL_NONZERO_COUNT; i++)
        memcpy(values + small_bits[i][0], &small_bits[i][1], sizeof *values);
}

static tl_codec *create(void)
{
    struct tl_error err;
    tl_codec *codec;

    ck_assert_msg(tl_codec_create(&codec, &err) == TL_OK, "%s", err.message);
    return codec;
}

/* The blob copied, so that the next call leaves it alone. */
static uint8_t *encode(size_t *out_bytes, tl_codec *codec, const float *values, size_t count)
{
    struct tl_error err;
    const uint8_t *blob;

    ck_assert_msg(tl_codec_encode(codec, &blob, out_bytes, NULL, values, count, &err) == TL_OK, "%s", err.message);
    uint8_t *copy = tl_memory_copy(blob, *out_bytes);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* Random bit patterns, of which about `percent` in a hundred are not zero. */
static float *make_values(size_t count, unsigned percent, uint64_t seed)
{
    float *values = tl_memory_alloc(count, sizeof *values);
    struct tl_random random;

    ck_assert_ptr_nonnull(values);
    tl_random_init(&random, seed, "codec");
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)tl_random_next(&random);
        if (tl_random_below(&random, 100) < percent)
            memcpy(values + i, &bits, sizeof bits);
    }
    return values;
}

static void check_round_trip(tl_codec *codec, const float *values, size_t count, const char *what)
{
    struct tl_error err;
    struct tl_codec_info info;
    const uint8_t *borrowed;
    const uint32_t *indices;
    const float *nonzero;
    size_t blob_bytes, nonzero_count, at = 0;
    float *back = tl_memory_alloc(count, sizeof *back);

    ck_assert_ptr_nonnull(back);
    memset(back, 0xA5, count * sizeof *back);
    ck_assert_int_eq(tl_codec_encode(codec, &borrowed, &blob_bytes, &info, values, count, &err), TL_OK);
    uint8_t *blob = tl_memory_copy(borrowed, blob_bytes);
    ck_assert_uint_eq(info.version, 1);
    ck_assert_uint_eq(info.count, count);
    ck_assert_msg(tl_codec_decode(codec, back, count, blob, blob_bytes, &err) == TL_OK, "%s: %s", what, err.message);
    ck_assert_msg(memcmp(back, values, count * sizeof *values) == 0, "%s: the floats differ", what);

    ck_assert_int_eq(tl_codec_decode_sparse(codec, &indices, &nonzero, &nonzero_count, count, blob, blob_bytes, &err), TL_OK);
    ck_assert_uint_eq(nonzero_count, info.nonzero_count);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        if (bits == 0)
            continue;
        ck_assert_msg(at < nonzero_count && indices[at] == i && memcmp(nonzero + at, &bits, sizeof bits) == 0,
                      "%s: value %zu is not number %zu of the sparse ones", what, i, at);
        at++;
    }
    ck_assert_uint_eq(at, nonzero_count);
    tl_memory_free(back);
    tl_memory_free(blob);
}

static const size_t counts[] = {1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 512, 1000, 25088};

START_TEST(vectors_of_every_density_come_back_bit_for_bit)
{
    static const unsigned percents[] = {0, 1, 7, 50, 99, 100};
    const size_t count = counts[_i];
    tl_codec *codec = create();

    for (size_t p = 0; p < sizeof percents / sizeof *percents; p++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            char what[80];
            snprintf(what, sizeof what, "%zu values, %u%%, seed %u", count, percents[p], (unsigned)seed);
            float *values = make_values(count, percents[p], seed);
            check_round_trip(codec, values, count, what);
            tl_memory_free(values);
        }
    }
    tl_codec_free(codec);
}
END_TEST

START_TEST(nan_payloads_negative_zero_and_denormals_come_back)
{
    float values[SMALL_COUNT];
    tl_codec *codec = create();

    fill_small(values);
    check_round_trip(codec, values, SMALL_COUNT, "special values");
    tl_codec_free(codec);
}
END_TEST

START_TEST(the_same_floats_give_the_same_bytes_whatever_came_before)
{
    size_t first_bytes, second_bytes;
    float *values = make_values(25088, 7, 5), *others = make_values(30000, 90, 6);
    tl_codec *codec = create(), *fresh = create();
    uint8_t *other = encode(&first_bytes, codec, others, 30000);
    uint8_t *first = encode(&first_bytes, codec, values, 25088), *second = encode(&second_bytes, fresh, values, 25088);

    ck_assert_uint_eq(first_bytes, second_bytes);
    ck_assert_mem_eq(first, second, first_bytes);
    tl_memory_free(other);
    tl_memory_free(first);
    tl_memory_free(second);
    tl_memory_free(values);
    tl_memory_free(others);
    tl_codec_free(codec);
    tl_codec_free(fresh);
}
END_TEST

START_TEST(zeros_cost_next_to_nothing_and_noise_hardly_more_than_itself)
{
    size_t blob_bytes;
    float *zeros = make_values(25088, 0, 1), *noise = make_values(25088, 100, 1);
    tl_codec *codec = create();
    uint8_t *blob = encode(&blob_bytes, codec, zeros, 25088);

    ck_assert_uint_lt(blob_bytes, 80);
    tl_memory_free(blob);
    blob = encode(&blob_bytes, codec, noise, 25088);
    ck_assert_uint_lt(blob_bytes, 25088 * 4 + 200);
    tl_memory_free(blob);
    tl_memory_free(zeros);
    tl_memory_free(noise);
    tl_codec_free(codec);
}
END_TEST

START_TEST(inspecting_tells_what_the_header_says)
{
    struct tl_error err;
    struct tl_codec_info info;
    float values[SMALL_COUNT];
    size_t blob_bytes;
    tl_codec *codec = create();

    fill_small(values);
    uint8_t *blob = encode(&blob_bytes, codec, values, SMALL_COUNT);
    ck_assert_int_eq(tl_codec_inspect(&info, blob, blob_bytes, &err), TL_OK);
    ck_assert_uint_eq(info.version, 1);
    ck_assert_uint_eq(info.count, SMALL_COUNT);
    ck_assert_uint_eq(info.nonzero_count, SMALL_NONZERO_COUNT);
    tl_memory_free(blob);
    tl_codec_free(codec);
}
END_TEST

/* The small vector, as version 1 wrote it. Never made anew. */
static const uint8_t golden_blob[] = {
    0x01, 0x00, 0x00, 0x00, 0x46, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x2D, 0x48, 0x00, 0x00,
    0x63, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0xC0, 0x21, 0x48, 0x00, 0x00, 0x80, 0x7F, 0x00, 0xFF, 0x3F, 0x42, 0x7F, 0xFF, 0x3D,
    0x48, 0x00, 0x00, 0x00, 0xC0, 0x00, 0x80, 0x80, 0x28, 0x7F, 0x81, 0xCC, 0x91, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xFF, 0x23, 0xCC, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0xFF, 0x45, 0xCD, 0x83, 0x79, 0x7C, 0xC8, 0xA7, 0x90, 0x1C, 0xBE,
};

START_TEST(the_golden_blob_of_version_1_is_read_for_ever)
{
    struct tl_error err;
    float expected[SMALL_COUNT], values[SMALL_COUNT];
    tl_codec *codec = create();

    fill_small(expected);
    ck_assert_msg(tl_codec_decode(codec, values, SMALL_COUNT, golden_blob, sizeof golden_blob, &err) == TL_OK, "%s", err.message);
    ck_assert_mem_eq(values, expected, sizeof values);
    tl_codec_free(codec);
}
END_TEST

/* ---- Limits ---- */

START_TEST(the_longest_vector_comes_back)
{
    float *values = tl_memory_alloc(TL_CODEC_COUNT_MAX, sizeof *values);
    tl_codec *codec = create();

    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < TL_CODEC_COUNT_MAX; i += 1001)
        values[i] = (float)i + 0.5F;
    values[TL_CODEC_COUNT_MAX - 1] = -1.0F;
    check_round_trip(codec, values, TL_CODEC_COUNT_MAX, "the longest vector");
    tl_memory_free(values);
    tl_codec_free(codec);
}
END_TEST

START_TEST(a_vector_of_no_or_too_many_values_is_refused)
{
    struct tl_error err;
    const float value = 1;
    const uint8_t *blob = (const uint8_t *)"";
    size_t blob_bytes;
    tl_codec *codec = create();

    ck_assert_int_eq(tl_codec_encode(codec, &blob, &blob_bytes, NULL, &value, 0, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(blob);
    ck_assert_str_eq(err.message, "a feature vector of 0 values; 1 to 16777216 can be stored");
    ck_assert_int_eq(tl_codec_encode(codec, &blob, &blob_bytes, NULL, &value, (size_t)TL_CODEC_COUNT_MAX + 1, &err),
                     TL_BAD_INPUT);
    ck_assert_ptr_null(blob);
    tl_codec_free(codec);
}
END_TEST

/* ---- Faults ---- */

/* Creates, encodes and decodes with the n-th allocation failing; the status of the first that failed. */
static enum tl_status run_all(size_t failing_call, const float *values, size_t count)
{
    struct tl_error err;
    tl_codec *codec;
    const uint8_t *blob;
    const uint32_t *indices;
    const float *nonzero;
    size_t blob_bytes, nonzero_count;
    uint8_t copy[512];
    float back[SMALL_COUNT];

    tl_memory_fail_at(failing_call);
    enum tl_status status = tl_codec_create(&codec, &err);
    ck_assert(status == TL_OK || codec == NULL);
    if (status == TL_OK)
        status = tl_codec_encode(codec, &blob, &blob_bytes, NULL, values, count, &err);
    if (status == TL_OK) {
        ck_assert_uint_le(blob_bytes, sizeof copy);
        memcpy(copy, blob, blob_bytes);
        tl_codec_free(codec);
        status = tl_codec_create(&codec, &err);
    }
    if (status == TL_OK)
        status = tl_codec_decode_sparse(codec, &indices, &nonzero, &nonzero_count, count, copy, blob_bytes, &err);
    if (status == TL_OK)
        status = tl_codec_decode(codec, back, count, copy, blob_bytes, &err);
    tl_codec_free(codec);
    return status;
}

START_TEST(every_failed_allocation_is_reported_and_leaks_nothing)
{
    float values[SMALL_COUNT];
    size_t n = 1;

    fill_small(values);
    for (; run_all(n, values, SMALL_COUNT) != TL_OK; n++) {
        ck_assert_int_eq(run_all(n, values, SMALL_COUNT), TL_NO_MEMORY);
        ck_assert_uint_lt(n, 100);
    }
    tl_memory_fail_at(0);
    ck_assert_uint_gt(n, 10);
}
END_TEST

START_TEST(a_codec_goes_on_after_a_failed_allocation)
{
    struct tl_error err;
    float values[SMALL_COUNT];
    const uint8_t *blob;
    size_t blob_bytes;
    tl_codec *codec = create();

    fill_small(values);
    tl_memory_fail_at(2);
    ck_assert_int_eq(tl_codec_encode(codec, &blob, &blob_bytes, NULL, values, SMALL_COUNT, &err), TL_NO_MEMORY);
    ck_assert_ptr_null(blob);
    check_round_trip(codec, values, SMALL_COUNT, "after a failed allocation");
    tl_codec_free(codec);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("codec");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, vectors_of_every_density_come_back_bit_for_bit, 0, sizeof counts / sizeof *counts);
    tcase_add_test(core, nan_payloads_negative_zero_and_denormals_come_back);
    tcase_add_test(core, the_same_floats_give_the_same_bytes_whatever_came_before);
    tcase_add_test(core, zeros_cost_next_to_nothing_and_noise_hardly_more_than_itself);
    tcase_add_test(core, inspecting_tells_what_the_header_says);
    tcase_add_test(core, the_golden_blob_of_version_1_is_read_for_ever);
    tcase_set_timeout(limits, 60);
    tcase_add_test(limits, the_longest_vector_comes_back);
    tcase_add_test(limits, a_vector_of_no_or_too_many_values_is_refused);
    tcase_add_test(faults, every_failed_allocation_is_reported_and_leaks_nothing);
    tcase_add_test(faults, a_codec_goes_on_after_a_failed_allocation);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
