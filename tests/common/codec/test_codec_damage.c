/* test_codec_damage.c - damaged and forged blobs: none passes, none harms. */
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "common/base/half.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/codec/codec.h"
#include "tests/support/suite.h"

enum { HEADER_BYTES = 12, CHECKSUM_BYTES = 8, COUNT = 70, LONG_COUNT = 2000 };

static tl_codec *create(void)
{
    struct tl_error err;
    tl_codec *codec;

    ck_assert_msg(tl_codec_create(&codec, &err) == TL_OK, "%s", err.message);
    return codec;
}

/* The blob of version 1 or 2 copied, so that the next call leaves it alone. */
static uint8_t *encode(size_t *out_bytes, tl_codec *codec, unsigned version, const float *values, size_t count)
{
    struct tl_error err;
    const uint8_t *blob;
    const enum tl_status status = version == 2 ? tl_codec_encode_halves(codec, &blob, out_bytes, NULL, values, count, &err)
                                               : tl_codec_encode(codec, &blob, out_bytes, NULL, values, count, &err);

    ck_assert_msg(status == TL_OK, "%s", err.message);
    uint8_t *copy = tl_memory_copy(blob, *out_bytes);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* Mostly zeros among a few random bit patterns. */
static void fill(float *values, size_t count)
{
    struct tl_random random;

    tl_random_init(&random, 3, "codec");
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = tl_random_below(&random, 10) == 0 ? (uint32_t)tl_random_next(&random) : 0;
        memcpy(values + i, &bits, sizeof bits);
    }
    tl_half_round(values, count); /* so that both versions can hold them */
}

static void check_corrupt(tl_codec *codec, size_t count, const uint8_t *blob, size_t blob_bytes, const char *message_part,
                          const char *what)
{
    struct tl_error err;
    const uint32_t *indices = (const uint32_t *)blob;
    const float *nonzero = (const float *)blob;
    size_t nonzero_count;
    float *values = tl_memory_alloc(count, sizeof *values);

    ck_assert_msg(tl_codec_decode(codec, values, count, blob, blob_bytes, &err) == TL_CORRUPT, "%s is not reported", what);
    ck_assert_msg(strstr(err.message, message_part) != NULL, "%s: the message is '%s'", what, err.message);
    ck_assert_msg(tl_codec_decode_sparse(codec, &indices, &nonzero, &nonzero_count, count, blob, blob_bytes, &err) == TL_CORRUPT,
                  "%s is not reported by the sparse decoder", what);
    ck_assert_ptr_null(indices);
    ck_assert_ptr_null(nonzero);
    tl_memory_free(values);
}

START_TEST(every_flipped_bit_is_reported_as_corrupt)
{
    struct tl_error err;
    struct tl_codec_info info;
    float values[COUNT];
    size_t blob_bytes;
    tl_codec *codec = create();

    fill(values, COUNT);
    uint8_t *blob = encode(&blob_bytes, codec, (unsigned)_i, values, COUNT);
    for (size_t bit = 0; bit < blob_bytes * 8; bit++) {
        char what[40];
        snprintf(what, sizeof what, "bit %zu", bit);
        blob[bit / 8] ^= (uint8_t)(1U << bit % 8);
        check_corrupt(codec, COUNT, blob, blob_bytes, "feature blob", what);
        ck_assert_msg(tl_codec_inspect(&info, blob, blob_bytes, &err) == TL_CORRUPT, "%s passes inspection", what);
        blob[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    ck_assert_int_eq(tl_codec_decode(codec, values, COUNT, blob, blob_bytes, &err), TL_OK);
    tl_memory_free(blob);
    tl_codec_free(codec);
}
END_TEST

START_TEST(every_truncation_is_reported_as_corrupt)
{
    float values[COUNT];
    size_t blob_bytes;
    tl_codec *codec = create();

    fill(values, COUNT);
    uint8_t *blob = encode(&blob_bytes, codec, (unsigned)_i, values, COUNT);
    for (size_t size_bytes = 0; size_bytes < blob_bytes; size_bytes++) {
        char what[40];
        uint8_t *cut = tl_memory_copy(blob, size_bytes); /* a copy, so that a sanitizer sees reads beyond it */
        snprintf(what, sizeof what, "%zu of %zu bytes", size_bytes, blob_bytes);
        check_corrupt(codec, COUNT, cut, size_bytes, "feature blob", what);
        tl_memory_free(cut);
    }
    tl_memory_free(blob);
    tl_codec_free(codec);
}
END_TEST

START_TEST(another_count_than_expected_is_reported_as_corrupt)
{
    float values[COUNT];
    size_t blob_bytes;
    tl_codec *codec = create();

    fill(values, COUNT);
    uint8_t *blob = encode(&blob_bytes, codec, (unsigned)_i, values, COUNT);
    check_corrupt(codec, COUNT - 1, blob, blob_bytes, "70 values where 69 are expected", "a shorter vector");
    check_corrupt(codec, COUNT + 1, blob, blob_bytes, "70 values where 71 are expected", "a longer vector");
    tl_memory_free(blob);
    tl_codec_free(codec);
}
END_TEST

static void store_u32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static void seal(uint8_t *blob, size_t blob_bytes)
{
    const uint64_t checksum = XXH3_64bits(blob, blob_bytes - CHECKSUM_BYTES);
    store_u32(blob + blob_bytes - CHECKSUM_BYTES, (uint32_t)checksum);
    store_u32(blob + blob_bytes - CHECKSUM_BYTES + 4, (uint32_t)(checksum >> 32));
}

/* A blob that is not the codec's work, with a good checksum: what a hostile or buggy writer could make. */
struct forgery {
    const char *what, *message_part;
    uint8_t version, reserved;
    uint32_t count, nonzero_count;
    size_t content_bytes;
    uint8_t content[16]; /* bitmap of one or two bytes, then planes */
    bool has_second_frame, has_no_frame;
};

static const struct forgery forgeries[] = {
    {"a newer version", "version 3; this program reads up to 2", 3, 0, 8, 1, 5, {1, 1, 2, 3, 4}, false, false},
    {"version 0", "version 0; this program reads up to 2", 0, 0, 8, 1, 5, {1, 1, 2, 3, 4}, false, false},
    {"a reserved byte", "header says", 1, 1, 8, 1, 5, {1, 1, 2, 3, 4}, false, false},
    {"no values", "header says 0 values", 1, 0, 0, 0, 0, {0}, false, false},
    {"too many values", "header says 16777217 values", 1, 0, TL_CODEC_COUNT_MAX + 1, 0, 1, {0}, false, false},
    {"more non-zeros than values", "header says 8 values, 9 of them not zero", 1, 0, 8, 9, 5, {1, 1, 2, 3, 4}, false, false},
    {"a frame too short", "not one zstd frame of 5 bytes", 1, 0, 8, 1, 4, {1, 1, 2, 3}, false, false},
    {"a frame too long", "not one zstd frame of 5 bytes", 1, 0, 8, 1, 6, {1, 1, 2, 3, 4, 5}, false, false},
    {"a second frame", "not one zstd frame of 5 bytes", 1, 0, 8, 1, 5, {1, 1, 2, 3, 4}, true, false},
    {"no frame", "not one zstd frame of 5 bytes", 1, 0, 8, 1, 0, {0}, false, true},
    {"a bitmap with a bit too few", "does not mark 1 of 8 values", 1, 0, 8, 1, 5, {0, 1, 2, 3, 4}, false, false},
    {"a bitmap with a bit too many", "does not mark 1 of 8 values", 1, 0, 8, 1, 5, {3, 1, 2, 3, 4}, false, false},
    {"a bit beyond the last value", "does not mark 1 of 9 values", 1, 0, 9, 1, 6, {0, 2, 1, 2, 3, 4}, false, false},
    {"a stored zero", "a zero among the values", 1, 0, 8, 1, 5, {1, 0, 0, 0, 0}, false, false},
    {"a stored zero of float16", "a zero among the values", 2, 0, 8, 1, 3, {1, 0, 0}, false, false},
    {"float16 in four planes", "not one zstd frame of 3 bytes", 2, 0, 8, 1, 5, {1, 1, 2, 3, 4}, false, false},
    {"a reserved byte of float16", "header says", 2, 1, 8, 1, 3, {1, 1, 2}, false, false},
};

static size_t forge(uint8_t *blob, size_t capacity, const struct forgery *f)
{
    memset(blob, 0, HEADER_BYTES);
    blob[0] = f->version;
    blob[1] = f->reserved;
    store_u32(blob + 4, f->count);
    store_u32(blob + 8, f->nonzero_count);
    size_t size_bytes = HEADER_BYTES;
    if (!f->has_no_frame)
        size_bytes += ZSTD_compress(blob + size_bytes, capacity - size_bytes, f->content, f->content_bytes, 1);
    if (f->has_second_frame)
        size_bytes += ZSTD_compress(blob + size_bytes, capacity - size_bytes, NULL, 0, 1);
    size_bytes += CHECKSUM_BYTES;
    seal(blob, size_bytes);
    return size_bytes;
}

START_TEST(content_that_contradicts_itself_is_reported_even_under_a_good_checksum)
{
    const struct forgery *f = &forgeries[_i];
    uint8_t blob[256];
    tl_codec *codec = create();
    const size_t blob_bytes = forge(blob, sizeof blob, f);

    check_corrupt(codec, f->count, blob, blob_bytes, f->message_part, f->what);
    tl_codec_free(codec);
}
END_TEST

START_TEST(a_forgery_without_a_fault_is_read)
{
    static const struct forgery honest = {"", "", 1, 0, 8, 1, 5, {1, 0x3F, 0x80, 0, 0}, false, false};
    struct tl_error err;
    float values[8];
    uint8_t blob[256];
    tl_codec *codec = create();
    const size_t blob_bytes = forge(blob, sizeof blob, &honest);

    ck_assert_msg(tl_codec_decode(codec, values, 8, blob, blob_bytes, &err) == TL_OK, "%s", err.message);
    ck_assert(values[0] == 1.0F && values[7] == 0.0F);
    tl_codec_free(codec);
}
END_TEST

START_TEST(a_forgery_of_float16_without_a_fault_is_read)
{
    static const struct forgery honest = {"", "", 2, 0, 8, 1, 3, {128, 0x3C, 0}, false, false};
    struct tl_error err;
    float values[8];
    uint8_t blob[256];
    tl_codec *codec = create();
    const size_t blob_bytes = forge(blob, sizeof blob, &honest);

    ck_assert_msg(tl_codec_decode(codec, values, 8, blob, blob_bytes, &err) == TL_OK, "%s", err.message);
    ck_assert(values[0] == 0.0F && values[7] == 1.0F);
    tl_codec_free(codec);
}
END_TEST

START_TEST(random_bytes_are_reported_as_corrupt)
{
    struct tl_random random;
    uint8_t blob[200];
    tl_codec *codec = create();

    tl_random_init(&random, 9, "codec");
    for (unsigned n = 0; n < 5000; n++) {
        char what[40];
        const size_t size_bytes = tl_random_below(&random, sizeof blob + 1);
        for (size_t i = 0; i < size_bytes; i++)
            blob[i] = (uint8_t)tl_random_next(&random);
        if (size_bytes > 0 && n % 2 == 0)
            blob[0] = (uint8_t)(1 + n / 2 % 2);
        snprintf(what, sizeof what, "random blob %u", n);
        check_corrupt(codec, COUNT, blob, size_bytes, "feature blob", what);
    }
    tl_codec_free(codec);
}
END_TEST

/* With a good checksum, damage to the frame may happen to be another valid vector; then it must be one. */
START_TEST(a_damaged_frame_under_a_good_checksum_is_corrupt_or_a_vector)
{
    struct tl_error err;
    struct tl_random random;
    float values[LONG_COUNT];
    size_t blob_bytes, corrupt_count = 0;
    tl_codec *codec = create();

    fill(values, LONG_COUNT);
    uint8_t *blob = encode(&blob_bytes, codec, (unsigned)_i, values, LONG_COUNT);
    uint8_t *damaged = tl_memory_alloc(blob_bytes, 1);

    tl_random_init(&random, 10, "codec");
    for (unsigned n = 0; n < 5000; n++) {
        memcpy(damaged, blob, blob_bytes);
        for (uint64_t k = tl_random_below(&random, 4); k < 4; k++)
            damaged[HEADER_BYTES + tl_random_below(&random, blob_bytes - HEADER_BYTES - CHECKSUM_BYTES)] =
                (uint8_t)tl_random_next(&random);
        seal(damaged, blob_bytes);
        const enum tl_status status = tl_codec_decode(codec, values, LONG_COUNT, damaged, blob_bytes, &err);
        ck_assert_msg(status == TL_CORRUPT || status == TL_OK, "damage %u of seed 10 gives status %d: %s", n, (int)status,
                      err.message);
        corrupt_count += status == TL_CORRUPT;
    }
    ck_assert_uint_gt(corrupt_count, 100);
    tl_memory_free(blob);
    tl_memory_free(damaged);
    tl_codec_free(codec);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("codec_damage");
    TCase *faults = tcase_create("Faults");

    tcase_set_timeout(faults, 60);
    tcase_add_loop_test(faults, every_flipped_bit_is_reported_as_corrupt, 1, TL_CODEC_VERSION + 1);
    tcase_add_loop_test(faults, every_truncation_is_reported_as_corrupt, 1, TL_CODEC_VERSION + 1);
    tcase_add_loop_test(faults, another_count_than_expected_is_reported_as_corrupt, 1, TL_CODEC_VERSION + 1);
    tcase_add_loop_test(faults, content_that_contradicts_itself_is_reported_even_under_a_good_checksum, 0,
                        sizeof forgeries / sizeof *forgeries);
    tcase_add_test(faults, a_forgery_without_a_fault_is_read);
    tcase_add_test(faults, a_forgery_of_float16_without_a_fault_is_read);
    tcase_add_test(faults, random_bytes_are_reported_as_corrupt);
    tcase_add_loop_test(faults, a_damaged_frame_under_a_good_checksum_is_corrupt_or_a_vector, 1, TL_CODEC_VERSION + 1);
    suite_add_tcase(suite, faults);
    return suite;
}
