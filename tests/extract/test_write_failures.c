/* test_write_failures.c - a disk that is full or fails at any write: the run says so, what was kept is whole, the next completes
 * it. */
#include "tests/extract/failing_disk.h"
#include "tests/extract/numbers.h"
#include "tests/extract/whole_store.h"

enum { EACH_CALL = 200, CALL_STEP = 23, VARIANT_COUNT = 2 };

static const struct {
    enum disk_fault fault;
    const char *name;
} FAULTS[] = {{DISK_IS_FULL, "full from"}, {DISK_FAILS, "failing at"}, {DISK_WRITES_SHORT, "writing half at"}};

static void remove_store(void)
{
    static const char *const names[] = {"failed.db", "failed.db-wal", "failed.db-shm", "failed.db-journal"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(tl_test_path(root, names[i]));
}

static void must_be_completed(const char *moment)
{
    struct course course = {.store_name = "failed.db", .thread_count = 1, .variant_count = VARIANT_COUNT};
    struct tl_error err;
    enum tl_status status = extract(&course, &err);
    int64_t count;

    ck_assert_msg(status == TL_OK, "%s: the next run: %s", moment, err.message);
    ck_assert_msg(check_whole(&count, tl_test_path(root, "failed.db"), &err) == TL_OK, "%s: the next run: %s", moment, err.message);
    expect_equal_stores("whole.db", "failed.db");
}

/* One run on a disk that fails at call n. False when the run does not get as far. */
static bool survive(size_t n, enum disk_fault fault, const char *moment, size_t *told_count)
{
    struct course course = {.store_name = "failed.db", .thread_count = 1, .variant_count = VARIANT_COUNT};
    struct tl_error err;
    enum tl_status status;
    int64_t kept_count;
    bool has_failed;

    remove_store();
    disk = (struct disk){.fail_at = n, .fault = fault};
    status = extract(&course, &err);
    has_failed = disk.has_failed;
    disk = (struct disk){.fail_at = 0};
    ck_assert_msg(status == TL_OK || status == TL_IO, "%s: %s: %s", moment, tl_error_status_name(status), err.message);
    *told_count += status != TL_OK;
    ck_assert_msg(check_whole(&kept_count, tl_test_path(root, "failed.db"), &err) == TL_OK, "%s: %s", moment, err.message);
    /* What failed without a word has harmed nothing. */
    if (status == TL_OK)
        expect_equal_stores("whole.db", "failed.db");
    return has_failed;
}

START_TEST(a_run_survives_each_of_its_writes_failing)
{
    size_t failed_count = 0, told_count = 0;
    bool has_failed = true;

    add_photo("train/a/1.jpg", "one");
    add_photo("train/b/2.jpg", "two");
    set_up_disk();
    (void)extract_well("whole.db", 1, VARIANT_COUNT);
    for (size_t n = 1; has_failed; n += n < EACH_CALL ? 1 : CALL_STEP) {
        char moment[80];

        (void)snprintf(moment, sizeof moment, "a disk %s write call %zu", FAULTS[_i].name, n);
        has_failed = survive(n, FAULTS[_i].fault, moment, &told_count);
        failed_count += has_failed;
        must_be_completed(moment);
    }
    ck_assert_uint_ge(failed_count, EACH_CALL);
    ck_assert_uint_ge(told_count, failed_count / 2);
}
END_TEST

/* As a photo disk that fills up in the night. */
START_TEST(a_run_ends_at_once_when_the_disk_is_full_and_says_what_is_kept)
{
    struct course course = {.store_name = "failed.db", .thread_count = 2, .variant_count = 9};
    struct tl_error err;
    int64_t kept_count;

    add_many(100);
    set_up_disk();
    (void)extract_well("whole.db", 2, 9);
    disk = (struct disk){.fail_at = disk.call_count / 2, .fault = DISK_IS_FULL};
    ck_assert_int_eq(extract(&course, &err), TL_IO);
    ck_assert_msg(strstr(err.message, "disk is full; what was committed is kept"), "%s", err.message);
    disk = (struct disk){.fail_at = 0};
    ck_assert_int_eq(check_whole(&kept_count, tl_test_path(root, "failed.db"), &err), TL_OK);
    ck_assert_int_gt(kept_count, 0);
    course = extract_well("failed.db", 2, 9);
    ck_assert_int_eq((int64_t)course.computed_count, atoll(ask("failed.db", "SELECT count(*) FROM feature")) - kept_count);
    expect_equal_stores("whole.db", "failed.db");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("write_failures");
    TCase *faults = tcase_create("Faults");

    tcase_add_checked_fixture(faults, make_root, NULL);
    tcase_set_timeout(faults, 300);
    tcase_add_loop_test(faults, a_run_survives_each_of_its_writes_failing, 0, sizeof FAULTS / sizeof FAULTS[0]);
    tcase_add_test(faults, a_run_ends_at_once_when_the_disk_is_full_and_says_what_is_kept);
    suite_add_tcase(suite, faults);
    return suite;
}
