/* test_adam.c - Keras's Adam, against the formula in double and its own arithmetic one scalar at a time. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "train/fit/adam.h"

enum { COUNT_MAX = 21, STEPS = 50 };

static void draw(float values[COUNT_MAX], struct tl_random *random)
{
    for (size_t i = 0; i < COUNT_MAX; i++)
        values[i] = tl_random_uniform(random) < 0.5 ? 0 : (float)(tl_random_uniform(random) - 0.5);
}

/* The definition, with a switch for the place of epsilon. */
struct reference {
    double w[COUNT_MAX], m[COUNT_MAX], v[COUNT_MAX];
    int step;
    bool is_epsilon_inside;
};

static void reference_step(struct reference *r, const float *gradient, size_t count, size_t penalised_count, double rate, double l2)
{
    r->step++;
    for (size_t i = 0; i < count; i++) {
        const double g = (double)gradient[i] + (i < penalised_count ? 2 * l2 * r->w[i] : 0);
        const double m_correction = 1 - pow(0.9, r->step), v_correction = 1 - pow(0.999, r->step);

        r->m[i] = 0.9 * r->m[i] + 0.1 * g;
        r->v[i] = 0.999 * r->v[i] + 0.001 * g * g;
        if (r->is_epsilon_inside)
            r->w[i] -= rate * (r->m[i] / m_correction) / (sqrt(r->v[i] / v_correction) + 1e-7);
        else
            r->w[i] -= rate * sqrt(v_correction) / m_correction * r->m[i] / (sqrt(r->v[i]) + 1e-7);
    }
}

/* Runs both; returns the largest difference. Gradients are multiplied by `size`. */
static double compare(size_t count, size_t penalised_count, double l2, float size, bool is_epsilon_inside)
{
    tl_adam *adam = NULL;
    struct reference reference = {.is_epsilon_inside = is_epsilon_inside};
    struct tl_random random;
    float weights[COUNT_MAX], gradient[COUNT_MAX];
    double largest = 0;

    tl_random_init(&random, 1, "adam");
    draw(weights, &random);
    for (size_t i = 0; i < COUNT_MAX; i++)
        reference.w[i] = (double)weights[i];
    ck_assert_int_eq(tl_adam_create(&adam, count, 0.001, NULL), TL_OK);
    for (int s = 0; s < STEPS; s++) {
        draw(gradient, &random);
        for (size_t i = 0; i < COUNT_MAX; i++)
            gradient[i] *= size;
        reference_step(&reference, gradient, count, penalised_count, 0.001, l2);
        tl_adam_step(adam, weights, gradient, penalised_count, l2);
        for (size_t i = 0; i < count; i++)
            ck_assert(gradient[i] == 0);
    }
    for (size_t i = 0; i < COUNT_MAX; i++)
        largest = fmax(largest, fabs((double)weights[i] - reference.w[i]));
    tl_adam_free(adam);
    return largest;
}

/* Fewer than four weights, four, and more, with the penalty ending anywhere; what is beyond the count stays untouched. */
START_TEST(steps_follow_the_formula)
{
    for (size_t penalised = 0; penalised <= (size_t)_i; penalised++)
        ck_assert_double_lt(compare((size_t)_i, penalised, 0.01, 1, false), 1e-6);
}
END_TEST

START_TEST(epsilon_stands_outside_the_bias_correction)
{
    ck_assert_double_lt(compare(16, 0, 0, 1e-6F, false), 1e-6);
    ck_assert_double_gt(compare(16, 0, 0, 1e-6F, true), 1e-4);
}
END_TEST

/* The compiler's vectors are the scalars: every bit. */
START_TEST(four_at_a_time_is_one_at_a_time)
{
    tl_adam *whole = NULL, *single[COUNT_MAX] = {NULL};
    struct tl_random random;
    float weights[COUNT_MAX], gradient[COUNT_MAX], alone[COUNT_MAX], alone_gradient[COUNT_MAX];

    tl_random_init(&random, 2, "adam");
    draw(weights, &random);
    memcpy(alone, weights, sizeof alone);
    ck_assert_int_eq(tl_adam_create(&whole, COUNT_MAX, 0.01, NULL), TL_OK);
    for (size_t i = 0; i < COUNT_MAX; i++)
        ck_assert_int_eq(tl_adam_create(&single[i], 1, 0.01, NULL), TL_OK);
    for (int s = 0; s < STEPS; s++) {
        draw(gradient, &random);
        memcpy(alone_gradient, gradient, sizeof gradient);
        for (size_t i = 0; i < COUNT_MAX; i++)
            tl_adam_step(single[i], &alone[i], &alone_gradient[i], i < 9, 0.1);
        tl_adam_step(whole, weights, gradient, 9, 0.1);
    }
    ck_assert_int_eq(memcmp(weights, alone, sizeof alone), 0);
    tl_adam_free(whole);
    for (size_t i = 0; i < COUNT_MAX; i++)
        tl_adam_free(single[i]);
}
END_TEST

START_TEST(the_same_arithmetic_in_scalars_gives_the_same_bits)
{
    tl_adam *adam = NULL;
    struct tl_random random;
    float weights[COUNT_MAX], gradient[COUNT_MAX], w[COUNT_MAX], m[COUNT_MAX] = {0}, v[COUNT_MAX] = {0};
    double power_1 = 1, power_2 = 1;

    tl_random_init(&random, 3, "adam");
    draw(weights, &random);
    memcpy(w, weights, sizeof w);
    ck_assert_int_eq(tl_adam_create(&adam, COUNT_MAX, 0.001, NULL), TL_OK);
    for (int s = 0; s < STEPS; s++) {
        draw(gradient, &random);
        power_1 *= 0.9;
        power_2 *= 0.999;
        const float alpha = (float)(0.001 * sqrt(1 - power_2) / (1 - power_1));
        for (size_t i = 0; i < COUNT_MAX; i++) {
            m[i] += (gradient[i] - m[i]) * 0.1F;
            v[i] += (gradient[i] * gradient[i] - v[i]) * 0.001F;
            w[i] -= alpha * m[i] / (sqrtf(v[i]) + 1e-7F);
        }
        tl_adam_step(adam, weights, gradient, 0, 0);
    }
    ck_assert_int_eq(memcmp(weights, w, sizeof w), 0);
    tl_adam_free(adam);
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_weight_without_gradient_never_moves)
{
    tl_adam *adam = NULL;
    float weights[5] = {1, 2, 3, 4, 5}, gradient[5] = {0};

    ck_assert_int_eq(tl_adam_create(&adam, 5, 0.001, NULL), TL_OK);
    for (int s = 0; s < STEPS; s++)
        tl_adam_step(adam, weights, gradient, 0, 0);
    for (size_t i = 0; i < 5; i++)
        ck_assert(weights[i] == (float)(i + 1));
    tl_adam_free(adam);
}
END_TEST

START_TEST(a_gradient_that_is_nan_stays_nan)
{
    tl_adam *adam = NULL;
    float weights[5] = {1, 2, 3, 4, 5}, gradient[5] = {0, NAN, 0, 0, NAN};

    ck_assert_int_eq(tl_adam_create(&adam, 5, 0.001, NULL), TL_OK);
    tl_adam_step(adam, weights, gradient, 0, 0);
    ck_assert(isnan(weights[1]) && isnan(weights[4]));
    ck_assert(weights[0] == 1 && weights[3] == 4);
    tl_adam_free(adam);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    tl_adam *adam = NULL;
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = tl_adam_create(&adam, 8, 0.001, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !adam));
    } while (status != TL_OK);
    ck_assert_uint_eq(n, 4);
    tl_adam_free(adam);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("adam");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, steps_follow_the_formula, 1, COUNT_MAX + 1);
    tcase_add_test(core, epsilon_stands_outside_the_bias_correction);
    tcase_add_test(core, four_at_a_time_is_one_at_a_time);
    tcase_add_test(core, the_same_arithmetic_in_scalars_gives_the_same_bits);
    tcase_add_test(limits, a_weight_without_gradient_never_moves);
    tcase_add_test(limits, a_gradient_that_is_nan_stays_nan);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
