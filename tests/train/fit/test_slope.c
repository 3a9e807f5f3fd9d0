/* test_slope.c - loss, derivative and residuals by the formula in long double, and the same bits from every kernel. */
#include <math.h>
#include <string.h>

#include "common/base/random.h"
#include "tests/support/suite.h"
#include "train/fit/slope.h"

enum { ROWS_MAX = 40, CLASSES_MAX = 7 };

struct made {
    double logits[ROWS_MAX * CLASSES_MAX], direction[ROWS_MAX * CLASSES_MAX], weights[ROWS_MAX];
    uint32_t classes[ROWS_MAX];
    struct tl_slope_rows rows;
};

/* Logits from next to nothing to far beyond what an exponential holds. */
static void make(struct made *made, size_t row_count, size_t class_count, double size)
{
    struct tl_random random;

    tl_random_init(&random, 8, "slope");
    made->rows = (struct tl_slope_rows){row_count, class_count, made->classes, made->weights};
    for (size_t k = 0; k < row_count * class_count; k++) {
        made->logits[k] = size * (tl_random_uniform(&random) - 0.5);
        made->direction[k] = tl_random_uniform(&random) - 0.5;
    }
    for (size_t n = 0; n < row_count; n++) {
        made->classes[n] = (uint32_t)(tl_random_uniform(&random) * (double)class_count);
        made->weights[n] = n % 5 == 3 ? 0 : tl_random_uniform(&random);
    }
}

/* The definition, a row after another. */
static struct tl_slope define(double *residuals, const struct made *made, double t)
{
    const size_t row_count = made->rows.row_count, class_count = made->rows.class_count;
    long double loss = 0, derivative = 0;

    for (size_t n = 0; n < row_count; n++) {
        long double z[CLASSES_MAX] = {0}, sum = 0, largest = -INFINITY;

        for (size_t l = 0; l < class_count; l++) {
            z[l] = (long double)made->logits[l * row_count + n] + t * (long double)made->direction[l * row_count + n];
            largest = fmaxl(largest, z[l]);
        }
        for (size_t l = 0; l < class_count; l++)
            sum += expl(z[l] - largest);
        loss += made->weights[n] * (largest - z[made->classes[n]] + logl(sum));
        for (size_t l = 0; l < class_count; l++) {
            const long double residual =
                made->weights[n] * (expl(z[l] - largest) / sum - (l == made->classes[n] ? 1 : 0));

            residuals[l * row_count + n] = (double)residual;
            derivative += residual * made->direction[l * row_count + n];
        }
    }
    return (struct tl_slope){(double)loss, (double)derivative};
}

static const struct {
    size_t row_count, class_count;
    double size;
} shapes[] = {{1, 2, 1},  {7, 2, 4},   {8, 3, 10},  {9, 4, 1e-9}, {16, 5, 40}, {23, 7, 700},
              {40, 4, 0}, {39, 6, 3e3}, {17, 2, 1e5}, {40, 7, 8}};

START_TEST(loss_derivative_and_residuals_are_the_formulas)
{
    static struct made made;
    double residuals[ROWS_MAX * CLASSES_MAX], expected[ROWS_MAX * CLASSES_MAX];

    make(&made, shapes[_i].row_count, shapes[_i].class_count, shapes[_i].size);
    for (int step = 0; step < 3; step++) {
        const double t = step * 0.75;
        const struct tl_slope found = tl_slope_choose()->evaluate(residuals, &made.rows, made.logits, made.direction, t);
        const struct tl_slope wanted = define(expected, &made, t);

        ck_assert_double_eq_tol(found.loss, wanted.loss, 1e-14 * (1 + fabs(wanted.loss)));
        ck_assert_double_eq_tol(found.derivative, wanted.derivative, 1e-14);
        for (size_t k = 0; k < made.rows.row_count * made.rows.class_count; k++) {
            ck_assert_double_eq_tol(residuals[k], expected[k], 1e-7 * fabs(expected[k]) + 1e-15);
            ck_assert(residuals[k] == (double)(float)residuals[k]);
        }
    }
}
END_TEST

START_TEST(every_kernel_gives_the_same_bits)
{
    static struct made made;
    double residuals[ROWS_MAX * CLASSES_MAX], expected[ROWS_MAX * CLASSES_MAX];
    size_t tried_count = 0;

    make(&made, shapes[_i].row_count, shapes[_i].class_count, shapes[_i].size);
    const struct tl_slope wanted = tl_slope_plain.evaluate(expected, &made.rows, made.logits, made.direction, 0.3);
    for (size_t k = 0; tl_slope_kernels[k]; k++) {
        struct tl_slope found;

        if (!tl_slope_kernels[k]->has_instructions())
            continue;
        found = tl_slope_kernels[k]->evaluate(residuals, &made.rows, made.logits, made.direction, 0.3);
        ck_assert_mem_eq(&found, &wanted, sizeof found);
        ck_assert_mem_eq(residuals, expected, made.rows.row_count * made.rows.class_count * sizeof *expected);
        tried_count++;
    }
    ck_assert_uint_ge(tried_count, 1);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("slope");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, loss_derivative_and_residuals_are_the_formulas, 0, (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_loop_test(core, every_kernel_gives_the_same_bits, 0, (int)(sizeof shapes / sizeof shapes[0]));
    suite_add_tcase(suite, core);
    return suite;
}
