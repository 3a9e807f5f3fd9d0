/* test_lbfgs.c - the convex fit: that it ends at the optimum, says how it ended, and minds weights, variants and monitors. */
#include <math.h>
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

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("lbfgs");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, it_ends_where_the_gradient_is_zero, 2, 7);
    suite_add_tcase(suite, core);
    return suite;
}
