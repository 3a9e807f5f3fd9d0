/* test_calibration.c - the temperature that makes probabilities true. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/calibration.h"
#include "train/fit/metrics.h"

enum { PHOTOS = 3000, CLASSES = 3 };

static double probabilities[PHOTOS * CLASSES];
static uint32_t true_classes[PHOTOS];

/* Classes are drawn from softmax(logits); what is told of them is softmax(sureness x logits). */
static void make_photos(double sureness)
{
    struct tl_random random;

    tl_random_init(&random, 1, "photos");
    for (size_t i = 0; i < PHOTOS; i++) {
        double truth[CLASSES], *told = probabilities + i * CLASSES, draw;

        for (size_t l = 0; l < CLASSES; l++) {
            truth[l] = 4 * tl_random_uniform(&random);
            told[l] = sureness * truth[l];
        }
        tl_head_softmax(truth, CLASSES);
        tl_head_softmax(told, CLASSES);
        draw = tl_random_uniform(&random);
        true_classes[i] = draw < truth[0] ? 0 : draw < truth[0] + truth[1] ? 1 : 2;
    }
}

static double fit(size_t photo_count)
{
    struct tl_error err;
    double temperature = 0;

    ck_assert_int_eq(tl_calibration_fit(&temperature, probabilities, true_classes, photo_count, CLASSES, &err), TL_OK);
    return temperature;
}

/* What the temperature minimises, N times over. */
static double measure_objective(double temperature)
{
    double sum = 0.5 * log(temperature) * log(temperature);

    for (size_t i = 0; i < PHOTOS; i++) {
        double row[CLASSES];

        memcpy(row, probabilities + i * CLASSES, sizeof row);
        tl_calibration_scale(row, 1, CLASSES, temperature);
        sum += tl_metrics_loss(row[true_classes[i]]);
    }
    return sum;
}

START_TEST(a_head_that_is_too_sure_is_cooled_and_one_too_doubtful_warmed)
{
    static const double sureness[] = {3, 1, 0.25};

    make_photos(sureness[_i]);
    ck_assert_double_eq_tol(fit(PHOTOS) / sureness[_i], 1, 0.08);
}
END_TEST

START_TEST(the_temperature_is_where_the_loss_is_least)
{
    double temperature;

    make_photos(3);
    temperature = fit(PHOTOS);
    ck_assert_double_lt(measure_objective(temperature), measure_objective(1));
    ck_assert_double_lt(measure_objective(temperature), measure_objective(temperature * 1.001));
    ck_assert_double_lt(measure_objective(temperature), measure_objective(temperature / 1.001));
}
END_TEST

START_TEST(the_error_of_calibration_falls_and_no_prediction_changes)
{
    struct tl_metrics_photos photos = {probabilities, true_classes, NULL, NULL, PHOTOS, CLASSES};
    struct tl_metrics *before = NULL, *after = NULL;
    struct tl_error err;

    make_photos(3);
    ck_assert_int_eq(tl_metrics_measure(&before, &photos, &err), TL_OK);
    tl_calibration_scale(probabilities, PHOTOS, CLASSES, fit(PHOTOS));
    ck_assert_int_eq(tl_metrics_measure(&after, &photos, &err), TL_OK);
    ck_assert_int_eq(memcmp(before->confusion, after->confusion, CLASSES * CLASSES * sizeof *after->confusion), 0);
    ck_assert_double_gt(before->ece, 0.1);
    ck_assert_double_lt(after->ece, 0.03);
    ck_assert_double_lt(after->loss, before->loss);
    tl_metrics_free(before);
    tl_metrics_free(after);
}
END_TEST

START_TEST(a_fold_is_scaled_by_the_temperature_of_the_others)
{
    static uint32_t folds[PHOTOS];
    static double expected[PHOTOS * CLASSES];
    const size_t held = PHOTOS - 100; /* the last hundred are fold 1 */
    struct tl_error err;

    make_photos(3);
    memcpy(expected, probabilities, sizeof expected);
    for (size_t i = held; i < PHOTOS; i++)
        folds[i] = 1;
    tl_calibration_scale(expected + held * CLASSES, 100, CLASSES, fit(held));
    ck_assert_int_eq(tl_calibration_cross_fit(probabilities, true_classes, PHOTOS, CLASSES, folds, 2, &err), TL_OK);
    ck_assert_int_eq(memcmp(expected + held * CLASSES, probabilities + held * CLASSES, 100 * CLASSES * sizeof *expected), 0);
    ck_assert_int_ne(memcmp(expected, probabilities, held * CLASSES * sizeof *expected), 0);
}
END_TEST

START_TEST(a_temperature_folded_into_the_head_gives_the_scaled_probabilities)
{
    struct tl_head *head = make_head(2, CLASSES);
    double logits[CLASSES], expected[CLASSES];

    for (size_t i = 0; i < 2 * CLASSES; i++)
        head->kernel[i] = (float)i - 2;
    head->bias[1] = 0.5F;
    tl_head_logits(head, expected, (float[]){1, 0.25F});
    tl_head_softmax(expected, CLASSES);
    tl_calibration_scale(expected, 1, CLASSES, 2.5);
    tl_calibration_apply(head, 2.5);
    tl_head_logits(head, logits, (float[]){1, 0.25F});
    tl_head_softmax(logits, CLASSES);
    for (size_t l = 0; l < CLASSES; l++)
        ck_assert_double_eq_tol(logits[l], expected[l], 1e-6);
    tl_head_free(head);
}
END_TEST

/* Without the prior, photos that are all right would make the temperature vanish. */
START_TEST(a_few_photos_that_are_all_right_do_not_make_a_head_certain)
{
    double temperature;

    for (size_t i = 0; i < 10; i++) {
        true_classes[i] = 0;
        probabilities[i * CLASSES] = 0.9;
        probabilities[i * CLASSES + 1] = probabilities[i * CLASSES + 2] = 0.05;
    }
    temperature = fit(10);
    ck_assert_double_gt(temperature, 0.3);
    ck_assert_double_lt(temperature, 1);
}
END_TEST

START_TEST(the_temperature_has_bounds)
{
    for (size_t i = 0; i < PHOTOS; i++) { /* always certain, always wrong */
        true_classes[i] = 0;
        probabilities[i * CLASSES] = 0;
        probabilities[i * CLASSES + 1] = 1;
        probabilities[i * CLASSES + 2] = 0;
    }
    ck_assert_double_eq_tol(fit(PHOTOS), TL_CALIBRATION_TEMPERATURE_MAX, 1e-9);
}
END_TEST

START_TEST(without_photos_the_temperature_is_one)
{
    ck_assert_double_eq(fit(0), 1);
    ck_assert_int_eq(tl_calibration_cross_fit(probabilities, true_classes, 0, CLASSES, NULL, 0, NULL), TL_OK);
}
END_TEST

START_TEST(running_out_of_memory_is_told)
{
    static const uint32_t folds[6] = {0, 1, 0, 1, 0, 1};
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    make_photos(3);
    for (n = 1; status != TL_OK; n++) {
        struct tl_error err;

        (void)tl_memory_fail_at(n);
        status = tl_calibration_cross_fit(probabilities, true_classes, 6, CLASSES, folds, 2, &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    }
    ck_assert_uint_gt(n, 5);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("calibration");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");

    tcase_add_loop_test(core, a_head_that_is_too_sure_is_cooled_and_one_too_doubtful_warmed, 0, 3);
    tcase_add_test(core, the_temperature_is_where_the_loss_is_least);
    tcase_add_test(core, the_error_of_calibration_falls_and_no_prediction_changes);
    tcase_add_test(core, a_fold_is_scaled_by_the_temperature_of_the_others);
    tcase_add_test(core, a_temperature_folded_into_the_head_gives_the_scaled_probabilities);
    tcase_add_test(limits, a_few_photos_that_are_all_right_do_not_make_a_head_certain);
    tcase_add_test(limits, the_temperature_has_bounds);
    tcase_add_test(limits, without_photos_the_temperature_is_one);
    tcase_add_test(faults, running_out_of_memory_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
