/* store_integrity.c - see store_integrity.h. */
#include "common/store/store_integrity.h"

#include <stdio.h>
#include <string.h>

#include "common/store/connection.h"

enum { FAULTS_MAX = 100, FAULT_BYTES = 300, INSTRUCTIONS_BETWEEN = 10000 };

struct checking {
    tl_store *store;
    size_t count;
    tl_store_integrity_tell *tell;
    void *context;
};

static void tell(struct checking *checking, const char *fault)
{
    struct tl_error told;
    tl_error_set(&told, TL_CORRUPT, "%s: the file is damaged: %s", checking->store->path, fault);
    if (checking->count < FAULTS_MAX)
        checking->tell(checking->context, told.message);
    checking->count++;
}

/* A row has one fault, or several in lines after one that says in which database they are. */
static void tell_integrity(struct checking *checking, sqlite3_stmt *row)
{
    const char *words = (const char *)sqlite3_column_text(row, 0);
    if (words == NULL || strcmp(words, "ok") == 0)
        return;
    while (*words != '\0') {
        char line[FAULT_BYTES];
        const size_t length = strcspn(words, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), words);
        if (length > 0 && strncmp(line, "*** in ", 7) != 0)
            tell(checking, line);
        words += length + (words[length] == '\n');
    }
}

static void tell_foreign_key(struct checking *checking, sqlite3_stmt *row)
{
    char words[FAULT_BYTES];
    const char *table = (const char *)sqlite3_column_text(row, 0), *parent = (const char *)sqlite3_column_text(row, 2);
    snprintf(words, sizeof words, "row %lld of table %s refers to a row of table %s that is not there",
             (long long)sqlite3_column_int64(row, 1), table != NULL ? table : "?", parent != NULL ? parent : "?");
    tell(checking, words);
}

/* A file too damaged to be checked to its end is a fault among the others. */
static enum tl_status run_check(struct checking *checking, const char *sql, void (*take)(struct checking *, sqlite3_stmt *),
                                struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    enum tl_status status = TL_OK;
    int code = sqlite3_prepare_v2(checking->store->db, sql, -1, &prepared, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(prepared);
        if (code == SQLITE_ROW)
            take(checking, prepared);
    }
    if ((code & 0xff) == SQLITE_CORRUPT)
        tell(checking, sqlite3_errmsg(checking->store->db));
    else if (code != SQLITE_DONE)
        status = tl_connection_report(checking->store, code, err);
    sqlite3_finalize(prepared);
    return status;
}

enum tl_status tl_store_check_integrity(tl_store *store, size_t *out_count, tl_store_integrity_tell *tell_fault, void *context,
                                        bool (*should_stop)(void), struct tl_error *err)
{
    struct checking checking = {store, 0, tell_fault, context};
    tl_connection_watch(store, should_stop, INSTRUCTIONS_BETWEEN);
    enum tl_status status = run_check(&checking, "PRAGMA integrity_check", tell_integrity, err);
    if (status == TL_OK)
        status = run_check(&checking, "PRAGMA foreign_key_check", tell_foreign_key, err);
    tl_connection_watch(store, NULL, 0);
    *out_count = checking.count;
    return status;
}
