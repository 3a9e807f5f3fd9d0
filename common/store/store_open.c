/* store_open.c - tl_store_open(): whose file is it, and what must be done before its rows can be trusted? */
#include <string.h>

#include "common/base/memory.h"
#include "common/store/location.h"
#include "common/store/migrate.h"

/* "tlfc"; the tables' SQL sets it. */
static const int64_t APPLICATION_ID = 1953261155;

/* The file may be anybody's: no triggers of its schema run, no extension is loaded, and SQL cannot rewrite the schema or shadow
 * tables. Strings in double quotes are names only, so that a misspelt column is an error. TRUSTED_SCHEMA stays on: SQLite 3.40
 * counts the JSON functions of our own columns and checks among the unsafe ones, and no function of ours is there to be misused.
 */
static int harden(sqlite3 *db)
{
    static const struct {
        int option, value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},   {SQLITE_DBCONFIG_DQS_DML, 0},
    };
    int code = sqlite3_busy_timeout(db, TL_STORE_BUSY_MS);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof settings / sizeof settings[0]; i++)
        code = sqlite3_db_config(db, settings[i].option, settings[i].value, NULL);
    return code;
}

static void discard(tl_store *store)
{
    if (store == NULL)
        return;
    sqlite3_close(store->db);
    tl_memory_free(store->path);
    tl_memory_free(store);
}

static enum tl_status connect(tl_store *store, bool is_still, enum tl_store_mode mode, struct tl_error *err)
{
    static const int access_flags[] = {
        [TL_STORE_READ] = SQLITE_OPEN_READONLY,
        [TL_STORE_WRITE] = SQLITE_OPEN_READWRITE,
        [TL_STORE_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    char *uri = tl_location_to_uri(store->path, is_still);
    if (uri == NULL)
        return tl_error_set_no_memory(err, "a store's address", 3 * strlen(store->path));
    int code = sqlite3_open_v2(uri, &store->db,
                               access_flags[mode] | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    tl_memory_free(uri);
    if (code == SQLITE_OK)
        code = harden(store->db);
    if (code != SQLITE_OK)
        return tl_connection_report(store, code, err);
    store->is_writable = mode != TL_STORE_READ;
    if (store->is_writable && sqlite3_db_readonly(store->db, "main") != 0)
        return tl_error_set(err, TL_IO, "%s: the store is read-only; make it writable or work on a copy", store->path);
    return TL_OK;
}

static enum tl_status create_tables(tl_store *store, struct tl_error *err)
{
    int64_t page_count = 0;
    /* Says nothing to a file that has pages already. */
    enum tl_status status = tl_connection_run(store, "PRAGMA page_size = 65536", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &page_count, "PRAGMA page_count", err);
    if (status == TL_OK && page_count == 0)
        status = tl_migrate_create(store, err);
    return status;
}

static enum tl_status check_identity(tl_store *store, int64_t *out_version, struct tl_error *err)
{
    int64_t application_id = 0;
    enum tl_status status = tl_connection_read_int(store, &application_id, "PRAGMA application_id", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, out_version, "PRAGMA user_version", err);
    if (status != TL_OK)
        return status;
    if (application_id != APPLICATION_ID)
        return tl_error_set(err, TL_BAD_INPUT,
                            "%s: another program's SQLite file (application_id %lld, a store has %lld); name another file",
                            store->path, (long long)application_id, (long long)APPLICATION_ID);
    if (*out_version > TL_STORE_SCHEMA_VERSION)
        return tl_error_set(err, TL_BAD_INPUT, "%s: a store of schema version %lld; this program knows up to %d: use a newer tl",
                            store->path, (long long)*out_version, TL_STORE_SCHEMA_VERSION);
    if (*out_version < 1)
        return tl_error_set(err, TL_CORRUPT, "%s: a store of schema version %lld, which no program has made", store->path,
                            (long long)*out_version);
    return TL_OK;
}

static enum tl_status prepare_tables(tl_store *store, enum tl_store_mode mode, struct tl_error *err)
{
    int64_t version = 0;
    enum tl_status status = TL_OK;
    if (mode == TL_STORE_CREATE)
        status = create_tables(store, err);
    if (status == TL_OK)
        status = check_identity(store, &version, err);
    if (status != TL_OK)
        return status;
    if (!store->is_writable) {
        if (version < TL_STORE_SCHEMA_VERSION)
            return tl_error_set(err, TL_BAD_INPUT,
                                "%s: a store of schema version %lld, older than %d; a tool that writes to it, as tl-extract "
                                "does, brings it up to date",
                                store->path, (long long)version, TL_STORE_SCHEMA_VERSION);
        return tl_connection_run(store, "PRAGMA query_only = ON", err);
    }
    /* Where WAL is not to be had (some network file systems) SQLite stays with its rollback journal, which is slower, no less
     * safe. */
    status = tl_connection_run(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err);
    /* Before foreign keys are on: a migration may have to build a table anew. */
    if (status == TL_OK && version < TL_STORE_SCHEMA_VERSION)
        status = tl_migrate_to(store, TL_STORE_SCHEMA_VERSION, tl_schema_sql_files, err);
    if (status == TL_OK)
        status = tl_connection_run(store, "PRAGMA foreign_keys = ON", err);
    return status;
}

/* A connection to the file, of which nothing is known yet. */
static enum tl_status open_file(tl_store **out, const char *path, enum tl_store_mode mode, struct tl_error *err)
{
    bool is_still = false;
    tl_store *store = NULL;
    *out = NULL;
    enum tl_status status = tl_location_check(&is_still, path, mode, err);
    if (status != TL_OK)
        goto done;
    store = tl_memory_alloc(1, sizeof *store);
    if (store != NULL)
        store->path = tl_memory_copy_string(path);
    if (store == NULL || store->path == NULL) {
        status = tl_error_set_no_memory(err, "a store", sizeof *store);
        goto done;
    }
    status = connect(store, is_still, mode, err);
    if (status != TL_OK)
        goto done;
    *out = store;
    store = NULL;
done:
    discard(store);
    return status;
}

enum tl_status tl_store_open(tl_store **out, const char *path, enum tl_store_mode mode, struct tl_error *err)
{
    tl_store *store;
    *out = NULL;
    enum tl_status status = open_file(&store, path, mode, err);
    if (status == TL_OK)
        status = prepare_tables(store, mode, err);
    /* 32 MiB of pages: at 64 KiB each, SQLite's default holds hardly more than the way down a few indexes. */
    if (status == TL_OK)
        status = tl_connection_run(store, "PRAGMA cache_size = -32768", err);
    if (status == TL_OK)
        *out = store;
    else
        discard(store);
    return status;
}

enum tl_status tl_connection_open_as_is(tl_store **out, const char *path, enum tl_store_mode mode, struct tl_error *err)
{
    tl_store *store;
    int64_t version;
    *out = NULL;
    enum tl_status status = open_file(&store, path, mode, err);
    if (status == TL_OK)
        status = check_identity(store, &version, err);
    if (status == TL_OK)
        *out = store;
    else
        discard(store);
    return status;
}
