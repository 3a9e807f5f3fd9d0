/* test_rate.c - the window of the rate, with times made up here. */
#include "common/base/rate.h"
#include "tests/support/suite.h"

START_TEST(a_steady_count_has_its_rate)
{
    struct tl_rate rate;

    tl_rate_init(&rate, 1000.0, 0);
    for (int i = 1; i <= 1000; i++)
        tl_rate_tell(&rate, 1000.0 + i * 0.1, (uint64_t)i * 2);
    ck_assert_double_eq_tol(tl_rate_per_second(&rate), 20.0, 1e-9);
}
END_TEST

START_TEST(what_is_older_than_the_window_is_forgotten)
{
    struct tl_rate rate;
    uint64_t count = 0;

    tl_rate_init(&rate, 0.0, 0);
    for (int second = 1; second <= 100; second++)
        tl_rate_tell(&rate, second, count += 100);
    for (int second = 101; second <= 140; second++)
        tl_rate_tell(&rate, second, count += 3);
    ck_assert_double_eq_tol(tl_rate_per_second(&rate), 3.0, 1e-9);
}
END_TEST

START_TEST(rare_news_keep_a_span_to_reckon_with)
{
    struct tl_rate rate;

    tl_rate_init(&rate, 0.0, 0);
    tl_rate_tell(&rate, 100.0, 50);
    ck_assert_double_eq_tol(tl_rate_per_second(&rate), 0.5, 1e-9);
    tl_rate_tell(&rate, 200.0, 60);
    ck_assert_double_eq_tol(tl_rate_per_second(&rate), 0.1, 1e-9);
}
END_TEST

START_TEST(a_resumed_count_starts_from_where_it_was)
{
    struct tl_rate rate;

    tl_rate_init(&rate, 5.0, 1000);
    tl_rate_tell(&rate, 7.0, 1010);
    ck_assert_double_eq_tol(tl_rate_per_second(&rate), 5.0, 1e-9);
}
END_TEST

START_TEST(the_first_moments_already_have_a_rate)
{
    struct tl_rate rate;

    tl_rate_init(&rate, 1000.0, 0);
    tl_rate_tell(&rate, 1000.25, 5);
    ck_assert_double_eq_tol(tl_rate_per_second(&rate), 20.0, 1e-9);
}
END_TEST

START_TEST(no_time_or_no_growth_is_no_rate)
{
    struct tl_rate rate;

    tl_rate_init(&rate, 5.0, 10);
    ck_assert_double_eq(tl_rate_per_second(&rate), 0.0);
    tl_rate_tell(&rate, 5.0, 20);
    ck_assert_double_eq(tl_rate_per_second(&rate), 0.0);
    tl_rate_tell(&rate, 6.0, 10);
    ck_assert_double_eq(tl_rate_per_second(&rate), 0.0);
    tl_rate_tell(&rate, 7.0, 9);
    ck_assert_double_eq(tl_rate_per_second(&rate), 0.0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/rate");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_test(core, a_steady_count_has_its_rate);
    tcase_add_test(core, what_is_older_than_the_window_is_forgotten);
    tcase_add_test(core, rare_news_keep_a_span_to_reckon_with);
    tcase_add_test(core, a_resumed_count_starts_from_where_it_was);
    tcase_add_test(limits, the_first_moments_already_have_a_rate);
    tcase_add_test(limits, no_time_or_no_growth_is_no_rate);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
