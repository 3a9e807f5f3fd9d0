/* test_gram.c - the Gram matrix: every entry and product by definition, the same bits from every kernel and team. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/gram.h"

enum { FEATURES = 2 * TL_MATRIX_BLOCK + 76, MANY = 70 };

/* Rows of values of no particular shape, the first without any; every block of columns has entries and gaps. */
static struct tl_matrix *make_matrix(size_t row_count)
{
    struct tl_matrix *matrix = NULL;
    struct tl_random random;
    uint32_t indices[FEATURES];
    float values[FEATURES];

    ck_assert_int_eq(tl_matrix_create(&matrix, FEATURES, TL_HEAD_TRANSFORM_NONE, NULL), TL_OK);
    tl_random_init(&random, 3, "gram");
    for (size_t row = 0; row < row_count; row++) {
        size_t count = 0;

        for (uint32_t f = 0; f < FEATURES && row > 0; f++) {
            if (tl_random_uniform(&random) < 0.2) {
                indices[count] = f;
                values[count++] = (float)(tl_random_uniform(&random) * 60 - 10);
            }
        }
        ck_assert_int_eq(tl_matrix_add(matrix, indices, values, count, NULL), TL_OK);
    }
    return matrix;
}

static void read_dense(double x[FEATURES], const struct tl_matrix *matrix, size_t row)
{
    uint32_t indices[FEATURES];
    const size_t count = tl_matrix_read_row(matrix, row, indices);

    memset(x, 0, FEATURES * sizeof *x);
    for (size_t k = 0; k < count; k++)
        x[indices[k]] = (double)tl_matrix_values(matrix, row)[k];
}

static float multiply_rows(const struct tl_matrix *matrix, size_t i, size_t j)
{
    double x[FEATURES], y[FEATURES], sum = 0;

    read_dense(x, matrix, i);
    read_dense(y, matrix, j);
    for (size_t f = 0; f < FEATURES; f++)
        sum += x[f] * y[f];
    return (float)sum;
}

static struct tl_gram *make_gram(const struct tl_matrix *matrix, size_t thread_count)
{
    struct tl_gram *gram = NULL;
    tl_team *team = NULL;

    ck_assert_int_eq(tl_team_create(&team, thread_count, NULL), TL_OK);
    ck_assert_int_eq(tl_gram_create(&gram, matrix, team, NULL), TL_OK);
    tl_team_free(team);
    return gram;
}

static void fill_columns(double *columns, size_t count)
{
    struct tl_random random;

    tl_random_init(&random, 4, "columns");
    for (size_t k = 0; k < count; k++)
        columns[k] = (double)(float)(tl_random_uniform(&random) - 0.5);
}

START_TEST(every_entry_is_the_rounded_sum_in_the_order_of_features)
{
    static const size_t row_counts[] = {1, 2, 15, 16, 17, 33, MANY};
    struct tl_matrix *matrix = make_matrix(row_counts[_i]);
    struct tl_gram *gram = make_gram(matrix, 1);

    ck_assert_uint_eq(gram->row_count, row_counts[_i]);
    for (size_t i = 0; i < row_counts[_i]; i++)
        for (size_t j = 0; j < row_counts[_i]; j++)
            ck_assert_msg(tl_gram_entry(gram, i, j) == multiply_rows(matrix, i, j), "entry %zu, %zu", i, j);
    tl_gram_free(gram);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(any_number_of_threads_makes_the_same_bytes)
{
    struct tl_matrix *matrix = make_matrix(MANY);
    struct tl_gram *alone = NULL, *together = make_gram(matrix, (size_t)_i);

    ck_assert_int_eq(tl_gram_create(&alone, matrix, NULL, NULL), TL_OK);
    ck_assert_mem_eq(alone->values, together->values, tl_gram_bytes(MANY));
    tl_gram_free(alone);
    tl_gram_free(together);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(a_product_is_the_sum_over_rows_in_order_for_any_number_of_columns)
{
    const size_t count = (size_t)_i;
    struct tl_matrix *matrix = make_matrix(MANY);
    struct tl_gram *gram = make_gram(matrix, 1);
    double columns[40 * MANY], out[40 * MANY];
    tl_team *team = NULL;

    fill_columns(columns, count * MANY);
    ck_assert_int_eq(tl_team_create(&team, 2, NULL), TL_OK);
    tl_gram_multiply(gram, out, columns, count, _i % 2 == 0 ? team : NULL);
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < MANY; i++) {
            double sum = 0;

            for (size_t j = 0; j < MANY; j++)
                sum += (double)tl_gram_entry(gram, i, j) * columns[c * MANY + j];
            ck_assert_double_eq(out[c * MANY + i], sum);
        }
    }
    tl_team_free(team);
    tl_gram_free(gram);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(every_kernel_gives_the_same_bits)
{
    struct tl_matrix *matrix = make_matrix(MANY);
    struct tl_gram *gram = make_gram(matrix, 1);
    double columns[7 * MANY], expected[7 * TL_GRAM_LANES], sums[7 * TL_GRAM_LANES];
    static double tile[TL_MATRIX_BLOCK * TL_GRAM_LANES], expected_rows[MANY * TL_GRAM_LANES], rows[MANY * TL_GRAM_LANES];
    size_t tried_count = 0;

    fill_columns(columns, 7 * MANY);
    fill_columns(tile, TL_MATRIX_BLOCK * TL_GRAM_LANES);
    tl_gram_kernel_plain.multiply_panel(expected, gram->values, MANY, columns, 7);
    tl_gram_kernel_plain.add_rows(expected_rows, tile, matrix, 0, matrix->block_count - 1);
    for (size_t k = 0; tl_gram_kernels[k]; k++) {
        if (!tl_gram_kernels[k]->has_instructions())
            continue;
        memset(rows, 0, sizeof rows);
        tl_gram_kernels[k]->multiply_panel(sums, gram->values, MANY, columns, 7);
        tl_gram_kernels[k]->add_rows(rows, tile, matrix, 0, matrix->block_count - 1);
        ck_assert_mem_eq(sums, expected, sizeof sums);
        ck_assert_mem_eq(rows, expected_rows, sizeof rows);
        tried_count++;
    }
    ck_assert_uint_ge(tried_count, 1);
    tl_gram_free(gram);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_matrix *matrix = make_matrix(20);
    struct tl_gram *gram = NULL;
    size_t n = 0;
    enum tl_status status;

    do {
        tl_memory_fail_at(++n);
        status = tl_gram_create(&gram, matrix, NULL, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK ? gram != NULL : status == TL_NO_MEMORY && gram == NULL);
    } while (status != TL_OK);
    ck_assert_uint_ge(n, 4);
    tl_gram_free(gram);
    tl_matrix_free(matrix);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("gram");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, every_entry_is_the_rounded_sum_in_the_order_of_features, 0, 7);
    tcase_add_loop_test(core, any_number_of_threads_makes_the_same_bytes, 1, 5);
    tcase_add_test(core, every_kernel_gives_the_same_bits);
    tcase_add_loop_test(limits, a_product_is_the_sum_over_rows_in_order_for_any_number_of_columns, 1, 41);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
