/* test_optimiser.c - Keras's Adam and gradient descent, against the formulas in double and their own arithmetic in scalars. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "train/fit/optimiser.h"

enum { COUNT = 48, STEPS = 50 };

static void draw(float values[COUNT], struct tl_random *random)
{
    for (size_t i = 0; i < COUNT; i++)
        values[i] = tl_random_uniform(random) < 0.5 ? 0 : (float)(tl_random_uniform(random) - 0.5);
}

static struct tl_course make_course(enum tl_course_solver solver, double rate)
{
    struct tl_course course;

    tl_course_init(&course);
    course.solver = solver;
    course.learning_rate = rate;
    return course;
}

/* The definitions, with a switch for the place of epsilon. */
struct reference {
    double w[COUNT], m[COUNT], v[COUNT];
    int step;
    bool is_epsilon_inside;
};

static void reference_step(struct reference *r, const float *gradient, const struct tl_course *course)
{
    const double m_correction = 1 - pow(0.9, ++r->step), v_correction = 1 - pow(0.999, r->step);

    for (size_t i = 0; i < COUNT; i++) {
        const double g = (double)gradient[i] + 2 * course->l2 * r->w[i];

        if (course->solver == TL_COURSE_SGD) {
            r->m[i] = course->momentum * r->m[i] - course->learning_rate * g;
            r->w[i] += r->m[i];
            continue;
        }
        r->m[i] = 0.9 * r->m[i] + 0.1 * g;
        r->v[i] = 0.999 * r->v[i] + 0.001 * g * g;
        if (r->is_epsilon_inside)
            r->w[i] -= course->learning_rate * (r->m[i] / m_correction) / (sqrt(r->v[i] / v_correction) + 1e-7);
        else
            r->w[i] -= course->learning_rate * sqrt(v_correction) / m_correction * r->m[i] / (sqrt(r->v[i]) + 1e-7);
    }
}

/* Runs both, with gradients times `size`; returns the largest difference. */
static double compare(const struct tl_course *course, float size, bool is_epsilon_inside)
{
    struct tl_fit_weights weights;
    struct reference reference = {.is_epsilon_inside = is_epsilon_inside};
    struct tl_optimiser optimiser;
    struct tl_random random;
    float *gradient = tl_memory_alloc_aligned(COUNT, sizeof *gradient);
    double largest = 0;

    tl_random_init(&random, 1, "optimiser");
    ck_assert_ptr_nonnull(gradient);
    ck_assert_int_eq(tl_optimiser_create_weights(&weights, COUNT, NULL), TL_OK);
    tl_optimiser_init(&optimiser, course);
    draw(weights.weights, &random);
    for (size_t i = 0; i < COUNT; i++)
        reference.w[i] = (double)weights.weights[i];
    for (int s = 0; s < STEPS; s++) {
        struct tl_fit_step step = tl_optimiser_next_step(&optimiser);

        step.penalty = (float)(2 * course->l2);
        draw(gradient, &random);
        for (size_t i = 0; i < COUNT; i++)
            gradient[i] *= size;
        reference_step(&reference, gradient, course);
        tl_fit_kernels_best()->update(&weights, gradient, COUNT, &step);
        for (size_t i = 0; i < COUNT; i++)
            ck_assert(gradient[i] == 0);
    }
    for (size_t i = 0; i < COUNT; i++)
        largest = fmax(largest, fabs((double)weights.weights[i] - reference.w[i]));
    tl_optimiser_free_weights(&weights);
    tl_memory_free(gradient);
    return largest;
}

START_TEST(steps_follow_the_formula)
{
    struct tl_course course = make_course(_i % 2 == 0 ? TL_COURSE_ADAM : TL_COURSE_SGD, 0.001);

    course.l2 = _i / 2 == 0 ? 0 : 0.01;
    ck_assert_double_lt(compare(&course, 1, false), 1e-6);
    course.momentum = 0;
    ck_assert_double_lt(compare(&course, 1, false), 1e-6);
}
END_TEST

START_TEST(epsilon_stands_outside_the_bias_correction)
{
    const struct tl_course course = make_course(TL_COURSE_ADAM, 0.001);

    ck_assert_double_lt(compare(&course, 1e-6F, false), 1e-6);
    ck_assert_double_gt(compare(&course, 1e-6F, true), 1e-4);
}
END_TEST

/* Every kernel that this CPU has, against the same arithmetic one scalar at a time: every bit. */
START_TEST(the_same_arithmetic_in_scalars_gives_the_same_bits)
{
    const struct tl_course course = make_course(_i == 0 ? TL_COURSE_ADAM : TL_COURSE_SGD, 0.001);
    size_t kernel_count = 0;

    for (size_t k = 0; tl_fit_kernels_all[k]; k++) {
        struct tl_fit_weights weights;
        struct tl_optimiser optimiser;
        struct tl_random random;
        float *gradient = tl_memory_alloc_aligned(COUNT, sizeof *gradient), w[COUNT], m[COUNT] = {0}, v[COUNT] = {0};

        if (!tl_fit_kernels_all[k]->is_supported())
            continue;
        kernel_count++;
        tl_random_init(&random, 3, "optimiser");
        ck_assert_int_eq(tl_optimiser_create_weights(&weights, COUNT, NULL), TL_OK);
        tl_optimiser_init(&optimiser, &course);
        draw(weights.weights, &random);
        memcpy(w, weights.weights, sizeof w);
        for (int s = 0; s < STEPS; s++) {
            struct tl_fit_step step = tl_optimiser_next_step(&optimiser);

            step.penalty = 0.02F;
            draw(gradient, &random);
            for (size_t i = 0; i < COUNT; i++) {
                const float g = gradient[i] + step.penalty * w[i];

                if (course.solver == TL_COURSE_SGD) {
                    m[i] = step.momentum * m[i] - step.rate * g;
                    w[i] += m[i];
                } else {
                    m[i] += (g - m[i]) * 0.1F;
                    v[i] += (g * g - v[i]) * 0.001F;
                    w[i] -= step.rate * m[i] / (sqrtf(v[i]) + 1e-7F);
                }
            }
            tl_fit_kernels_all[k]->update(&weights, gradient, COUNT, &step);
        }
        ck_assert_msg(memcmp(weights.weights, w, sizeof w) == 0, "%s", tl_fit_kernels_all[k]->name);
        tl_optimiser_free_weights(&weights);
        tl_memory_free(gradient);
    }
    ck_assert_uint_gt(kernel_count, 0);
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_weight_without_gradient_never_moves_and_nan_stays_nan)
{
    const struct tl_course course = make_course(_i == 0 ? TL_COURSE_ADAM : TL_COURSE_SGD, 0.001);

    for (size_t k = 0; tl_fit_kernels_all[k]; k++) {
        struct tl_fit_weights weights;
        struct tl_optimiser optimiser;
        float *gradient = tl_memory_alloc_aligned(16, sizeof *gradient);

        if (!tl_fit_kernels_all[k]->is_supported())
            continue;
        ck_assert_int_eq(tl_optimiser_create_weights(&weights, 16, NULL), TL_OK);
        tl_optimiser_init(&optimiser, &course);
        for (size_t i = 0; i < 16; i++)
            weights.weights[i] = (float)(i + 1);
        gradient[4] = NAN;
        for (int s = 0; s < STEPS; s++) {
            const struct tl_fit_step step = tl_optimiser_next_step(&optimiser);
            tl_fit_kernels_all[k]->update(&weights, gradient, 16, &step);
        }
        for (size_t i = 0; i < 16; i++)
            ck_assert(i == 4 ? isnan(weights.weights[i]) : weights.weights[i] == (float)(i + 1));
        tl_optimiser_free_weights(&weights);
        tl_memory_free(gradient);
    }
}
END_TEST

/* ---- Faults ---- */

START_TEST(every_allocation_may_fail)
{
    struct tl_fit_weights weights;
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = tl_optimiser_create_weights(&weights, 16, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !weights.weights && !weights.moments && !weights.velocities));
    } while (status != TL_OK);
    ck_assert_uint_eq(n, 4);
    tl_optimiser_free_weights(&weights);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("optimiser");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, steps_follow_the_formula, 0, 4);
    tcase_add_test(core, epsilon_stands_outside_the_bias_correction);
    tcase_add_loop_test(core, the_same_arithmetic_in_scalars_gives_the_same_bits, 0, 2);
    tcase_add_loop_test(limits, a_weight_without_gradient_never_moves_and_nan_stays_nan, 0, 2);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
