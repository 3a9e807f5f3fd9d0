/* test_kernels.c - the registry of convolution kernels: how one is found and which is the default. */
#include <stdio.h>
#include <stdlib.h>

#include "common/network/kernels.h"
#include "tests/support/suite.h"

START_TEST(kernels_are_found_by_name_and_arithmetic)
{
    ck_assert_uint_ge(tl_conv_kernel_count, 2);
    ck_assert_ptr_eq(tl_conv_kernels[0], &tl_conv_reference);
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        const struct tl_conv_kernel *kernel = tl_conv_kernels[i], *expected = kernel->is_supported() ? kernel : NULL;
        ck_assert_ptr_eq(tl_conv_kernel_find(kernel->name), expected);
        ck_assert_ptr_eq(tl_conv_kernel_find(kernel->arithmetic), expected);
        ck_assert_uint_ge(kernel->group_count, 1);
    }
    ck_assert_ptr_null(tl_conv_kernel_find("abacus"));
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
    tcase_add_test(core, the_environment_names_another_default);
    suite_add_tcase(suite, core);
    return suite;
}
