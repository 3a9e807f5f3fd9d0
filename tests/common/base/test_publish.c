/* test_publish.c - a file gets its name whole, or the name stays as it was. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/publish.h"
#include "tests/support/suite.h"

static char part[4096], path[4096];

static void set_up(void)
{
    const char *folder = tl_test_make_folder();

    (void)snprintf(part, sizeof part, "%s", tl_test_path(folder, "a.part"));
    (void)snprintf(path, sizeof path, "%s", tl_test_path(folder, "a"));
    tl_test_write_file(part, "new!", 4);
}

static void expect_bytes(const char *file_path, const char *wanted)
{
    char bytes[8] = {0};
    FILE *file = fopen(file_path, "rb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(bytes, 1, sizeof bytes - 1, file), strlen(wanted));
    ck_assert_str_eq(bytes, wanted);
    ck_assert_int_eq(fclose(file), 0);
}

static void expect_no_part(void)
{
    ck_assert_int_ne(access(part, F_OK), 0);
}

START_TEST(a_new_file_gets_its_name)
{
    struct tl_error err;

    ck_assert_int_eq(tl_publish_file(part, path, _i == 0 ? TL_PUBLISH_NEW : TL_PUBLISH_REPLACE, &err), TL_OK);
    expect_bytes(path, "new!");
    expect_no_part();
}
END_TEST

START_TEST(a_file_is_replaced_only_where_that_is_asked_for)
{
    struct tl_error err;

    tl_test_write_file(path, "old", 3);
    ck_assert_int_eq(tl_publish_file(part, path, TL_PUBLISH_NEW, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "meanwhile"));
    expect_bytes(path, "old");
    expect_bytes(part, "new!");
    ck_assert_int_eq(tl_publish_file(part, path, TL_PUBLISH_REPLACE, &err), TL_OK);
    expect_bytes(path, "new!");
    expect_no_part();
}
END_TEST

START_TEST(a_name_without_a_folder_is_of_this_one)
{
    struct tl_error err;
    char *slash = strrchr(part, '/');

    *slash = '\0';
    ck_assert_int_eq(chdir(part), 0);
    ck_assert_int_eq(tl_publish_file("a.part", "a", TL_PUBLISH_NEW, &err), TL_OK);
    expect_bytes("a", "new!");
}
END_TEST

START_TEST(what_is_not_there_or_cannot_be_named_fails_and_changes_nothing)
{
    struct tl_error err;

    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(tl_publish_file(part, path, TL_PUBLISH_REPLACE, &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    expect_bytes(part, "new!");
    ck_assert_int_eq(unlink(part), 0);
    ck_assert_int_eq(tl_publish_file(part, path, TL_PUBLISH_REPLACE, &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "a.part"));
}
END_TEST

START_TEST(without_memory_nothing_gets_a_name)
{
    struct tl_error err;
    enum tl_status status;

    tl_memory_fail_at(1);
    status = tl_publish_file(part, path, TL_PUBLISH_NEW, &err);
    tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_NO_MEMORY);
    expect_bytes(part, "new!");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("publish");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, set_up, NULL);
    tcase_add_checked_fixture(faults, set_up, NULL);
    tcase_add_loop_test(core, a_new_file_gets_its_name, 0, 2);
    tcase_add_test(core, a_file_is_replaced_only_where_that_is_asked_for);
    tcase_add_test(core, a_name_without_a_folder_is_of_this_one);
    tcase_add_test(faults, what_is_not_there_or_cannot_be_named_fails_and_changes_nothing);
    tcase_add_test(faults, without_memory_nothing_gets_a_name);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
