/* test_arena.c - strings that live together. */
#include <stdio.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/memory.h"
#include "tests/support/suite.h"

START_TEST(strings_stay_as_they_were_put)
{
    enum { COUNT = 20000 };
    static const char *copies[COUNT];
    struct tl_arena arena = {NULL, 0, 0};
    char text[64];

    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(text, sizeof text, "%zu of %*d", i, (int)(i % 40), 1);
        copies[i] = tl_arena_copy_string(&arena, text);
        ck_assert_ptr_nonnull(copies[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(text, sizeof text, "%zu of %*d", i, (int)(i % 40), 1);
        ck_assert_str_eq(copies[i], text);
    }
    tl_arena_free(&arena);
    ck_assert_ptr_null(arena.blocks);
    ck_assert_str_eq(tl_arena_copy_string(&arena, "again"), "again");
    tl_arena_free(&arena);
}
END_TEST

START_TEST(strings_of_any_length_fit)
{
    static const size_t LENGTHS[] = {0, 1, 32766, 32767, 32768, 100000, 0, 5};
    static char text[100001];
    const char *copies[8];
    struct tl_arena arena = {NULL, 0, 0};

    for (size_t i = 0; i < 8; i++) {
        memset(text, 'x', LENGTHS[i]);
        text[LENGTHS[i]] = '\0';
        copies[i] = tl_arena_copy_string(&arena, text);
        ck_assert_ptr_nonnull(copies[i]);
    }
    for (size_t i = 0; i < 8; i++)
        ck_assert_uint_eq(strlen(copies[i]), LENGTHS[i]);
    tl_arena_free(&arena);
}
END_TEST

START_TEST(without_memory_there_is_no_copy_and_the_others_stay)
{
    struct tl_arena arena = {NULL, 0, 0};
    const char *first;

    (void)tl_memory_fail_at(1);
    ck_assert_ptr_null(tl_arena_copy_string(&arena, "none"));
    (void)tl_memory_fail_at(0);
    first = tl_arena_copy_string(&arena, "first");
    (void)tl_memory_fail_at(1);
    ck_assert_str_eq(tl_arena_copy_string(&arena, "needs no more"), "needs no more");
    (void)tl_memory_fail_at(0);
    ck_assert_str_eq(first, "first");
    tl_arena_free(&arena);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");

    tcase_add_test(core, strings_stay_as_they_were_put);
    suite_add_tcase(suite, core);
    tcase_add_test(limits, strings_of_any_length_fit);
    suite_add_tcase(suite, limits);
    tcase_add_test(faults, without_memory_there_is_no_copy_and_the_others_stay);
    suite_add_tcase(suite, faults);
    return suite;
}
