/* store.c - closing a store, and its transactions; store_open.c opens, journal.c knows its journal, store_summary.c counts. */
#include "common/store/store.h"

#include <assert.h>

#include "common/base/memory.h"
#include "common/store/journal.h"

enum tl_status tl_store_close(tl_store **store_out, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    tl_store *store = *store_out;
    *store_out = NULL;
    if (store == NULL)
        return TL_OK;
    tl_store_rollback(store);
    for (size_t i = 0; i < store->slot_count; i++) {
        assert(!store->slots[i].is_taken);
        sqlite3_finalize(store->slots[i].prepared);
    }
    if (store->is_writable)
        status = tl_journal_end(store, err);
    const int code = sqlite3_close(store->db);
    assert(code == SQLITE_OK); /* else a tl_store_features is still open */
    (void)code;
    tl_memory_free(store->path);
    tl_memory_free(store);
    return status;
}

enum tl_status tl_store_close_after(tl_store **store, enum tl_status status, struct tl_error *err)
{
    struct tl_error close_err;
    const enum tl_status close_status = tl_store_close(store, &close_err);
    if (status != TL_OK || close_status == TL_OK)
        return status;
    if (err != NULL)
        *err = close_err;
    return close_status;
}

enum tl_status tl_store_begin(tl_store *store, struct tl_error *err)
{
    assert(!store->is_in_transaction);
    enum tl_status status = tl_journal_begin(store, err);
    if (status == TL_OK)
        status = tl_connection_run(store, "BEGIN IMMEDIATE", err);
    store->is_in_transaction = status == TL_OK;
    return status;
}

enum tl_status tl_store_commit(tl_store *store, struct tl_error *err)
{
    enum tl_status status;
    assert(store->is_in_transaction);
    if (sqlite3_get_autocommit(store->db))
        status = tl_error_set(err, TL_IO, "%s: an earlier error has undone the transaction", store->path);
    else
        status = tl_connection_run(store, "COMMIT", err);
    if (status != TL_OK)
        tl_store_rollback(store);
    else
        tl_journal_shorten(store);
    store->is_in_transaction = false;
    return status;
}

void tl_store_rollback(tl_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->is_in_transaction = false;
}

enum tl_status tl_store_begin_reading(tl_store *store, struct tl_error *err)
{
    assert(sqlite3_get_autocommit(store->db));
    return tl_connection_run(store, "BEGIN", err);
}

void tl_store_end_reading(tl_store *store)
{
    assert(!store->is_in_transaction);
    tl_store_rollback(store);
}
