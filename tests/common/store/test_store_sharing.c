/* test_store_sharing.c - readers beside a writer, and what a killed process or a full disk leaves. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/store/connection.h"
#include "tests/common/store/small_store.h"

static const char *new_path(void)
{
    return tl_test_path(tl_test_make_folder(), "a.tl");
}

static bool has_wal(const char *path)
{
    char name[4096];
    struct stat info;
    snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &info) == 0;
}

static void must_be_whole(const char *path)
{
    tl_store *store = open_store(path, TL_STORE_WRITE);
    must_give(store, "SELECT count(*) FROM photos", "8;");
    close_store(store);
    sqlite3 *db = open_beside(path);
    sqlite3_stmt *prepared = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &prepared, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(prepared, 0), "ok");
    sqlite3_finalize(prepared);
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &prepared, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_DONE);
    sqlite3_finalize(prepared);
    sqlite3_close(db);
}

START_TEST(a_reader_sees_the_last_commit_while_a_writer_writes)
{
    struct tl_error err;
    const char *path = new_path();
    tl_store *writer = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(writer);
    tl_store *reader = open_store(path, TL_STORE_READ);
    must(tl_store_begin(writer, &err), &err);
    put_photo(writer, small.source_id, "new.jpg", small.content_ids[1]);
    must_give(reader, "SELECT count(*) FROM photo", "8;");
    must(tl_store_commit(writer, &err), &err);
    must_give(reader, "SELECT count(*) FROM photo", "9;");
    /* With a reader there the file stays as it is, and the reader goes on. */
    close_store(writer);
    must_give(reader, "SELECT count(*) FROM photo", "9;");
    close_store(reader);
    close_store(open_store(path, TL_STORE_WRITE));
    ck_assert(!has_wal(path));
}
END_TEST

START_TEST(reads_that_must_agree_see_one_commit)
{
    struct tl_error err;
    const char *path = new_path();
    uint8_t before[TL_DIGEST_BYTES], after[TL_DIGEST_BYTES];
    tl_store *writer = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(writer);
    tl_store *reader = open_store(path, _i == 0 ? TL_STORE_READ : TL_STORE_WRITE);
    must(tl_store_begin_reading(reader, &err), &err);
    must(tl_store_compute_digest(reader, before, &err), &err); /* itself several reads */
    must(tl_store_begin(writer, &err), &err);
    must(tl_store_mark_missing(writer, small.source_id, NULL, 0, NULL, &err), &err);
    put_photo(writer, small.source_id, "new.jpg", small.content_ids[1]);
    must(tl_store_commit(writer, &err), &err);
    must_give(reader, "SELECT count(*), sum(missing_since_ms IS NULL) FROM photo", "8|8;");
    must(tl_store_compute_digest(reader, after, &err), &err);
    ck_assert_mem_eq(before, after, sizeof after);
    tl_store_end_reading(reader);
    tl_store_end_reading(reader);
    must_give(reader, "SELECT count(*), sum(missing_since_ms IS NULL) FROM photo", "9|1;");
    if (_i == 1) { /* and may then write */
        must(tl_store_begin(reader, &err), &err);
        put_photo(reader, small.source_id, "newer.jpg", small.content_ids[1]);
        must(tl_store_commit(reader, &err), &err);
    }
    close_store(reader);
    close_store(writer);
    ck_assert(!has_wal(path));
}
END_TEST

START_TEST(a_writer_may_finish_while_a_reader_is_in_mid_stream)
{
    struct tl_error err;
    struct tl_store_feature_row row;
    tl_store_features *features = NULL;
    size_t count = 1;
    const char *path = new_path();
    tl_store *writer = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(writer);
    tl_store *reader = open_store(path, TL_STORE_READ);
    must(tl_store_open_features(&features, reader, small.feature_set_id, small.mild_id, &err), &err);
    must(tl_store_next_feature(features, &row, &err), &err);
    must(tl_store_begin(writer, &err), &err);
    put_feature(writer, small.feature_set_id, small.content_ids[6], 6, small.mild_id, 1);
    must(tl_store_commit(writer, &err), &err);
    close_store(writer);
    while (tl_store_next_feature(features, &row, &err) == TL_OK)
        count++;
    ck_assert_int_eq(err.status, TL_NOT_FOUND);
    ck_assert_uint_eq(count, 12);
    tl_store_close_features(features);
    close_store(reader);
}
END_TEST

START_TEST(a_kill_in_an_open_transaction_leaves_the_store_whole)
{
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    fill_small_store(store);
    close_store(store);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct tl_error err;
        int64_t source_id;
        char name[32];
        store = open_store(path, TL_STORE_WRITE);
        sqlite3_exec(store->db, "PRAGMA cache_size = 1", NULL, NULL, NULL); /* so that pages reach the file before the commit */
        must(tl_store_begin(store, &err), &err);
        must(tl_store_put_source(store, &source_id, "half", "/half", &err), &err);
        for (int i = 0; i < 20000; i++) {
            snprintf(name, sizeof name, "%d.jpg", i * 7919 % 20000);
            put_photo(store, source_id, name, 0);
        }
        kill(getpid(), SIGKILL);
    }
    int state;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL);
    ck_assert(has_wal(path));
    must_be_whole(path);
    ck_assert(!has_wal(path));
}
END_TEST

START_TEST(a_kill_while_a_store_is_made_leaves_nothing_half)
{
    const char *path = new_path();
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* What tl_store_open() does until its commit, with a cache so small that pages are written before. */
        sqlite3 *db = NULL;
        ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
        sqlite3_exec(db,
                     "PRAGMA page_size = 65536; PRAGMA cache_size = 1; BEGIN EXCLUSIVE; PRAGMA application_id = 1953261155;"
                     "CREATE TABLE photo (photo_id INTEGER PRIMARY KEY, x TEXT);"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                     " INSERT INTO photo (x) SELECT 'a row' FROM n; PRAGMA user_version = 2",
                     NULL, NULL, NULL);
        kill(getpid(), SIGKILL);
    }
    int state;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFSIGNALED(state));
    tl_store *store = open_store(path, TL_STORE_CREATE);
    fill_small_store(store);
    close_store(store);
    must_be_whole(path);
}
END_TEST

START_TEST(a_full_disk_keeps_what_was_committed)
{
    struct tl_error err;
    int64_t page_count;
    char pragma[64];
    const char *path = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    must(tl_connection_read_int(store, &page_count, "PRAGMA page_count", &err), &err);
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lld", (long long)page_count);
    must(tl_connection_run(store, pragma, &err), &err);
    must(tl_store_begin(store, &err), &err);
    enum tl_status status = TL_OK;
    for (int i = 0; status == TL_OK && i < 20000; i++) {
        int64_t id;
        char name[32];
        snprintf(name, sizeof name, "%d.jpg", i);
        status = tl_store_put_photo(store, &id, small.source_id, name, 1, 1, 0, &err);
    }
    must_fail(status, TL_IO, &err, "disk is full");
    must_fail(tl_store_commit(store, &err), TL_IO, &err, "earlier error");
    close_store(store);
    must_be_whole(path);
}
END_TEST

/* Reads all there is; any status will do, but no crash and no message that is empty. */
static bool is_told_damaged(const char *path, const struct small_store *small)
{
    struct tl_error err;
    struct tl_store_counts counts;
    struct tl_store_chosen_head head;
    struct tl_store_label *labels = NULL;
    tl_store_features *features = NULL;
    struct tl_store_feature_row row;
    uint8_t digest[TL_DIGEST_BYTES];
    size_t count;
    tl_store *store = NULL;
    if (tl_store_open(&store, path, TL_STORE_READ, &err) != TL_OK) {
        ck_assert(err.status == TL_CORRUPT || err.status == TL_BAD_INPUT);
        ck_assert_str_ne(err.message, "");
        return true;
    }
    bool is_told = tl_store_compute_digest(store, digest, &err) == TL_CORRUPT;
    is_told |= tl_store_count(store, &counts, &err) == TL_CORRUPT;
    is_told |= tl_store_list_labels(store, &labels, &count, "default", small->feature_set_id, &err) == TL_CORRUPT;
    tl_store_free_labels(labels);
    if (tl_store_open_features(&features, store, small->feature_set_id, small->mild_id, &err) == TL_OK) {
        while (tl_store_next_feature(features, &row, &err) == TL_OK)
            ck_assert_uint_le(row.blob_bytes, 65536);
        is_told |= err.status == TL_CORRUPT;
    }
    tl_store_close_features(features);
    if (tl_store_get_head(store, &head, NULL, &err) == TL_OK)
        tl_store_free_head(&head);
    else
        is_told = true;
    close_store(store);
    return is_told;
}

START_TEST(damaged_pages_are_an_error_and_no_crash)
{
    const char *path = new_path();
    struct stat info;
    tl_store *store = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    char uuid[TL_STORE_UUID_BYTES];
    put_small_run(store, &small, "a", 0.5, 1, uuid);
    close_store(store);
    int told_count = 0;
    ck_assert_int_eq(stat(path, &info), 0);
    /* Every page in turn, its header or its cells overwritten; the first holds what opening reads. */
    for (off_t page = 0; page * 65536 < info.st_size; page++) {
        uint8_t saved[1024], noise[1024];
        FILE *file = fopen(path, "r+b");
        const long at = (long)page * 65536 + (page == 0 ? 100 : _i == 0 ? 0 : 65536 - 1024);
        ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
        ck_assert_uint_eq(fread(saved, 1, sizeof saved, file), sizeof saved);
        memset(noise, 0xa5, sizeof noise);
        ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
        ck_assert_uint_eq(fwrite(noise, 1, sizeof noise, file), sizeof noise);
        ck_assert_int_eq(fclose(file), 0);

        told_count += is_told_damaged(path, &small);
        file = fopen(path, "r+b");
        ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
        ck_assert_uint_eq(fwrite(saved, 1, sizeof saved, file), sizeof saved);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_int_ge(told_count, 6);
    must_be_whole(path);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_sharing");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_set_timeout(core, 60);
    tcase_set_timeout(faults, 60);
    tcase_add_test(core, a_reader_sees_the_last_commit_while_a_writer_writes);
    tcase_add_loop_test(core, reads_that_must_agree_see_one_commit, 0, 2);
    tcase_add_test(core, a_writer_may_finish_while_a_reader_is_in_mid_stream);
    tcase_add_test(faults, a_kill_in_an_open_transaction_leaves_the_store_whole);
    tcase_add_test(faults, a_kill_while_a_store_is_made_leaves_nothing_half);
    tcase_add_test(faults, a_full_disk_keeps_what_was_committed);
    tcase_add_loop_test(faults, damaged_pages_are_an_error_and_no_crash, 0, 2);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
