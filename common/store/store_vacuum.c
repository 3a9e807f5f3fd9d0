/* store_vacuum.c - see store_vacuum.h. */
#include "common/store/store_vacuum.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/store/connection.h"

enum { INSTRUCTIONS_BETWEEN = 100, SPARE_BYTES = 16 << 20 };

static void copy_folder(char out[PATH_MAX], const char *path)
{
    char resolved[PATH_MAX];
    snprintf(out, PATH_MAX, "%s", realpath(path, resolved) != NULL ? resolved : path);
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        snprintf(out, PATH_MAX, ".");
    else
        slash[slash == out] = '\0';
}

static enum tl_status check_room(const tl_store *store, const char *folder, int64_t kept_bytes, struct tl_error *err)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return tl_error_set(err, TL_IO, "%s: %s", folder, strerror(errno));
    const double needed = 2.0 * (double)kept_bytes + SPARE_BYTES, there = (double)disk.f_bavail * (double)disk.f_frsize;
    if (there < needed)
        return tl_error_set(err, TL_IO, "%s: %.1f GB must be free in %s meanwhile, and %.1f GB are; nothing was changed", store->path,
                            needed / 1e9, folder, there / 1e9);
    return TL_OK;
}

static int ask(void *context)
{
    bool (*const *should_stop)(void) = context;
    return (*should_stop)();
}

/* SQLite puts its temporary file where this says, else into a folder for small things. */
static void put_temporary_files_beside(const char *folder)
{
    if (getenv("SQLITE_TMPDIR") == NULL)
        (void)setenv("SQLITE_TMPDIR", folder, 0);
}

enum tl_status tl_store_vacuum(tl_store *store, struct tl_store_vacuuming *out, bool (*should_stop)(void), struct tl_error *err)
{
    char folder[PATH_MAX];
    int64_t page_bytes, page_count = 0, free_count = 0;
    enum tl_status status = tl_connection_read_int(store, &page_bytes, "PRAGMA page_size", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &page_count, "PRAGMA page_count", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &free_count, "PRAGMA freelist_count", err);
    if (status != TL_OK)
        return status;
    copy_folder(folder, store->path);
    status = check_room(store, folder, (page_count - free_count) * page_bytes, err);
    if (status != TL_OK)
        return status;
    put_temporary_files_beside(folder);
    out->before_bytes = page_count * page_bytes;
    if (should_stop != NULL)
        sqlite3_progress_handler(store->db, INSTRUCTIONS_BETWEEN, ask, &should_stop);
    status = tl_connection_run(store, "VACUUM", err);
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    if (status == TL_OK)
        status = tl_connection_run(store, "PRAGMA wal_checkpoint(TRUNCATE)", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &page_count, "PRAGMA page_count", err);
    out->after_bytes = page_count * page_bytes;
    return status;
}
