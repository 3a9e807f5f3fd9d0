/* test_auto_plan.c - the order in which courses are tried, and the one that is taken. */
#include <math.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/experiment/auto_plan.h"

enum { PHOTOS = 40, CLASSES = 2 };

static struct tl_auto_plan make_plan(bool has_variants, bool can_pool, bool is_convex_quick)
{
    struct tl_auto_plan plan = {.has_variants = has_variants, .can_pool = can_pool, .is_convex_quick = is_convex_quick};

    tl_course_init(&plan.base);
    plan.base.variants = has_variants ? TL_FIT_ALL : TL_FIT_PLAIN;
    return plan;
}

/* Made-up losses: least at an l2 of 2e-3 on square roots. */
static double make_loss(const struct tl_course *course)
{
    const double at = course->l2 > 0 ? fabs(log10(course->l2 / 2e-3)) : 3;

    return 0.1 + 0.01 * at + (course->transform == TL_HEAD_TRANSFORM_SQRT ? 0 : 0.05);
}

/* Goes through a plan; returns how many courses it had. */
static size_t go_through(struct tl_candidate *tried, struct tl_auto_plan *plan)
{
    struct tl_course courses[TL_AUTO_PLAN_STEP_MAX];
    size_t count, tried_count = 0;

    while ((count = tl_auto_plan_next(plan, courses, tried, tried_count)) > 0) {
        ck_assert_uint_le(count, TL_AUTO_PLAN_STEP_MAX);
        ck_assert_uint_le(tried_count + count, TL_AUTO_PLAN_COURSES_MAX);
        for (size_t i = 0; i < count; i++) {
            ck_assert(courses[i].pool == courses[0].pool && courses[i].transform == courses[0].transform);
            tried[tried_count++] = (struct tl_candidate){
                .course = courses[i], .is_done = true, .validation = {PHOTOS, make_loss(&courses[i]), 0.9}};
        }
    }
    return tried_count;
}

START_TEST(nothing_is_tried_twice_and_the_base_is_among_the_first)
{
    struct tl_candidate tried[TL_AUTO_PLAN_COURSES_MAX];
    struct tl_auto_plan plan = make_plan(_i & 1, _i & 2, _i & 4);
    const size_t count = go_through(tried, &plan);
    size_t base_count = 0;

    ck_assert_uint_gt(count, 8);
    ck_assert(plan.has_base);
    for (size_t i = 0; i < count; i++) {
        const struct tl_course *course = &tried[i].course;

        base_count += course->solver == TL_COURSE_ADAM && course->transform == TL_HEAD_TRANSFORM_NONE;
        ck_assert((_i & 2) || course->pool == TL_HEAD_POOL_NONE);
        ck_assert((_i & 1) || course->variants == TL_FIT_PLAIN);
        for (size_t k = 0; k < i; k++)
            ck_assert(course->solver != tried[k].course.solver || course->pool != tried[k].course.pool ||
                      course->transform != tried[k].course.transform || course->variants != tried[k].course.variants ||
                      course->l2 != tried[k].course.l2);
    }
    ck_assert_uint_eq(base_count, 1);
    ck_assert_int_eq(tried[_i & 4 ? 3 : 0].course.solver, TL_COURSE_ADAM);
}
END_TEST

START_TEST(penalties_are_refined_around_the_best)
{
    struct tl_candidate tried[TL_AUTO_PLAN_COURSES_MAX];
    struct tl_auto_plan plan = make_plan(true, true, true);
    const size_t count = go_through(tried, &plan), best = tl_candidates_find_best(tried, count);

    ck_assert(tried[best].course.l2 > 1.5e-3 && tried[best].course.l2 < 4e-3);
}
END_TEST

/* Two candidates, the second better by `gain` a photo on average; the difference scatters by `scatter`. */
static size_t choose_of_two(double gain, double scatter)
{
    struct tl_auto_plan plan = make_plan(false, false, false);
    struct tl_candidate tried[2] = {{.course = plan.base, .is_done = true}, {.course = plan.base, .is_done = true}};
    double probabilities[2][PHOTOS * CLASSES];
    uint32_t true_classes[PHOTOS] = {0};

    tried[1].course.solver = TL_COURSE_LBFGS;
    for (size_t i = 0; i < 2; i++) {
        double sum = 0;

        for (size_t n = 0; n < PHOTOS; n++) {
            const double loss = 0.5 - (i == 1 ? gain + (n % 2 ? scatter : -scatter) : 0);

            probabilities[i][n * CLASSES] = exp(-loss);
            probabilities[i][n * CLASSES + 1] = 1 - exp(-loss);
            sum += loss / PHOTOS;
        }
        tried[i].probabilities = probabilities[i];
        tried[i].validation = (struct tl_evaluation){PHOTOS, sum, 1};
    }
    return tl_auto_plan_choose(&plan, tried, 2, true_classes, CLASSES);
}

START_TEST(the_best_is_taken_but_the_base_where_the_difference_is_noise)
{
    ck_assert_uint_eq(choose_of_two(0.1, 0.2), 1); /* error 0.2 / sqrt(40) = 0.03 */
    ck_assert_uint_eq(choose_of_two(0.02, 0.2), 0);
    ck_assert_uint_eq(choose_of_two(-0.1, 0.01), 0);
}
END_TEST

START_TEST(who_failed_is_not_taken)
{
    struct tl_auto_plan plan = make_plan(false, false, false);
    struct tl_candidate tried[2] = {{.course = plan.base, .failure = {.status = TL_BAD_INPUT}},
                                    {.course = plan.base, .is_done = true, .validation = {PHOTOS, 0.7, 0.5}}};
    const uint32_t true_classes[PHOTOS] = {0};

    tried[1].course.solver = TL_COURSE_LBFGS;
    ck_assert_uint_eq(tl_auto_plan_choose(&plan, tried, 2, true_classes, CLASSES), 1);
    tried[1].is_done = false;
    ck_assert_uint_eq(tl_auto_plan_choose(&plan, tried, 2, true_classes, CLASSES), 2);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("train/auto_plan");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_loop_test(core, nothing_is_tried_twice_and_the_base_is_among_the_first, 0, 8);
    tcase_add_test(core, penalties_are_refined_around_the_best);
    tcase_add_test(core, the_best_is_taken_but_the_base_where_the_difference_is_noise);
    tcase_add_test(limits, who_failed_is_not_taken);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
