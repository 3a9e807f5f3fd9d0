/* test_matrix.c - sparse rows: kept as given, grown, refused when damaged. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/data/matrix.h"

static struct tl_matrix *make_matrix(size_t feature_count, enum tl_head_transform transform)
{
    struct tl_matrix *matrix = NULL;

    ck_assert_int_eq(tl_matrix_create(&matrix, feature_count, transform, NULL), TL_OK);
    return matrix;
}

START_TEST(rows_stand_one_after_another)
{
    struct tl_matrix *matrix = make_matrix(10, TL_HEAD_TRANSFORM_NONE);
    const uint32_t first[] = {0, 4, 9}, second[] = {5};
    const float first_values[] = {1, -2, 3}, second_values[] = {7};

    ck_assert_int_eq(tl_matrix_add(matrix, first, first_values, 3, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_add(matrix, NULL, NULL, 0, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_add(matrix, second, second_values, 1, NULL), TL_OK);
    ck_assert_uint_eq(matrix->row_count, 3);
    ck_assert_int_eq(memcmp(matrix->row_starts, (size_t[]){0, 3, 3, 4}, 4 * sizeof(size_t)), 0);
    ck_assert_int_eq(memcmp(matrix->locals, (uint16_t[]){0, 4, 9, 5}, 4 * sizeof(uint16_t)), 0);
    ck_assert_int_eq(memcmp(matrix->values, (float[]){1, -2, 3, 7}, 4 * sizeof(float)), 0);
    ck_assert_double_eq(tl_matrix_square_norm(matrix, 0), 14);
    ck_assert_double_eq(tl_matrix_square_norm(matrix, 1), 0);
    tl_matrix_free(matrix);
}
END_TEST

/* 5,000 columns are two whole blocks and a narrower one. */
START_TEST(a_row_knows_where_its_blocks_begin)
{
    static const uint32_t rows[][4] = {{0, 2047, 2048, 4999}, {4096, 4097, 4098, 4099}, {0, 1, 2, 3}, {3000, 3001, 3002, 3003}};
    static const size_t expected[][4] = {{0, 2, 3, 4}, {0, 0, 0, 4}, {0, 4, 4, 4}, {0, 0, 4, 4}};
    struct tl_matrix *matrix = make_matrix(5000, TL_HEAD_TRANSFORM_NONE);
    uint32_t indices[4];

    ck_assert_uint_eq(matrix->block_count, 3);
    for (size_t r = 0; r < 4; r++)
        ck_assert_int_eq(tl_matrix_add(matrix, rows[r], (float[]){1, 2, 3, 4}, 4, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_add(matrix, NULL, NULL, 0, NULL), TL_OK);
    for (size_t r = 0; r < 4; r++) {
        for (size_t b = 0; b <= 3; b++)
            ck_assert_uint_eq(tl_matrix_block_start(matrix, r, b), r * 4 + expected[r][b]);
        ck_assert_uint_eq(tl_matrix_read_row(matrix, r, indices), 4);
        ck_assert_uint_eq(tl_matrix_count(matrix, r), 4);
        ck_assert_int_eq(memcmp(indices, rows[r], sizeof indices), 0);
    }
    ck_assert_uint_eq(tl_matrix_block_start(matrix, 4, 0), 16);
    ck_assert_uint_eq(tl_matrix_block_start(matrix, 4, 3), 16);
    ck_assert_uint_eq(tl_matrix_read_row(matrix, 4, NULL), 0);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(a_matrix_is_filled_anew_after_it_was_cleared)
{
    struct tl_matrix *matrix = make_matrix(10, TL_HEAD_TRANSFORM_NONE);

    ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){2}, (float[]){5}, 1, NULL), TL_OK);
    tl_matrix_clear(matrix);
    ck_assert_uint_eq(matrix->row_count, 0);
    ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){3}, (float[]){6}, 1, NULL), TL_OK);
    ck_assert_uint_eq(tl_matrix_count(matrix, 0), 1);
    ck_assert(matrix->locals[0] == 3 && tl_matrix_values(matrix, 0)[0] == 6);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(the_transform_is_applied_once)
{
    struct tl_matrix *matrix = make_matrix(10, TL_HEAD_TRANSFORM_SQRT);
    const uint32_t indices[] = {0, 4};
    const float values[] = {9, -4};

    ck_assert_int_eq(tl_matrix_add(matrix, indices, values, 2, NULL), TL_OK);
    ck_assert(matrix->values[0] == 3 && matrix->values[1] == -2);
    ck_assert_double_eq(tl_matrix_square_norm(matrix, 0), 13);
    tl_matrix_free(matrix);
}
END_TEST

/* A grid of 2 places x 3 channels. */
START_TEST(a_derived_matrix_is_pooled_then_transformed)
{
    struct tl_matrix *matrix = make_matrix(6, TL_HEAD_TRANSFORM_NONE), *pooled = NULL, *roots = NULL;
    uint32_t indices[6];

    ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){0, 2, 3, 5}, (float[]){1, 9, 7, -9}, 4, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){4}, (float[]){8}, 1, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_derive(&pooled, matrix, TL_HEAD_POOL_AVG, 3, TL_HEAD_TRANSFORM_SQRT, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_derive(&roots, matrix, TL_HEAD_POOL_NONE, 3, TL_HEAD_TRANSFORM_SQRT, NULL), TL_OK);
    ck_assert_uint_eq(pooled->feature_count, 3);
    ck_assert_uint_eq(tl_matrix_read_row(pooled, 0, indices), 1); /* the third channel's average is zero */
    ck_assert(indices[0] == 0 && tl_matrix_values(pooled, 0)[0] == 2);
    ck_assert_uint_eq(tl_matrix_read_row(pooled, 1, indices), 1);
    ck_assert(indices[0] == 1 && tl_matrix_values(pooled, 1)[0] == 2);
    ck_assert_uint_eq(roots->feature_count, 6);
    ck_assert_uint_eq(tl_matrix_read_row(roots, 0, indices), 4);
    ck_assert(indices[3] == 5 && tl_matrix_values(roots, 0)[1] == 3 && tl_matrix_values(roots, 0)[3] == -3);
    ck_assert_uint_eq(roots->row_count, 2);
    tl_matrix_free(matrix);
    tl_matrix_free(pooled);
    tl_matrix_free(roots);
}
END_TEST

START_TEST(thousands_of_rows_grow_the_arrays)
{
    enum { ROWS = 3000, WIDTH = 200 };
    struct tl_matrix *matrix = make_matrix(WIDTH, TL_HEAD_TRANSFORM_NONE);
    uint32_t indices[WIDTH];
    float values[WIDTH];

    for (uint32_t f = 0; f < WIDTH; f++)
        indices[f] = f;
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t f = 0; f < WIDTH; f++)
            values[f] = (float)(r * WIDTH + f + 1);
        ck_assert_int_eq(tl_matrix_add(matrix, indices, values, WIDTH, NULL), TL_OK);
    }
    ck_assert_uint_eq(matrix->row_starts[ROWS], (size_t)ROWS * WIDTH);
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; i++)
        ck_assert(matrix->locals[i] == i % WIDTH && matrix->values[i] == (float)(i + 1));
    tl_matrix_free(matrix);
    tl_matrix_free(NULL);
}
END_TEST

/* ---- Faults ---- */

START_TEST(damaged_rows_are_refused_and_leave_the_matrix_alone)
{
    static const struct {
        uint32_t indices[3];
        float values[3];
        const char *message;
    } rows[] = {
        {{0, 4, 10}, {1, 1, 1}, "feature index 10 does not belong after 4 among 10 features"},
        {{0, 4, 4}, {1, 1, 1}, "feature index 4 does not belong after 4 among 10 features"},
        {{4, 3, 5}, {1, 1, 1}, "feature index 3 does not belong after 4 among 10 features"},
        {{0, 1, 2}, {1, NAN, 1}, "feature 1 is nan"},
        {{0, 1, 2}, {1, 1, -INFINITY}, "feature 2 is -inf"},
    };
    struct tl_matrix *matrix = make_matrix(10, TL_HEAD_TRANSFORM_NONE);
    struct tl_error err;

    ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){2}, (float[]){5}, 1, NULL), TL_OK);
    ck_assert_int_eq(tl_matrix_add(matrix, rows[_i].indices, rows[_i].values, 3, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message, rows[_i].message);
    ck_assert_uint_eq(matrix->row_count, 1);
    ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){3}, (float[]){6}, 1, NULL), TL_OK);
    ck_assert(matrix->locals[1] == 3 && matrix->values[1] == 6 && matrix->row_starts[2] == 2);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(a_damaged_grid_is_refused)
{
    struct tl_matrix *matrix = make_matrix(3, TL_HEAD_TRANSFORM_NONE);
    struct tl_error err;

    ck_assert_int_eq(tl_matrix_add_pooled(matrix, 6, (uint32_t[]){6}, (float[]){1}, 1, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message, "feature index 6 does not belong after 0 among 6 features");
    ck_assert_int_eq(tl_matrix_add_pooled(matrix, 6, (uint32_t[]){2, 2}, (float[]){1, 1}, 2, &err), TL_CORRUPT);
    ck_assert_int_eq(tl_matrix_add_pooled(matrix, 6, (uint32_t[]){5}, (float[]){NAN}, 1, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message, "feature 5 is nan");
    ck_assert_uint_eq(matrix->row_count, 0);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(every_allocation_of_a_derivation_may_fail)
{
    struct tl_matrix *matrix = make_matrix(6, TL_HEAD_TRANSFORM_NONE), *derived;
    enum tl_status status;
    size_t n = 0;

    for (size_t r = 0; r < 300; r++)
        ck_assert_int_eq(tl_matrix_add(matrix, (uint32_t[]){4}, (float[]){8}, 1, NULL), TL_OK);
    do {
        tl_memory_fail_at(++n);
        status = tl_matrix_derive(&derived, matrix, n % 2 == 0 ? TL_HEAD_POOL_AVG : TL_HEAD_POOL_NONE, 3, TL_HEAD_TRANSFORM_NONE,
                                  NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !derived));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 6);
    tl_matrix_free(derived);
    tl_matrix_free(matrix);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const uint32_t indices[] = {1};
    const float values[] = {1};
    enum tl_status status;
    size_t n = 0;

    do {
        struct tl_matrix *matrix = NULL;

        tl_memory_fail_at(++n);
        status = tl_matrix_create(&matrix, 10, TL_HEAD_TRANSFORM_NONE, NULL);
        ck_assert((status == TL_OK) == (matrix != NULL));
        for (size_t r = 0; r < 1000 && status == TL_OK; r++)
            status = tl_matrix_add(matrix, indices, values, 1, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        tl_matrix_free(matrix);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 5);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("matrix");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, rows_stand_one_after_another);
    tcase_add_test(core, a_row_knows_where_its_blocks_begin);
    tcase_add_test(core, a_matrix_is_filled_anew_after_it_was_cleared);
    tcase_add_test(core, the_transform_is_applied_once);
    tcase_add_test(core, a_derived_matrix_is_pooled_then_transformed);
    tcase_add_test(core, thousands_of_rows_grow_the_arrays);
    tcase_add_loop_test(faults, damaged_rows_are_refused_and_leave_the_matrix_alone, 0, 5);
    tcase_add_test(faults, a_damaged_grid_is_refused);
    tcase_add_test(faults, every_allocation_of_a_derivation_may_fail);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
