/* test_gram_solve.c - many problems over one Gram matrix: each as if it were alone, and as the fit without the matrix. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/gram_solve.h"
#include "train/fit/lbfgs.h"
#include "train/fit/lbfgs_rows.h"

enum { PHOTOS = 60, FOLDS = 4, CLASSES = 3, ITERATIONS = 400 };

struct folds {
    struct tl_samples *samples;
    struct tl_gram *gram;
    struct tl_lbfgs_rows rows[FOLDS];
    struct tl_gram_problem problems[FOLDS];
    struct tl_gram_solution solutions[FOLDS];
};

static const struct tl_course COURSE = {.variants = TL_FIT_PLAIN, .solver = TL_COURSE_LBFGS, .epochs = ITERATIONS, .l2 = 2e-3,
                                        .tolerance = 1e-7};

/* In fold k photos n with n / 3 mod 4 = k are validation; its penalty is l2 (k + 1). */
static void make_folds(struct folds *folds)
{
    folds->samples = make_separable(PHOTOS, 0, 0, CLASSES);
    ck_assert_int_eq(tl_gram_create(&folds->gram, folds->samples->matrix, NULL, NULL), TL_OK);
    for (size_t k = 0; k < FOLDS; k++) {
        for (size_t i = 0; i < PHOTOS; i++)
            folds->samples->items[i].role = i / CLASSES % FOLDS == k ? TL_ROLE_VALIDATION : TL_ROLE_TRAIN;
        ck_assert_int_eq(tl_lbfgs_rows_init(&folds->rows[k], folds->samples, &COURSE, CLASSES, NULL), TL_OK);
        folds->problems[k] = (struct tl_gram_problem){{PHOTOS, CLASSES, folds->rows[k].classes, folds->rows[k].weights},
                                                      tl_fit_measure_scale(folds->samples, TL_FIT_PLAIN),
                                                      COURSE.l2 * (double)(k + 1), COURSE.tolerance, ITERATIONS};
    }
}

static void release_folds(struct folds *folds)
{
    for (size_t k = 0; k < FOLDS; k++) {
        tl_lbfgs_rows_release(&folds->rows[k]);
        tl_gram_solution_release(&folds->solutions[k]);
    }
    tl_gram_free(folds->gram);
    tl_samples_free(folds->samples);
}

START_TEST(a_problem_is_solved_the_same_alone_and_beside_others_and_by_any_team)
{
    struct folds folds = {.samples = NULL};
    struct tl_gram_solution alone;
    tl_team *team = NULL;

    make_folds(&folds);
    ck_assert_int_eq(tl_team_create(&team, 3, NULL), TL_OK);
    ck_assert_int_eq(tl_gram_solve(folds.solutions, folds.problems, FOLDS, folds.gram, team, NULL), TL_OK);
    for (size_t k = 0; k < FOLDS; k++) {
        const struct tl_gram_solution *beside = &folds.solutions[k];

        ck_assert_int_eq(tl_gram_solve(&alone, &folds.problems[k], 1, folds.gram, NULL, NULL), TL_OK);
        ck_assert_int_eq(beside->end, TL_DESCENT_CONVERGED);
        ck_assert_int_eq(beside->iterations, alone.iterations);
        ck_assert_mem_eq(beside->coefficients, alone.coefficients, PHOTOS * CLASSES * sizeof(double));
        ck_assert_mem_eq(beside->bias, alone.bias, CLASSES * sizeof(double));
        ck_assert_mem_eq(beside->logits, alone.logits, PHOTOS * CLASSES * sizeof(double));
        tl_gram_solution_release(&alone);
    }
    tl_team_free(team);
    release_folds(&folds);
}
END_TEST

START_TEST(a_folds_head_is_that_of_the_fit_without_a_matrix_and_its_logits_are_the_heads)
{
    struct folds folds = {.samples = NULL};
    struct tl_head *head = make_head(MADE_SEPARABLE, CLASSES), *expected = make_head(MADE_SEPARABLE, CLASSES);
    struct tl_store_epoch history[ITERATIONS];

    make_folds(&folds);
    ck_assert_int_eq(tl_gram_solve(folds.solutions, folds.problems, FOLDS, folds.gram, NULL, NULL), TL_OK);
    for (size_t k = 0; k < FOLDS; k++) {
        struct tl_course course = COURSE;

        for (size_t i = 0; i < PHOTOS; i++)
            folds.samples->items[i].role = i / CLASSES % FOLDS == k ? TL_ROLE_VALIDATION : TL_ROLE_TRAIN;
        course.l2 = COURSE.l2 * (double)(k + 1);
        head->scale = expected->scale = folds.problems[k].scale;
        ck_assert_int_eq(tl_lbfgs_fit_head(NULL, expected, history, folds.samples, &course, NULL, NULL, NULL), TL_OK);
        ck_assert_int_eq(tl_gram_solution_give_head(&folds.solutions[k], head, folds.samples->matrix, NULL, NULL), TL_OK);
        for (size_t w = 0; w < MADE_SEPARABLE * CLASSES; w++)
            ck_assert_double_eq_tol((double)head->kernel[w], (double)expected->kernel[w], 1e-4);
        for (size_t n = 0; n < PHOTOS; n++) {
            uint32_t indices[MADE_SEPARABLE];
            double logits[CLASSES];
            const size_t count = tl_matrix_read_row(folds.samples->matrix, n, indices);

            tl_head_logits_sparse(head, logits, indices, tl_matrix_values(folds.samples->matrix, n), count);
            for (size_t l = 0; l < CLASSES; l++)
                ck_assert_double_eq_tol(folds.solutions[k].logits[l * PHOTOS + n], logits[l], 1e-4);
        }
    }
    release_folds(&folds);
    tl_head_free(head);
    tl_head_free(expected);
}
END_TEST

START_TEST(photos_that_a_fold_holds_out_have_no_coefficient)
{
    struct folds folds = {.samples = NULL};

    make_folds(&folds);
    ck_assert_int_eq(tl_gram_solve(folds.solutions, folds.problems, FOLDS, folds.gram, NULL, NULL), TL_OK);
    for (size_t k = 0; k < FOLDS; k++)
        for (size_t n = 0; n < PHOTOS; n++)
            for (size_t l = 0; l < CLASSES; l++)
                ck_assert((folds.solutions[k].coefficients[l * PHOTOS + n] == 0) == (n / CLASSES % FOLDS == k));
    release_folds(&folds);
}
END_TEST

START_TEST(a_fold_of_one_class_or_without_photos_is_refused_and_nothing_is_left)
{
    struct folds folds = {.samples = NULL};
    struct tl_error err;

    make_folds(&folds);
    for (size_t n = 0; n < PHOTOS; n++)
        if (_i == 0 || folds.rows[2].classes[n] != 1)
            folds.rows[2].weights[n] = 0;
    ck_assert_int_eq(tl_gram_solve(folds.solutions, folds.problems, FOLDS, folds.gram, NULL, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, _i == 0 ? "no photo to train on" : "of one class"));
    for (size_t k = 0; k < FOLDS; k++)
        ck_assert_ptr_null(folds.solutions[k].coefficients);
    release_folds(&folds);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct folds folds = {.samples = NULL};
    size_t n = 0;
    enum tl_status status;

    make_folds(&folds);
    for (size_t k = 0; k < FOLDS; k++)
        folds.problems[k].iterations = 3;
    do {
        tl_memory_fail_at(++n);
        status = tl_gram_solve(folds.solutions, folds.problems, FOLDS, folds.gram, NULL, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !folds.solutions[0].coefficients));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 10 * FOLDS);
    release_folds(&folds);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("gram_solve");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, a_problem_is_solved_the_same_alone_and_beside_others_and_by_any_team);
    tcase_add_test(core, a_folds_head_is_that_of_the_fit_without_a_matrix_and_its_logits_are_the_heads);
    tcase_add_test(core, photos_that_a_fold_holds_out_have_no_coefficient);
    tcase_add_loop_test(faults, a_fold_of_one_class_or_without_photos_is_refused_and_nothing_is_left, 0, 2);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
