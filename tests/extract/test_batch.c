/* test_batch.c - commits grow with the store, within bounds. */
#include "extract/batch.h"
#include "tests/support/suite.h"

START_TEST(commits_grow_with_the_store)
{
    size_t last = tl_batch_feature_count(0);

    ck_assert_uint_eq(last, 64);
    for (int64_t contents = 1000; contents < 10000000; contents *= 2) {
        size_t count = tl_batch_feature_count(contents);

        ck_assert_uint_ge(count, last);
        last = count;
    }
    ck_assert_uint_gt(last, 200);
}
END_TEST

START_TEST(any_number_of_contents_gives_a_sensible_commit)
{
    ck_assert_uint_eq(tl_batch_feature_count(INT64_MIN), 64);
    ck_assert_uint_eq(tl_batch_feature_count(-1), 64);
    ck_assert_uint_le(tl_batch_feature_count(INT64_MAX), 224);
    ck_assert_uint_ge(tl_batch_feature_count(INT64_MAX), 223);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("batch");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits");

    tcase_add_test(core, commits_grow_with_the_store);
    suite_add_tcase(suite, core);
    tcase_add_test(limits, any_number_of_contents_gives_a_sensible_commit);
    suite_add_tcase(suite, limits);
    return suite;
}
