/* test_lanes.c - sums in their stated order, and the same bits from every instruction set. */
#include <string.h>

#include "common/base/random.h"
#include "tests/support/suite.h"
#include "train/fit/lanes.h"

enum { COUNT_MAX = 100, COLUMNS = 50, STRIDE = 6 };

static void fill(double *values, size_t count, const char *stream)
{
    struct tl_random random;

    tl_random_init(&random, 6, stream);
    for (size_t k = 0; k < count; k++)
        values[k] = tl_random_uniform(&random) - 0.5;
}

START_TEST(a_dot_product_has_eight_parts_joined_as_stated)
{
    const size_t count = (size_t)_i;
    double a[COUNT_MAX], b[COUNT_MAX], parts[8] = {0};

    fill(a, count, "a");
    fill(b, count, "b");
    for (size_t k = 0; k < count; k++)
        parts[k % 8] += a[k] * b[k];
    ck_assert(tl_lanes_choose()->dot(a, b, count) ==
              ((parts[0] + parts[4]) + (parts[2] + parts[6])) + ((parts[1] + parts[5]) + (parts[3] + parts[7])));
}
END_TEST

START_TEST(adding_and_scaling_are_done_value_by_value)
{
    const size_t count = (size_t)_i;
    double a[COUNT_MAX + 1] = {0}, b[COUNT_MAX], sum[COUNT_MAX + 1], product[COUNT_MAX + 1];

    fill(a, count + 1, "a");
    fill(b, count, "b");
    memcpy(sum, a, sizeof sum);
    memcpy(product, a, sizeof product);
    tl_lanes_choose()->add(sum, 0.3, b, count);
    tl_lanes_choose()->scale(product, 0.3, b, count);
    for (size_t k = 0; k < count; k++) {
        ck_assert(sum[k] == a[k] + 0.3 * b[k]);
        ck_assert(product[k] == 0.3 * b[k]);
    }
    ck_assert(sum[count] == a[count] && product[count] == a[count]);
}
END_TEST

START_TEST(sparse_rows_go_entry_by_entry_for_any_number_of_classes)
{
    static const uint16_t locals[] = {0, 3, 4, 17, 49};
    static const float values[] = {1.5f, -2.25f, 0.1f, 7, 1e-3f};
    const size_t class_count = (size_t)_i;
    double to[COLUMNS * STRIDE], expected[COLUMNS * STRIDE], factors[TL_LANES_CLASSES], sums[TL_LANES_CLASSES];

    for (size_t k = 0; tl_lanes_all[k]; k++) {
        if (!tl_lanes_all[k]->has_instructions())
            continue;
        fill(to, COLUMNS * STRIDE, "to");
        fill(factors, TL_LANES_CLASSES, "factors");
        fill(sums, TL_LANES_CLASSES, "sums");
        memcpy(expected, to, sizeof expected);
        for (size_t l = 0; l < class_count; l++) {
            double sum = sums[l];

            for (size_t i = 0; i < 5; i++)
                sum += to[locals[i] * STRIDE + l] * (double)values[i];
            factors[l] = sum;
        }
        tl_lanes_all[k]->gather(sums, to, STRIDE, class_count, locals, values, 5);
        ck_assert_mem_eq(sums, factors, class_count * sizeof *sums);
        for (size_t i = 0; i < 5; i++)
            for (size_t l = 0; l < class_count; l++)
                expected[locals[i] * STRIDE + l] += factors[l] * (double)values[i];
        tl_lanes_all[k]->scatter(to, STRIDE, factors, class_count, locals, values, 5);
        ck_assert_mem_eq(to, expected, sizeof expected);
    }
}
END_TEST

START_TEST(every_instruction_set_gives_the_same_bits)
{
    const size_t count = (size_t)_i;
    double a[COUNT_MAX] = {0}, b[COUNT_MAX], sum[COUNT_MAX], expected[COUNT_MAX];
    size_t tried_count = 0;

    fill(a, count, "a");
    fill(b, count, "b");
    memcpy(expected, a, sizeof expected);
    tl_lanes_plain.add(expected, 0.7, b, count);
    for (size_t k = 0; tl_lanes_all[k]; k++) {
        if (!tl_lanes_all[k]->has_instructions())
            continue;
        memcpy(sum, a, sizeof sum);
        tl_lanes_all[k]->add(sum, 0.7, b, count);
        ck_assert_mem_eq(sum, expected, count * sizeof *sum);
        ck_assert(tl_lanes_all[k]->dot(a, b, count) == tl_lanes_plain.dot(a, b, count));
        tried_count++;
    }
    ck_assert_uint_ge(tried_count, 1);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("lanes");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, a_dot_product_has_eight_parts_joined_as_stated, 0, 35);
    tcase_add_loop_test(core, adding_and_scaling_are_done_value_by_value, 0, 35);
    tcase_add_loop_test(core, sparse_rows_go_entry_by_entry_for_any_number_of_classes, 1, TL_LANES_CLASSES + 1);
    tcase_add_loop_test(core, every_instruction_set_gives_the_same_bits, 1, 35);
    suite_add_tcase(suite, core);
    return suite;
}
