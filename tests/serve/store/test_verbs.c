/* test_verbs.c - verbs of tl-store as functions: beside another writer, on damage, and when they are told to stop. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/store/verbs.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

enum { PHOTO_COUNT = 8, TEXT_BYTES = 4096 };

static char folder[1024], path[1100], out_path[1100], told_path[1100];
static int64_t set_id, content_ids[PHOTO_COUNT];

/* A store of eight photos with plain features; content n has the byte 10 + n. */
static void make_store(void)
{
    tl_store *store;
    int64_t source_id;

    (void)snprintf(folder, sizeof folder, "%s", tl_test_make_folder());
    (void)snprintf(path, sizeof path, "%s/s.tl", folder);
    (void)snprintf(out_path, sizeof out_path, "%s/o.h5", folder);
    (void)snprintf(told_path, sizeof told_path, "%s/told", folder);
    store = fixture_create(path);
    set_id = fixture_feature_set(store);
    source_id = fixture_source(store, "a");
    for (int i = 0; i < PHOTO_COUNT; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "%d.jpg", i);
        content_ids[i] = fixture_content(store, (uint8_t)(10 + i));
        (void)fixture_photo(store, source_id, name, content_ids[i], i % 2 ? "dog" : "cat", "train");
        fixture_feature(store, set_id, content_ids[i], 0, 0, (float)i);
    }
    fixture_finish(store);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 20000);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void expect_count(const char *sql, int wanted)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *prepared = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &prepared, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_ROW);
    ck_assert_msg(sqlite3_column_int(prepared, 0) == wanted, "%s: %d, expected %d", sql, sqlite3_column_int(prepared, 0), wanted);
    sqlite3_finalize(prepared);
    sqlite3_close(db);
}

/* Begins a verb in a process of its own, whose output goes to the file "told". */
static pid_t begin_verb(enum tl_exit (*verb)(int, char **), int argc, char **argv)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int file = open(told_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

        (void)signal(SIGINT, SIG_DFL); /* Check has handlers of its own */
        (void)signal(SIGTERM, SIG_DFL);
        if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)
            _exit(99);
        _exit((int)verb(argc, argv));
    }
    return child;
}

static void read_told(char out[TEXT_BYTES])
{
    FILE *file = fopen(told_path, "rb");

    ck_assert_ptr_nonnull(file);
    out[fread(out, 1, TEXT_BYTES - 1, file)] = '\0';
    fclose(file);
}

/* What was told, and the exit code. */
static int run_verb(char told[TEXT_BYTES], enum tl_exit (*verb)(int, char **), int argc, char **argv)
{
    int state;

    ck_assert_int_gt(waitpid(begin_verb(verb, argc, argv), &state, 0), 0);
    ck_assert(WIFEXITED(state));
    read_told(told);
    return WEXITSTATUS(state);
}

/* Exports to OUT. */
static int export_all(char told[TEXT_BYTES])
{
    char name[] = "export", force[] = "--force", quiet[] = "--quiet";
    char *argv[] = {name, force, quiet, path, out_path, NULL};

    return run_verb(told, tl_verb_export_run, 5, argv);
}

/* One half of the photos is there, then the other, for ever: any one moment of the store has four. */
static void toggle_for_ever(void)
{
    sqlite3 *db = NULL;

    if (sqlite3_open(path, &db) != SQLITE_OK)
        _exit(1);
    sqlite3_busy_timeout(db, 20000);
    for (;;)
        for (int half = 0; half < 2; half++) {
            const char *sql = half ? "UPDATE photo SET missing_since_ms = iif(photo_id % 2 = 1, 1, NULL)"
                                   : "UPDATE photo SET missing_since_ms = iif(photo_id % 2 = 0, 1, NULL)";

            if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
                _exit(1);
        }
}

START_TEST(an_export_beside_another_writer_is_of_one_moment)
{
    char told[TEXT_BYTES];
    pid_t child;

    run_sql("PRAGMA journal_mode = WAL; UPDATE photo SET missing_since_ms = iif(photo_id % 2 = 1, 1, NULL)");
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        toggle_for_ever();
    for (int i = 0; i < 60; i++) {
        int exit_code = export_all(told);

        ck_assert_msg(exit_code == 0 && strstr(told, "4 rows of 4 features"), "%d: exit %d: %s", i, exit_code, told);
    }
    ck_assert_int_eq(waitpid(child, NULL, WNOHANG), 0);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

static int query(char told[TEXT_BYTES], const char *format, const char *sql)
{
    char name[] = "query", option[16], text[400];
    char *argv[] = {name, option, path, text, NULL};

    (void)snprintf(option, sizeof option, "%s", format);
    (void)snprintf(text, sizeof text, "%s", sql);
    return run_verb(told, tl_verb_query_run, 4, argv);
}

START_TEST(a_query_gives_json_of_the_type_of_each_value)
{
    char told[TEXT_BYTES];

    ck_assert_int_eq(
        query(told, "--json", "SELECT 7 AS a, -9223372036854775808 AS b, 0.1 AS c, 1e300 AS d, '7' AS e, NULL AS f, 9e999 AS g"),
        0);
    ck_assert_str_eq(
        told, "{\"a\": 7, \"b\": -9223372036854775808, \"c\": 0.1, \"d\": 1e+300, \"e\": \"7\", \"f\": null, \"g\": null}\n");
    ck_assert_int_eq(query(told, "--json", "SELECT 1 / 3.0 AS third"), 0);
    ck_assert_str_eq(told, "{\"third\": 0.3333333333333333}\n");
}
END_TEST

START_TEST(a_query_without_rows_has_titles)
{
    char told[TEXT_BYTES];

    ck_assert_int_eq(query(told, "--csv", "SELECT path, width_px AS \"w,\" FROM photos WHERE 0"), 0);
    ck_assert_str_eq(told, "path,\"w,\"\n");
    ck_assert_int_eq(query(told, "--json", "SELECT path FROM photos WHERE 0"), 0);
    ck_assert_str_eq(told, "");
    ck_assert_int_eq(query(told, "--csv", "SELECT abs(-9223372036854775808) AS a"), 2);
    ck_assert_msg(strncmp(told, "tl-store query: ", 16) == 0, "%s", told);
}
END_TEST

static int relocate(char told[TEXT_BYTES], const char *source, const char *root)
{
    char name[] = "relocate", source_name[64], new_root[1200];
    char *argv[] = {name, path, source_name, new_root, NULL};

    (void)snprintf(source_name, sizeof source_name, "%s", source);
    (void)snprintf(new_root, sizeof new_root, "%s", root);
    return run_verb(told, tl_verb_relocate_run, 4, argv);
}

/* By its real path, as a scan compares it. */
START_TEST(a_moved_tree_is_found_where_it_lies_now)
{
    char told[TEXT_BYTES], moved[1100], link[1100], sql[1300];

    (void)snprintf(moved, sizeof moved, "%s/moved", folder);
    (void)snprintf(link, sizeof link, "%s/link", folder);
    ck_assert_int_eq(mkdir(moved, 0700), 0);
    ck_assert_int_eq(symlink("moved", link), 0);
    ck_assert_int_eq(relocate(told, "a", link), 0);
    ck_assert_msg(strstr(told, "source 'a' is at /") && strstr(told, "/moved\n"), "%s", told);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM source WHERE name = 'a' AND root = '%s'", moved);
    expect_count(sql, 1);
    ck_assert_int_eq(relocate(told, "none", moved), 2);
    ck_assert_msg(strstr(told, "no source 'none'; there are: 'a'"), "%s", told);
    ck_assert_int_eq(relocate(told, "a", path), 2);
    ck_assert_msg(strstr(told, "is not a folder"), "%s", told);
    ck_assert_int_eq(relocate(told, "a", out_path), 2);
    ck_assert_msg(strstr(told, "No such file"), "%s", told);
    expect_count(sql, 1);
}
END_TEST

START_TEST(an_export_of_damaged_features_records_them)
{
    char told[TEXT_BYTES];

    run_sql("UPDATE feature_blob SET blob = zeroblob(40) WHERE feature_id = 2; DELETE FROM feature_blob WHERE feature_id = 5");
    ck_assert_int_eq(export_all(told), 2);
    ck_assert_msg(strstr(told, "the stored feature of 1.jpg, variant 0, is damaged") &&
                  strstr(told, "features of 1 other photo; run tl-extract again"), "%s", told);
    ck_assert_int_ne(access(out_path, F_OK), 0);
    expect_count("SELECT count(*) FROM failures WHERE stage = 'verify' AND path IN ('1.jpg', '4.jpg')", 2);
}
END_TEST

START_TEST(damage_that_cannot_be_recorded_is_told_all_the_same)
{
    char told[TEXT_BYTES];

    if (geteuid() == 0) {
        printf("skipped: root writes into a read-only store\n");
        return;
    }
    run_sql("UPDATE feature_blob SET blob = zeroblob(40) WHERE feature_id = 2");
    ck_assert_int_eq(chmod(path, 0400), 0);
    ck_assert_int_eq(export_all(told), 2);
    ck_assert_msg(strstr(told, "1.jpg, variant 0, is damaged") && strstr(told, "could not be recorded"), "%s", told);
}
END_TEST

/* A SELECT without end has to end with the first Ctrl-C. */
START_TEST(a_signal_ends_a_query)
{
    static const int signals[] = {SIGINT, SIGTERM};
    char name[] = "query";
    char sql[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";
    char *argv[] = {name, path, sql, NULL};
    pid_t child;
    int state;

    child = begin_verb(tl_verb_query_run, 3, argv);
    usleep(300000);
    ck_assert_int_eq(waitpid(child, &state, WNOHANG), 0);
    ck_assert_int_eq(kill(child, signals[_i]), 0);
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFSIGNALED(state));
    ck_assert_int_eq(WTERMSIG(state), signals[_i]);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("verbs");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, make_store, NULL);
    tcase_add_checked_fixture(faults, make_store, NULL);
    tcase_add_test(core, an_export_beside_another_writer_is_of_one_moment);
    tcase_add_test(core, a_query_gives_json_of_the_type_of_each_value);
    tcase_add_test(core, a_query_without_rows_has_titles);
    tcase_add_test(core, a_moved_tree_is_found_where_it_lies_now);
    tcase_add_test(faults, an_export_of_damaged_features_records_them);
    tcase_add_test(faults, damage_that_cannot_be_recorded_is_told_all_the_same);
    tcase_add_loop_test(faults, a_signal_ends_a_query, 0, 2);
    tcase_set_timeout(core, 60);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
