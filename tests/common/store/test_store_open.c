/* test_store_open.c - opening and closing: what becomes a store, what is one, and what is refused. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "tests/common/store/small_store.h"

static const char *new_path(void)
{
    return tl_test_path(tl_test_make_folder(), "a.tl");
}

static bool has_beside(const char *path, const char *suffix)
{
    char name[4096];
    struct stat info;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &info) == 0;
}

static int64_t pragma_of(const char *path, const char *pragma)
{
    sqlite3 *db = open_beside(path);
    sqlite3_stmt *prepared = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, pragma, -1, &prepared, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_ROW);
    const int64_t value = sqlite3_column_int64(prepared, 0);
    sqlite3_finalize(prepared);
    sqlite3_close(db);
    return value;
}

/* ---- Core ---- */

START_TEST(a_new_store_is_one_sqlite_file_with_our_marks)
{
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must_give(store, "SELECT count(*) FROM photo", "0;");
    ck_assert(has_beside(path, "-wal"));
    close_store(store);
    ck_assert(!has_beside(path, "-wal") && !has_beside(path, "-shm") && !has_beside(path, "-journal"));
    ck_assert_int_eq(pragma_of(path, "PRAGMA application_id"), 0x746c6663);
    ck_assert_int_eq(pragma_of(path, "PRAGMA user_version"), TL_STORE_SCHEMA_VERSION);
    ck_assert_int_eq(pragma_of(path, "PRAGMA page_size"), 65536);
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_path_means_a_file_whatever_it_looks_like)
{
    static const char *const names[] = {":memory:", "file:x?mode=memory", "a b%20c#d.tl", "\xff\xfe.tl", "-x"};
    struct tl_error err;
    const char *folder = tl_test_make_folder();
    struct stat info;
    ck_assert_int_eq(chdir(folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tl_store *store = NULL;
        must(tl_store_open(&store, names[i], TL_STORE_CREATE, &err), &err);
        close_store(store);
        ck_assert_msg(stat(names[i], &info) == 0 && info.st_size > 0, "%s", names[i]);
    }
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(an_empty_file_becomes_a_store_only_when_one_may_be_made)
{
    struct tl_error err;
    tl_store *store = NULL;
    const char *path = new_path();
    tl_test_write_file(path, "", 0);
    must_fail(tl_store_open(&store, path, TL_STORE_READ, &err), TL_BAD_INPUT, &err, "empty");
    must_fail(tl_store_open(&store, path, TL_STORE_WRITE, &err), TL_BAD_INPUT, &err, "empty");
    close_store(open_store(path, TL_STORE_CREATE));
    close_store(open_store(path, TL_STORE_READ));
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_missing_store_is_not_found_unless_it_may_be_made)
{
    struct tl_error err;
    tl_store *store = NULL;
    const char *path = new_path();
    must_fail(tl_store_open(&store, path, TL_STORE_READ, &err), TL_NOT_FOUND, &err, "no such store");
    must_fail(tl_store_open(&store, path, TL_STORE_WRITE, &err), TL_NOT_FOUND, &err, "no such store");
    ck_assert_ptr_null(store);
    must_fail(tl_store_open(&store, "/nonexistent-folder/a.tl", TL_STORE_CREATE, &err), TL_IO, &err, "no folder");
    must_fail(tl_store_open(&store, "", TL_STORE_CREATE, &err), TL_BAD_INPUT, &err, "path");
    must_fail(tl_store_open(&store, tl_test_make_folder(), TL_STORE_CREATE, &err), TL_BAD_INPUT, &err, "folder");
}
END_TEST

START_TEST(what_is_no_store_is_refused_and_left_alone)
{
    static const struct {
        const char *sql, *words; /* sql NULL: not SQLite */
        enum tl_status status;
    } cases[] = {
        {NULL, "not an SQLite file", TL_BAD_INPUT},
        {"CREATE TABLE t (a)", "another program", TL_BAD_INPUT},
        {"PRAGMA application_id = 7", "application_id 7", TL_BAD_INPUT},
        {"PRAGMA application_id = 1953261155; PRAGMA user_version = 900", "schema version 900", TL_BAD_INPUT},
        {"PRAGMA application_id = 1953261155; CREATE TABLE t (a)", "schema version 0", TL_CORRUPT},
    };
    struct tl_error err;
    struct stat before, after;
    tl_store *store = NULL;
    const char *path = new_path();
    if (cases[_i].sql == NULL) {
        tl_test_write_file(path, "Dear diary, this is a text.\n", 28);
    } else {
        sqlite3 *db = NULL;
        ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db, cases[_i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
    }
    ck_assert_int_eq(stat(path, &before), 0);
    for (enum tl_store_mode mode = TL_STORE_READ; mode <= TL_STORE_CREATE; mode++) {
        must_fail(tl_store_open(&store, path, mode, &err), cases[_i].status, &err, cases[_i].words);
        ck_assert_msg(strstr(err.message, path) != NULL, "%s", err.message);
        ck_assert_ptr_null(store);
    }
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

START_TEST(a_fifo_is_refused_without_waiting)
{
    struct tl_error err;
    tl_store *store = NULL;
    const char *path = new_path();
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    must_fail(tl_store_open(&store, path, TL_STORE_READ, &err), TL_BAD_INPUT, &err, "neither a file");
}
END_TEST

/* root may write anywhere; the rest of the case's process is then somebody else. */
static void become_nobody(void)
{
    if (geteuid() == 0)
        ck_assert_int_eq(setresgid(65534, 65534, 65534) | setresuid(65534, 65534, 65534), 0);
}

START_TEST(a_read_only_store_is_read_and_not_written)
{
    struct tl_error err;
    tl_store *store = NULL;
    const char *path = new_path();
    char folder[4096];
    store = open_store(path, TL_STORE_CREATE);
    fill_small_store(store);
    close_store(store);
    /* Marked as WAL, as a program leaves it that does not tidy up: readable in a read-only folder only as immutable. */
    if (_i == 1)
        run_beside(path, "PRAGMA journal_mode = WAL");
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        become_nobody();
        must_fail(tl_store_open(&store, path, TL_STORE_WRITE, &err), TL_IO, &err, "read-only");
        must_fail(tl_store_open(&store, tl_test_path(folder, "b.tl"), TL_STORE_CREATE, &err), TL_IO, &err, "cannot be made");
        store = open_store(path, TL_STORE_READ);
        must_give(store, "SELECT count(*) FROM feature", "12;");
        close_store(store);
        _exit(0);
    }
    int state;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(state, 0);
    ck_assert(!has_beside(path, "-wal") && !has_beside(path, "-shm"));
}
END_TEST

START_TEST(a_reader_changes_nothing)
{
    struct tl_error err;
    const char *path = new_path();
    close_store(open_store(path, TL_STORE_CREATE));
    tl_store *store = open_store(path, TL_STORE_READ);
    must_fail(tl_store_begin(store, &err), TL_IO, &err, "cannot be written");
    close_store(store);
    ck_assert(!has_beside(path, "-wal") && !has_beside(path, "-shm"));
}
END_TEST

START_TEST(opening_survives_every_failed_allocation)
{
    struct tl_error err;
    const char *path = new_path();
    size_t n = 1;
    for (;; n++) {
        tl_store *store = NULL;
        tl_memory_fail_at(n);
        const enum tl_status status = tl_store_open(&store, path, TL_STORE_CREATE, &err);
        tl_memory_fail_at(0);
        if (status == TL_OK) {
            close_store(store);
            break;
        }
        ck_assert_int_eq(status, TL_NO_MEMORY);
        ck_assert_ptr_null(store);
    }
    ck_assert_uint_gt(n, 1);
}
END_TEST

START_TEST(closing_keeps_the_first_failure)
{
    struct tl_error err;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    ck_assert_int_eq(tl_store_close_after(&store, tl_error_set(&err, TL_CORRUPT, "first"), &err), TL_CORRUPT);
    ck_assert_ptr_null(store);
    ck_assert_str_eq(err.message, "first");
    ck_assert_int_eq(tl_store_close_after(&store, TL_OK, &err), TL_OK);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_open");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_test(core, a_new_store_is_one_sqlite_file_with_our_marks);
    tcase_add_test(limits, a_path_means_a_file_whatever_it_looks_like);
    tcase_add_test(limits, an_empty_file_becomes_a_store_only_when_one_may_be_made);
    tcase_add_test(faults, a_missing_store_is_not_found_unless_it_may_be_made);
    tcase_add_loop_test(faults, what_is_no_store_is_refused_and_left_alone, 0, 5);
    tcase_add_test(faults, a_fifo_is_refused_without_waiting);
    tcase_add_loop_test(faults, a_read_only_store_is_read_and_not_written, 0, 2);
    tcase_add_test(faults, a_reader_changes_nothing);
    tcase_add_test(faults, opening_survives_every_failed_allocation);
    tcase_add_test(faults, closing_keeps_the_first_failure);
    tcase_set_timeout(faults, 30);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
