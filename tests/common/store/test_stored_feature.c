/* test_stored_feature.c - a blob is whole when its row tells of the same values, and nothing else is.
 */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/stored_feature.h"
#include "tests/support/suite.h"

enum { VALUES = 5 };

static struct tl_stored_feature_checker checker;
static struct tl_stored_feature feature;
static uint8_t blob[256];

static void make_feature(void)
{
    const float values[VALUES] = {1, 0, -0.0F, NAN, 2.5F};
    struct tl_codec_info info;
    struct tl_digest digest;
    struct tl_error err;
    const uint8_t *encoded;
    ck_assert_msg(tl_stored_feature_open(&checker, &err) == TL_OK, "%s", err.message);
    feature = (struct tl_stored_feature){.value_count = VALUES, .blob = blob};
    ck_assert_int_eq(tl_codec_encode(checker.codec, &encoded, &feature.blob_bytes, &info, values, VALUES, &err), TL_OK);
    ck_assert_uint_le(feature.blob_bytes, sizeof blob);
    memcpy(blob, encoded, feature.blob_bytes);
    feature.stored_bytes = (int64_t)feature.blob_bytes;
    feature.nonzero_count = (int64_t)info.nonzero_count;
    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, values, VALUES);
    tl_digest_finish(&digest, feature.values_digest);
}

static void close_checker(void)
{
    tl_stored_feature_close(&checker);
}

static void must_be_damaged(const char *words)
{
    struct tl_error err;
    ck_assert_int_eq(tl_stored_feature_check(&checker, &feature, &err), TL_CORRUPT);
    ck_assert_msg(strstr(err.message, words) != NULL, "'%s' is not in '%s'", words, err.message);
}

/* ---- Core ---- */

START_TEST(a_feature_is_whole_as_often_as_it_is_asked)
{
    struct tl_error err;
    for (int i = 0; i < 3; i++)
        ck_assert_msg(tl_stored_feature_check(&checker, &feature, &err) == TL_OK, "%s", err.message);
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_shape_of_no_values_or_too_many_is_damage)
{
    const int64_t counts[] = {INT64_MIN, -1, 0, (int64_t)TL_CODEC_COUNT_MAX + 1, INT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        feature.value_count = counts[i];
        must_be_damaged("a feature set that no network has");
    }
}
END_TEST

/* ---- Faults ---- */

START_TEST(each_fact_of_the_row_is_compared)
{
    const struct tl_stored_feature whole = feature;
    feature.blob = NULL;
    must_be_damaged("its values are lost");
    feature = whole;
    feature.stored_bytes = -1;
    must_be_damaged("bytes, not -1");
    feature = whole;
    feature.nonzero_count--;
    must_be_damaged("of its values are not zero, not");
    feature.nonzero_count = -1;
    must_be_damaged("of its values are not zero, not -1");
    feature = whole;
    feature.values_digest[31] ^= 1;
    must_be_damaged("another digest");
    feature = whole;
    feature.value_count = VALUES + 1;
    must_be_damaged("");
    feature = whole;
    blob[feature.blob_bytes - 1] ^= 1;
    must_be_damaged("checksum");
}
END_TEST

START_TEST(every_failed_allocation_is_survived)
{
    struct tl_error err;
    enum tl_status status;
    size_t n = 0;
    do {
        struct tl_stored_feature_checker fresh;
        tl_memory_fail_at(++n);
        status = tl_stored_feature_open(&fresh, &err);
        if (status == TL_OK)
            status = tl_stored_feature_check(&fresh, &feature, &err);
        tl_memory_fail_at(0);
        tl_stored_feature_close(&fresh);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "allocation %zu: %s", n, err.message);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 2);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("stored_feature");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, make_feature, close_checker);
    tcase_add_checked_fixture(limits, make_feature, close_checker);
    tcase_add_checked_fixture(faults, make_feature, close_checker);
    tcase_add_test(core, a_feature_is_whole_as_often_as_it_is_asked);
    tcase_add_test(limits, a_shape_of_no_values_or_too_many_is_damage);
    tcase_add_test(faults, each_fact_of_the_row_is_compared);
    tcase_add_test(faults, every_failed_allocation_is_survived);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
