/* statement.c - see statement.h. */
#include "common/store/statement.h"

#include <assert.h>
#include <string.h>

static void note_fault(struct tl_statement *statement, int code)
{
    if (statement->status == TL_OK)
        statement->status = tl_connection_report(statement->store, code, statement->err);
}

static struct tl_connection_slot *find_slot(tl_store *store, const char *sql)
{
    for (size_t i = 0; i < store->slot_count; i++)
        if (store->slots[i].sql == sql || strcmp(store->slots[i].sql, sql) == 0)
            return &store->slots[i];
    assert(store->slot_count < TL_CONNECTION_SLOT_COUNT);
    struct tl_connection_slot *slot = &store->slots[store->slot_count++];
    *slot = (struct tl_connection_slot){sql, NULL, false};
    return slot;
}

void tl_statement_begin(struct tl_statement *statement, tl_store *store, const char *sql, struct tl_error *err)
{
    int code = SQLITE_OK;
    *statement = (struct tl_statement){.store = store, .err = err};
    if (store->is_in_transaction && sqlite3_get_autocommit(store->db)) {
        statement->status = tl_error_set(err, TL_IO, "%s: an earlier error has undone the transaction", store->path);
        return;
    }
    struct tl_connection_slot *slot = find_slot(store, sql);
    if (slot->is_taken) {
        code = sqlite3_prepare_v2(store->db, sql, -1, &statement->prepared, NULL);
    } else {
        if (slot->prepared == NULL)
            code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->prepared, NULL);
        if (code == SQLITE_OK) {
            slot->is_taken = true;
            statement->slot = slot;
            statement->prepared = slot->prepared;
        }
    }
    if (code != SQLITE_OK)
        note_fault(statement, code);
    else
        assert(sqlite3_stmt_readonly(statement->prepared) || store->is_in_transaction);
}

static void note_binding(struct tl_statement *statement, int code)
{
    if (code != SQLITE_OK)
        note_fault(statement, code);
}

void tl_statement_bind_int(struct tl_statement *statement, int64_t value)
{
    statement->parameter_count++;
    if (statement->status == TL_OK)
        note_binding(statement, sqlite3_bind_int64(statement->prepared, statement->parameter_count, value));
}

void tl_statement_bind_double(struct tl_statement *statement, double value)
{
    statement->parameter_count++;
    if (statement->status == TL_OK)
        note_binding(statement, sqlite3_bind_double(statement->prepared, statement->parameter_count, value));
}

void tl_statement_bind_text(struct tl_statement *statement, const char *value)
{
    statement->parameter_count++;
    if (statement->status == TL_OK)
        note_binding(statement, sqlite3_bind_text(statement->prepared, statement->parameter_count, value, -1, SQLITE_STATIC));
}

void tl_statement_bind_blob(struct tl_statement *statement, const void *bytes, size_t size_bytes)
{
    statement->parameter_count++;
    if (statement->status == TL_OK)
        note_binding(statement,
                     sqlite3_bind_blob64(statement->prepared, statement->parameter_count, bytes, size_bytes, SQLITE_STATIC));
}

void tl_statement_bind_raw(struct tl_statement *statement, const char *raw, const char *visible)
{
    const bool is_same = strcmp(raw, visible) == 0;
    tl_statement_bind_blob(statement, is_same ? NULL : raw, is_same ? 0 : strlen(raw));
}

bool tl_statement_step(struct tl_statement *statement)
{
    if (statement->status != TL_OK || statement->is_at_end)
        return false;
    const int code = sqlite3_step(statement->prepared);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        note_fault(statement, code);
    statement->is_at_end = code != SQLITE_ROW;
    return code == SQLITE_ROW;
}

enum tl_status tl_statement_end(struct tl_statement *statement)
{
    tl_store *store = statement->store;
    if (statement->slot != NULL) {
        /* Its code repeats the fault that step has told. */
        (void)sqlite3_reset(statement->prepared);
        (void)sqlite3_clear_bindings(statement->prepared);
        statement->slot->is_taken = false;
    } else {
        (void)sqlite3_finalize(statement->prepared);
    }
    statement->slot = NULL;
    statement->prepared = NULL;
    if (statement->status != TL_OK && store->is_in_transaction && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return statement->status;
}

enum tl_status tl_statement_finish(struct tl_statement *statement)
{
    (void)tl_statement_step(statement);
    return tl_statement_end(statement);
}
