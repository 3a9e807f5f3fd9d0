/* migrate.c - see migrate.h. */
#include "common/store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tl_status drop_views(tl_store *store, struct tl_error *err)
{
    for (;;) {
        sqlite3_stmt *prepared = NULL;
        char *sql = NULL;
        int code =
            sqlite3_prepare_v2(store->db, "SELECT name FROM sqlite_schema WHERE type = 'view' LIMIT 1", -1, &prepared, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_step(prepared);
        if (code == SQLITE_ROW) {
            sql = sqlite3_mprintf("DROP VIEW \"%w\"", sqlite3_column_text(prepared, 0));
            if (sql == NULL)
                code = SQLITE_NOMEM;
        }
        sqlite3_finalize(prepared);
        if (code == SQLITE_ROW)
            code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
        sqlite3_free(sql);
        if (code == SQLITE_DONE)
            return TL_OK;
        if (code != SQLITE_OK)
            return tl_connection_report(store, code, err);
    }
}

/* Inside the transaction. */
static enum tl_status apply_files(tl_store *store, int64_t from, int64_t to, const struct tl_schema_sql *files,
                                  struct tl_error *err)
{
    char pragma[64];
    enum tl_status status = TL_OK;
    for (const struct tl_schema_sql *file = files; status == TL_OK && file->name != NULL; file++) {
        const long version = strtol(file->name, NULL, 10); /* 0 for views.sql */
        if (version > from && version <= to)
            status = tl_connection_run(store, file->text, err);
    }
    if (status == TL_OK)
        status = drop_views(store, err);
    for (const struct tl_schema_sql *file = files; status == TL_OK && file->name != NULL; file++)
        if (strcmp(file->name, "views.sql") == 0)
            status = tl_connection_run(store, file->text, err);
    if (status == TL_OK) {
        snprintf(pragma, sizeof pragma, "PRAGMA user_version = %lld", (long long)to);
        status = tl_connection_run(store, pragma, err);
    }
    return status;
}

enum tl_status tl_migrate_create(tl_store *store, struct tl_error *err)
{
    int64_t version = 0, count = 0;
    enum tl_status status = tl_connection_run(store, "BEGIN EXCLUSIVE", err);
    if (status != TL_OK)
        return status;
    /* Another process may have been first. */
    status = tl_connection_read_int(store, &version, "PRAGMA user_version", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &count, "SELECT count(*) FROM sqlite_schema", err);
    if (status == TL_OK && version == 0 && count == 0)
        status = apply_files(store, 0, TL_STORE_SCHEMA_VERSION, tl_schema_sql_files, err);
    if (status == TL_OK)
        status = tl_connection_run(store, "COMMIT", err);
    if (status != TL_OK)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum tl_status tl_migrate_to(tl_store *store, int64_t version, const struct tl_schema_sql *files, struct tl_error *err)
{
    int64_t found = 0;
    enum tl_status status = tl_connection_run(store, "BEGIN EXCLUSIVE", err);
    if (status != TL_OK)
        return status;
    status = tl_connection_read_int(store, &found, "PRAGMA user_version", err);
    if (status == TL_OK && found < version)
        status = apply_files(store, found, version, files, err);
    if (status == TL_OK)
        status = tl_connection_run(store, "COMMIT", err);
    if (status != TL_OK)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
