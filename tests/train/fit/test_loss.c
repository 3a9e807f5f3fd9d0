/* test_loss.c - cross-entropy and its gradient, against differences and beyond what probabilities can hold. */
#include <math.h>

#include "tests/support/suite.h"
#include "train/fit/loss.h"

enum { CLASSES = 5 };

static double loss_at(const double logits[CLASSES], size_t true_class)
{
    double copy[CLASSES];

    for (size_t l = 0; l < CLASSES; l++)
        copy[l] = logits[l];
    return tl_loss_of_logits(copy, CLASSES, true_class);
}

START_TEST(the_gradient_is_that_of_finite_differences)
{
    const double logits[CLASSES] = {0.3, -1.2, 2.5, 0, 1.1}, step = 1e-5;
    const size_t true_class = (size_t)_i;
    double gradient[CLASSES];

    for (size_t l = 0; l < CLASSES; l++)
        gradient[l] = logits[l];
    (void)tl_loss_of_logits(gradient, CLASSES, true_class);
    tl_loss_gradient(gradient, true_class);
    for (size_t l = 0; l < CLASSES; l++) {
        double above[CLASSES], below[CLASSES];

        for (size_t k = 0; k < CLASSES; k++)
            above[k] = below[k] = logits[k];
        above[l] += step;
        below[l] -= step;
        ck_assert_double_eq_tol(gradient[l], (loss_at(above, true_class) - loss_at(below, true_class)) / (2 * step), 1e-8);
    }
}
END_TEST

START_TEST(the_loss_is_the_negative_logarithm_and_the_logits_become_probabilities)
{
    double logits[3] = {log(1), log(3), log(4)};

    ck_assert_double_eq_tol(tl_loss_of_logits(logits, 3, 1), -log(3.0 / 8), 1e-12);
    ck_assert_double_eq_tol(logits[0], 1.0 / 8, 1e-12);
    ck_assert_double_eq_tol(logits[2], 4.0 / 8, 1e-12);
}
END_TEST

START_TEST(the_largest_is_predicted_and_the_first_of_equals)
{
    ck_assert_uint_eq(tl_loss_predicted_class((double[]){1, 3, 2}, 3), 1);
    ck_assert_uint_eq(tl_loss_predicted_class((double[]){3, 1, 3}, 3), 0);
    ck_assert_uint_eq(tl_loss_predicted_class((double[]){-2, -1, -1}, 3), 1);
}
END_TEST

START_TEST(far_on_the_wrong_side_the_loss_is_finite_and_the_gradient_whole)
{
    double logits[2] = {-2000, 3000};

    ck_assert_double_eq(tl_loss_of_logits(logits, 2, 0), 5000);
    tl_loss_gradient(logits, 0);
    ck_assert_double_eq(logits[0], -1);
    ck_assert_double_eq(logits[1], 1);
}
END_TEST

START_TEST(nan_stays_nan)
{
    double logits[2] = {(double)NAN, 1};

    ck_assert(isnan(tl_loss_of_logits(logits, 2, 1)));
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("loss");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_loop_test(core, the_gradient_is_that_of_finite_differences, 0, CLASSES);
    tcase_add_test(core, the_loss_is_the_negative_logarithm_and_the_logits_become_probabilities);
    tcase_add_test(core, the_largest_is_predicted_and_the_first_of_equals);
    tcase_add_test(limits, far_on_the_wrong_side_the_loss_is_finite_and_the_gradient_whole);
    tcase_add_test(limits, nan_stays_nan);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
