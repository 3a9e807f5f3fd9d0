/* store_backup.c - see store_backup.h. */
#include "common/store/store_backup.h"

#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/connection.h"
#include "common/store/location.h"

enum { STEP_PAGES = 128, WAIT_MS = 20 };

struct copying {
    tl_store *from;
    sqlite3 *to;
    sqlite3_backup *backup;
    const char *out_path;
    int64_t page_bytes;
    bool is_held; /* a read transaction keeps the moment */
};

static enum tl_status report_copy(const struct copying *copying, int code, struct tl_error *err)
{
    if ((code & 0xff) == SQLITE_NOMEM)
        return tl_error_set(err, TL_NO_MEMORY, "%s: no memory for SQLite", copying->out_path);
    if ((code & 0xff) == SQLITE_FULL)
        return tl_error_set(err, TL_IO, "%s: the disk is full", copying->out_path);
    return tl_error_set(err, (code & 0xff) == SQLITE_CORRUPT ? TL_CORRUPT : TL_IO, "%s to %s: %s", copying->from->path,
                        copying->out_path, sqlite3_errstr(code));
}

static enum tl_status open_copy(struct copying *copying, struct tl_error *err)
{
    char *uri = tl_location_to_uri(copying->out_path, false);
    if (uri == NULL)
        return tl_error_set_no_memory(err, "a store's address", 3 * strlen(copying->out_path));
    int code = sqlite3_open_v2(
        uri, &copying->to,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    tl_memory_free(uri);
    /* A crash leaves a part that nobody takes for a store: no journal is needed. The whole goes to disk at its end. */
    if (code == SQLITE_OK)
        code = sqlite3_exec(copying->to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        copying->backup = sqlite3_backup_init(copying->to, "main", copying->from->db, "main");
        if (copying->backup == NULL)
            code = sqlite3_errcode(copying->to);
    }
    return code == SQLITE_OK ? TL_OK : report_copy(copying, code, err);
}

/* In WAL mode the copy is of the moment when it began, and writers go on. With a rollback journal a reader that stayed would keep
 * writers out; there is none while a store is at rest, and one that comes changes it to WAL and makes the copy begin anew. */
static enum tl_status hold_moment(struct copying *copying, struct tl_error *err)
{
    int64_t is_wal = 0, pages;
    if (copying->is_held)
        return TL_OK;
    enum tl_status status =
        tl_connection_read_int(copying->from, &is_wal, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", err);
    if (status != TL_OK || !is_wal)
        return status;
    status = tl_connection_run(copying->from, "BEGIN", err);
    if (status == TL_OK)
        status = tl_connection_read_int(copying->from, &pages, "SELECT count(*) FROM sqlite_schema", err);
    copying->is_held = status == TL_OK;
    return status;
}

static enum tl_status copy_pages(struct copying *copying, tl_store_backup_progress *progress, void *context, struct tl_error *err)
{
    for (;;) {
        enum tl_status status = hold_moment(copying, err);
        if (status != TL_OK)
            return status;
        const int code = sqlite3_backup_step(copying->backup, STEP_PAGES);
        const int64_t total = sqlite3_backup_pagecount(copying->backup), left = sqlite3_backup_remaining(copying->backup);
        if (code == SQLITE_DONE)
            return TL_OK;
        if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
            sqlite3_sleep(WAIT_MS);
        else if (code != SQLITE_OK)
            return report_copy(copying, code, err);
        if (progress != NULL && !progress(context, (total - left) * copying->page_bytes, total * copying->page_bytes))
            return tl_error_set(err, TL_STOPPED, "%s: the copy was stopped on request", copying->from->path);
    }
}

static enum tl_status end_copy(struct copying *copying, enum tl_status status, struct tl_error *err)
{
    const int code = sqlite3_backup_finish(copying->backup);
    if (status == TL_OK && code != SQLITE_OK)
        status = report_copy(copying, code, err);
    if (copying->is_held)
        sqlite3_exec(copying->from->db, "ROLLBACK", NULL, NULL, NULL);
    if (status != TL_OK)
        return status;
    /* The copied header says WAL where the store's does. */
    const int end_code = sqlite3_exec(copying->to, "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    return end_code == SQLITE_OK ? TL_OK : report_copy(copying, end_code, err);
}

enum tl_status tl_store_backup(const char *path, const char *out_path, tl_store_backup_progress *progress, void *context,
                               struct tl_error *err)
{
    struct copying copying = {.out_path = out_path};
    enum tl_status status = tl_connection_open_as_is(&copying.from, path, TL_STORE_READ, err);
    if (status == TL_OK)
        status = tl_connection_read_int(copying.from, &copying.page_bytes, "PRAGMA page_size", err);
    if (status == TL_OK)
        status = open_copy(&copying, err);
    if (status == TL_OK)
        status = copy_pages(&copying, progress, context, err);
    if (copying.backup != NULL)
        status = end_copy(&copying, status, err);
    sqlite3_close(copying.to);
    return tl_store_close_after(&copying.from, status, err);
}
