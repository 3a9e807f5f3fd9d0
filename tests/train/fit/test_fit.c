/* test_fit.c - epochs, order, batches, variants and the course as Keras runs it. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/evaluate.h"
#include "train/fit/fit.h"

static const struct tl_course COURSE = {.variants = TL_FIT_PLAIN, .epochs = 3, .batch_size = 32, .learning_rate = 0.001, .seed = 7};

static bool are_same_bytes(const struct tl_head *a, const struct tl_head *b)
{
    return memcmp(a->kernel, b->kernel, a->feature_count * a->class_count * sizeof(float)) == 0 &&
           memcmp(a->bias, b->bias, a->class_count * sizeof(float)) == 0;
}

/* ---- seeds, scale, variants ---- */

START_TEST(the_same_seed_gives_the_same_bytes_and_another_gives_others)
{
    struct tl_samples *samples = make_separable(100, 20, 2, 3);
    struct tl_head *first = make_head(MADE_SEPARABLE, 3), *again = make_head(MADE_SEPARABLE, 3),
                   *other = make_head(MADE_SEPARABLE, 3);
    struct tl_course course = COURSE;
    struct tl_store_epoch history[3];

    course.variants = TL_FIT_ALL;
    ck_assert_int_eq(tl_fit_head(NULL, first, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_int_eq(tl_fit_head(NULL, again, history, samples, &course, NULL, NULL), TL_OK);
    course.seed = 8;
    ck_assert_int_eq(tl_fit_head(NULL, other, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert(are_same_bytes(first, again));
    ck_assert(!are_same_bytes(first, other));
    tl_samples_free(samples);
    tl_head_free(first);
    tl_head_free(again);
    tl_head_free(other);
}
END_TEST

START_TEST(glorot_is_uniform_within_its_limit_and_repeatable)
{
    struct tl_head *first = make_head(MADE_SEPARABLE, 5), *again = make_head(MADE_SEPARABLE, 5);
    const double limit = sqrt(6.0 / (MADE_SEPARABLE + 5));
    double sum = 0, largest = 0;

    first->bias[2] = 3;
    tl_fit_init_glorot(first, 4);
    tl_fit_init_glorot(again, 4);
    ck_assert(are_same_bytes(first, again));
    for (size_t i = 0; i < MADE_SEPARABLE * 5; i++) {
        largest = fmax(largest, fabs((double)first->kernel[i]));
        sum += (double)first->kernel[i];
    }
    ck_assert_double_le(largest, limit);
    ck_assert_double_gt(largest, 0.9 * limit);
    ck_assert_double_lt(fabs(sum), limit * 4 * sqrt(MADE_SEPARABLE * 5 / 3.0));
    tl_head_free(first);
    tl_head_free(again);
}
END_TEST

START_TEST(the_scale_is_the_rms_norm_of_what_trains_over_28)
{
    struct tl_samples *samples = make_samples(2, 3);
    const float x[][2] = {{3, 4}, {0, 10}, {6, 0}};    /* plain and two variants */
    const float evaluated[2] = {1000, 0}, alone[2] = {1, 0};

    add_sample(samples, x[0], 2, 0, TL_ROLE_TRAIN);
    add_sample(samples, evaluated, 0, 1, TL_ROLE_VALIDATION);
    add_sample(samples, alone, 0, 1, TL_ROLE_TRAIN);
    ck_assert_double_eq_tol(tl_fit_measure_scale(samples, TL_FIT_PLAIN), sqrt((25 + 1) / 2.0) / 28, 1e-12);
    ck_assert_double_eq_tol(tl_fit_measure_scale(samples, TL_FIT_ALL), sqrt((25 + 100 + 36 + 1) / 4.0) / 28, 1e-12);
    ck_assert_double_eq_tol(tl_fit_measure_scale(samples, TL_FIT_CYCLE), sqrt((100 + 36 + 1) / 3.0) / 28, 1e-12);
    tl_samples_free(samples);
}
END_TEST

START_TEST(features_times_a_power_of_two_train_the_same_head)
{
    struct tl_samples *samples = make_separable(60, 0, 0, 3);
    struct tl_head *first = make_head(MADE_SEPARABLE, 3), *larger = make_head(MADE_SEPARABLE, 3);
    struct tl_store_epoch history[3];

    first->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_int_eq(tl_fit_head(NULL, first, history, samples, &COURSE, NULL, NULL), TL_OK);
    for (size_t i = 0; i < samples->matrix->row_starts[samples->matrix->row_count]; i++)
        samples->matrix->values[i] *= 1024;
    larger->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_double_eq(larger->scale, 1024 * first->scale);
    ck_assert_int_eq(tl_fit_head(NULL, larger, history, samples, &COURSE, NULL, NULL), TL_OK);
    ck_assert(are_same_bytes(first, larger));
    tl_samples_free(samples);
    tl_head_free(first);
    tl_head_free(larger);
}
END_TEST

/* Trains on `samples` in a given way, and on plain samples made of `rows`, an epoch each; both must end the same. */
static void expect_like_plain(const struct tl_samples *samples, enum tl_fit_variants variants, long epochs,
                              const struct tl_samples *plain)
{
    struct tl_head *head = make_head(samples->matrix->feature_count, 2), *expected = make_head(samples->matrix->feature_count, 2);
    struct tl_course course = {.variants = variants, .epochs = epochs, .batch_size = 4,
                               .learning_rate = 0.001, .keeps_order = true};
    struct tl_course plain_course = {.variants = TL_FIT_PLAIN, .epochs = 1, .batch_size = 4,
                                     .learning_rate = 0.001, .keeps_order = true};
    struct tl_store_epoch history[8], plain_history[1];

    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_int_eq(tl_fit_head(NULL, expected, plain_history, plain, &plain_course, NULL, NULL), TL_OK);
    ck_assert(are_same_bytes(head, expected));
    tl_head_free(head);
    tl_head_free(expected);
}

START_TEST(cycle_takes_the_next_variant_each_epoch_and_the_plain_photo_where_there_is_none)
{
    /* Four photos fill a batch of four, so that epochs joined end to end are the same batches. */
    const float x[4][3][2] = {{{1, 1}, {2, 9}, {3, 8}}, {{4, 5}}, {{6, 4}, {7, 6}, {8, 3}}, {{9, 2}, {3, 3}}};
    const size_t variant_counts[4] = {2, 0, 2, 1}, expected[3][4] = {{1, 0, 1, 1}, {2, 0, 2, 1}, {1, 0, 1, 1}};
    struct tl_samples *samples = make_samples(2, 4), *plain = make_samples(2, 12);

    for (size_t i = 0; i < 4; i++)
        add_sample(samples, x[i][0], variant_counts[i], (uint32_t)(i % 2), TL_ROLE_TRAIN);
    for (size_t e = 0; e < 3; e++)
        for (size_t i = 0; i < 4; i++)
            add_sample(plain, x[i][expected[e][i]], 0, (uint32_t)(i % 2), TL_ROLE_TRAIN);
    ck_assert_uint_eq(tl_fit_count_vectors(samples, TL_FIT_CYCLE), 4);
    expect_like_plain(samples, TL_FIT_CYCLE, 3, plain);
    tl_samples_free(samples);
    tl_samples_free(plain);
}
END_TEST

START_TEST(all_takes_the_plain_photo_and_every_variant)
{
    const float x[2][3][2] = {{{1, 1}, {2, 9}, {3, 8}}, {{4, 5}}};
    struct tl_samples *samples = make_samples(2, 2), *plain = make_samples(2, 4);

    add_sample(samples, x[0][0], 2, 0, TL_ROLE_TRAIN);
    add_sample(samples, x[1][0], 0, 1, TL_ROLE_TRAIN);
    for (size_t v = 0; v < 3; v++)
        add_sample(plain, x[0][v], 0, 0, TL_ROLE_TRAIN);
    add_sample(plain, x[1][0], 0, 1, TL_ROLE_TRAIN);
    ck_assert_uint_eq(tl_fit_count_vectors(samples, TL_FIT_ALL), 4);
    ck_assert_uint_eq(tl_fit_count_vectors(samples, TL_FIT_PLAIN), 2);
    expect_like_plain(samples, TL_FIT_ALL, 1, plain);
    tl_samples_free(samples);
    tl_samples_free(plain);
}
END_TEST

static void count_epoch(void *context, long epoch, const struct tl_store_epoch *result)
{
    long *seen = context;

    ck_assert_int_eq(epoch, *seen + 1);
    ck_assert(isfinite(result->loss));
    *seen = epoch;
}

START_TEST(it_learns_and_each_epoch_is_told_with_validation_after_it)
{
    struct tl_samples *samples = make_separable(150, 60, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_course course = {.variants = TL_FIT_PLAIN, .epochs = 40, .batch_size = 32, .learning_rate = 0.01};
    struct tl_store_epoch history[40];
    struct tl_evaluation evaluation;
    long seen = 0;
    const struct tl_fit_aid aid = {.each_epoch = count_epoch, .context = &seen};

    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, &aid, NULL), TL_OK);
    ck_assert_int_eq(seen, 40);
    ck_assert_double_lt(history[39].loss, history[0].loss / 2);
    ck_assert_double_gt(history[39].val_accuracy, 0.9);
    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, NULL), TL_OK);
    ck_assert_double_eq(evaluation.loss, history[39].val_loss);
    ck_assert_double_eq(evaluation.accuracy, history[39].val_accuracy);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(a_zero_start_has_the_loss_of_a_guess)
{
    struct tl_samples *samples = make_separable(32, 0, 0, 4);
    struct tl_head *head = make_head(MADE_SEPARABLE, 4);
    struct tl_course course = COURSE;
    struct tl_store_epoch history[1];

    course.epochs = 1;
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_double_eq_tol(history[0].loss, log(4), 1e-12);
    ck_assert(isnan(history[0].val_loss));
    ck_assert(isnan(history[0].val_accuracy));
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

/* ---- Limits ---- */

START_TEST(any_batch_size_from_one_to_beyond_the_samples_works)
{
    static const long sizes[] = {1, 2, 31, 32, 33, 1000000};
    struct tl_samples *samples = make_separable(33, 0, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_course course = COURSE;
    struct tl_store_epoch history[3];

    course.batch_size = sizes[_i];
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_double_lt(history[2].loss, history[0].loss);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(vectors_of_zeros_have_scale_1_and_train_the_bias_alone)
{
    struct tl_samples *samples = make_samples(2, 3);
    struct tl_head *head = make_head(2, 2);
    struct tl_store_epoch history[3];
    const float zeros[2] = {0, 0};

    for (uint32_t i = 0; i < 3; i++)
        add_sample(samples, zeros, 0, i > 0, TL_ROLE_TRAIN);
    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_double_eq(head->scale, 1);
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &COURSE, NULL, NULL), TL_OK);
    ck_assert(head->bias[1] > head->bias[0]);
    for (size_t i = 0; i < 4; i++)
        ck_assert(head->kernel[i] == 0);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_course_that_diverges_is_refused)
{
    struct tl_samples *samples = make_separable(64, 0, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_course course = COURSE;
    struct tl_store_epoch history[3];
    struct tl_error err;

    course.learning_rate = 1e38;
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "training diverged in epoch"));
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_samples *samples = make_separable(20, 4, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_store_epoch history[3];
    size_t n = 0;
    enum tl_status status;

    do {
        tl_memory_fail_at(++n);
        status = tl_fit_head(NULL, head, history, samples, &COURSE, NULL, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 10);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("fit");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, the_same_seed_gives_the_same_bytes_and_another_gives_others);
    tcase_add_test(core, glorot_is_uniform_within_its_limit_and_repeatable);
    tcase_add_test(core, the_scale_is_the_rms_norm_of_what_trains_over_28);
    tcase_add_test(core, features_times_a_power_of_two_train_the_same_head);
    tcase_add_test(core, cycle_takes_the_next_variant_each_epoch_and_the_plain_photo_where_there_is_none);
    tcase_add_test(core, all_takes_the_plain_photo_and_every_variant);
    tcase_add_test(core, it_learns_and_each_epoch_is_told_with_validation_after_it);
    tcase_add_test(core, a_zero_start_has_the_loss_of_a_guess);
    tcase_add_loop_test(limits, any_batch_size_from_one_to_beyond_the_samples_works, 0, 6);
    tcase_add_test(limits, vectors_of_zeros_have_scale_1_and_train_the_bias_alone);
    tcase_add_test(faults, a_course_that_diverges_is_refused);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
