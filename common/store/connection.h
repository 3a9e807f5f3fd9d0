/* connection.h - what a tl_store is inside this room: SQLite's connection, its statements, its transaction. (sqlite3)
 */
#ifndef TL_STORE_CONNECTION_H
#define TL_STORE_CONNECTION_H

#include <sqlite3.h>

#include "common/store/store.h"

/* More than the SQL texts of this room, so that each is prepared once per open store. */
enum { TL_CONNECTION_SLOT_COUNT = 192 };

struct tl_connection_slot {
    const char *sql;
    sqlite3_stmt *prepared;
    bool is_taken;
};

struct tl_store {
    sqlite3 *db;
    char *path; /* as given, for messages */
    bool is_writable;
    bool is_part; /* thrown away where it does not become whole, so that nothing in it is kept */
    /* Between tl_store_begin() and commit or rollback. SQLite may have undone the transaction by then, after an error:
     * sqlite3_get_autocommit() tells. */
    bool is_in_transaction;
    char notice[160]; /* empty for none */
    bool (*should_stop)(void); /* of tl_connection_watch() */
    /* journal.c's. */
    const char *network_name; /* of the network file system that the file lies on, NULL elsewhere; static */
    double waiting_since_seconds, committed_seconds;
    int wal_page_count, wal_retry_page_count;
    struct tl_connection_slot slots[TL_CONNECTION_SLOT_COUNT];
    size_t slot_count;
};

/* SQLite's last fault on this connection as ours, with the path in front. `code` is not SQLITE_OK. */
enum tl_status tl_connection_report(const tl_store *store, int code, struct tl_error *err);

/* Runs SQL that gives no rows of interest: several statements, no parameters. */
TL_MUST_USE enum tl_status tl_connection_run(tl_store *store, const char *sql, struct tl_error *err);

/* The one integer that a statement gives, 0 when it gives none; for PRAGMAs before anything is cached. */
TL_MUST_USE enum tl_status tl_connection_read_int(tl_store *store, int64_t *out, const char *sql, struct tl_error *err);

/* tl_store_open() for a place that is already looked at: location.h. */
struct tl_location;
TL_MUST_USE enum tl_status tl_connection_open_at(tl_store **out, const char *path, const struct tl_location *location,
                                                 enum tl_store_mode mode, struct tl_error *err);

/* Opens a store of any schema version up to ours without bringing it up to date, its journal as it is; for what concerns the file
 * and not its rows. Closing is tl_store_close()'s. Fails with: as tl_store_open(). */
TL_MUST_USE enum tl_status tl_connection_open_as_is(tl_store **out, const char *path, enum tl_store_mode mode,
                                                    struct tl_error *err);

/* While `should_stop` is not NULL, it is asked once in so many of SQLite's instructions, and what runs then is TL_STOPPED when it
 * says so. */
void tl_connection_watch(tl_store *store, bool (*should_stop)(void), int instruction_count);

/* Several reads that must agree: a read transaction, or the open one. *out_is_own goes to the end call. */
TL_MUST_USE enum tl_status tl_connection_begin_reading(tl_store *store, bool *out_is_own, struct tl_error *err);
void tl_connection_end_reading(tl_store *store, bool is_own);

#endif
