/* test_candidates.c - courses tried side by side: the numbers of single runs, the same for any threads, and no photo twice. */
#include <math.h>
#include <string.h>

#include "tests/train/experiment/made_bench.h"
#include "train/experiment/attempt.h"
#include "train/fit/lbfgs.h"

enum { COURSES = 6 };
static const struct tl_candidates_wish NO_WISH = {0};

/* Two solvers, two transforms, two penalties, not in the order of matrices. */
static void make_candidates(struct tl_candidate candidates[COURSES])
{
    for (size_t i = 0; i < COURSES; i++) {
        struct tl_course *course = &candidates[i].course;

        candidates[i] = (struct tl_candidate){.is_done = false};
        tl_course_init(course);
        course->epochs = i % 3 == 2 ? 60 : 3;
        course->solver = i % 3 == 2 ? TL_COURSE_LBFGS : TL_COURSE_ADAM;
        course->transform = i % 2 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE;
        course->l2 = i < 3 ? 1e-3 : 1e-2;
        course->tolerance = 1e-4;
        course->seed = i;
    }
}

static void release_candidates(struct tl_candidate *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tl_candidate_release(&candidates[i]);
}

static void run_candidates(struct tl_candidate candidates[COURSES], size_t fold_count, size_t thread_count)
{
    struct made_bench made;
    struct tl_error err;

    make_candidates(candidates);
    make_bench(&made, 48, fold_count > 0 ? 0 : 12, 2, fold_count, thread_count);
    ck_assert_msg(tl_candidates_run(candidates, COURSES, &made.bench, &NO_WISH, &err) == TL_OK, "%s", err.message);
    free_bench(&made);
}

/* What one course gives when it is fitted by itself. */
static void fit_alone(struct tl_attempt *attempt, struct tl_evaluation *evaluation, double *probabilities,
                      const struct tl_course *course, const struct tl_samples *samples)
{
    struct tl_samples view = *samples;
    struct tl_matrix *matrix = NULL;
    struct tl_gram *gram = NULL;
    struct tl_attempt_setup setup = {
        .feature_count = MADE_SEPARABLE, .channel_count = 1, .class_names = MADE_NAMES, .class_count = MADE_CLASSES};

    ck_assert_int_eq(tl_matrix_derive(&matrix, samples->matrix, course->pool, 1, course->transform, NULL), TL_OK);
    view.matrix = matrix;
    if (tl_lbfgs_pays_gram(matrix))
        ck_assert_int_eq(tl_gram_create(&gram, matrix, NULL, NULL), TL_OK);
    setup.gram = gram;
    ck_assert_int_eq(tl_attempt_fit(attempt, &view, course, &setup, NULL), TL_OK);
    ck_assert_int_eq(tl_evaluate_role(evaluation, NULL, probabilities, attempt->head, &view, TL_ROLE_VALIDATION, NULL), TL_OK);
    tl_gram_free(gram);
    tl_matrix_free(matrix);
}

START_TEST(each_run_has_the_numbers_it_has_alone)
{
    struct tl_candidate candidates[COURSES];
    struct tl_samples *samples = make_separable(48, 12, 2, MADE_CLASSES);

    run_candidates(candidates, 0, 2);
    for (size_t i = 0; i < COURSES; i++) {
        const struct tl_candidate *candidate = &candidates[i];
        double probabilities[12 * MADE_CLASSES];
        struct tl_evaluation evaluation;
        struct tl_attempt attempt;

        fit_alone(&attempt, &evaluation, probabilities, &candidate->course, samples);
        ck_assert(candidate->is_done);
        ck_assert_uint_eq(candidate->validation.photo_count, 12);
        ck_assert(candidate->validation.loss == evaluation.loss && candidate->validation.accuracy == evaluation.accuracy);
        ck_assert_int_eq(candidate->epoch_count, attempt.epoch_count);
        ck_assert_mem_eq(candidate->history, attempt.history, (size_t)attempt.epoch_count * sizeof *attempt.history);
        ck_assert_mem_eq(candidate->probabilities, probabilities, sizeof probabilities);
        ck_assert(candidate->scale == attempt.head->scale);
        ck_assert_uint_eq(candidate->vector_count, 48 * 3);
        tl_attempt_release(&attempt);
    }
    ck_assert(candidates[0].validation.loss != candidates[3].validation.loss);
    release_candidates(candidates, COURSES);
    tl_samples_free(samples);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    const size_t fold_count = _i ? MADE_FOLDS : 0, measured = _i ? 48 : 12;
    struct tl_candidate alone[COURSES], together[COURSES];

    run_candidates(alone, fold_count, 1);
    run_candidates(together, fold_count, 3);
    for (size_t i = 0; i < COURSES; i++) {
        ck_assert(alone[i].is_done && together[i].is_done);
        ck_assert(alone[i].validation.loss == together[i].validation.loss);
        ck_assert_mem_eq(alone[i].probabilities, together[i].probabilities, measured * MADE_CLASSES * sizeof(double));
        for (size_t k = 0; k < fold_count; k++)
            ck_assert(alone[i].folds[k].loss == together[i].folds[k].loss);
    }
    release_candidates(alone, COURSES);
    release_candidates(together, COURSES);
}
END_TEST

START_TEST(folds_are_pooled_and_measure_each_photo_once)
{
    struct tl_candidate candidates[COURSES];
    struct tl_samples *samples = make_separable(48, 0, 2, MADE_CLASSES);

    run_candidates(candidates, MADE_FOLDS, 2);
    for (size_t i = 0; i < COURSES; i++) {
        double loss = 0, folds = 0;
        size_t photo_count = 0;

        for (size_t n = 0; n < 48; n++)
            loss -= log(candidates[i].probabilities[n * MADE_CLASSES + samples->items[n].class_index]);
        for (size_t k = 0; k < MADE_FOLDS; k++) {
            folds += candidates[i].folds[k].loss * (double)candidates[i].folds[k].photo_count;
            photo_count += candidates[i].folds[k].photo_count;
        }
        ck_assert_uint_eq(photo_count, 48);
        ck_assert_double_eq_tol(candidates[i].validation.loss, loss / 48, 1e-12);
        ck_assert_double_eq_tol(candidates[i].validation.loss, folds / 48, 1e-12);
        ck_assert(!candidates[i].history && isnan(candidates[i].gradient_norm));
    }
    release_candidates(candidates, COURSES);
    tl_samples_free(samples);
}
END_TEST

/* Photos whose features say nothing of their class, but the last one that says who it is: whoever learnt from a photo knows its
 * class, and nobody else. With `leaks` a copy of each photo stands in another fold. */
static double measure_loss_of_strangers(enum tl_course_solver solver, bool leaks)
{
    enum { STRANGERS = 24, WIDTH = 3 * STRANGERS }; /* wide enough for a Gram matrix */
    struct tl_samples *samples = make_samples(WIDTH, 2 * STRANGERS);
    uint32_t folds[2 * STRANGERS];
    struct tl_candidate candidate = {.is_done = false};
    struct tl_workbench bench;
    tl_team *team = NULL;
    double loss;

    for (size_t i = 0; i < 2 * STRANGERS; i++) {
        float x[WIDTH] = {0};

        x[i / 2] = 10;
        add_sample(samples, x, 0, (uint32_t)(i / 2 % 2), TL_ROLE_TRAIN);
        folds[i] = (uint32_t)((i / 4 + (leaks ? i % 2 : 0)) % 3);
    }
    ck_assert_int_eq(tl_team_create(&team, 1, NULL), TL_OK);
    tl_workbench_init(&bench, &(struct tl_workbench_setup){.samples = samples,
                                                           .channel_count = 1,
                                                           .class_names = MADE_NAMES,
                                                           .class_count = 2,
                                                           .folds = folds,
                                                           .fold_count = 3,
                                                           .team = team});
    tl_course_init(&candidate.course);
    candidate.course.solver = solver;
    candidate.course.epochs = 100;
    candidate.course.l2 = 1e-3;
    ck_assert_int_eq(tl_candidates_run(&candidate, 1, &bench, &NO_WISH, NULL), TL_OK);
    ck_assert(candidate.is_done);
    loss = candidate.validation.loss;
    tl_candidate_release(&candidate);
    tl_workbench_release(&bench);
    tl_team_free(team);
    tl_samples_free(samples);
    return loss;
}

START_TEST(no_fold_is_measured_by_who_learnt_from_it)
{
    const enum tl_course_solver solver = _i ? TL_COURSE_LBFGS : TL_COURSE_ADAM;

    ck_assert_double_eq_tol(measure_loss_of_strangers(solver, false), log(2), 0.05);
    ck_assert_double_lt(measure_loss_of_strangers(solver, true), 0.4); /* a leak would be seen */
}
END_TEST

START_TEST(folds_through_one_gram_matrix_are_fits_of_their_own)
{
    struct tl_candidate candidate = {.is_done = false};
    struct made_bench made;

    tl_course_init(&candidate.course);
    candidate.course.solver = TL_COURSE_LBFGS;
    candidate.course.l2 = 1e-2;
    candidate.course.epochs = 200;
    make_bench(&made, 30, 0, 0, MADE_FOLDS, 1);
    ck_assert(tl_lbfgs_pays_gram(made.samples->matrix));
    ck_assert_int_eq(tl_candidates_run(&candidate, 1, &made.bench, &NO_WISH, NULL), TL_OK);
    for (size_t k = 0; k < MADE_FOLDS; k++) {
        double probabilities[30 * MADE_CLASSES];
        struct tl_evaluation evaluation;
        struct tl_attempt attempt;
        struct tl_samples view;

        ck_assert_int_eq(tl_workbench_view_part(&view, &made.bench, made.samples->matrix, k, NULL), TL_OK);
        fit_alone(&attempt, &evaluation, probabilities, &candidate.course, &view);
        ck_assert_uint_eq(evaluation.photo_count, candidate.folds[k].photo_count);
        ck_assert_double_eq_tol(evaluation.loss, candidate.folds[k].loss, 1e-5);
        for (size_t i = 0, n = 0; i < 30; i++)
            for (size_t l = 0; made.folds[i] == k && l < MADE_CLASSES; l++, n++)
                ck_assert_double_eq_tol(probabilities[n], candidate.probabilities[i * MADE_CLASSES + l], 1e-5);
        tl_attempt_release(&attempt);
        tl_memory_free(view.items);
    }
    tl_candidate_release(&candidate);
    free_bench(&made);
}
END_TEST

struct told {
    const struct tl_candidate *candidates;
    size_t indices[COURSES], count;
};

static void note(void *context, const struct tl_candidate *candidate)
{
    struct told *told = context;

    ck_assert_uint_lt(told->count, COURSES);
    told->indices[told->count++] = (size_t)(candidate - told->candidates);
}

START_TEST(they_are_told_matrix_by_matrix_in_order)
{
    const size_t expected[COURSES] = {0, 2, 4, 1, 3, 5};
    struct tl_candidate candidates[COURSES];
    struct told told = {.candidates = candidates};
    const struct tl_candidates_wish wish = {.each = note, .context = &told};
    struct made_bench made;

    make_candidates(candidates);
    make_bench(&made, 48, 12, 0, 0, 3);
    ck_assert_int_eq(tl_candidates_run(candidates, COURSES, &made.bench, &wish, NULL), TL_OK);
    ck_assert_uint_eq(told.count, COURSES);
    ck_assert_mem_eq(told.indices, expected, sizeof expected);
    ck_assert_uint_lt(tl_candidates_find_best(candidates, COURSES), COURSES);
    release_candidates(candidates, COURSES);
    free_bench(&made);
}
END_TEST

START_TEST(who_diverges_fails_alone)
{
    struct tl_candidate candidates[COURSES];
    struct told told = {.candidates = candidates};
    const struct tl_candidates_wish wish = {.each = note, .context = &told};
    struct made_bench made;

    make_candidates(candidates);
    candidates[1].course.learning_rate = 1e300;
    candidates[2].course.hidden_count = 4;
    make_bench(&made, 48, 12, 0, _i ? MADE_FOLDS : 0, 2);
    ck_assert_int_eq(tl_candidates_run(candidates, COURSES, &made.bench, &wish, NULL), TL_OK);
    ck_assert_uint_eq(told.count, COURSES);
    for (size_t i = 0; i < COURSES; i++)
        ck_assert_int_eq(candidates[i].is_done, i != 1 && i != 2);
    ck_assert_int_eq(candidates[1].failure.status, TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(candidates[1].failure.message, "diverged"));
    ck_assert_int_eq(candidates[2].failure.status, TL_BAD_INPUT);
    release_candidates(candidates, COURSES);
    free_bench(&made);
}
END_TEST

START_TEST(after_the_deadline_nothing_begins)
{
    struct tl_candidate candidates[COURSES];
    struct told told = {.candidates = candidates};
    const struct tl_candidates_wish wish = {.deadline = 1e-9, .each = note, .context = &told};
    struct made_bench made;

    make_candidates(candidates);
    make_bench(&made, 48, 12, 0, 0, 2);
    ck_assert_int_eq(tl_candidates_run(candidates, COURSES, &made.bench, &wish, NULL), TL_OK);
    ck_assert_uint_eq(told.count, 0);
    ck_assert_uint_eq(tl_candidates_find_best(candidates, COURSES), COURSES);
    release_candidates(candidates, COURSES);
    free_bench(&made);
}
END_TEST

START_TEST(no_memory_is_told)
{
    struct made_bench made;
    enum tl_status status = TL_NO_MEMORY;
    size_t n = 0;

    make_bench(&made, 12, 3, 0, _i ? 2 : 0, 1);
    while (status == TL_NO_MEMORY && ++n < 1000) {
        struct tl_candidate candidates[COURSES];
        struct tl_error err;

        make_candidates(candidates);
        candidates[2].course.epochs = 2;
        (void)tl_memory_fail_at(n);
        status = tl_candidates_run(candidates, 3, &made.bench, &NO_WISH, &err);
        release_candidates(candidates, 3);
    }
    (void)tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_OK);
    ck_assert_uint_gt(n, 20);
    free_bench(&made);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("train/candidates");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, each_run_has_the_numbers_it_has_alone);
    tcase_add_loop_test(core, any_number_of_threads_gives_the_same_bits, 0, 2);
    tcase_add_test(core, folds_are_pooled_and_measure_each_photo_once);
    tcase_add_test(core, folds_through_one_gram_matrix_are_fits_of_their_own);
    tcase_add_loop_test(core, no_fold_is_measured_by_who_learnt_from_it, 0, 2);
    tcase_add_test(core, they_are_told_matrix_by_matrix_in_order);
    tcase_add_test(limits, after_the_deadline_nothing_begins);
    tcase_add_loop_test(faults, who_diverges_fails_alone, 0, 2);
    tcase_add_loop_test(faults, no_memory_is_told, 0, 2);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
