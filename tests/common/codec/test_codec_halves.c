/* test_codec_halves.c - blobs of vectors that were rounded to float16: what was rounded comes back, what was not is refused. */
#include <string.h>

#include "common/base/half.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/codec/codec.h"
#include "tests/support/suite.h"

enum { HALVES = 1 << 16 };

static tl_codec *create(void)
{
    struct tl_error err;
    tl_codec *codec;

    ck_assert_msg(tl_codec_create(&codec, &err) == TL_OK, "%s", err.message);
    return codec;
}

static const size_t counts[] = {1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 512, 1000, 25088};

/* Every half; signalling NaNs are quiet ones here, as rounding makes them. */
START_TEST(every_half_comes_back_from_two_planes)
{
    struct tl_error err;
    struct tl_codec_info info;
    const uint8_t *blob;
    const uint32_t *indices;
    const float *nonzero;
    size_t blob_bytes, nonzero_count;
    float *values = tl_memory_alloc(HALVES, sizeof *values), *back = tl_memory_alloc(HALVES, sizeof *back);
    tl_codec *codec = create();

    ck_assert(values != NULL && back != NULL);
    for (size_t i = 0; i < HALVES; i++)
        values[i] = tl_half_to_float((uint16_t)(i * 40503)); /* odd, so all of them, mixed */
    ck_assert_msg(tl_codec_encode_halves(codec, &blob, &blob_bytes, &info, values, HALVES, &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(info.version, 2);
    ck_assert_uint_eq(info.nonzero_count, HALVES - 1);
    ck_assert_uint_lt(blob_bytes, HALVES * 2 + HALVES / 8 + 200);
    uint8_t *copy = tl_memory_copy(blob, blob_bytes);
    ck_assert_int_eq(tl_codec_decode(codec, back, HALVES, copy, blob_bytes, &err), TL_OK);
    ck_assert_mem_eq(back, values, HALVES * sizeof *values);
    ck_assert_int_eq(tl_codec_decode_sparse(codec, &indices, &nonzero, &nonzero_count, HALVES, copy, blob_bytes, &err), TL_OK);
    ck_assert_uint_eq(nonzero_count, HALVES - 1);
    for (size_t i = 0; i < nonzero_count; i++)
        ck_assert_mem_eq(nonzero + i, values + indices[i], sizeof *values);
    tl_memory_free(copy);
    tl_memory_free(values);
    tl_memory_free(back);
    tl_codec_free(codec);
}
END_TEST

START_TEST(rounded_vectors_of_every_length_come_back_in_half_the_bytes)
{
    struct tl_error err;
    struct tl_codec_info info;
    const uint8_t *blob;
    size_t blob_bytes, float_bytes;
    const size_t count = counts[_i];
    float *values = tl_memory_alloc(count, sizeof *values), *back = tl_memory_alloc(count, sizeof *back);
    struct tl_random random;
    tl_codec *codec = create();

    ck_assert(values != NULL && back != NULL);
    tl_random_init(&random, 8, "codec");
    for (size_t i = 0; i < count; i++)
        if (tl_random_below(&random, 10) < 3)
            values[i] = tl_half_to_float((uint16_t)tl_random_next(&random));
    ck_assert_int_eq(tl_codec_encode(codec, &blob, &float_bytes, NULL, values, count, &err), TL_OK);
    ck_assert_int_eq(tl_codec_encode_halves(codec, &blob, &blob_bytes, &info, values, count, &err), TL_OK);
    uint8_t *copy = tl_memory_copy(blob, blob_bytes);
    ck_assert_int_eq(tl_codec_decode(codec, back, count, copy, blob_bytes, &err), TL_OK);
    ck_assert_mem_eq(back, values, count * sizeof *values);
    ck_assert_uint_le(blob_bytes, float_bytes);
    tl_memory_free(copy);
    tl_memory_free(values);
    tl_memory_free(back);
    tl_codec_free(codec);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_value_that_is_no_half_is_refused)
{
    static const float strangers[] = {0.1F, 65520.0F, 1e30F, 0x1p-25F, 1.0F + 0x1p-11F};
    struct tl_error err;
    tl_codec *codec = create();

    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        const float values[] = {1.0F, 0.0F, strangers[i]};
        const uint8_t *blob = (const uint8_t *)"";
        size_t blob_bytes;
        ck_assert_msg(tl_codec_encode_halves(codec, &blob, &blob_bytes, NULL, values, 3, &err) == TL_BAD_INPUT, "%a passes",
                      (double)strangers[i]);
        ck_assert_str_eq(err.message, "a feature vector with values that were not rounded to float16");
        ck_assert_ptr_null(blob);
    }
    tl_codec_free(codec);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("codec_halves");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, every_half_comes_back_from_two_planes);
    tcase_add_loop_test(core, rounded_vectors_of_every_length_come_back_in_half_the_bytes, 0, sizeof counts / sizeof *counts);
    tcase_add_test(faults, a_value_that_is_no_half_is_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
