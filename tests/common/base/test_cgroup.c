/* test_cgroup.c - limits as containers set them: texts in, and a tree of files that stands for a machine. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cgroup.h"
#include "tests/support/suite.h"

static const struct {
    const char *text;
    unsigned expected;
} MAXES[] = {
    {"max 100000\n", 0},     {"100000 100000\n", 1}, {"150000 100000\n", 2}, {"200000 100000", 2},       {"200001 100000", 3},
    {"1000 100000\n", 1},    {"50000 25000\n", 2},   {"", 0},                {"max", 0},                 {"100000", 0},
    {"100000 0\n", 0},       {"-1 100000\n", 0},     {"0 100000\n", 0},      {"100000 100000 extra", 0}, {"1e5 100000", 0},
    {"9223372036854775807 1", 0}, {"9223372036854775806 1", INT_MAX},
};

START_TEST(a_quota_in_version_2_is_rounded_up_to_whole_cpus)
{
    ck_assert_msg(tl_cgroup_parse_max(MAXES[_i].text) == MAXES[_i].expected, "'%s' gives %u, expected %u", MAXES[_i].text,
                  tl_cgroup_parse_max(MAXES[_i].text), MAXES[_i].expected);
}
END_TEST

START_TEST(a_quota_in_version_1_is_rounded_up_to_whole_cpus)
{
    ck_assert_uint_eq(tl_cgroup_parse_quota("150000\n", "100000\n"), 2);
    ck_assert_uint_eq(tl_cgroup_parse_quota("100000\n", "100000\n"), 1);
    ck_assert_uint_eq(tl_cgroup_parse_quota("-1\n", "100000\n"), 0);
    ck_assert_uint_eq(tl_cgroup_parse_quota("", "100000\n"), 0);
    ck_assert_uint_eq(tl_cgroup_parse_quota("100000\n", ""), 0);
    ck_assert_uint_eq(tl_cgroup_parse_quota("100000 x", "100000"), 0);
}
END_TEST

static const struct {
    const char *line;
    bool is_mount, is_unified;
    const char *root, *folder;
} MOUNTS[] = {
    {"41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", true, true, "/", "/sys/fs/cgroup"},
    {"32 31 0:29 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n", true, false, "/docker/ab",
     "/sys/fs/cgroup/cpu"},
    {"32 31 0:29 / /odd\\040place rw - cgroup2 none rw\n", true, true, "/", "/odd place"},
    {"32 31 0:29 /\\-7 /cut\\04 rw - cgroup2 none rw\n", true, true, "/\\-7", "/cut\\04"}, /* no whole escapes */
    {"32 31 0:29 / /a\\ rw - cgroup2 none rw\n", true, true, "/", "/a\\"},
    {"33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n", false, false, "", ""},
    {"34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n", false, false, "", ""},
    {"23 1 0:21 / /proc rw - proc proc rw,cpu\n", false, false, "", ""},
    {"\n", false, false, "", ""},
    {"41 31 - cgroup2 cgroup2 rw\n", false, false, "", ""},
};

START_TEST(a_line_of_mountinfo_tells_where_the_cpu_controller_is)
{
    struct tl_cgroup_mount mount;

    ck_assert_msg(tl_cgroup_parse_mount(&mount, MOUNTS[_i].line) == MOUNTS[_i].is_mount, "%s", MOUNTS[_i].line);
    if (MOUNTS[_i].is_mount) {
        ck_assert(mount.is_unified == MOUNTS[_i].is_unified);
        ck_assert_str_eq(mount.root, MOUNTS[_i].root);
        ck_assert_str_eq(mount.folder, MOUNTS[_i].folder);
    }
}
END_TEST

START_TEST(a_line_of_the_membership_is_of_one_hierarchy)
{
    char path[PATH_MAX], line[PATH_MAX + 8];

    ck_assert(tl_cgroup_parse_membership(path, "0::/user.slice/a:b\n", true));
    ck_assert_str_eq(path, "/user.slice/a:b");
    ck_assert(!tl_cgroup_parse_membership(path, "0::/user.slice\n", false));
    ck_assert(tl_cgroup_parse_membership(path, "4:cpu,cpuacct:/docker/ab\n", false));
    ck_assert_str_eq(path, "/docker/ab");
    ck_assert(tl_cgroup_parse_membership(path, "4:cpuacct,cpu:/docker/ab", false));
    ck_assert(!tl_cgroup_parse_membership(path, "4:cpu,cpuacct:/docker/ab\n", true));
    ck_assert(!tl_cgroup_parse_membership(path, "3:cpuset,cpuacct:/\n", false));
    ck_assert(!tl_cgroup_parse_membership(path, "", true));
    ck_assert(!tl_cgroup_parse_membership(path, "0::", true));
    ck_assert(!tl_cgroup_parse_membership(path, "0:", true));
    memset(line, 'x', sizeof line);
    memcpy(line, "0::/", 4);
    line[sizeof line - 1] = '\0';
    ck_assert(!tl_cgroup_parse_membership(path, line, true));
}
END_TEST

static const struct {
    const char *root, *path, *expected;
} FOLDERS[] = {
    {"/", "/", "/mnt"},
    {"/", "/a/b", "/mnt/a/b"},
    {"/docker/ab", "/docker/ab", "/mnt"},
    {"/docker/ab", "/docker/ab/c", "/mnt/c"},
    {"/docker/ab", "/docker/abc", "/mnt"}, /* another group, whose name begins alike */
    {"/docker/ab", "/", "/mnt"},
    {"/", "/../other", "/mnt"},
    {"/", "/..", "/mnt"},
    {"/", "/a/..", "/mnt"},
    {"/", "/..name", "/mnt/..name"},
    {"/", "/..name/a", "/mnt/..name/a"},
    {"/", "/..name/../a", "/mnt"},
};

START_TEST(a_group_is_found_below_its_mount)
{
    struct tl_cgroup_mount mount = {.is_unified = true, .folder = "/mnt"};
    char folder[PATH_MAX];

    strcpy(mount.root, FOLDERS[_i].root);
    tl_cgroup_find_folder(folder, &mount, FOLDERS[_i].path);
    ck_assert_str_eq(folder, FOLDERS[_i].expected);
}
END_TEST

/* A file of the machine below `root`, and the folders it lies in. */
static void put_file(const char *root, const char *below, const char *text)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", root, below);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0777); /* there already, for all but the first file */
        *slash = '/';
    }
    tl_test_write_file(path, text, strlen(text));
}

/* What the machine below `root` allows; a $ in `mounts` stands for its path. */
static unsigned count_cpus(const char *root, const char *membership, const char *mounts)
{
    char mountinfo[8 * PATH_MAX] = "";

    for (const char *at = mounts; *at != '\0'; at++)
        strncat(mountinfo, *at == '$' ? root : at, *at == '$' ? PATH_MAX : 1);
    put_file(root, "membership", membership);
    put_file(root, "mountinfo", mountinfo);
    return tl_cgroup_cpu_count(tl_test_path(root, "membership"), tl_test_path(root, "mountinfo"));
}

static const char UNIFIED[] = "23 1 0:21 / /proc rw - proc proc rw\n41 31 0:38 / $/v2 rw - cgroup2 cgroup2 rw\n";
static const char BOTH[] = "32 31 0:29 / $/v1 rw - cgroup cgroup rw,cpu\n41 31 0:38 / $/v2 rw - cgroup2 cgroup2 rw\n";

START_TEST(the_least_limit_on_the_way_up_counts)
{
    const char *root = tl_test_make_folder();

    put_file(root, "v2/a/b/cpu.max", "max 100000\n");
    ck_assert_uint_eq(count_cpus(root, "0::/a/b\n", UNIFIED), 0);
    put_file(root, "v2/a/cpu.max", "250000 100000\n");
    ck_assert_uint_eq(count_cpus(root, "0::/a/b\n", UNIFIED), 3);
    put_file(root, "v2/cpu.max", "800000 100000\n");
    ck_assert_uint_eq(count_cpus(root, "0::/a/b\n", UNIFIED), 3);
    put_file(root, "v2/a/b/cpu.max", "150000 100000\n");
    ck_assert_uint_eq(count_cpus(root, "0::/a/b\n", UNIFIED), 2);
    ck_assert_uint_eq(count_cpus(root, "0::/\n", UNIFIED), 8);
    ck_assert_uint_eq(count_cpus(root, "0::/a/b/gone\n", UNIFIED), 2);
}
END_TEST

START_TEST(both_versions_may_limit_at_once)
{
    const char *root = tl_test_make_folder();
    const char membership[] = "4:cpuset:/x\n2:cpu:/c\n0::/a\n";

    put_file(root, "v1/c/cpu.cfs_quota_us", "-1\n");
    put_file(root, "v1/c/cpu.cfs_period_us", "100000\n");
    put_file(root, "v2/a/cpu.max", "500000 100000\n");
    ck_assert_uint_eq(count_cpus(root, membership, BOTH), 5);
    put_file(root, "v1/c/cpu.cfs_quota_us", "50000\n");
    ck_assert_uint_eq(count_cpus(root, membership, BOTH), 1);
    put_file(root, "v1/c/cpu.cfs_quota_us", "400000\n");
    ck_assert_uint_eq(count_cpus(root, membership, BOTH), 4);
}
END_TEST

START_TEST(a_line_longer_than_any_path_hides_none_after_it)
{
    const char *root = tl_test_make_folder();
    char mounts[6 * PATH_MAX];

    memset(mounts, 'x', sizeof mounts);
    strcpy(mounts + 5 * PATH_MAX, "\n41 31 0:38 / $/v2 rw - cgroup2 cgroup2 rw\n");
    put_file(root, "v2/cpu.max", "300000 100000\n");
    ck_assert_uint_eq(count_cpus(root, "0::/\n", mounts), 3);
}
END_TEST

START_TEST(what_cannot_be_read_limits_nothing)
{
    const char *root = tl_test_make_folder();

    ck_assert_uint_eq(tl_cgroup_cpu_count(tl_test_path(root, "membership"), tl_test_path(root, "mountinfo")), 0);
    ck_assert_uint_eq(count_cpus(root, "0::/a\n", UNIFIED), 0);
    put_file(root, "v2/a/cpu.max", "\n");
    ck_assert_uint_eq(count_cpus(root, "0::/a\n", UNIFIED), 0);
    ck_assert_uint_eq(tl_cgroup_cpu_count(tl_test_path(root, "nowhere"), tl_test_path(root, "mountinfo")), 0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("cgroup");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, the_least_limit_on_the_way_up_counts);
    tcase_add_test(core, both_versions_may_limit_at_once);
    tcase_add_loop_test(limits, a_quota_in_version_2_is_rounded_up_to_whole_cpus, 0, sizeof MAXES / sizeof MAXES[0]);
    tcase_add_test(limits, a_quota_in_version_1_is_rounded_up_to_whole_cpus);
    tcase_add_loop_test(limits, a_line_of_mountinfo_tells_where_the_cpu_controller_is, 0, sizeof MOUNTS / sizeof MOUNTS[0]);
    tcase_add_test(limits, a_line_of_the_membership_is_of_one_hierarchy);
    tcase_add_loop_test(limits, a_group_is_found_below_its_mount, 0, sizeof FOLDERS / sizeof FOLDERS[0]);
    tcase_add_test(limits, a_line_longer_than_any_path_hides_none_after_it);
    tcase_add_test(faults, what_cannot_be_read_limits_nothing);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
