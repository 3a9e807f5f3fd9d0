/* test_lbfgs.c - the convex fit: that it ends at the optimum, says how it ended, and minds weights, variants and monitors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/evaluate.h"
#include "train/fit/lbfgs.h"

enum { ITERATIONS = 3000 };

static const struct tl_course COURSE = {
    .variants = TL_FIT_PLAIN, .solver = TL_COURSE_LBFGS, .epochs = ITERATIONS, .l2 = 1e-3, .tolerance = 1e-8};

static struct tl_lbfgs_result fit(struct tl_head *head, struct tl_store_epoch *history, const struct tl_samples *samples,
                                  const struct tl_course *course)
{
    struct tl_lbfgs_result result;
    struct tl_error err;

    ck_assert_msg(tl_lbfgs_fit_head(&result, head, history, samples, course, NULL, NULL, &err) == TL_OK, "%s",
                  err.message);
    return result;
}

/* The gradient by the formula, dense and in double, at the head's rounded weights; plain training photos, each with 1 / N times its
 * class's factor (NULL: 1). Returns its largest entry. */
static double largest_gradient(const struct tl_head *head, const struct tl_samples *samples, double l2, const double *factors)
{
    static double gradient[(MADE_SEPARABLE + 1) * 6];
    const size_t class_count = head->class_count, feature_count = head->feature_count;
    const double photo_count = (double)tl_samples_count(samples, TL_ROLE_TRAIN);
    uint32_t indices[MADE_SEPARABLE];
    double logits[6], largest = 0;

    for (size_t k = 0; k < feature_count * class_count; k++)
        gradient[k] = 2 * l2 * (double)head->kernel[k];
    for (size_t l = 0; l < class_count; l++)
        gradient[feature_count * class_count + l] = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        const float *values = tl_matrix_values(samples->matrix, sample->row);
        const size_t count = tl_matrix_read_row(samples->matrix, sample->row, indices);
        const double weight = (factors ? factors[sample->class_index] : 1) / photo_count;

        if (sample->role != TL_ROLE_TRAIN)
            continue;
        tl_head_logits_sparse(head, logits, indices, values, count);
        tl_head_softmax(logits, class_count);
        logits[sample->class_index] -= 1;
        for (size_t l = 0; l < class_count; l++) {
            gradient[feature_count * class_count + l] += weight * logits[l];
            for (size_t k = 0; k < count; k++)
                gradient[indices[k] * class_count + l] += weight * logits[l] * (double)values[k] / head->scale;
        }
    }
    for (size_t k = 0; k < (feature_count + 1) * class_count; k++)
        largest = fmax(largest, fabs(gradient[k]));
    return largest;
}

START_TEST(it_ends_where_the_gradient_is_zero)
{
    struct tl_samples *samples = make_separable(100, 20, 2, (size_t)_i);
    struct tl_head *head = make_head(MADE_SEPARABLE, (size_t)_i);
    struct tl_store_epoch history[ITERATIONS];
    struct tl_lbfgs_result result;
    struct tl_evaluation evaluation;

    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    result = fit(head, history, samples, &COURSE);
    ck_assert_int_eq(result.end, TL_DESCENT_CONVERGED);
    ck_assert_double_le(result.gradient_norm, COURSE.tolerance);
    ck_assert_double_lt(largest_gradient(head, samples, COURSE.l2, NULL), 1e-5);
    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, NULL), TL_OK);
    ck_assert_double_eq_tol(evaluation.loss, history[result.epoch_count - 1].val_loss, 1e-6);
    ck_assert_double_eq(evaluation.accuracy, history[result.epoch_count - 1].val_accuracy);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

static struct tl_gram *make_gram(const struct tl_samples *samples)
{
    struct tl_gram *gram = NULL;

    ck_assert_int_eq(tl_gram_create(&gram, samples->matrix, NULL, NULL), TL_OK);
    return gram;
}

static double largest_difference(const struct tl_head *a, const struct tl_head *b)
{
    double largest = 0;

    for (size_t k = 0; k < a->feature_count * a->class_count; k++)
        largest = fmax(largest, fabs((double)a->kernel[k] - (double)b->kernel[k]));
    for (size_t l = 0; l < a->class_count; l++)
        largest = fmax(largest, fabs((double)a->bias[l] - (double)b->bias[l]));
    return largest;
}

/* Sparse vectors of many features, few rows: what the Gram matrix is for. */
static struct tl_samples *make_wide(void)
{
    enum { WIDE = 900, PHOTOS = 60 };
    struct tl_samples *samples = make_samples(WIDE, PHOTOS);
    struct tl_random random;

    tl_random_init(&random, 2, "wide");
    for (uint32_t i = 0; i < PHOTOS; i++) {
        float x[2 * WIDE] = {0};

        for (size_t k = 0; k < 2 * WIDE; k++)
            if (tl_random_uniform(&random) < (k % 3 == i % 3 ? 0.12 : 0.05))
                x[k] = (float)(tl_random_uniform(&random) * 30);
        add_sample(samples, x, 1, i % 3, i % 4 == 3 ? TL_ROLE_VALIDATION : TL_ROLE_TRAIN);
    }
    return samples;
}

START_TEST(the_gram_matrix_takes_the_same_steps_to_the_same_head)
{
    static const enum tl_fit_variants variants[] = {TL_FIT_PLAIN, TL_FIT_ALL, TL_FIT_CYCLE};
    struct tl_samples *samples = make_wide();
    struct tl_head *head = make_head(900, 3), *other = make_head(900, 3);
    struct tl_gram *gram = make_gram(samples);
    struct tl_store_epoch history[ITERATIONS], other_history[ITERATIONS];
    struct tl_course course = COURSE;
    struct tl_lbfgs_result result, other_result;

    course.variants = variants[_i];
    course.weighting = _i == 1 ? TL_COURSE_BALANCED : TL_COURSE_EQUAL;
    head->scale = other->scale = tl_fit_measure_scale(samples, course.variants);
    ck_assert(tl_lbfgs_pays_gram(samples->matrix));
    result = fit(head, history, samples, &course);
    ck_assert_int_eq(tl_lbfgs_fit_head(&other_result, other, other_history, samples, &course, gram, NULL, NULL), TL_OK);
    ck_assert_int_eq(result.end, TL_DESCENT_CONVERGED);
    ck_assert_int_eq(other_result.end, TL_DESCENT_CONVERGED);
    ck_assert_int_le(labs(other_result.epoch_count - result.epoch_count), 3);
    ck_assert_double_eq_tol(other_result.objective, result.objective, 1e-7 * result.objective);
    ck_assert_double_lt(largest_difference(head, other), 1e-5);
    for (long e = 0; e < 5; e++) {
        ck_assert_double_eq_tol(other_history[e].loss, history[e].loss, 1e-5 * history[e].loss);
        ck_assert_double_eq_tol(other_history[e].val_loss, history[e].val_loss, 1e-5 * history[e].val_loss);
    }
    tl_gram_free(gram);
    tl_samples_free(samples);
    tl_head_free(head);
    tl_head_free(other);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_bytes)
{
    struct tl_samples *samples = make_wide();
    struct tl_head *head = make_head(900, 3), *other = make_head(900, 3);
    struct tl_gram *gram = _i % 2 == 0 ? make_gram(samples) : NULL;
    struct tl_store_epoch history[ITERATIONS];
    struct tl_fit_aid aid = {NULL, NULL, NULL};

    ck_assert_int_eq(tl_lbfgs_fit_head(NULL, head, history, samples, &COURSE, gram, &aid, NULL), TL_OK);
    ck_assert_int_eq(tl_team_create(&aid.team, 3, NULL), TL_OK);
    ck_assert_int_eq(tl_lbfgs_fit_head(NULL, other, history, samples, &COURSE, gram, &aid, NULL), TL_OK);
    ck_assert(largest_difference(head, other) == 0);
    tl_team_free(aid.team);
    tl_gram_free(gram);
    tl_samples_free(samples);
    tl_head_free(head);
    tl_head_free(other);
}
END_TEST

START_TEST(class_weights_weigh_the_classes)
{
    static const double given[] = {0.25, 2, 1};
    struct tl_samples *samples = make_separable(100, 0, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_store_epoch history[ITERATIONS];
    struct tl_course course = COURSE;

    course.weighting = TL_COURSE_GIVEN;
    course.class_weights = given;
    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    fit(head, history, samples, &course);
    ck_assert_double_lt(largest_gradient(head, samples, COURSE.l2, given), 1e-5);
    ck_assert_double_gt(largest_gradient(head, samples, COURSE.l2, NULL), 1e-4);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(a_monitor_keeps_the_best_iteration_and_patience_ends_the_fit)
{
    struct tl_samples *samples = make_separable(60, 40, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_gram *gram = _i == 0 ? make_gram(samples) : NULL;
    struct tl_store_epoch history[ITERATIONS];
    struct tl_course course = COURSE;
    struct tl_lbfgs_result result;
    struct tl_evaluation evaluation;

    course.l2 = 0;
    course.monitor = TL_COURSE_VAL_LOSS;
    course.patience = 4;
    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_int_eq(tl_lbfgs_fit_head(&result, head, history, samples, &course, gram, NULL, NULL), TL_OK);
    ck_assert_int_eq(result.end, TL_DESCENT_HALTED);
    ck_assert_int_eq(result.epoch_count, result.best_epoch + 4);
    for (long e = 0; e < result.epoch_count; e++)
        ck_assert_double_ge(history[e].val_loss, history[result.best_epoch - 1].val_loss);
    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, NULL), TL_OK);
    ck_assert_double_eq_tol(evaluation.loss, history[result.best_epoch - 1].val_loss, 1e-5);
    tl_gram_free(gram);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

/* ---- Limits ---- */

START_TEST(without_a_finite_optimum_all_iterations_are_used_and_said)
{
    struct tl_samples *samples = make_samples(2, 2);
    struct tl_head *head = make_head(2, 2);
    struct tl_gram *gram;
    struct tl_store_epoch history[ITERATIONS];
    struct tl_course course = COURSE;
    struct tl_lbfgs_result result;
    const float x[2][2] = {{1, 0}, {0, 1}};

    add_sample(samples, x[0], 0, 0, TL_ROLE_TRAIN);
    add_sample(samples, x[1], 0, 1, TL_ROLE_TRAIN);
    gram = make_gram(samples);
    course.l2 = 0;
    course.epochs = 5;
    course.tolerance = 1e-12;
    ck_assert_int_eq(tl_lbfgs_fit_head(&result, head, history, samples, &course, _i == 0 ? gram : NULL, NULL, NULL), TL_OK);
    ck_assert_int_eq(result.end, TL_DESCENT_BOUND);
    ck_assert_int_eq(result.epoch_count, 5);
    ck_assert_double_gt(result.gradient_norm, 1e-12);
    ck_assert_double_lt(history[4].loss, history[0].loss);
    ck_assert_double_eq(history[4].accuracy, 1);
    tl_gram_free(gram);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(a_very_large_penalty_leaves_the_classes_shares)
{
    struct tl_samples *samples = make_separable(50, 0, 0, 2);
    struct tl_head *head = make_head(MADE_SEPARABLE, 2);
    struct tl_gram *gram = make_gram(samples);
    struct tl_store_epoch history[ITERATIONS];
    struct tl_course course = COURSE;
    struct tl_lbfgs_result result;

    for (size_t i = 0; i < 20; i++)
        samples->items[i].class_index = 0;
    course.l2 = 1e6;
    course.tolerance = 1e-6;
    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_int_eq(tl_lbfgs_fit_head(&result, head, history, samples, &course, _i == 0 ? gram : NULL, NULL, NULL), TL_OK);
    ck_assert_int_eq(result.end, TL_DESCENT_CONVERGED);
    for (size_t k = 0; k < MADE_SEPARABLE * 2; k++)
        ck_assert_double_lt(fabs((double)head->kernel[k]), 1e-5);
    ck_assert_double_eq_tol((double)head->bias[0] - (double)head->bias[1], log(35.0 / 15), 1e-3);
    tl_gram_free(gram);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(vectors_of_zeros_that_are_balanced_are_at_the_optimum_already)
{
    struct tl_samples *samples = make_samples(2, 2);
    struct tl_head *head = make_head(2, 2);
    struct tl_store_epoch history[ITERATIONS];
    struct tl_lbfgs_result result;
    const float zeros[2] = {0, 0};

    add_sample(samples, zeros, 0, 0, TL_ROLE_TRAIN);
    add_sample(samples, zeros, 0, 1, TL_ROLE_TRAIN);
    result = fit(head, history, samples, &COURSE);
    ck_assert_int_eq(result.end, TL_DESCENT_CONVERGED);
    ck_assert_int_eq(result.epoch_count, 1);
    ck_assert_double_eq_tol(history[0].loss, log(2), 1e-15);
    ck_assert(isnan(history[0].val_loss));
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

/* ---- Faults ---- */

START_TEST(nothing_to_train_on_one_class_and_a_hidden_layer_are_refused)
{
    static const char *const names[] = {"a", "b"};
    const struct tl_head_shape shape = {.feature_count = MADE_SEPARABLE, .hidden_count = 3, .class_count = 2};
    struct tl_samples *samples = make_separable(4, 0, 0, 2);
    struct tl_head *head = make_head(MADE_SEPARABLE, 2), *hidden = NULL;
    struct tl_store_epoch history[ITERATIONS];
    struct tl_error err;

    ck_assert_int_eq(tl_head_create(&hidden, &shape, names, NULL), TL_OK);
    ck_assert_int_eq(tl_lbfgs_fit_head(NULL, hidden, history, samples, &COURSE, NULL, NULL, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "hidden layer"));
    for (size_t i = 0; i < 4; i++)
        samples->items[i].class_index = 1;
    ck_assert_int_eq(tl_lbfgs_fit_head(NULL, head, history, samples, &COURSE, NULL, NULL, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "of one class"));
    for (size_t i = 0; i < 4; i++)
        samples->items[i].role = TL_ROLE_TEST;
    ck_assert_int_eq(tl_lbfgs_fit_head(NULL, head, history, samples, &COURSE, NULL, NULL, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "no photo to train on"));
    tl_samples_free(samples);
    tl_head_free(head);
    tl_head_free(hidden);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_samples *samples = make_separable(20, 4, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_gram *gram = _i == 0 ? make_gram(samples) : NULL;
    struct tl_store_epoch history[ITERATIONS];
    struct tl_course course = COURSE;
    size_t n = 0;
    enum tl_status status;

    course.monitor = TL_COURSE_VAL_ACCURACY;
    course.epochs = 5;
    do {
        tl_memory_fail_at(++n);
        status = tl_lbfgs_fit_head(NULL, head, history, samples, &course, gram, NULL, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 15);
    tl_gram_free(gram);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("lbfgs");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, it_ends_where_the_gradient_is_zero, 2, 7);
    tcase_add_loop_test(core, the_gram_matrix_takes_the_same_steps_to_the_same_head, 0, 3);
    tcase_add_loop_test(core, any_number_of_threads_gives_the_same_bytes, 0, 2);
    tcase_add_test(core, class_weights_weigh_the_classes);
    tcase_add_loop_test(core, a_monitor_keeps_the_best_iteration_and_patience_ends_the_fit, 0, 2);
    tcase_add_loop_test(limits, without_a_finite_optimum_all_iterations_are_used_and_said, 0, 2);
    tcase_add_loop_test(limits, a_very_large_penalty_leaves_the_classes_shares, 0, 2);
    tcase_add_test(limits, vectors_of_zeros_that_are_balanced_are_at_the_optimum_already);
    tcase_add_test(faults, nothing_to_train_on_one_class_and_a_hidden_layer_are_refused);
    tcase_add_loop_test(faults, every_allocation_may_fail, 0, 2);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
