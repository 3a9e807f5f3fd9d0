/* test_store_merge.c - merging: nothing is lost, what disagrees is told, and a merge that fails leaves nothing. */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "tests/common/store/merge_stores.h"

static struct merge_told told;

/* Everything that a store can hold, no column at its default. */
static void make_full_store(const char *name)
{
    char uuid[TL_STORE_UUID_BYTES];
    struct tl_error err;
    tl_store *store = open_store(merge_path(name), TL_STORE_CREATE);
    const struct small_store small = fill_merge_store(store);
    const struct tl_store_prediction prediction = {
        small.content_ids[6], "classify", "x/6.jpg", "clear", 0.75, "{\"clear\":0.75,\"cloudy\":0.25}", 0};
    put_small_run(store, &small, "first", 0.5, 3, uuid);
    put_small_run(store, &small, NULL, 0.25, 4, uuid);
    put_imported_head(store, &small, "tutorial");
    put_damage(store, small.feature_set_digest, 3);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_pin_head(store, "tutorial", &err), &err);
    must(tl_store_put_predictions(store, 3, &prediction, 1, &err), &err);
    must(tl_store_commit(store, &err), &err);
    close_store(store);
    alter(
        name,
        "UPDATE photo SET missing_since_ms = 1234, path_bytes = x'ff2e6a7067' WHERE path = 'loose/6.jpg';"
        "UPDATE source SET root_bytes = x'2fff';"
        "UPDATE content SET captured_at = '2020-01-02 03:04:05', camera = 'A b' WHERE content_id % 2 = 0;"
        "UPDATE run SET is_refitted = 1, l2 = 0.5 WHERE name = 'first';"
        "UPDATE failure SET last_ms = last_ms + 5, tries = 7;"
        "UPDATE variant SET shear_degrees = 0.25, shift_y_px = -3.5, flip_vertical = 1 WHERE variant_index = 2;"
        "INSERT INTO label (label_set, photo_id, class, split, origin)"
        " SELECT 'hand made', photo_id, 'odd', 'val', 'hand' FROM photo;"
        "INSERT INTO extraction (uuid, program_version, command, host, pid, feature_set_id, augmentation_id, started_ms,"
        " updated_ms, ended_ms, outcome, message, photos_to_do, photos_done, photos_failed, features_made) VALUES"
        " ('00000000-0000-4000-8000-000000000001', '0.1', '[\"a\"]', 'h', 77, 1, 1, 5, 6, 7, 'failed', 'why', 8, 9, 10, 11),"
        " ('00000000-0000-4000-8000-000000000002', '0.1', '[\"b\"]', 'h', 78, 1, NULL, 15, 16, NULL, NULL, NULL, 1, 1, 0, 1);");
}

/* All columns of a table but ids, as a list for SELECT; "" for a table of ids alone. */
static void list_columns(char out[2048], sqlite3 *db, const char *table)
{
    sqlite3_stmt *s = NULL;
    out[0] = '\0';
    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info(?) WHERE name NOT LIKE '%\\_id' ESCAPE '\\'", -1, &s, NULL),
        SQLITE_OK);
    sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const size_t used = strlen(out);
        snprintf(out + used, 2048 - used, "%s%s", used == 0 ? "" : ", ", (const char *)sqlite3_column_text(s, 0));
    }
    sqlite3_finalize(s);
}

/* Rows that one has and the other has not, in either direction; equal rows as often. */
static int64_t count_differences(sqlite3 *db, const char *table, const char *columns)
{
    char sql[8192];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof sql,
             "SELECT (SELECT count(*) FROM (SELECT %s, count(*) FROM main.%s GROUP BY %s EXCEPT SELECT %s, count(*) FROM "
             "other.%s GROUP BY %s))"
             " + (SELECT count(*) FROM (SELECT %s, count(*) FROM other.%s GROUP BY %s EXCEPT SELECT %s, count(*) FROM main.%s "
             "GROUP BY %s))",
             columns, table, columns, columns, table, columns, columns, table, columns, columns, table, columns);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    const int64_t count = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return count;
}

static void must_hold_the_same(const char *name, const char *other)
{
    char columns[2048];
    sqlite3 *db = open_beside(merge_path(name));
    sqlite3_stmt *tables = NULL, *s = NULL;
    size_t table_count = 0;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "ATTACH ? AS other", -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_text(s, 1, merge_path(other), -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(tables, 0);
        list_columns(columns, db, table);
        ck_assert_msg(columns[0] != '\0' && count_differences(db, table, columns) == 0, "the table %s differs in: %s", table,
                      columns);
        table_count++;
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    ck_assert_uint_ge(table_count, 20);
}

static bool is_answered(sqlite3 *db, const char *sql, const char *expected)
{
    sqlite3_stmt *s = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    const bool has_row = sqlite3_step(s) == SQLITE_ROW;
    const bool is_same =
        expected == NULL ? !has_row : has_row && strcmp((const char *)sqlite3_column_text(s, 0), expected) == 0;
    sqlite3_finalize(s);
    return is_same;
}

static void must_be_sound(const char *name)
{
    sqlite3 *db = open_beside(merge_path(name));
    ck_assert(is_answered(db, "PRAGMA integrity_check", "ok"));
    ck_assert(is_answered(db, "PRAGMA foreign_key_check", NULL));
    ck_assert(is_answered(db, "PRAGMA journal_mode", "delete"));
    sqlite3_close(db);
}

/* ---- Core ---- */

START_TEST(a_store_merged_alone_loses_no_column_of_no_table)
{
    make_full_store("a.tl");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", NULL}, &told);
    must_hold_the_same("out.tl", "a.tl");
    must_be_equal("out.tl", "a.tl");
    ck_assert_uint_eq(report.copied_count, 12);
    ck_assert_uint_eq(report.feature_count, 12);
    store_must_give("out.tl",
                    "SELECT coalesce(r.name, h.name) FROM head h LEFT JOIN run r USING (run_id) WHERE is_pinned = 1",
                    "tutorial;");
    store_must_give(
        "out.tl",
        "SELECT s.class_index, s.role, hex(substr(c.sha256, 1, 1)) FROM dataset_sample s JOIN content c USING (content_id)"
        " JOIN run USING (dataset_id) WHERE name = 'first' ORDER BY 3",
        "0|train|01;0|train|02;1|validation|03;0|test|04;1|test|05;");
    must_be_sound("out.tl");
}
END_TEST

START_TEST(a_comparison_of_tables_can_fail)
{
    make_full_store("a.tl");
    merge_well("out.tl", (const char *const[]){"a.tl", NULL}, &told);
    alter("out.tl", "UPDATE failure SET tries = tries + 1 WHERE failure_id = 1");
    sqlite3 *db = open_beside(merge_path("out.tl"));
    char sql[4400], columns[2048];
    snprintf(sql, sizeof sql, "ATTACH '%s' AS other", merge_path("a.tl"));
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    list_columns(columns, db, "failure");
    ck_assert_int_eq(count_differences(db, "failure", columns), 2);
    sqlite3_close(db);
}
END_TEST

START_TEST(merging_twice_is_merging_once_and_inputs_stay_as_they_are)
{
    make_full_store("a.tl");
    merge_well("b.tl", (const char *const[]){"a.tl", "a.tl", NULL}, &told);
    must_hold_the_same("b.tl", "a.tl");
    merge_well("c.tl", (const char *const[]){"b.tl", "a.tl", NULL}, &told);
    must_hold_the_same("c.tl", "a.tl");
    ck_assert_str_eq(strstr(told.lines, "differently") ? told.lines : "", "");
    ck_assert(!merge_is_there("c.tl.part") && !merge_is_there("a.tl-wal") && !merge_is_there("c.tl-wal"));
}
END_TEST

START_TEST(two_folders_come_together_whatever_the_order)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    alter("b.tl", "UPDATE source SET name = 'sea', root = '/photos/sea'; UPDATE content SET sha256 = CAST("
                  "substr(sha256, 1, 31) || x'00' AS BLOB) WHERE content_id % 2");
    merge_well("ab.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_str_eq(told.lines, "");
    merge_well("ba.tl", (const char *const[]){"b.tl", "a.tl", NULL}, &told);
    must_be_equal("ab.tl", "ba.tl");
    store_must_give("ab.tl", "SELECT count(*), (SELECT count(*) FROM content), (SELECT count(*) FROM source) FROM photo",
                    "16|9|2;");
}
END_TEST

START_TEST(runs_come_together_under_one_pin_and_names_once)
{
    char uuid[TL_STORE_UUID_BYTES];
    struct tl_error err;
    static const char *const names[] = {"a.tl", "b.tl"};
    for (int i = 0; i < 2; i++) {
        tl_store *store = open_store(merge_path(names[i]), TL_STORE_CREATE);
        const struct small_store small = fill_merge_store(store);
        put_small_run(store, &small, "first", 0.5, i, uuid);
        put_small_run(store, &small, i == 0 ? "second" : "third", 0.5, 10 + i, uuid);
        put_imported_head(store, &small, "tutorial");
        must(tl_store_pin_head(store, i == 0 ? "second" : "third", &err), &err);
        close_store(store);
    }
    alter("b.tl", "UPDATE head_tensor SET tensor_values = CAST(zeroblob(length(tensor_values) - 1) || x'40' AS BLOB)"
                  " WHERE head_id = (SELECT head_id FROM head WHERE name = 'tutorial') AND name = 'bias'");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_NAME], 2);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_PIN], 1);
    ck_assert_ptr_nonnull(strstr(told.lines, "goes without its name 'first'"));
    ck_assert_ptr_nonnull(strstr(told.lines, "the imported head 'tutorial' stays away"));
    ck_assert_ptr_nonnull(strstr(told.lines, "the pinned head 'third' is no longer: 'second'"));
    store_must_give(
        "out.tl",
        "SELECT coalesce(r.name, h.name, '?'), is_pinned, count(t.name) FROM head h LEFT JOIN run r USING (run_id)"
        " LEFT JOIN head_tensor t USING (head_id) GROUP BY h.head_id ORDER BY 1",
        "?|0|2;first|0|2;second|1|2;third|0|2;tutorial|0|2;");
    store_must_give("out.tl", "SELECT count(*), count(DISTINCT run_id) FROM epoch", "8|4;");
    store_must_give("out.tl", "SELECT count(*) FROM dataset", "1;");
    merge_well("again.tl", (const char *const[]){"out.tl", "b.tl", NULL}, &told);
    must_hold_the_same("again.tl", "out.tl");
}
END_TEST

START_TEST(of_predictions_the_newest_stays_and_extractions_are_renewed)
{
    make_full_store("a.tl");
    merge_well("b.tl", (const char *const[]){"a.tl", NULL}, &told);
    alter("b.tl", "UPDATE prediction SET class = 'cloudy', made_ms = made_ms + 1 WHERE origin = 'classify';"
                  "UPDATE extraction SET updated_ms = 99, ended_ms = 100, outcome = 'finished' WHERE ended_ms IS NULL");
    merge_well("ab.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    must_hold_the_same("ab.tl", "b.tl");
    merge_well("ba.tl", (const char *const[]){"b.tl", "a.tl", NULL}, &told);
    must_hold_the_same("ba.tl", "b.tl");
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_store_that_is_being_written_is_merged_as_it_was_committed)
{
    struct tl_error err;
    const struct small_store small = make_merge_store("a.tl");
    merge_well("want.tl", (const char *const[]){"a.tl", NULL}, &told);
    tl_store *writer = open_store(merge_path("a.tl"), TL_STORE_WRITE);
    must(tl_store_begin(writer, &err), &err);
    put_values(writer, small.feature_set_id, small.content_ids[1], 1, small.mild_id, 9, 1);
    merge_well("out.tl", (const char *const[]){"a.tl", NULL}, &told);
    must_be_equal("out.tl", "want.tl");
    close_store(writer);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_file_that_is_there_is_never_touched)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    make_merge_store("a.tl");
    make_merge_store("out.tl");
    must_fail(merge_with("out.tl", (const char *const[]){"a.tl", NULL}, (struct tl_store_merge_wish){.inputs = NULL}, &told,
                         &report, &err),
              TL_BAD_INPUT, &err, "out.tl is there already: name a new file");
    must_be_equal("out.tl", "a.tl");
    must_fail(merge_with("no/out.tl", (const char *const[]){"a.tl", NULL}, (struct tl_store_merge_wish){.inputs = NULL},
                         &told, &report, &err),
              TL_IO, &err, "no/out.tl.part cannot be made");
}
END_TEST

START_TEST(an_input_that_is_none_is_named_before_anything_is_made)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    make_merge_store("a.tl");
    tl_test_write_file(merge_path("b.tl"), "no store at all", 15);
    must_fail(merge_with("out.tl", (const char *const[]){"a.tl", "b.tl", NULL},
                         (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err),
              TL_BAD_INPUT, &err, "b.tl: not a store");
    must_fail(merge_with("out.tl", (const char *const[]){"a.tl", "c.tl", NULL},
                         (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err),
              TL_NOT_FOUND, &err, "c.tl: no such store");
    ck_assert(!merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
}
END_TEST

START_TEST(a_stop_leaves_nothing_and_what_a_kill_left_is_written_over)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    const char *const names[] = {"a.tl", NULL};
    make_merge_store("a.tl");
    told.stop_after = 2;
    must_fail(merge_with("out.tl", names, (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err), TL_STOPPED,
              &err, "stopped");
    ck_assert(!merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
    told.stop_after = 0;
    tl_test_write_file(merge_path("out.tl.part"), "half a page", 11);
    tl_test_write_file(merge_path("out.tl.part-journal"), "half a page", 11);
    merge_well("out.tl", names, &told);
    must_be_equal("out.tl", "a.tl");
    ck_assert(!merge_is_there("out.tl.part") && !merge_is_there("out.tl.part-journal") &&
              !merge_is_there("out.tl-journal"));
}
END_TEST

START_TEST(a_journal_of_a_store_that_is_gone_keeps_its_name_from_a_new_one)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    const char *const names[] = {"a.tl", NULL}, *const journal = _i == 0 ? "out.tl-journal" : "out.tl-wal";
    make_merge_store("a.tl");
    tl_test_write_file(merge_path(journal), "pages", 5);
    must_fail(merge_with("out.tl", names, (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err), TL_BAD_INPUT,
              &err, journal);
    ck_assert(merge_is_there(journal) && !merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
    tl_test_write_file(merge_path(journal), "", 0);
    merge_well("out.tl", names, &told);
    must_be_equal("out.tl", "a.tl");
}
END_TEST

START_TEST(two_merges_into_one_file_do_not_mix)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    make_merge_store("a.tl");
    const int other = open(merge_path("out.tl.part"), O_RDWR | O_CREAT, 0666);
    ck_assert_int_eq(flock(other, LOCK_EX), 0);
    must_fail(merge_with("out.tl", (const char *const[]){"a.tl", NULL}, (struct tl_store_merge_wish){.inputs = NULL}, &told,
                         &report, &err),
              TL_IO, &err, "is being written by another merge");
    ck_assert(merge_is_there("out.tl.part"));
    close(other);
}
END_TEST

START_TEST(rows_that_the_schema_forbids_are_refused_with_the_stores_name)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    make_merge_store("a.tl");
    alter("a.tl", "PRAGMA ignore_check_constraints = ON; UPDATE source SET name = ''");
    must_fail(merge_with("out.tl", (const char *const[]){"a.tl", NULL}, (struct tl_store_merge_wish){.inputs = NULL}, &told,
                         &report, &err),
              TL_BAD_INPUT, &err, "a.tl");
    ck_assert(!merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
}
END_TEST

START_TEST(no_memory_anywhere_leaves_nothing)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    make_full_store("a.tl");
    make_merge_store("b.tl");
    for (size_t n = 1;; n++) {
        tl_memory_fail_at(n);
        const enum tl_status status = merge_with("out.tl", (const char *const[]){"a.tl", "b.tl", NULL},
                                                 (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err);
        tl_memory_fail_at(0);
        if (status == TL_OK)
            return;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        ck_assert(!merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
        ck_assert_uint_lt(n, 1000);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_merge");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");
    tcase_add_test(core, a_store_merged_alone_loses_no_column_of_no_table);
    tcase_add_test(core, a_comparison_of_tables_can_fail);
    tcase_add_test(core, merging_twice_is_merging_once_and_inputs_stay_as_they_are);
    tcase_add_test(core, two_folders_come_together_whatever_the_order);
    tcase_add_test(core, runs_come_together_under_one_pin_and_names_once);
    tcase_add_test(core, of_predictions_the_newest_stays_and_extractions_are_renewed);
    tcase_add_test(limits, a_store_that_is_being_written_is_merged_as_it_was_committed);
    tcase_add_test(faults, a_file_that_is_there_is_never_touched);
    tcase_add_test(faults, an_input_that_is_none_is_named_before_anything_is_made);
    tcase_add_test(faults, a_stop_leaves_nothing_and_what_a_kill_left_is_written_over);
    tcase_add_loop_test(faults, a_journal_of_a_store_that_is_gone_keeps_its_name_from_a_new_one, 0, 2);
    tcase_add_test(faults, two_merges_into_one_file_do_not_mix);
    tcase_add_test(faults, rows_that_the_schema_forbids_are_refused_with_the_stores_name);
    tcase_add_test(faults, no_memory_anywhere_leaves_nothing);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    tcase_set_timeout(faults, 120);
    suite_add_tcase(suite, faults);
    return suite;
}
