/* whole_store.h - is a store whole, whatever happened to the process that wrote it? Asked of SQLite and of every blob.
 *
 *     if (check_whole(&feature_count, path, err) != TL_OK) err says what is broken
 *
 * A file that is not there or is empty is a store not made yet, and whole.
 */
#ifndef TL_TESTS_EXTRACT_WHOLE_STORE_H
#define TL_TESTS_EXTRACT_WHOLE_STORE_H

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "common/store/store.h"

static inline enum tl_status report_sqlite(sqlite3 *db, const char *what, struct tl_error *err)
{
    return tl_error_set(err, TL_CORRUPT, "%s: %s", what, sqlite3_errmsg(db));
}

/* One statement whose only row is `wanted`, or that has no row where that is NULL. */
static inline enum tl_status check_answer(sqlite3 *db, const char *sql, const char *wanted, struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    enum tl_status status = TL_OK;
    int code = sqlite3_prepare_v2(db, sql, -1, &prepared, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(prepared);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = report_sqlite(db, sql, err);
    else if (code == SQLITE_DONE && wanted)
        status = tl_error_set(err, TL_CORRUPT, "%s gives no row", sql);
    else if (code == SQLITE_ROW && (!wanted || strcmp((const char *)sqlite3_column_text(prepared, 0), wanted) != 0))
        status = tl_error_set(err, TL_CORRUPT, "%s gives %s", sql, sqlite3_column_text(prepared, 0));
    sqlite3_finalize(prepared);
    return status;
}

/* The blob in a row of the statement below decodes to the floats that the row tells of. */
static inline enum tl_status check_blob(tl_codec *codec, sqlite3_stmt *row, struct tl_error *err)
{
    const void *blob = sqlite3_column_blob(row, 4);
    const size_t blob_bytes = (size_t)sqlite3_column_bytes(row, 4), count = (size_t)sqlite3_column_int64(row, 5);
    float *values = tl_memory_alloc(count, sizeof *values);
    uint8_t digest[TL_DIGEST_BYTES];
    struct tl_codec_info info;
    enum tl_status status = TL_OK;

    if (!values)
        return tl_error_set_no_memory(err, "a vector", count * sizeof *values);
    if (!blob || (int64_t)blob_bytes != sqlite3_column_int64(row, 1))
        status = tl_error_set(err, TL_CORRUPT, "%zu bytes of blob, not %lld", blob_bytes, sqlite3_column_int64(row, 1));
    if (status == TL_OK)
        status = tl_codec_inspect(&info, blob, blob_bytes, err);
    if (status == TL_OK && (int64_t)info.nonzero_count != sqlite3_column_int64(row, 2))
        status = tl_error_set(err, TL_CORRUPT, "%zu values are not zero, and another number is told", info.nonzero_count);
    if (status == TL_OK)
        status = tl_codec_decode(codec, values, count, blob, blob_bytes, err);
    if (status == TL_OK) {
        struct tl_digest hash;

        tl_digest_init(&hash);
        tl_digest_update_floats(&hash, values, count);
        tl_digest_finish(&hash, digest);
        if (sqlite3_column_bytes(row, 3) != TL_DIGEST_BYTES || memcmp(digest, sqlite3_column_blob(row, 3), TL_DIGEST_BYTES) != 0)
            status = tl_error_set(err, TL_CORRUPT, "the values are not those of values_digest");
    }
    tl_memory_free(values);
    return status;
}

static inline enum tl_status check_blobs(int64_t *out_count, sqlite3 *db, struct tl_error *err)
{
    static const char SQL[] = "SELECT f.feature_id, f.stored_bytes, f.nonzero_count, f.values_digest, b.blob,"
                              " s.height * s.width * s.channels FROM feature f JOIN feature_set s USING (feature_set_id)"
                              " LEFT JOIN feature_blob b USING (feature_id)";
    sqlite3_stmt *row = NULL;
    tl_codec *codec = NULL;
    int code = sqlite3_prepare_v2(db, SQL, -1, &row, NULL);
    enum tl_status status = tl_codec_create(&codec, err);

    while (status == TL_OK && code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        status = check_blob(codec, row, err);
        if (status != TL_OK)
            status = tl_error_prefix(err, "feature %lld", sqlite3_column_int64(row, 0));
        code = SQLITE_OK;
        (*out_count)++;
    }
    if (status == TL_OK && code != SQLITE_DONE)
        status = report_sqlite(db, "reading blobs", err);
    sqlite3_finalize(row);
    tl_codec_free(codec);
    return status;
}

/* Looks with SQLite alone, so that no view, setting or repair of ours stands between. *out_count: features. */
static inline enum tl_status check_whole(int64_t *out_count, const char *path, struct tl_error *err)
{
    sqlite3 *db = NULL;
    struct stat info;
    enum tl_status status = TL_OK;

    *out_count = 0;
    if (stat(path, &info) != 0 || info.st_size == 0)
        return TL_OK;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        status = report_sqlite(db, "opening", err);
    sqlite3_busy_timeout(db, 10000);
    if (status == TL_OK)
        status = check_answer(db, "PRAGMA integrity_check", "ok", err);
    if (status == TL_OK)
        status = check_answer(db, "PRAGMA foreign_key_check", NULL, err);
    /* Killed before the tables were committed, SQLite empties the file. */
    if (status == TL_OK && stat(path, &info) == 0 && info.st_size > 0) {
        status = check_answer(db, "SELECT 'ok' FROM sqlite_schema WHERE name = 'feature'", "ok", err);
        if (status == TL_OK)
            status = check_answer(
                db, "SELECT feature_id FROM feature_blob WHERE feature_id NOT IN (SELECT feature_id FROM feature)", NULL, err);
        if (status == TL_OK)
            status = check_blobs(out_count, db, err);
    }
    sqlite3_close(db);
    return status;
}

#endif
