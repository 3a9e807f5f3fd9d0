/* test_folder.c - a folder's listing: order, kinds, and times beyond what nanoseconds count. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/folder.h"
#include "common/base/memory.h"
#include "tests/support/suite.h"

static const char *root;

static void make_root(void)
{
    root = tl_test_make_folder();
}

static void add_file(const char *name)
{
    tl_test_write_file(tl_test_path(root, name), "12345", 5);
}

START_TEST(names_come_in_byte_order_with_their_kinds)
{
    static const struct {
        const char *name;
        enum tl_folder_kind kind;
    } EXPECTED[] = {{".hidden", TL_FOLDER_FILE}, {"B", TL_FOLDER_FILE},       {"a", TL_FOLDER_FOLDER},
                    {"fifo", TL_FOLDER_OTHER},   {"link", TL_FOLDER_FILE},    {"nowhere", TL_FOLDER_OTHER},
                    {"to-a", TL_FOLDER_LINKED_FOLDER}, {"\xff", TL_FOLDER_FILE}};
    struct tl_folder folder;
    struct tl_error err;

    add_file("\xff");
    add_file("B");
    add_file(".hidden");
    ck_assert_int_eq(mkdir(tl_test_path(root, "a"), 0777), 0);
    ck_assert_int_eq(mkfifo(tl_test_path(root, "fifo"), 0666), 0);
    ck_assert_int_eq(symlink("B", tl_test_path(root, "link")), 0);
    ck_assert_int_eq(symlink("none", tl_test_path(root, "nowhere")), 0);
    ck_assert_int_eq(symlink("a", tl_test_path(root, "to-a")), 0);
    ck_assert_int_eq(tl_folder_list(&folder, root, &err), TL_OK);
    ck_assert_uint_eq(folder.count, sizeof EXPECTED / sizeof EXPECTED[0]);
    for (size_t i = 0; i < folder.count; i++) {
        ck_assert_str_eq(folder.items[i].name, EXPECTED[i].name);
        ck_assert_msg(folder.items[i].kind == EXPECTED[i].kind, "%s is of kind %d", folder.items[i].name,
                      (int)folder.items[i].kind);
    }
    ck_assert_int_eq(folder.items[1].size_bytes, 5);
    ck_assert_int_eq(folder.items[4].size_bytes, 5); /* the file's, not the link's */
    tl_folder_free(&folder);
    ck_assert_uint_eq(folder.count, 0);
}
END_TEST

/* A file's time in seconds, and what of it is counted in nanoseconds. */
static const struct {
    long long seconds;
    long nanoseconds;
    int64_t mtime_ns;
} TIMES[] = {
    {0, 0, 0},
    {1700000000, 123456789, 1700000000123456789},
    {-1, 5, -999999995},
    {9223372036, 0, 9223372036000000000},
    {9223372037, 0, INT64_MAX},
    {13569465600, 0, INT64_MAX}, /* the year 2400 */
    {-9223372037, 0, INT64_MIN},
};

START_TEST(a_time_beyond_what_nanoseconds_count_is_the_nearest)
{
    struct timespec times[2] = {{.tv_sec = (time_t)TIMES[_i].seconds, .tv_nsec = TIMES[_i].nanoseconds}};
    struct tl_folder folder;
    struct tl_error err;
    struct stat info;

    times[1] = times[0];
    add_file("a");
    if (utimensat(AT_FDCWD, tl_test_path(root, "a"), times, 0) != 0 || stat(tl_test_path(root, "a"), &info) != 0 ||
        info.st_mtim.tv_sec != times[1].tv_sec) {
        printf("skipped: no file here can have the time %lld\n", TIMES[_i].seconds);
        return;
    }
    ck_assert_int_eq(tl_folder_list(&folder, root, &err), TL_OK);
    ck_assert_int_eq(folder.items[0].mtime_ns, TIMES[_i].mtime_ns);
    tl_folder_free(&folder);
}
END_TEST

START_TEST(an_empty_folder_has_no_names)
{
    struct tl_folder folder;
    struct tl_error err;

    ck_assert_int_eq(tl_folder_list(&folder, root, &err), TL_OK);
    ck_assert_uint_eq(folder.count, 0);
    tl_folder_free(&folder);
}
END_TEST

START_TEST(what_is_no_folder_is_told)
{
    struct tl_folder folder;
    struct tl_error err;

    add_file("a");
    ck_assert_int_eq(tl_folder_list(&folder, tl_test_path(root, "none"), &err), TL_NOT_FOUND);
    ck_assert_str_eq(err.message, "no such folder");
    ck_assert_int_eq(tl_folder_list(&folder, tl_test_path(root, "a"), &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "not a folder");
    ck_assert_ptr_null(folder.items);
}
END_TEST

START_TEST(every_failed_allocation_leaves_nothing)
{
    struct tl_folder folder;
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;

    add_file("a");
    add_file("b");
    for (size_t n = 1; status != TL_OK; n++) {
        (void)tl_memory_fail_at(n);
        status = tl_folder_list(&folder, root, &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && folder.items == NULL));
        ck_assert_uint_lt(n, 10);
    }
    tl_folder_free(&folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/folder");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    TCase *cases[] = {core, limits, faults};

    tcase_add_test(core, names_come_in_byte_order_with_their_kinds);
    tcase_add_loop_test(limits, a_time_beyond_what_nanoseconds_count_is_the_nearest, 0, (int)(sizeof TIMES / sizeof TIMES[0]));
    tcase_add_test(limits, an_empty_folder_has_no_names);
    tcase_add_test(faults, what_is_no_folder_is_told);
    tcase_add_test(faults, every_failed_allocation_leaves_nothing);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcase_add_checked_fixture(cases[i], make_root, NULL);
        suite_add_tcase(suite, cases[i]);
    }
    return suite;
}
