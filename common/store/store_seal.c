/* store_seal.c - see store_seal.h. */
#include "common/store/store_seal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/store/connection.h"
#include "common/store/holder.h"

enum { WAIT_MS = 1000 }; /* for a reader that is about to end */

static int64_t measure(const char *path, const char *suffix)
{
    char resolved[PATH_MAX], name[PATH_MAX + 16];
    struct stat info;
    snprintf(name, sizeof name, "%s%s", realpath(path, resolved) != NULL ? resolved : path, suffix);
    return stat(name, &info) == 0 ? (int64_t)info.st_size : 0;
}

/* Whether the file has no -wal any more; false while others have it open. */
static enum tl_status leave_wal(tl_store *store, bool *out_is_sealed, struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    enum tl_status status = TL_OK;
    *out_is_sealed = false;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = DELETE", -1, &prepared, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(prepared);
    if (code == SQLITE_ROW)
        *out_is_sealed = strcmp((const char *)sqlite3_column_text(prepared, 0), "delete") == 0;
    else if ((code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED)
        status = tl_connection_report(store, code, err);
    sqlite3_finalize(prepared);
    return status;
}

enum tl_status tl_store_seal(struct tl_store_sealing *out, const char *path, struct tl_error *err)
{
    tl_store *store = NULL;
    bool is_sealed = false;
    struct tl_store_sealing sealing = {.journal_bytes = measure(path, "-wal") + measure(path, "-journal")};
    enum tl_status status = tl_connection_open_as_is(&store, path, TL_STORE_WRITE, err);
    if (status == TL_OK) {
        sqlite3_busy_timeout(store->db, WAIT_MS);
        status = leave_wal(store, &is_sealed, err);
    }
    status = tl_store_close_after(&store, status, err);
    if (status == TL_OK && !is_sealed) {
        char words[TL_HOLDER_WORDS_BYTES];
        tl_holder_describe(words, tl_holder_find(path));
        status = tl_error_set(err, TL_IO, "%s: %s has it open; the store is one file once that has ended", path, words);
    }
    if (status == TL_OK) {
        sealing.file_bytes = measure(path, "");
        *out = sealing;
    }
    return status;
}
