/* journal.c - see journal.h. */
#include "common/store/journal.h"

#include "common/base/system.h"

enum {
    STEP_MS_MAX = 10,          /* between two looks whether others have ended */
    GAP_MS = 2,                /* between two transactions */
    NETWORK_WAIT_MS = 5000,    /* there, others stay until they end */
    LONG_PAGES = 1000,         /* of 64 KiB */
    TOO_LONG_PAGES = 4000,
    READERS_WAIT_MS = 100      /* other writers wait as long */
};

static int compute_step_ms(int look)
{
    return look < 4 && (1 << look) < STEP_MS_MAX ? 1 << look : STEP_MS_MAX;
}

/* SQLite's own handler goes up to steps of 100 ms, and a writer with many short transactions would seldom be met between two. */
static int wait_for_others(void *context, int look)
{
    tl_store *store = context;
    const int limit_ms = store->network_name != NULL ? NETWORK_WAIT_MS : TL_STORE_BUSY_MS;
    if (look == 0)
        store->waiting_since_seconds = tl_system_seconds();
    else if (1e3 * (tl_system_seconds() - store->waiting_since_seconds) >= limit_ms)
        return 0;
    sqlite3_sleep(compute_step_ms(look));
    return 1;
}

static int note_wal(void *context, sqlite3 *db, const char *name, int page_count)
{
    tl_store *store = context;
    (void)db;
    (void)name;
    store->wal_page_count = page_count;
    return SQLITE_OK;
}

int tl_journal_prepare(tl_store *store)
{
    int code = sqlite3_busy_handler(store->db, wait_for_others, store);
    if (code == SQLITE_OK && store->network_name != NULL)
        code = sqlite3_exec(store->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    return code;
}

enum tl_status tl_journal_start(tl_store *store, struct tl_error *err)
{
    int code, turn = 0;

    /* EXTRA syncs the folder after a rollback journal is gone, without which a commit might come undone when the power fails. */
    if (store->network_name != NULL)
        return tl_connection_run(store, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA", err);
    sqlite3_wal_hook(store->db, note_wal, store);
    /* SQLite does not wait for others when it changes the kind of journal, so we do. The limit is for a -wal that a long reader has
     * made long. */
    do
        code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    while (code == SQLITE_BUSY && wait_for_others(store, turn++));
    if (code != SQLITE_OK)
        return tl_connection_report(store, code, err);
    return tl_connection_run(store, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864", err);
}

enum tl_status tl_journal_begin(tl_store *store, struct tl_error *err)
{
    int has_moved = 0;
    if (1e3 * (tl_system_seconds() - store->committed_seconds) < GAP_MS)
        sqlite3_sleep(GAP_MS);
    /* SQLite itself looks only when it writes by rollback journal. */
    if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK && has_moved)
        return tl_connection_report(store, SQLITE_READONLY_DBMOVED, err);
    return TL_OK;
}

void tl_journal_shorten(tl_store *store)
{
    int page_count = 0;
    store->committed_seconds = tl_system_seconds();
    if (store->wal_page_count < TOO_LONG_PAGES) /* the -wal has begun anew since it was too long */
        store->wal_retry_page_count = 0;
    if (store->wal_page_count < LONG_PAGES)
        return;
    /* Passive: as far as readers allow, and without keeping out writers. */
    (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &page_count, NULL);
    if (page_count < TOO_LONG_PAGES || page_count < store->wal_retry_page_count)
        return;
    sqlite3_busy_timeout(store->db, READERS_WAIT_MS);
    const int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    (void)sqlite3_busy_handler(store->db, wait_for_others, store);
    store->wal_retry_page_count = code == SQLITE_OK ? 0 : page_count + LONG_PAGES;
}

enum tl_status tl_journal_end(tl_store *store, struct tl_error *err)
{
    if (store->network_name != NULL)
        return TL_OK;
    /* With others connected SQLite says BUSY, and the last of them does it; waiting would gain nothing. */
    sqlite3_busy_timeout(store->db, 0);
    /* A checkpoint whose preparation has to read the schema is LOCKED by that very reading, so it is read before. */
    int code = sqlite3_exec(store->db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED)
        return tl_connection_report(store, code, err);
    return TL_OK;
}
