/* test_kernels.c - the registry of convolution kernels: how one is found and which is the default. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/network/kernels.h"
#include "tests/support/suite.h"

START_TEST(kernels_are_found_by_name_and_arithmetic)
{
    ck_assert_uint_ge(tl_conv_kernel_count, 2);
    ck_assert_ptr_eq(tl_conv_kernels[0], &tl_conv_reference);
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        const struct tl_conv_kernel *kernel = tl_conv_kernels[i], *expected = kernel->is_supported() ? kernel : NULL;
        ck_assert_ptr_eq(tl_conv_kernel_find(kernel->name), expected);
        ck_assert(expected == NULL || tl_conv_kernel_find(kernel->arithmetic) != NULL);
    }
    ck_assert_ptr_null(tl_conv_kernel_find("abacus"));
}
END_TEST

START_TEST(an_arithmetic_is_computed_by_the_best_kernel_that_has_it)
{
    const struct tl_conv_kernel *best = NULL;

    unsetenv("TL_KERNELS");
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        if (strcmp(tl_conv_kernels[i]->arithmetic, "f32-wino6-fma") == 0 && tl_conv_kernels[i]->is_supported())
            best = tl_conv_kernels[i];
    }
    ck_assert_ptr_nonnull(best);
    ck_assert_ptr_eq(tl_conv_kernel_find("f32-wino6-fma"), best);
    /* Another one that the environment names, if it has this arithmetic. */
    setenv("TL_KERNELS", "winograd-scalar", 1);
    ck_assert_ptr_eq(tl_conv_kernel_find("f32-wino6-fma"), &tl_conv_winograd_scalar);
    ck_assert_ptr_eq(tl_conv_kernel_find(best->name), best);
    setenv("TL_KERNELS", "openblas", 1);
    ck_assert_ptr_eq(tl_conv_kernel_find("f32-wino6-fma"), best);
}
END_TEST

START_TEST(fast_is_found_where_it_is_had_and_never_the_default)
{
    unsetenv("TL_KERNELS");
    ck_assert(strstr(tl_conv_kernel_default()->arithmetic, "f32-wino6") != NULL ||
              strstr(tl_conv_kernel_default()->arithmetic, "openblas") != NULL);
#if defined(__x86_64__)
    const struct tl_conv_kernel *expected = NULL;
    const struct tl_conv_kernel *const wanted[] = {&tl_conv_winograd_amx3, &tl_conv_winograd_vnni, &tl_conv_winograd7_avx512,
                                                   &tl_conv_winograd7_avx2};
    for (size_t i = sizeof wanted / sizeof *wanted; i > 0; i--)
        expected = wanted[i - 1]->is_supported() ? wanted[i - 1] : expected;
    ck_assert_ptr_eq(tl_conv_kernel_find("fast"), expected);
#endif
}
END_TEST

START_TEST(kernels_that_cannot_run_here_are_named)
{
    for (size_t i = 0; tl_conv_kernel_missing(i) != NULL; i++) {
        ck_assert_ptr_null(tl_conv_kernel_find(tl_conv_kernel_missing(i)));
        printf("skipped: %s, not run here\n", tl_conv_kernel_missing(i));
    }
}
END_TEST

START_TEST(the_environment_names_another_default)
{
    unsetenv("TL_KERNELS");
    ck_assert_ptr_nonnull(tl_conv_kernel_default());
    ck_assert(tl_conv_kernel_default()->is_supported());
    setenv("TL_KERNELS", "reference", 1);
    ck_assert_ptr_eq(tl_conv_kernel_default(), &tl_conv_reference);
    setenv("TL_KERNELS", "abacus", 1);
    ck_assert_ptr_null(tl_conv_kernel_default());
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *core = tcase_create("Core");

    tcase_add_test(core, kernels_are_found_by_name_and_arithmetic);
    tcase_add_test(core, an_arithmetic_is_computed_by_the_best_kernel_that_has_it);
    tcase_add_test(core, fast_is_found_where_it_is_had_and_never_the_default);
    tcase_add_test(core, kernels_that_cannot_run_here_are_named);
    tcase_add_test(core, the_environment_names_another_default);
    suite_add_tcase(suite, core);
    return suite;
}
