/* test_choice.c - what computes, by name: found here, told where it is not, and never of another arithmetic than is wanted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/features/choice.h"
#include "tests/support/suite.h"

static void check_wish_refused(const char *message_part, const struct tl_features_wish *wish)
{
    struct tl_error err;
    const struct tl_conv_kernel *kernel;

    ck_assert_int_eq(tl_features_choose_kernel(&kernel, wish, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, message_part) != NULL, "the message is '%s'", err.message);
}

static void check_arithmetic_refused(const char *message_part, const char *arithmetic)
{
    const struct tl_features_wish wish = {.arithmetic = arithmetic};
    check_wish_refused(message_part, &wish);
}

START_TEST(an_arithmetic_that_nobody_computes_is_refused)
{
    check_arithmetic_refused("cannot compute the arithmetic 'abacus', only ", "abacus");
    check_arithmetic_refused(", f64-direct", "abacus");
    setenv("TL_KERNELS", "beads", 1);
    check_arithmetic_refused("TL_KERNELS is 'beads', which this machine cannot compute, only ", NULL);
    check_wish_refused("TL_KERNELS is 'beads'", NULL);
}
END_TEST

START_TEST(kernels_that_are_not_here_are_refused_with_those_that_are)
{
    const struct tl_features_wish wish = {.kernels = "abacus"};
    struct tl_error err;

    check_wish_refused("this machine has no kernels 'abacus', only ", &wish);
    check_wish_refused(", openblas, ", &wish);
    ck_assert_int_eq(tl_features_check_kernels("abacus", &err), TL_BAD_INPUT);
    ck_assert_int_eq(tl_features_check_kernels("openblas", &err), TL_OK);
    ck_assert_int_eq(tl_features_check_kernels("f32-wino6-fma", &err), TL_OK);
    for (size_t n = 1; n <= 2; n++) { /* out of memory for the list */
        enum tl_status status;

        (void)tl_memory_fail_at(n);
        status = tl_features_check_kernels("abacus", &err);
        (void)tl_memory_fail_at(0);
        ck_assert_int_eq(status, n == 1 ? TL_NO_MEMORY : TL_BAD_INPUT);
    }
}
END_TEST

START_TEST(kernels_compute_their_own_arithmetic_and_no_other)
{
    const struct tl_features_wish other = {.kernels = "openblas", .arithmetic = "f32-wino6-fma"};
    const struct tl_features_wish same = {.kernels = "winograd-scalar", .arithmetic = "f32-wino6-fma"};
    const struct tl_features_wish unknown = {.kernels = "openblas", .arithmetic = "abacus"};
    const struct tl_features_wish openblas = {.kernels = "openblas"};
    const struct tl_conv_kernel *kernel;
    struct tl_error err;

    check_wish_refused("the kernels 'openblas' compute openblas-wino6, but f32-wino6-fma is wanted", &other);
    check_wish_refused("cannot compute the arithmetic 'abacus'", &unknown);
    setenv("TL_KERNELS", "reference", 1);
    ck_assert_int_eq(tl_features_choose_kernel(&kernel, &openblas, &err), TL_OK);
    ck_assert_str_eq(kernel->name, "openblas");
    ck_assert_int_eq(tl_features_choose_kernel(&kernel, &same, &err), TL_OK);
    ck_assert_str_eq(kernel->name, "winograd-scalar");
    ck_assert_int_eq(tl_features_choose_kernel(&kernel, NULL, &err), TL_OK);
    ck_assert_str_eq(kernel->name, "reference");
}
END_TEST

START_TEST(fast_is_refused_where_the_cpu_has_no_fast_arithmetic)
{
    if (tl_conv_kernel_find("fast") != NULL)
        printf("skipped: this CPU has a fast arithmetic\n");
    else
        check_arithmetic_refused("this CPU has no fast arithmetic, which needs AVX2 and FMA, or NEON, only ", "fast");
}
END_TEST

/* Each name once, and each is found. */
static void check_list(void (*append)(struct tl_text *text), size_t least_count)
{
    struct tl_text text;
    size_t count = 0;

    tl_text_init(&text, 1000);
    append(&text);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    for (const char *name = text.bytes; name; name = strstr(name, ", ") ? strstr(name, ", ") + 2 : NULL, count++) {
        const size_t name_bytes = strcspn(name, ",");
        char word[64];
        struct tl_error err;

        (void)snprintf(word, sizeof word, "%.*s", (int)name_bytes, name);
        for (const char *other = strstr(name + name_bytes, word); other; other = strstr(other + 1, word))
            ck_assert_msg(strcspn(other, ",") != name_bytes || other[-1] != ' ', "twice in the list: %s", word);
        ck_assert_msg(tl_features_check_kernels(word, &err) == TL_OK, "%s", err.message);
    }
    ck_assert_uint_ge(count, least_count);
    tl_text_free(&text);
}

START_TEST(arithmetics_and_kernels_of_this_machine_are_listed_once)
{
    check_list(tl_features_append_arithmetics, 4);
    check_list(tl_features_append_kernels, 4);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("choice");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, arithmetics_and_kernels_of_this_machine_are_listed_once);
    tcase_add_test(core, kernels_compute_their_own_arithmetic_and_no_other);
    tcase_add_test(faults, an_arithmetic_that_nobody_computes_is_refused);
    tcase_add_test(faults, kernels_that_are_not_here_are_refused_with_those_that_are);
    tcase_add_test(faults, fast_is_refused_where_the_cpu_has_no_fast_arithmetic);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
