/* test_comparison.c - two heads on the same photos. */
#include <math.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/fit/comparison.h"

enum { PHOTOS = 100 };

static uint32_t true_classes[PHOTOS];
static double first[2 * PHOTOS], second[2 * PHOTOS];

/* The first head has every tenth photo wrong; the second those and, from photo `from` on, every other. */
static struct tl_metrics_photos make_photos(size_t from)
{
    for (size_t i = 0; i < PHOTOS; i++) {
        const size_t right = i % 2, wrong = 1 - right;

        true_classes[i] = (uint32_t)right;
        first[2 * i + (i % 10 == 0 ? wrong : right)] = 0.75;
        first[2 * i + (i % 10 == 0 ? right : wrong)] = 0.25;
        second[2 * i + (i % 10 == 0 || (i >= from && i % 2 == 0) ? wrong : right)] = 0.75;
        second[2 * i + (i % 10 == 0 || (i >= from && i % 2 == 0) ? right : wrong)] = 0.25;
    }
    return (struct tl_metrics_photos){first, true_classes, NULL, NULL, PHOTOS, 2};
}

START_TEST(a_head_that_is_worse_on_many_photos_is_worse_beyond_chance)
{
    const struct tl_metrics_photos photos = make_photos(0);
    struct tl_comparison comparison;
    struct tl_error err;

    ck_assert_int_eq(tl_comparison_measure(&comparison, &photos, second, &err), TL_OK);
    ck_assert_uint_eq(comparison.first_right, 40);
    ck_assert_uint_eq(comparison.second_right, 0);
    ck_assert_double_eq_tol(comparison.accuracy_difference, -0.4, 1e-12);
    ck_assert_double_eq_tol(comparison.loss_difference, 0.4 * log(3), 1e-12);
    ck_assert_double_gt(comparison.accuracy_interval.low, -0.55);
    ck_assert_double_lt(comparison.accuracy_interval.high, -0.25);
    ck_assert_double_gt(comparison.loss_interval.low, 0.25 * log(3));
}
END_TEST

START_TEST(one_photo_more_is_within_chance)
{
    const struct tl_metrics_photos photos = make_photos(98);
    struct tl_comparison comparison;
    struct tl_error err;

    ck_assert_int_eq(tl_comparison_measure(&comparison, &photos, second, &err), TL_OK);
    ck_assert_double_eq_tol(comparison.accuracy_difference, -0.01, 1e-12);
    ck_assert_double_ge(comparison.accuracy_interval.high, 0);
}
END_TEST

START_TEST(equal_heads_do_not_differ)
{
    const struct tl_metrics_photos photos = make_photos(0);
    struct tl_comparison comparison;
    struct tl_error err;

    ck_assert_int_eq(tl_comparison_measure(&comparison, &photos, first, &err), TL_OK);
    ck_assert_double_eq(comparison.accuracy_difference, 0);
    ck_assert_double_eq(comparison.accuracy_interval.low, 0);
    ck_assert_double_eq(comparison.loss_interval.high, 0);
}
END_TEST

START_TEST(running_out_of_memory_is_told)
{
    const struct tl_metrics_photos photos = make_photos(0);
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    for (n = 1; status != TL_OK; n++) {
        struct tl_comparison comparison;
        struct tl_error err;

        (void)tl_memory_fail_at(n);
        status = tl_comparison_measure(&comparison, &photos, second, &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    }
    ck_assert_uint_gt(n, 4);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("comparison");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_test(core, a_head_that_is_worse_on_many_photos_is_worse_beyond_chance);
    tcase_add_test(core, one_photo_more_is_within_chance);
    tcase_add_test(core, equal_heads_do_not_differ);
    tcase_add_test(faults, running_out_of_memory_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
