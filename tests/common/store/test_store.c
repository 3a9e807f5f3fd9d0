/* test_store.c - transactions, migration, digest, totals and queries of a store. */
#include "common/store/connection.h"
#include "common/store/migrate.h"
#include "tests/common/store/small_store.h"

static const char *new_path(void)
{
    return tl_test_path(tl_test_make_folder(), "a.tl");
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

START_TEST(rows_survive_close_and_open)
{
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    fill_small_store(store);
    close_store(store);
    store = open_store(path, TL_STORE_READ);
    must_give(store, "SELECT count(*), sum(content_id IS NULL) FROM photo", "8|1;");
    close_store(store);
    store = open_store(path, TL_STORE_WRITE);
    must_give(store, "SELECT count(*) FROM feature", "12;");
    close_store(store);
}
END_TEST

START_TEST(rollback_and_close_undo_what_is_not_committed)
{
    struct tl_error err;
    int64_t id;
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    tl_store_rollback(store);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &id, "a", "/a", &err), &err);
    tl_store_rollback(store);
    must_give(store, "SELECT count(*) FROM source", "0;");
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &id, "b", "/b", &err), &err);
    close_store(store);
    store = open_store(path, TL_STORE_READ);
    must_give(store, "SELECT count(*) FROM source", "0;");
    close_store(store);
}
END_TEST

START_TEST(an_error_inside_a_transaction_undoes_all_of_it)
{
    struct tl_error err;
    int64_t id;
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &id, "a", "/a", &err), &err);
    must_fail(tl_store_put_photo(store, &id, 4711, "x.jpg", 1, 1, 0, &err), TL_BAD_INPUT, &err, "FOREIGN KEY");
    must_fail(tl_store_put_source(store, &id, "b", "/b", &err), TL_IO, &err, "earlier error");
    must_fail(tl_store_commit(store, &err), TL_IO, &err, "earlier error");
    must_give(store, "SELECT count(*) FROM source", "0;");
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &id, "c", "/c", &err), &err);
    must(tl_store_commit(store, &err), &err);
    must_give(store, "SELECT name FROM source", "c;");
    close_store(store);
}
END_TEST

START_TEST(equal_rows_give_equal_digests_whatever_their_order_and_ids)
{
    struct tl_error err;
    uint8_t first[TL_DIGEST_BYTES], second[TL_DIGEST_BYTES];
    int64_t id;
    tl_store *a = open_store(new_path(), TL_STORE_CREATE), *b = open_store(new_path(), TL_STORE_CREATE);
    fill_small_store(a);
    must(tl_store_begin(b, &err), &err);
    must(tl_store_put_source(b, &id, "gone", "/gone", &err), &err);
    put_content(b, 5, 1);
    put_content(b, 1, 1);
    must(tl_store_commit(b, &err), &err);
    struct small_store small = fill_small_store(b);
    must(tl_store_compute_digest(a, first, &err), &err);
    must(tl_store_compute_digest(b, second, &err), &err);
    ck_assert_mem_eq(first, second, sizeof first);

    char uuid[TL_STORE_UUID_BYTES];
    put_small_run(b, &small, NULL, 0.1, 1, uuid);
    must(tl_store_compute_digest(b, second, &err), &err);
    ck_assert_mem_eq(first, second, sizeof first);

    must(tl_store_begin(b, &err), &err);
    put_photo(b, small.source_id, "one/more.jpg", small.content_ids[1]);
    must(tl_store_commit(b, &err), &err);
    must(tl_store_compute_digest(b, second, &err), &err);
    ck_assert_mem_ne(first, second, sizeof first);
    close_store(a);
    close_store(b);
}
END_TEST

START_TEST(a_digest_tells_each_part_of_a_natural_key)
{
    static const char *const changes[] = {
        "UPDATE source SET name = 'ski'",
        "UPDATE photo SET path = 'train/clear/1.jpeg' WHERE path = 'train/clear/1.jpg'",
        "UPDATE photo SET content_id = NULL WHERE path = 'loose/6.jpg'",
        "UPDATE feature_set SET digest = zeroblob(32)",
        "UPDATE augmentation SET digest = randomblob(32) WHERE augmentation_id <> 0",
        "UPDATE variant SET variant_index = 9 WHERE variant_index = 2",
        "UPDATE feature SET values_digest = zeroblob(32) WHERE feature_id = 1",
        "DELETE FROM feature WHERE feature_id = 1",
    };
    struct tl_error err;
    uint8_t before[TL_DIGEST_BYTES], after[TL_DIGEST_BYTES];
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    fill_small_store(store);
    must(tl_store_compute_digest(store, before, &err), &err);
    run_beside(path, changes[_i]);
    must(tl_store_compute_digest(store, after, &err), &err);
    ck_assert_msg(memcmp(before, after, sizeof after) != 0, "%s changes no digest", changes[_i]);
    close_store(store);
}
END_TEST

START_TEST(totals_count_every_kind_of_row)
{
    struct tl_error err;
    struct tl_store_counts counts;
    char uuid[TL_STORE_UUID_BYTES];
    tl_store *store = open_store(new_path(), TL_STORE_CREATE);
    struct small_store small = fill_small_store(store);
    put_small_run(store, &small, "one", 0.2, 1, uuid);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_mark_missing(store, small.source_id, &small.photo_ids[1], 1, NULL, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must(tl_store_count(store, &counts, &err), &err);
    ck_assert_int_eq(counts.sources, 1);
    ck_assert_int_eq(counts.photos, 8);
    ck_assert_int_eq(counts.photos_missing, 7);
    ck_assert_int_eq(counts.contents, 6);
    ck_assert_int_eq(counts.variants, 12);
    ck_assert_int_eq(counts.features, 12);
    ck_assert_int_eq(counts.failures, 1);
    ck_assert_int_eq(counts.runs, 1);
    ck_assert_int_eq(counts.heads, 1);
    ck_assert_int_eq(counts.predictions, 3);
    ck_assert_int_eq(counts.feature_values, 48);
    ck_assert_int_eq(counts.feature_nonzeros, 24);
    ck_assert_int_eq(counts.blob_bytes, 36);
    ck_assert_int_ge(counts.file_bytes, 30 * 65536);
    close_store(store);
}
END_TEST

static bool stop_at_once(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)names, (void)values;
    *(size_t *)context += column_count;
    return false;
}

START_TEST(a_query_ends_when_the_caller_has_seen_enough)
{
    struct tl_error err;
    size_t seen = 0;
    tl_store *store = open_store(new_path(), TL_STORE_CREATE);
    fill_small_store(store);
    must(tl_store_query(store, "SELECT photo_id, path FROM photo", stop_at_once, &seen, &err), &err);
    ck_assert_uint_eq(seen, 2);
    must_give(store, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i, NULL FROM n; -- end",
              "1|-;2|-;3|-;");
    close_store(store);
}
END_TEST

/* ---- Limits ---- */

START_TEST(an_older_schema_is_brought_up_in_one_transaction)
{
    static const struct tl_schema_sql next[] = {
        {"001-tables.sql", "this is not run again"},
        {"900-note.sql",
         "CREATE TABLE note (note_id INTEGER PRIMARY KEY, words TEXT) STRICT; INSERT INTO note VALUES (1, 'two');"},
        {"views.sql", "CREATE VIEW notes AS SELECT words FROM note;"},
        {NULL, NULL},
    };
    struct tl_error err;
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must(tl_migrate_to(store, 900, next, &err), &err);
    must_give(store, "SELECT words FROM notes", "two;");
    must_give(store, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'", "1;");
    must(tl_migrate_to(store, 900, next, &err), &err);
    close_store(store);
    ck_assert_int_eq(pragma_of(path, "PRAGMA user_version"), 900);
}
END_TEST

START_TEST(a_migration_that_fails_changes_nothing)
{
    static const struct tl_schema_sql broken[] = {
        {"900-a.sql", "CREATE TABLE note (words TEXT) STRICT;"},
        {"901-b.sql", "INSERT INTO nowhere VALUES (1);"},
        {NULL, NULL},
    };
    struct tl_error err;
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must_fail(tl_migrate_to(store, 901, broken, &err), TL_CORRUPT, &err, "nowhere");
    must_give(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'note'", "0;");
    must_give(store, "SELECT count(*) FROM photos", "0;");
    close_store(store);
    ck_assert_int_eq(pragma_of(path, "PRAGMA user_version"), TL_STORE_SCHEMA_VERSION);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_query_that_is_no_single_select_is_refused)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"", "a SELECT is expected"},
        {"-- nothing", "a SELECT is expected"},
        {"SELECT 1; SELECT 2", "one SELECT"},
        {"SELECT 1; DROP TABLE photo", "only a SELECT"},
        {"DELETE FROM photo RETURNING 1", "only a SELECT"},
        {"PRAGMA user_version = 3", "only a SELECT"},
        {"ATTACH 'x' AS x", "only a SELECT"},
        {"BEGIN", "only a SELECT"},
        {"SELECT nothing FROM photo", "nothing"},
        {"SELECT \"words\"", "words"},
        {"SELEC 1", "syntax"},
        {"SELECT load_extension('x')", "not authorized"},
    };
    struct tl_error err;
    char text[4096] = "";
    tl_store *store = open_store(new_path(), TL_STORE_CREATE);
    must_fail(tl_store_query(store, cases[_i].sql, append_row, text, &err), TL_BAD_INPUT, &err, cases[_i].words);
    ck_assert_str_eq(text, "");
    must_give(store, "SELECT count(*) FROM photo", "0;");
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_test(core, rows_survive_close_and_open);
    tcase_add_test(core, rollback_and_close_undo_what_is_not_committed);
    tcase_add_test(core, an_error_inside_a_transaction_undoes_all_of_it);
    tcase_add_test(core, equal_rows_give_equal_digests_whatever_their_order_and_ids);
    tcase_add_loop_test(core, a_digest_tells_each_part_of_a_natural_key, 0, 8);
    tcase_add_test(core, totals_count_every_kind_of_row);
    tcase_add_test(core, a_query_ends_when_the_caller_has_seen_enough);
    tcase_add_test(limits, an_older_schema_is_brought_up_in_one_transaction);
    tcase_add_test(limits, a_migration_that_fails_changes_nothing);
    tcase_add_loop_test(faults, a_query_that_is_no_single_select_is_refused, 0, 12);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
