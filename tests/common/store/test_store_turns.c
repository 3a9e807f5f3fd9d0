/* test_store_turns.c - several processes that write to one store, make it or bring it up to date at once: each gets its turn. */
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/system.h"
#include "common/store/connection.h"
#include "tests/common/store/small_store.h"

static const char *new_path(void)
{
    return tl_test_path(tl_test_make_folder(), "a.tl");
}

static void must_end_well(pid_t child)
{
    int state;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert_msg(WIFEXITED(state) && WEXITSTATUS(state) == 0, "a child ended with %d", state);
}

static bool has_wal(const char *path)
{
    char name[4096];
    struct stat info;
    snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &info) == 0;
}

static void write_rows(const char *path, const char *prefix, int count)
{
    struct tl_error err;
    int64_t source_id;
    char name[64];
    tl_store *store = open_store(path, TL_STORE_CREATE);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s%d", prefix, i);
        must(tl_store_begin(store, &err), &err);
        must(tl_store_put_source(store, &source_id, "sky", "/sky", &err), &err);
        put_photo(store, source_id, name, 0);
        must(tl_store_commit(store, &err), &err);
    }
    close_store(store);
}

/* Without a gap between its transactions a writer would seldom let others in. */
START_TEST(nobody_waits_for_a_busy_writer_for_long)
{
    enum { ASKERS = 3, TURNS = 20 };
    static const char *const prefixes[ASKERS] = {"a", "b", "c"};
    const char *path = new_path();
    const char *end = tl_test_path(tl_test_make_folder(), "end");
    tl_store *store = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    const pid_t busy = fork();
    if (busy == 0) { /* one transaction after the other, each of some milliseconds */
        struct tl_error err;
        char name[64];
        tl_store *writer = open_store(path, TL_STORE_WRITE);
        for (int i = 0; access(end, F_OK) != 0; i++) {
            must(tl_store_begin(writer, &err), &err);
            for (int j = 0; j < 300; j++) {
                snprintf(name, sizeof name, "busy/%d", (i * 300 + j) % 20000);
                put_photo(writer, small.source_id, name, 0);
            }
            must(tl_store_commit(writer, &err), &err);
        }
        close_store(writer);
        _exit(0);
    }
    pid_t askers[ASKERS];
    for (int k = 0; k < ASKERS; k++) {
        askers[k] = fork();
        ck_assert_int_ge(askers[k], 0);
        if (askers[k] == 0) {
            struct tl_error err;
            char name[64];
            double longest = 0;
            tl_store *other = open_store(path, TL_STORE_WRITE);
            for (int i = 0; i < TURNS; i++) {
                const double start = tl_system_seconds();
                must(tl_store_begin(other, &err), &err);
                longest = fmax(longest, tl_system_seconds() - start);
                snprintf(name, sizeof name, "%s%d", prefixes[k], i);
                put_photo(other, small.source_id, name, 0);
                must(tl_store_commit(other, &err), &err);
                usleep(5000);
            }
            close_store(other);
            /* 1 s is the promise; the rest is for machines that are busy with other things. */
            ck_assert_msg(longest < 5.0, "waited for %.2f s", longest);
            _exit(0);
        }
    }
    for (int k = 0; k < ASKERS; k++)
        must_end_well(askers[k]);
    tl_test_write_file(end, "x", 1);
    must_end_well(busy);
    close_store(store);
    ck_assert(!has_wal(path));
}
END_TEST

/* What all of them want to do only one can, and the others find it done. */
START_TEST(several_processes_may_bring_an_old_store_up_to_date_at_once)
{
    enum { PROCESSES = 8 };
    const char *path = new_path();
    pid_t children[PROCESSES];
    char command[9000];
    snprintf(command, sizeof command, "cp tests/golden/store/version-1.tl '%s' && chmod u+w '%s'", path, path);
    ck_assert_int_eq(system(command), 0);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            /* Half of them go at once, so that the file changes its journal under the others. */
            tl_store *store = open_store(path, i % 3 == 0 ? TL_STORE_CREATE : TL_STORE_WRITE);
            if (i % 2 == 0)
                usleep((useconds_t)i * 1000);
            close_store(store);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++)
        must_end_well(children[i]);
    ck_assert(!has_wal(path));
    tl_store *store = open_store(path, TL_STORE_READ);
    must_give(store, "SELECT count(*) FROM extraction", "0;");
    close_store(store);
}
END_TEST

/* All create the file at once, too. */
START_TEST(several_writers_get_their_turn)
{
    enum { WRITERS = 4 };
    static const char *const prefixes[WRITERS] = {"a", "b", "c", "d"};
    const char *path = new_path();
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            write_rows(path, prefixes[i], 25);
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++)
        must_end_well(children[i]);
    ck_assert(!has_wal(path));
    tl_store *store = open_store(path, TL_STORE_READ);
    must_give(store, "SELECT count(*), count(DISTINCT path) FROM photo", "100|100;");
    close_store(store);
}
END_TEST

/* Pages of 512 bytes, so that a -wal of many takes little room. */
static void write_pages(tl_store *store, int page_count)
{
    struct tl_error err;
    char sql[128];
    snprintf(sql, sizeof sql, "CREATE TABLE IF NOT EXISTS filler (x); INSERT INTO filler VALUES (zeroblob(%d))", 512 * page_count);
    must(tl_store_begin(store, &err), &err);
    must(tl_connection_run(store, sql, &err), &err);
    must(tl_store_commit(store, &err), &err);
}

START_TEST(each_long_reader_lets_the_wal_grow_as_far_and_no_further)
{
    const char *path = new_path();
    close_store(open_store(path, TL_STORE_CREATE));
    run_beside(path, "PRAGMA page_size = 512; VACUUM");
    tl_store *store = open_store(path, TL_STORE_WRITE);
    for (int round = 0; round < 2; round++) {
        sqlite3 *reader = open_beside(path);
        write_pages(store, 100);
        ck_assert_int_eq(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM source", NULL, NULL, NULL), SQLITE_OK);
        for (int i = 0; i < 4; i++)
            write_pages(store, 1200);
        ck_assert_int_gt(store->wal_retry_page_count, 5000);
        ck_assert_int_lt(store->wal_retry_page_count, 6500);
        ck_assert_int_eq(sqlite3_close(reader), SQLITE_OK);
        write_pages(store, 1200); /* taken in whole, so that the next begins anew */
        write_pages(store, 1200);
        ck_assert_int_eq(store->wal_retry_page_count, 0);
        ck_assert_int_lt(store->wal_page_count, 4000);
    }
    close_store(store);
}
END_TEST

START_TEST(a_writer_that_cannot_wait_any_longer_says_so)
{
    struct tl_error err;
    const char *path = new_path();
    tl_store *first = open_store(path, TL_STORE_CREATE), *second = open_store(path, TL_STORE_WRITE);
    must(tl_store_begin(first, &err), &err);
    sqlite3_busy_timeout(second->db, 10);
    must_fail(tl_store_begin(second, &err), TL_IO, &err, "locked by another program");
    must(tl_store_commit(first, &err), &err);
    must(tl_store_begin(second, &err), &err);
    must(tl_store_commit(second, &err), &err);
    close_store(first);
    close_store(second);
    ck_assert(!has_wal(path));
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_turns");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_set_timeout(core, 120);
    tcase_set_timeout(faults, 60);
    tcase_add_test(core, several_writers_get_their_turn);
    tcase_add_test(core, nobody_waits_for_a_busy_writer_for_long);
    tcase_add_test(core, each_long_reader_lets_the_wal_grow_as_far_and_no_further);
    tcase_add_loop_test(core, several_processes_may_bring_an_old_store_up_to_date_at_once, 0, 5);
    tcase_add_test(faults, a_writer_that_cannot_wait_any_longer_says_so);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
