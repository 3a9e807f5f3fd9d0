/* store_facts.c - see store_facts.h. */
#include "common/store/store_facts.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"

enum { HEX_BYTES_MAX = TL_DIGEST_BYTES };

/* NULL for NULL, and for a blob that is no digest. */
static const char *copy_value(struct tl_statement *s, int column, struct tl_arena *strings)
{
    char hex[TL_DIGEST_HEX_BYTES];
    const char *text;

    switch (sqlite3_column_type(s->prepared, column)) {
    case SQLITE_NULL:
        return NULL;
    case SQLITE_BLOB:
        if (sqlite3_column_bytes(s->prepared, column) != HEX_BYTES_MAX)
            return NULL;
        tl_digest_to_hex(hex, sqlite3_column_blob(s->prepared, column));
        text = hex;
        break;
    default:
        text = (const char *)sqlite3_column_text(s->prepared, column);
        break;
    }
    const char *copy = text ? tl_arena_copy_string(strings, text) : NULL;
    if (!copy && s->status == TL_OK)
        s->status = tl_error_set_no_memory(s->err, "a row", text ? strlen(text) : 0);
    return copy;
}

size_t tl_store_take_facts(struct tl_statement *statement, struct tl_store_fact **facts, size_t count, struct tl_arena *strings)
{
    const int column_count = statement->status == TL_OK ? sqlite3_column_count(statement->prepared) : 0;
    struct tl_store_fact *larger = tl_memory_resize(*facts, count + (size_t)column_count, sizeof *larger);

    if (!larger) {
        if (statement->status == TL_OK)
            statement->status = tl_error_set_no_memory(statement->err, "a row", (size_t)column_count * sizeof *larger);
        return 0;
    }
    *facts = larger;
    for (int i = 0; i < column_count; i++) {
        const char *name = tl_arena_copy_string(strings, sqlite3_column_name(statement->prepared, i));

        larger[count + (size_t)i] = (struct tl_store_fact){name ? name : "", copy_value(statement, i, strings)};
        if (!name && statement->status == TL_OK)
            statement->status = tl_error_set_no_memory(statement->err, "a row", 0);
    }
    return (size_t)column_count;
}

enum tl_status tl_store_read_sweep(tl_store *store, struct tl_store_run_rows *out, int64_t sweep_id, struct tl_error *err)
{
    struct tl_statement s;

    *out = (struct tl_store_run_rows){0};
    tl_statement_begin(&s, store, "SELECT * FROM run WHERE sweep_id = ? ORDER BY run_id", err);
    tl_statement_bind_int(&s, sweep_id);
    while (tl_statement_step(&s)) {
        out->fact_count = tl_store_take_facts(&s, &out->facts, out->fact_count * out->run_count, &out->strings);
        if (s.status == TL_OK)
            out->run_count++;
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status != TL_OK)
        tl_store_free_run_rows(out);
    return status;
}

void tl_store_free_run_rows(struct tl_store_run_rows *rows)
{
    tl_memory_free(rows->facts);
    tl_arena_free(&rows->strings);
    *rows = (struct tl_store_run_rows){0};
}
