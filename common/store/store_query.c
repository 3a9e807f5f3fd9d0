/* store_query.c - see store_query.h: any SELECT, and nothing but a SELECT. */
#include "common/store/store_query.h"

#include "common/store/connection.h"

enum { COLUMNS_MAX = 64 };

static int allow_reading(void *context, int action, const char *a, const char *b, const char *database, const char *trigger)
{
    (void)context, (void)a, (void)b, (void)database, (void)trigger;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE
               ? SQLITE_OK
               : SQLITE_DENY;
}

/* The words of the SQL's author are wanted, not ours, where the SQL is at fault. */
static enum tl_status report_query(const tl_store *store, int code, struct tl_error *err)
{
    if ((code & 0xff) == SQLITE_ERROR)
        return tl_error_set(err, TL_BAD_INPUT, "%s", sqlite3_errmsg(store->db));
    return tl_connection_report(store, code, err);
}

static enum tl_status prepare_query(tl_store *store, sqlite3_stmt **out, const char *sql, struct tl_error *err)
{
    sqlite3_stmt *second = NULL;
    const char *rest = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, out, &rest);
    if (code == SQLITE_OK && *out != NULL)
        code = sqlite3_prepare_v2(store->db, rest, -1, &second, NULL);
    const bool has_second = second != NULL;
    sqlite3_finalize(second);
    if (code != SQLITE_OK)
        return report_query(store, code, err);
    if (*out == NULL)
        return tl_error_set(err, TL_BAD_INPUT, "no SQL: a SELECT is expected");
    if (has_second)
        return tl_error_set(err, TL_BAD_INPUT, "one SELECT at a time");
    if (!sqlite3_stmt_readonly(*out) || sqlite3_column_count(*out) == 0)
        return tl_error_set(err, TL_BAD_INPUT, "only a SELECT can be run here");
    return TL_OK;
}

static enum tl_store_type type_of(sqlite3_stmt *prepared, int column)
{
    switch (sqlite3_column_type(prepared, column)) {
    case SQLITE_INTEGER:
        return TL_STORE_INTEGER;
    case SQLITE_FLOAT:
        return TL_STORE_REAL;
    case SQLITE_TEXT:
        return TL_STORE_TEXT;
    case SQLITE_BLOB:
        return TL_STORE_BLOB;
    default:
        return TL_STORE_NULL;
    }
}

static enum tl_status walk_rows(tl_store *store, sqlite3_stmt *prepared, tl_store_rows_callback *each, void *context,
                                struct tl_error *err)
{
    const char *names[COLUMNS_MAX], *values[COLUMNS_MAX];
    enum tl_store_type types[COLUMNS_MAX];
    double reals[COLUMNS_MAX];
    const int column_count = sqlite3_column_count(prepared);
    struct tl_store_row row = {.column_count = (size_t)column_count, .names = names};
    int code = SQLITE_ROW;
    if (column_count > COLUMNS_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "%d columns; at most %d are shown", column_count, COLUMNS_MAX);
    for (int i = 0; i < column_count; i++)
        if ((names[i] = sqlite3_column_name(prepared, i)) == NULL)
            return tl_error_set_no_memory(err, "the titles", 0);
    /* A SELECT that fails before its first row has no titles either. */
    code = sqlite3_step(prepared);
    if ((code == SQLITE_ROW || code == SQLITE_DONE) && !each(context, &row))
        return TL_OK;
    row.values = values;
    row.types = types;
    row.reals = reals;
    for (; code == SQLITE_ROW; code = sqlite3_step(prepared)) {
        for (int i = 0; i < column_count; i++) {
            types[i] = type_of(prepared, i);
            reals[i] = types[i] == TL_STORE_REAL ? sqlite3_column_double(prepared, i) : 0;
            values[i] = (const char *)sqlite3_column_text(prepared, i);
            if (values[i] == NULL && types[i] != TL_STORE_NULL)
                return tl_error_set_no_memory(err, "a row", 0);
        }
        if (!each(context, &row))
            return TL_OK;
    }
    return code == SQLITE_DONE ? TL_OK : report_query(store, code, err);
}

enum tl_status tl_store_query_rows(tl_store *store, const char *sql, tl_store_rows_callback *each, void *context,
                                   struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    sqlite3_set_authorizer(store->db, allow_reading, NULL);
    enum tl_status status = prepare_query(store, &prepared, sql, err);
    sqlite3_set_authorizer(store->db, NULL, NULL);
    if (status == TL_OK)
        status = walk_rows(store, prepared, each, context, err);
    sqlite3_finalize(prepared);
    return status;
}

struct untyped {
    tl_store_row_callback *each;
    void *context;
};

static bool hand_on(void *context, const struct tl_store_row *row)
{
    const struct untyped *untyped = context;
    return row->values == NULL || untyped->each(untyped->context, row->column_count, row->names, row->values);
}

enum tl_status tl_store_query(tl_store *store, const char *sql, tl_store_row_callback *each, void *context, struct tl_error *err)
{
    struct untyped untyped = {each, context};
    return tl_store_query_rows(store, sql, hand_on, &untyped, err);
}
