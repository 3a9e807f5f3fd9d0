/* store_expression.c - see store_expression.h. */
#include "common/store/store_expression.h"

#include <string.h>

#include "common/base/system.h"
#include "common/base/text.h"
#include "common/store/connection.h"

enum { INSTRUCTIONS_A_LOOK = 10000, VALUE_BYTES_MAX = 1 << 24 };
static const size_t SQL_CEILING_BYTES = (size_t)1 << 20;

static int allow_reading(void *context, int action, const char *a, const char *b, const char *database, const char *trigger)
{
    (void)context, (void)a, (void)database, (void)trigger;
    if (action == SQLITE_FUNCTION && b && sqlite3_stricmp(b, "load_extension") == 0)
        return SQLITE_DENY;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE
               ? SQLITE_OK
               : SQLITE_DENY;
}

static int is_late(void *context)
{
    const double *deadline_seconds = context;
    return tl_system_seconds() > *deadline_seconds;
}

/* The words of the expression's author are wanted where it is at fault. */
static enum tl_status report(const tl_store *store, int code, double seconds_max, struct tl_error *err)
{
    switch (code & 0xff) {
    case SQLITE_INTERRUPT:
        return tl_error_set(err, TL_BAD_INPUT, "takes more than %g s", seconds_max);
    case SQLITE_ERROR:
    case SQLITE_AUTH:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
        return tl_error_set(err, TL_BAD_INPUT, "%s", sqlite3_errmsg(store->db));
    default:
        return tl_connection_report(store, code, err);
    }
}

/* An expression stands between lines of ours, so that no comment of it goes beyond. */
static enum tl_status prepare(tl_store *store, sqlite3_stmt **out, const char *before, const char *expression, const char *after,
                              int parameter_count, struct tl_error *err)
{
    struct tl_text sql;
    const char *rest = NULL;
    *out = NULL;
    tl_text_init(&sql, SQL_CEILING_BYTES);
    tl_text_append(&sql, before);
    tl_text_append(&sql, expression);
    tl_text_append(&sql, after);
    enum tl_status status = tl_text_check(&sql, err);
    if (status == TL_OK) {
        const int code = sqlite3_prepare_v2(store->db, sql.bytes, -1, out, &rest);
        if (code != SQLITE_OK)
            status = report(store, code, 0, err);
        else if (*out == NULL || rest[0] != '\0')
            status = tl_error_set(err, TL_BAD_INPUT, "one expression is expected");
        else if (sqlite3_bind_parameter_count(*out) != parameter_count)
            status = tl_error_set(err, TL_BAD_INPUT, "parameters are not taken");
    }
    tl_text_free(&sql);
    return status;
}

/* What closes our parentheses and opens others is no expression: it does not also stand where a CASE has its condition. */
static enum tl_status check_alone(tl_store *store, const char *expression, struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    const enum tl_status status = prepare(store, &prepared, "SELECT CASE WHEN\n", expression, "\nTHEN 1 ELSE 0 END FROM photos", 0,
                                          err);
    sqlite3_finalize(prepared);
    return status;
}

static enum tl_status visit(tl_store *store, const char *label_set, const char *expression, tl_store_match_callback *each,
                            void *context, double seconds_max, struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    int code = SQLITE_OK;
    enum tl_status status = check_alone(store, expression, err);
    if (status == TL_OK)
        status = prepare(store, &prepared, "SELECT photo_id, class FROM photos WHERE label_set = ?1 AND (\n", expression, "\n)", 1,
                         err);
    if (status == TL_OK && (code = sqlite3_bind_text(prepared, 1, label_set, -1, SQLITE_STATIC)) != SQLITE_OK)
        status = report(store, code, seconds_max, err);
    while (status == TL_OK && (code = sqlite3_step(prepared)) == SQLITE_ROW) {
        const char *class_name = (const char *)sqlite3_column_text(prepared, 1);
        if (class_name != NULL)
            each(context, sqlite3_column_int64(prepared, 0), class_name);
    }
    if (status == TL_OK && code != SQLITE_DONE)
        status = report(store, code, seconds_max, err);
    sqlite3_finalize(prepared);
    return status;
}

enum tl_status tl_store_visit_matches(tl_store *store, const char *label_set, const char *expression,
                                      tl_store_match_callback *each, void *context, double seconds_max, struct tl_error *err)
{
    double deadline_seconds = tl_system_seconds() + seconds_max;
    const int length_bytes = sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    sqlite3_set_authorizer(store->db, allow_reading, NULL);
    sqlite3_progress_handler(store->db, INSTRUCTIONS_A_LOOK, is_late, &deadline_seconds);
    const enum tl_status status = visit(store, label_set, expression, each, context, seconds_max, err);
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    sqlite3_set_authorizer(store->db, NULL, NULL);
    (void)sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, length_bytes);
    return status;
}
