/* connection.c - see connection.h: errors of SQLite in our words, and SQL without parameters. */
#include "common/store/connection.h"

#include <string.h>

enum tl_status tl_connection_report(const tl_store *store, int code, struct tl_error *err)
{
    const char *path = store->path, *words = store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return tl_error_set(err, TL_NO_MEMORY, "%s: no memory for SQLite", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        if (store->network_name != NULL)
            return tl_error_set(err, TL_IO, "%s: another program has it; on %s, one at a time can use a store", path,
                                store->network_name);
        return tl_error_set(err, TL_IO, "%s: locked by another program for more than %d s; try again later", path,
                            TL_STORE_BUSY_MS / 1000);
    case SQLITE_FULL:
        return tl_error_set(err, TL_IO,
                            store->is_part ? "%s: the disk is full" : "%s: the disk is full; what was committed is kept", path);
    case SQLITE_READONLY:
        if (code == SQLITE_READONLY_DBMOVED)
            return tl_error_set(err, TL_IO,
                                "%s: was moved, replaced or deleted while it was in use; what was committed until then is in "
                                "the file that it was",
                                path);
        if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY)
            return tl_error_set(err, TL_IO,
                                "%s: its last write was cut off, and only who may write the file and its folder can mend that: "
                                "tl-store seal does, also on a copy of the file and its -journal or -wal",
                                path);
        return tl_error_set(err, TL_IO, "%s: cannot be written (%s)", path, words);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        if (strcmp(words, sqlite3_errstr(code)) == 0)
            return tl_error_set(err, TL_IO, "%s: %s", path, words);
        return tl_error_set(err, TL_IO, "%s: %s (%s)", path, words, sqlite3_errstr(code));
    case SQLITE_NOTADB:
        return tl_error_set(err, TL_BAD_INPUT, "%s: not a store: not an SQLite file", path);
    case SQLITE_CORRUPT:
        return tl_error_set(err, TL_CORRUPT, "%s: the file is damaged (%s); restore it from a copy", path, words);
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return tl_error_set(err, TL_BAD_INPUT, "%s: a row that the schema forbids (%s)", path, words);
    case SQLITE_INTERRUPT:
        return tl_error_set(err, TL_STOPPED, "%s: stopped on request", path);
    case SQLITE_AUTH:
        return tl_error_set(err, TL_BAD_INPUT, "%s: only a SELECT can be run here (%s)", path, words);
    default:
        /* Our own SQL fails so only on tables that are not ours. */
        return tl_error_set(err, TL_CORRUPT, "%s: the store is not as its schema version says (%s)", path, words);
    }
}

enum tl_status tl_connection_run(tl_store *store, const char *sql, struct tl_error *err)
{
    const int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? TL_OK : tl_connection_report(store, code, err);
}

enum tl_status tl_connection_read_int(tl_store *store, int64_t *out, const char *sql, struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    enum tl_status status = TL_OK;
    *out = 0;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &prepared, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(prepared);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(prepared, 0);
    else if (code != SQLITE_DONE)
        status = tl_connection_report(store, code, err);
    sqlite3_finalize(prepared);
    return status;
}

static int ask(void *context)
{
    const tl_store *store = context;
    return store->should_stop();
}

void tl_connection_watch(tl_store *store, bool (*should_stop)(void), int instruction_count)
{
    store->should_stop = should_stop;
    sqlite3_progress_handler(store->db, instruction_count, should_stop != NULL ? ask : NULL, store);
}

enum tl_status tl_connection_begin_reading(tl_store *store, bool *out_is_own, struct tl_error *err)
{
    *out_is_own = sqlite3_get_autocommit(store->db) != 0;
    return *out_is_own ? tl_connection_run(store, "BEGIN", err) : TL_OK;
}

void tl_connection_end_reading(tl_store *store, bool is_own)
{
    if (is_own)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}
