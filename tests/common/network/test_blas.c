/* test_blas.c - OpenBLAS's product: rows with strides, alone and added; nothing outside of them is written.
 */
#include <stdio.h>

#include "common/network/blas.h"
#include "tests/support/suite.h"

enum { ROWS = 3, COLUMNS = 2, LENGTH = 4, A_STRIDE = 6, B_STRIDE = 5, C_STRIDE = 4 };

/* c[r][k] before the product, and what stays beyond the columns. */
static const float BEFORE = 100;

/* Small integers, whose sums are exact in any order. */
static void check_product(bool is_added)
{
    float a[ROWS * A_STRIDE], b[LENGTH * B_STRIDE], c[ROWS * C_STRIDE];

    for (size_t i = 0; i < ROWS * A_STRIDE; i++)
        a[i] = (float)(i % 7) - 3;
    for (size_t i = 0; i < LENGTH * B_STRIDE; i++)
        b[i] = (float)(i % 5) - 1;
    for (size_t i = 0; i < ROWS * C_STRIDE; i++)
        c[i] = BEFORE;
    tl_blas_multiply(c, C_STRIDE, ROWS, COLUMNS, LENGTH, (struct tl_blas_matrix){a, A_STRIDE}, (struct tl_blas_matrix){b, B_STRIDE},
                     is_added);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t k = 0; k < C_STRIDE; k++) {
            float expected = k >= COLUMNS || is_added ? BEFORE : 0;
            for (size_t j = 0; j < LENGTH && k < COLUMNS; j++)
                expected += a[r * A_STRIDE + j] * b[j * B_STRIDE + k];
            ck_assert_msg(c[r * C_STRIDE + k] == expected, "(%zu, %zu) is %g, not %g", r, k, (double)c[r * C_STRIDE + k],
                          (double)expected);
        }
    }
}

START_TEST(a_product_replaces_what_was_there_or_is_added_to_it)
{
    if (!tl_blas_is_there()) {
        printf("skipped: OpenBLAS is not there\n");
        return;
    }
    check_product(false);
    check_product(true);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("blas");
    TCase *core = tcase_create("Core");

    tcase_add_test(core, a_product_replaces_what_was_there_or_is_added_to_it);
    suite_add_tcase(suite, core);
    return suite;
}
