/* test_headroom.c - memory that is left, from files like the kernel's. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/headroom.h"
#include "tests/support/suite.h"

static char meminfo[256], membership[256], folder[256];

static void write_text(const char *path, const char *text)
{
    tl_test_write_file(path, text, strlen(text));
}

static void set_up(void)
{
    const char *made = tl_test_make_folder();

    (void)snprintf(folder, sizeof folder, "%s", made);
    (void)snprintf(meminfo, sizeof meminfo, "%s", tl_test_path(made, "meminfo"));
    (void)snprintf(membership, sizeof membership, "%s", tl_test_path(made, "membership"));
    write_text(meminfo, "MemTotal:       24683680 kB\nMemFree:  1 kB\nMemAvailable:   1000 kB\n");
    write_text(membership, "0::/a/b\n");
    ck_assert_int_eq(mkdir(tl_test_path(folder, "a"), 0777), 0);
    ck_assert_int_eq(mkdir(tl_test_path(folder, "a/b"), 0777), 0);
}

static int64_t measure(void)
{
    return tl_headroom_measure(meminfo, membership, folder);
}

START_TEST(without_limits_it_is_what_the_machine_has)
{
    ck_assert_int_eq(measure(), 1024000);
    write_text(tl_test_path(folder, "a/b/memory.max"), "max\n");
    ck_assert_int_eq(measure(), 1024000);
}
END_TEST

START_TEST(the_least_limit_on_the_way_up_counts)
{
    write_text(tl_test_path(folder, "a/b/memory.max"), "900000\n");
    ck_assert_int_eq(measure(), 900000);
    write_text(tl_test_path(folder, "a/memory.max"), "800000\n");
    ck_assert_int_eq(measure(), 800000);
    write_text(tl_test_path(folder, "memory.max"), "700000\n");
    ck_assert_int_eq(measure(), 700000);
}
END_TEST

START_TEST(a_limit_of_version_1_counts)
{
    write_text(membership, "5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n");
    ck_assert_int_eq(mkdir(tl_test_path(folder, "memory"), 0777), 0);
    ck_assert_int_eq(mkdir(tl_test_path(folder, "memory/a"), 0777), 0);
    write_text(tl_test_path(folder, "memory/a/memory.limit_in_bytes"), "600000\n");
    ck_assert_int_eq(measure(), 600000);
}
END_TEST

START_TEST(what_cannot_be_read_limits_nothing)
{
    write_text(meminfo, "nonsense\n");
    write_text(membership, "nonsense\n::\n");
    ck_assert_int_eq(measure(), INT64_MAX);
    ck_assert_int_eq(tl_headroom_measure("/nowhere", "/nowhere", "/nowhere"), INT64_MAX);
    ck_assert_int_gt(tl_headroom_bytes(), 1 << 20);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("headroom");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits");

    tcase_add_checked_fixture(core, set_up, NULL);
    tcase_add_checked_fixture(limits, set_up, NULL);
    tcase_add_test(core, without_limits_it_is_what_the_machine_has);
    tcase_add_test(core, the_least_limit_on_the_way_up_counts);
    tcase_add_test(core, a_limit_of_version_1_counts);
    tcase_add_test(limits, what_cannot_be_read_limits_nothing);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
