/* column.c - see column.h. */
#include "common/store/column.h"

#include <string.h>

#include "common/base/memory.h"

static const char *name_of_type(int type)
{
    switch (type) {
    case SQLITE_INTEGER:
        return "an integer";
    case SQLITE_FLOAT:
        return "a real number";
    case SQLITE_TEXT:
        return "text";
    case SQLITE_BLOB:
        return "a blob";
    default:
        return "NULL";
    }
}

/* False after a fault, so that one bad row is told once. */
static bool has_type(struct tl_statement *statement, int column, int type)
{
    if (statement->status != TL_OK)
        return false;
    const int found = sqlite3_column_type(statement->prepared, column);
    if (found != type)
        statement->status =
            tl_error_set(statement->err, TL_CORRUPT, "%s: %s is %s where the schema says %s", statement->store->path,
                         sqlite3_column_name(statement->prepared, column), name_of_type(found), name_of_type(type));
    return found == type;
}

int64_t tl_column_int(struct tl_statement *statement, int column)
{
    return has_type(statement, column, SQLITE_INTEGER) ? sqlite3_column_int64(statement->prepared, column) : 0;
}

int64_t tl_column_int_within(struct tl_statement *statement, int column, int64_t min, int64_t max)
{
    const int64_t value = tl_column_int(statement, column);
    if (statement->status == TL_OK && (value < min || value > max))
        statement->status =
            tl_error_set(statement->err, TL_CORRUPT, "%s: %s is %lld; %lld to %lld are possible", statement->store->path,
                         sqlite3_column_name(statement->prepared, column), (long long)value, (long long)min, (long long)max);
    return statement->status == TL_OK ? value : 0;
}

double tl_column_double(struct tl_statement *statement, int column)
{
    if (statement->status == TL_OK && sqlite3_column_type(statement->prepared, column) == SQLITE_INTEGER)
        return (double)sqlite3_column_int64(statement->prepared, column);
    return has_type(statement, column, SQLITE_FLOAT) ? sqlite3_column_double(statement->prepared, column) : 0.0;
}

bool tl_column_is_null(struct tl_statement *statement, int column)
{
    return statement->status != TL_OK || sqlite3_column_type(statement->prepared, column) == SQLITE_NULL;
}

static void note_no_memory(struct tl_statement *statement, size_t size_bytes)
{
    statement->status = tl_error_set_no_memory(statement->err, "a column of a row", size_bytes);
}

const char *tl_column_text(struct tl_statement *statement, int column, size_t *out_bytes)
{
    const char *text = NULL;
    size_t size_bytes = 0;
    if (has_type(statement, column, SQLITE_TEXT)) {
        text = (const char *)sqlite3_column_text(statement->prepared, column);
        size_bytes = (size_t)sqlite3_column_bytes(statement->prepared, column);
        if (text == NULL) {
            size_bytes = 0;
            note_no_memory(statement, size_bytes);
        }
    }
    if (out_bytes != NULL)
        *out_bytes = size_bytes;
    return text;
}

const void *tl_column_blob(struct tl_statement *statement, int column, size_t *out_bytes)
{
    *out_bytes = 0;
    if (!has_type(statement, column, SQLITE_BLOB))
        return NULL;
    const void *blob = sqlite3_column_blob(statement->prepared, column);
    const size_t size_bytes = (size_t)sqlite3_column_bytes(statement->prepared, column);
    if (blob == NULL && size_bytes > 0) {
        note_no_memory(statement, size_bytes);
        return NULL;
    }
    *out_bytes = size_bytes;
    return blob != NULL ? blob : "";
}

char *tl_column_copy_text(struct tl_statement *statement, int column)
{
    size_t size_bytes;
    if (tl_column_is_null(statement, column))
        return NULL;
    const char *text = tl_column_text(statement, column, &size_bytes);
    if (text == NULL)
        return NULL;
    char *copy = tl_memory_copy_string(text);
    if (copy == NULL)
        note_no_memory(statement, size_bytes);
    return copy;
}

void tl_column_digest(struct tl_statement *statement, int column, uint8_t out[TL_DIGEST_BYTES])
{
    size_t size_bytes;
    const void *blob = tl_column_blob(statement, column, &size_bytes);
    memset(out, 0, TL_DIGEST_BYTES);
    if (statement->status != TL_OK)
        return;
    if (size_bytes == TL_DIGEST_BYTES)
        memcpy(out, blob, TL_DIGEST_BYTES);
    else
        statement->status =
            tl_error_set(statement->err, TL_CORRUPT, "%s: %s has %zu bytes; a digest has %d", statement->store->path,
                         sqlite3_column_name(statement->prepared, column), size_bytes, TL_DIGEST_BYTES);
}
