/* test_store_backup.c - copies beside a writer, gaps given back, journals taken in.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/store/store_backup.h"
#include "common/store/store_seal.h"
#include "common/store/store_vacuum.h"
#include "tests/common/store/small_store.h"

static const char *folder, *path, *copy;
static char wal[1200];

static void make_small(void)
{
    folder = tl_test_make_folder();
    path = tl_test_path(folder, "a.tl");
    copy = tl_test_path(folder, "copy.tl");
    snprintf(wal, sizeof wal, "%s-wal", path);
    tl_store *store = open_store(path, TL_STORE_CREATE);
    (void)fill_small_store(store);
    close_store(store);
}

static void remove_small(void)
{
    tl_test_remove_folder(folder);
}

static int64_t size_of(const char *file)
{
    struct stat info;
    return stat(file, &info) == 0 ? (int64_t)info.st_size : -1;
}

static void digest_of(uint8_t out[TL_DIGEST_BYTES], const char *file)
{
    struct tl_error err;
    tl_store *store = open_store(file, TL_STORE_READ);
    must(tl_store_compute_digest(store, out, &err), &err);
    close_store(store);
}

/* Megabytes, so that a copy takes several steps. */
static void enlarge(void)
{
    run_beside(path,
               "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 400)"
               " INSERT INTO content SELECT NULL, randomblob(32), 1, 1, 'x', 1, NULL, hex(zeroblob(30000)), zeroblob(576) FROM i");
}

static bool write_once(void *context, int64_t done_bytes, int64_t total_bytes)
{
    int *calls = context;
    ck_assert_int_le(done_bytes, total_bytes);
    if (++*calls == 1)
        run_beside(path, "INSERT INTO source (name, root) VALUES ('late', '/late')");
    ck_assert_int_lt(*calls, 1000);
    return true;
}

static bool refuse(void *context, int64_t done_bytes, int64_t total_bytes)
{
    (void)context;
    (void)done_bytes;
    (void)total_bytes;
    return false;
}

/* ---- Core ---- */

START_TEST(a_copy_is_equal_and_one_file)
{
    struct tl_error err;
    uint8_t first[TL_DIGEST_BYTES], second[TL_DIGEST_BYTES];
    must(tl_store_backup(path, copy, NULL, NULL, &err), &err);
    digest_of(first, path);
    digest_of(second, copy);
    ck_assert_mem_eq(first, second, sizeof first);
    ck_assert_int_eq(size_of(copy), size_of(path));
}
END_TEST

/* 0: the store is at rest, and the copy begins anew; 1: it is in WAL mode, and the copy is of its first moment. */
START_TEST(a_copy_beside_a_writer_is_of_one_moment)
{
    struct tl_error err;
    int calls = 0;
    enlarge();
    sqlite3 *writer = open_beside(path);
    if (_i == 1)
        ck_assert_int_eq(sqlite3_exec(writer, "PRAGMA journal_mode = WAL; SELECT * FROM source", NULL, NULL, NULL), SQLITE_OK);
    must(tl_store_backup(path, copy, write_once, &calls, &err), &err);
    ck_assert_int_gt(calls, 1);
    sqlite3_close(writer);
    tl_store *store = open_store(copy, TL_STORE_READ);
    must_give(store, "SELECT group_concat(name) FROM source", _i == 1 ? "sky;" : "late,sky;");
    must_give(store, "SELECT count(*) FROM content", "406;");
    close_store(store);
    store = open_store(path, TL_STORE_READ);
    must_give(store, "SELECT count(*) FROM source", "2;");
    close_store(store);
}
END_TEST

START_TEST(an_older_store_is_copied_as_it_is)
{
    struct tl_error err;
    struct tl_store_sealing sealing;
    const char *golden = "tests/golden/store/version-1.tl";
    must(tl_store_backup(golden, copy, NULL, NULL, &err), &err);
    must(tl_store_seal(&sealing, copy, &err), &err);
    sqlite3 *db = open_beside(copy);
    sqlite3_stmt *version = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &version, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(version), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_column_int(version, 0), 1);
    sqlite3_finalize(version);
    sqlite3_close(db);
}
END_TEST

static void note_start(void *context, int64_t file_bytes, int64_t kept_bytes)
{
    int64_t *told = context;
    told[0] = file_bytes;
    told[1] = kept_bytes;
}

START_TEST(a_vacuum_gives_room_back)
{
    struct tl_error err;
    struct tl_store_vacuuming done;
    int64_t told_bytes[2] = {0, 0};
    const struct tl_store_vacuum_watch watch = {note_start, told_bytes, NULL};
    uint8_t before[TL_DIGEST_BYTES], after[TL_DIGEST_BYTES];
    digest_of(before, path);
    enlarge();
    run_beside(path, "DELETE FROM content WHERE format = 'x'");
    tl_store *store = open_store(path, TL_STORE_WRITE);
    must(tl_store_vacuum(store, &done, &watch, &err), &err);
    close_store(store);
    ck_assert_int_lt(done.after_bytes, done.before_bytes / 2);
    ck_assert_int_eq(told_bytes[0], done.before_bytes);
    ck_assert_int_gt(told_bytes[1], done.after_bytes / 2);
    ck_assert_int_lt(told_bytes[1], done.before_bytes / 2);
    ck_assert_int_eq(done.after_bytes, size_of(path));
    digest_of(after, path);
    ck_assert_mem_eq(before, after, sizeof after);
}
END_TEST

/* A process that leaves its journal behind. */
static void crash_while_writing(void)
{
    const pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = open_beside(path);
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; INSERT INTO source (name, root) VALUES ('kept', '/kept'); BEGIN;"
                         "INSERT INTO source (name, root) VALUES ('lost', '/lost')", NULL, NULL, NULL);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(a_seal_takes_in_what_was_committed_and_no_more)
{
    struct tl_error err;
    struct tl_store_sealing sealing;
    crash_while_writing();
    ck_assert_int_gt(size_of(wal), 0);
    must(tl_store_seal(&sealing, path, &err), &err);
    ck_assert_int_gt(sealing.journal_bytes, 0);
    ck_assert_int_eq(sealing.file_bytes, size_of(path));
    ck_assert_int_eq(size_of(wal), -1);
    tl_store *store = open_store(path, TL_STORE_READ);
    must_give(store, "SELECT group_concat(name) FROM source", "kept,sky;");
    close_store(store);
    must(tl_store_seal(&sealing, path, &err), &err);
    ck_assert_int_eq(sealing.journal_bytes, 0);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_seal_names_who_has_the_store_open)
{
    struct tl_error err;
    struct tl_store_sealing sealing = {-1, -1};
    int ready[2], over[2];
    char byte = 0, words[64];
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(over), 0);
    const pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = open_beside(path);
        close(over[1]);
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; SELECT * FROM source", NULL, NULL, NULL);
        if (write(ready[1], &byte, 1) == 1 && read(over[0], &byte, 1) == 0)
            sqlite3_close(db);
        _exit(0);
    }
    close(over[0]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    snprintf(words, sizeof words, "process %ld (", (long)child);
    must_fail(tl_store_seal(&sealing, path, &err), TL_IO, &err, words);
    const char *link = tl_test_path(folder, "link.tl");
    ck_assert_int_eq(symlink(path, link), 0);
    must_fail(tl_store_seal(&sealing, link, &err), TL_IO, &err, words);
    ck_assert_int_eq(sealing.file_bytes, -1);
    close(over[1]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    must(tl_store_seal(&sealing, path, &err), &err);
}
END_TEST

START_TEST(a_copy_that_is_stopped_or_of_nothing_fails)
{
    struct tl_error err;
    enlarge();
    must_fail(tl_store_backup(path, copy, refuse, NULL, &err), TL_STOPPED, &err, "stopped");
    must_fail(tl_store_backup(tl_test_path(folder, "none.tl"), copy, NULL, NULL, &err), TL_NOT_FOUND, &err, "no such store");
    must_fail(tl_store_backup(path, tl_test_path(folder, "no/copy.tl"), NULL, NULL, &err), TL_IO, &err, "no/copy.tl");
}
END_TEST

static bool is_stopping(void)
{
    return true;
}

START_TEST(a_vacuum_that_is_stopped_changes_nothing)
{
    struct tl_error err;
    struct tl_store_vacuuming done;
    const struct tl_store_vacuum_watch watch = {NULL, NULL, is_stopping};
    enlarge();
    const int64_t size_bytes = size_of(path);
    tl_store *store = open_store(path, TL_STORE_WRITE);
    must_fail(tl_store_vacuum(store, &done, &watch, &err), TL_STOPPED, &err, "stopped");
    must_give(store, "SELECT count(*) FROM content", "406;");
    close_store(store);
    ck_assert_int_eq(size_of(path), size_bytes);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_backup");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, make_small, remove_small);
    tcase_add_checked_fixture(faults, make_small, remove_small);
    tcase_add_test(core, a_copy_is_equal_and_one_file);
    tcase_add_loop_test(core, a_copy_beside_a_writer_is_of_one_moment, 0, 2);
    tcase_add_test(core, an_older_store_is_copied_as_it_is);
    tcase_add_test(core, a_vacuum_gives_room_back);
    tcase_add_test(core, a_seal_takes_in_what_was_committed_and_no_more);
    tcase_add_test(faults, a_seal_names_who_has_the_store_open);
    tcase_add_test(faults, a_copy_that_is_stopped_or_of_nothing_fails);
    tcase_add_test(faults, a_vacuum_that_is_stopped_changes_nothing);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
