/* test_evaluate.c - loss, accuracy, confusion and probabilities of one role. */
#include <math.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/evaluate.h"

/* The head says class f of a vector that has feature f: logits are 2 x its value. */
static struct tl_head *make_identity_head(void)
{
    struct tl_head *head = make_head(3, 3);

    for (size_t l = 0; l < 3; l++)
        head->kernel[l * 3 + l] = 4;
    head->scale = 2;
    return head;
}

static struct tl_samples *make_three_classes(enum tl_head_transform transform)
{
    static const float x[][3] = {{1, 0, 0}, {0, 1, 0}, {0, 4, 0}, {0, 0, 9}, {1, 0, 0}};
    static const uint32_t classes[] = {0, 1, 0, 2, 1};
    static const enum tl_role roles[] = {TL_ROLE_TEST, TL_ROLE_TEST, TL_ROLE_TEST, TL_ROLE_TRAIN, TL_ROLE_TEST};
    struct tl_samples *samples = make_samples(3, 5);

    samples->matrix->transform = transform;
    for (size_t i = 0; i < 5; i++)
        add_sample(samples, x[i], 0, classes[i], roles[i]);
    return samples;
}

START_TEST(only_photos_of_the_role_count)
{
    static const int64_t expected[9] = {1, 1, 0, 1, 1, 0, 0, 0, 0};
    struct tl_samples *samples = make_three_classes(TL_HEAD_TRANSFORM_NONE);
    struct tl_head *head = make_identity_head();
    struct tl_evaluation evaluation;
    int64_t confusion[9] = {99, 99, 99, 99, 99, 99, 99, 99, 99};
    double probabilities[12];
    const double right = 1 / (1 + 2 * exp(-2)), wrong = exp(-2) * right;

    ck_assert_int_eq(tl_evaluate_role(&evaluation, confusion, probabilities, head, samples, TL_ROLE_TEST, NULL), TL_OK);
    ck_assert_uint_eq(evaluation.photo_count, 4);
    ck_assert_double_eq(evaluation.accuracy, 0.5);
    ck_assert_double_eq_tol(evaluation.loss, -(2 * log(right) + log(wrong) + log(1 / (exp(8) + 2))) / 4, 1e-9);
    ck_assert_int_eq(memcmp(confusion, expected, sizeof confusion), 0);
    ck_assert_double_eq_tol(probabilities[0], right, 1e-12);
    ck_assert_double_eq_tol(probabilities[9], right, 1e-12);
    for (size_t n = 0; n < 4; n++)
        ck_assert_double_eq_tol(probabilities[3 * n] + probabilities[3 * n + 1] + probabilities[3 * n + 2], 1, 1e-12);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(a_row_of_roots_is_not_rooted_again)
{
    struct tl_samples *samples = make_three_classes(TL_HEAD_TRANSFORM_SQRT);
    struct tl_head *head = make_identity_head();
    struct tl_evaluation evaluation;
    double probabilities[3], expected[3];

    head->transform = TL_HEAD_TRANSFORM_SQRT;
    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, probabilities, head, samples, TL_ROLE_TRAIN, NULL), TL_OK);
    tl_head_logits(head, expected, (float[]){0, 0, 9});
    ck_assert_double_eq(expected[2], 6);
    tl_head_softmax(expected, 3);
    ck_assert_int_eq(memcmp(probabilities, expected, sizeof expected), 0);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

START_TEST(without_photos_there_is_no_loss)
{
    struct tl_samples *samples = make_three_classes(TL_HEAD_TRANSFORM_NONE);
    struct tl_head *head = make_identity_head();
    struct tl_evaluation evaluation;

    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, NULL), TL_OK);
    ck_assert_uint_eq(evaluation.photo_count, 0);
    ck_assert(isnan(evaluation.loss) && isnan(evaluation.accuracy));
    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, NULL), TL_NO_MEMORY);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_test(core, only_photos_of_the_role_count);
    tcase_add_test(core, a_row_of_roots_is_not_rooted_again);
    tcase_add_test(limits, without_photos_there_is_no_loss);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
