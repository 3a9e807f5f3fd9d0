/* store_open.c - tl_store_open(): whose file is it, and what must be done before its rows can be trusted? */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/journal.h"
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
    int code = SQLITE_OK;
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
    if (code == SQLITE_OK)
        code = tl_journal_prepare(store);
    if (code != SQLITE_OK)
        return tl_connection_report(store, code, err);
    store->is_writable = mode != TL_STORE_READ;
    if (store->is_writable && sqlite3_db_readonly(store->db, "main") != 0)
        return tl_error_set(err, TL_IO, "%s: the store is read-only; make it writable or work on a copy", store->path);
    return TL_OK;
}

/* A writer was killed while it wrote by rollback journal, as it does before WAL begins and after it ended: what it had begun is
 * undone by whoever comes next and may write. A reader may not, so it does this first; where nobody is allowed to, opening the
 * store says so. */
static void roll_back_journal(const tl_store *store)
{
    tl_store writer = {.path = store->path, .network_name = store->network_name};
    if (connect(&writer, false, TL_STORE_WRITE, NULL) == TL_OK)
        (void)sqlite3_exec(writer.db, "PRAGMA schema_version", NULL, NULL, NULL);
    sqlite3_close(writer.db);
}

/* Whether the file says that it has no -wal and one lies there nevertheless: as when a copy was put in the place of a store that
 * had crashed. SQLite would take its pages for this file's. */
static bool has_stray_wal(const tl_store *store)
{
    enum { VERSION_AT = 18, ROLLBACK_VERSION = 1 }; /* the file format's header, section 1.3.3 */
    sqlite3_file *file = NULL;
    uint8_t version = 0;
    return tl_location_has_journal(store->path, "-wal") &&
           sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file->pMethods != NULL &&
           file->pMethods->xRead(file, &version, 1, VERSION_AT) == SQLITE_OK && version == ROLLBACK_VERSION;
}

/* Another process may be changing from one to the other: no such moment lasts. */
static enum tl_status refuse_stray_wal(const tl_store *store, struct tl_error *err)
{
    enum { LOOKS = 3, PAUSE_MS = 10 };
    for (int look = 0; look < LOOKS; look++) {
        if (!has_stray_wal(store))
            return TL_OK;
        sqlite3_sleep(PAUSE_MS);
    }
    return tl_error_set(err, TL_BAD_INPUT,
                        "%s: was closed cleanly, so %s-wal beside it is of another file and would damage this one; "
                        "move it away",
                        store->path, store->path);
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
    int64_t application_id = 0, page_count = 0;
    enum tl_status status = tl_connection_read_int(store, &application_id, "PRAGMA application_id", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, out_version, "PRAGMA user_version", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &page_count, "PRAGMA page_count", err);
    if (status != TL_OK)
        return status;
    if (page_count == 0) /* who made it was killed before its tables were whole */
        return tl_location_refuse_empty(store->path, err);
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
            return tl_error_set(
                err, TL_BAD_INPUT,
                "%s: a store of schema version %lld, and reading wants %d: tl-store vacuum brings it up to date, as does "
                "every tool that writes to it; where it is read-only, on a copy",
                store->path, (long long)version, TL_STORE_SCHEMA_VERSION);
        return tl_connection_run(store, "PRAGMA query_only = ON", err);
    }
    status = tl_journal_start(store, err);
    /* Before foreign keys are on: a migration may have to build a table anew. */
    if (status == TL_OK && version < TL_STORE_SCHEMA_VERSION)
        status = tl_migrate_to(store, TL_STORE_SCHEMA_VERSION, tl_schema_sql_files, err);
    if (status == TL_OK)
        status = tl_connection_run(store, "PRAGMA foreign_keys = ON", err);
    return status;
}

/* A connection to the file, of which nothing is known yet. */
static enum tl_status open_file(tl_store **out, const char *path, const struct tl_location *location, enum tl_store_mode mode,
                                struct tl_error *err)
{
    enum tl_status status = TL_OK;
    tl_store *store = NULL;
    *out = NULL;
    store = tl_memory_alloc(1, sizeof *store);
    if (store != NULL)
        store->path = tl_memory_copy_string(path);
    if (store == NULL || store->path == NULL) {
        status = tl_error_set_no_memory(err, "a store", sizeof *store);
        goto done;
    }
    store->network_name = location->network_name;
    if (location->network_name != NULL)
        snprintf(store->notice, sizeof store->notice,
                 "lies on %s, a network file system: one program at a time can use it, this one until "
                 "it ends",
                 location->network_name);
    if (mode == TL_STORE_READ && location->has_rollback_journal)
        roll_back_journal(store);
    status = connect(store, location->is_still, mode, err);
    if (status == TL_OK)
        status = refuse_stray_wal(store, err);
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
    struct tl_location location;
    *out = NULL;
    const enum tl_status status = tl_location_check(&location, path, mode, err);
    return status == TL_OK ? tl_connection_open_at(out, path, &location, mode, err) : status;
}

const char *tl_store_notice(const tl_store *store)
{
    return store->notice[0] != '\0' ? store->notice : NULL;
}

enum tl_status tl_connection_open_at(tl_store **out, const char *path, const struct tl_location *location, enum tl_store_mode mode,
                                     struct tl_error *err)
{
    tl_store *store;
    *out = NULL;
    enum tl_status status = open_file(&store, path, location, mode, err);
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
    struct tl_location location;
    tl_store *store = NULL;
    int64_t version;
    *out = NULL;
    enum tl_status status = tl_location_check(&location, path, mode, err);
    if (status == TL_OK)
        status = open_file(&store, path, &location, mode, err);
    if (status == TL_OK)
        status = check_identity(store, &version, err);
    if (status == TL_OK)
        *out = store;
    else
        discard(store);
    return status;
}

enum tl_status tl_store_limit_cache(tl_store *store, size_t limit_bytes, struct tl_error *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA cache_size = -%zu", limit_bytes / 1024);
    return tl_connection_run(store, sql, err);
}
