/* store_vacuum.c - see store_vacuum.h. */
#include "common/store/store_vacuum.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/base/quantity.h"
#include "common/store/connection.h"
#include "common/store/location.h"

enum { INSTRUCTIONS_BETWEEN = 100, SPARE_BYTES = 16 << 20 };

static enum tl_status check_room(const tl_store *store, const char *folder, int64_t kept_bytes, struct tl_error *err)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return tl_error_set(err, TL_IO, "%s: %s", folder, strerror(errno));
    const int64_t needed_bytes = 2 * kept_bytes + SPARE_BYTES, there_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    if (there_bytes >= needed_bytes)
        return TL_OK;
    char needed[TL_QUANTITY_BYTES_WORDS], there[TL_QUANTITY_BYTES_WORDS];
    tl_quantity_format_bytes(needed, needed_bytes);
    tl_quantity_format_bytes(there, there_bytes);
    return tl_error_set(err, TL_IO, "%s: %s must be free in %s meanwhile, and %s are; nothing was changed", store->path, needed,
                        folder, there);
}

/* SQLite puts its temporary file where this says, else into a folder for small things. */
static void put_temporary_files_beside(const char *folder)
{
    if (getenv("SQLITE_TMPDIR") == NULL)
        (void)setenv("SQLITE_TMPDIR", folder, 0);
}

static enum tl_status measure(tl_store *store, int64_t *out_file_bytes, int64_t *out_kept_bytes, struct tl_error *err)
{
    int64_t page_bytes = 0, page_count = 0, free_count = 0;
    enum tl_status status = tl_connection_read_int(store, &page_bytes, "PRAGMA page_size", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &page_count, "PRAGMA page_count", err);
    if (status == TL_OK)
        status = tl_connection_read_int(store, &free_count, "PRAGMA freelist_count", err);
    *out_file_bytes = page_count * page_bytes;
    *out_kept_bytes = (page_count - free_count) * page_bytes;
    return status;
}

enum tl_status tl_store_vacuum(tl_store *store, struct tl_store_vacuuming *out, const struct tl_store_vacuum_watch *watch,
                               struct tl_error *err)
{
    char folder[PATH_MAX];
    int64_t kept_bytes;
    enum tl_status status = measure(store, &out->before_bytes, &kept_bytes, err);
    tl_location_copy_folder(folder, store->path);
    if (status == TL_OK)
        status = check_room(store, folder, kept_bytes, err);
    if (status != TL_OK)
        return status;
    if (watch->tell_start != NULL)
        watch->tell_start(watch->context, out->before_bytes, kept_bytes);
    put_temporary_files_beside(folder);
    tl_connection_watch(store, watch->should_stop, INSTRUCTIONS_BETWEEN);
    status = tl_connection_run(store, "VACUUM", err);
    tl_connection_watch(store, NULL, 0);
    if (status == TL_OK)
        status = tl_connection_run(store, "PRAGMA wal_checkpoint(TRUNCATE)", err);
    if (status == TL_OK)
        status = measure(store, &out->after_bytes, &kept_bytes, err);
    return status;
}
