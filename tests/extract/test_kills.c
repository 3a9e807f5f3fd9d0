/* test_kills.c - an extraction killed at any moment: the store is whole, and the next run makes it what it would have been. */
#include <signal.h>
#include <sys/wait.h>

#include "common/base/random.h"
#include "tests/extract/failing_disk.h"
#include "tests/extract/numbers.h"
#include "tests/extract/whole_store.h"

enum { MOMENT_COUNT = 50, THREAD_COUNT = 2, EACH_CALL = 60, CALL_STEP = 9 };

/* An extraction in a process of its own. */
static pid_t start_extraction(const char *store_name, uint32_t variant_count)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct course course = {.store_name = store_name, .thread_count = THREAD_COUNT, .variant_count = variant_count};
        struct tl_error err;
        enum tl_status status = extract(&course, &err);

        if (status != TL_OK)
            (void)fprintf(stderr, "%s\n", err.message);
        _exit(status == TL_OK ? 0 : 1);
    }
    return child;
}

/* True when it was killed, false when it had ended well before. */
static bool was_killed(pid_t child)
{
    int state;

    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert_msg(WIFSIGNALED(state) || WEXITSTATUS(state) == 0, "the extraction failed");
    ck_assert(!WIFSIGNALED(state) || WTERMSIG(state) == SIGKILL);
    return WIFSIGNALED(state);
}

/* The store opens for a reader, and is whole; returns its features. */
static int64_t must_be_whole(const char *store_name, const char *moment)
{
    const char *path = tl_test_path(root, store_name);
    struct stat info;
    struct tl_error err;
    int64_t feature_count;

    if (stat(path, &info) == 0 && info.st_size > 0) {
        tl_store *store = NULL;
        enum tl_status status = tl_store_open(&store, path, TL_STORE_READ, &err);

        if (status == TL_OK)
            status = tl_store_close(&store, &err);
        ck_assert_msg(status == TL_OK || strstr(err.message, "empty file"), "%s: %s", moment, err.message);
    }
    ck_assert_msg(check_whole(&feature_count, path, &err) == TL_OK, "%s: %s", moment, err.message);
    return feature_count;
}

/* The next run goes on to the store of an uninterrupted run; and computes only what was not kept. */
static void must_be_completed(const char *store_name, uint32_t variant_count, int64_t kept_count, const char *moment)
{
    struct course course = {.store_name = store_name, .thread_count = THREAD_COUNT, .variant_count = variant_count};
    struct tl_error err;
    enum tl_status status = extract(&course, &err);

    ck_assert_msg(status == TL_OK, "%s: the next run: %s", moment, err.message);
    ck_assert_int_eq((int64_t)course.computed_count, atoll(ask(store_name, "SELECT count(*) FROM feature")) - kept_count);
    ck_assert_msg(check_whole(&kept_count, tl_test_path(root, store_name), &err) == TL_OK, "%s: the next run: %s", moment,
                  err.message);
    expect_equal_stores("whole.db", store_name);
    ck_assert_msg(access(tl_test_path(root, "killed.db-wal"), F_OK) != 0, "%s: -wal stays", moment);
}

static void remove_store(void)
{
    static const char *const names[] = {"killed.db", "killed.db-wal", "killed.db-shm", "killed.db-journal"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(tl_test_path(root, names[i]));
}

START_TEST(a_run_killed_at_any_moment_is_completed_by_the_next)
{
    struct tl_random random;
    double seconds = tl_system_seconds();
    uint32_t order[MOMENT_COUNT];
    int killed_count = 0, begun_count = 0;

    add_many(160);
    ck_assert(!was_killed(start_extraction("whole.db", 7)));
    seconds = tl_system_seconds() - seconds;
    tl_random_init(&random, 20, "kills");
    for (uint32_t i = 0; i < MOMENT_COUNT; i++)
        order[i] = i;
    tl_random_shuffle(&random, order, MOMENT_COUNT);
    for (int trial = 0; killed_count < MOMENT_COUNT; trial++) {
        const double share = (order[trial % MOMENT_COUNT] + tl_random_uniform(&random)) / MOMENT_COUNT;
        char moment[80];
        int64_t kept_count;
        pid_t child;

        ck_assert_int_lt(trial, 4 * MOMENT_COUNT); /* else the runs have become faster than the first */
        (void)snprintf(moment, sizeof moment, "kill %d, after %.2f ms", trial, 1e3 * share * seconds);
        remove_store();
        child = start_extraction("killed.db", 7);
        usleep((useconds_t)(1e6 * share * seconds));
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        if (!was_killed(child))
            continue;
        killed_count++;
        kept_count = must_be_whole("killed.db", moment);
        begun_count += kept_count > 0;
        must_be_completed("killed.db", 7, kept_count, moment);
    }
    ck_assert_int_ge(begun_count, MOMENT_COUNT / 4);
}
END_TEST

/* Not moments but calls, so that each step of making tables, committing and checkpointing is hit on every machine. */
START_TEST(a_run_killed_at_any_write_is_completed_by_the_next)
{
    static const enum disk_fault faults[] = {DISK_IS_KILLED, DISK_IS_KILLED_IN_WRITE};
    size_t killed_count = 0;
    bool is_killed = true;

    add_many(12);
    set_up_disk();
    (void)extract_well("whole.db", THREAD_COUNT, 3);
    for (size_t n = 1; is_killed; n += n < EACH_CALL ? 1 : CALL_STEP) {
        char moment[80];
        pid_t child;

        (void)snprintf(moment, sizeof moment, "killed %s write call %zu", _i == 0 ? "before" : "in", n);
        remove_store();
        disk = (struct disk){.fail_at = n, .fault = faults[_i]};
        child = start_extraction("killed.db", 3);
        disk = (struct disk){.fail_at = 0};
        is_killed = was_killed(child);
        killed_count += is_killed;
        must_be_completed("killed.db", 3, must_be_whole("killed.db", moment), moment);
    }
    ck_assert_uint_ge(killed_count, 100);
}
END_TEST

/* Else the cases above would say nothing. */
START_TEST(what_is_half_there_is_reported)
{
    static const struct {
        const char *sql, *words;
    } wounds[] = {
        {"DELETE FROM feature_blob WHERE feature_id = (SELECT max(feature_id) FROM feature)", "0 bytes of blob"},
        {"UPDATE feature_blob SET blob = substr(blob, 1, length(blob) - 1)", "bytes of blob"},
        {"UPDATE feature_blob SET blob = CAST(substr(blob, 1, 9) || x'ff' || substr(blob, 11) AS BLOB)", "feature 1"},
        {"UPDATE feature SET values_digest = zeroblob(32) WHERE feature_id = 1", "values_digest"},
        {"PRAGMA foreign_keys = OFF; DELETE FROM variant WHERE variant_id = 1", "foreign_key_check"},
        {"INSERT INTO feature_blob VALUES (999999, x'00')", "gives feature_blob"},
    };
    sqlite3 *db = NULL;
    struct tl_error err;
    int64_t count;
    char words[256] = "";

    add_photo("train/a/1.jpg", "one");
    (void)extract_well("wounded.db", 1, 1);
    ck_assert_int_eq(sqlite3_open(tl_test_path(root, "wounded.db"), &db), SQLITE_OK);
    if (sqlite3_exec(db, wounds[_i].sql, NULL, NULL, NULL) != SQLITE_OK)
        (void)snprintf(words, sizeof words, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    ck_assert_str_eq(words, "");
    ck_assert_int_eq(check_whole(&count, tl_test_path(root, "wounded.db"), &err), TL_CORRUPT);
    ck_assert_msg(strstr(err.message, wounds[_i].words), "%s", err.message);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("kills");
    TCase *faults = tcase_create("Faults");

    tcase_add_checked_fixture(faults, make_root, NULL);
    tcase_set_timeout(faults, 300);
    tcase_add_test(faults, a_run_killed_at_any_moment_is_completed_by_the_next);
    tcase_add_loop_test(faults, a_run_killed_at_any_write_is_completed_by_the_next, 0, 2);
    tcase_add_loop_test(faults, what_is_half_there_is_reported, 0, 6);
    suite_add_tcase(suite, faults);
    return suite;
}
