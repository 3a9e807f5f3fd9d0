/* statement.h - one prepared statement from begin to end; its first fault sticks and is told once.
 *
 *     struct tl_statement s;
 *     tl_statement_begin(&s, store, "SELECT photo_id FROM photo WHERE source_id = ? AND path = ?", err);
 *     tl_statement_bind_int(&s, source_id);
 *     tl_statement_bind_text(&s, path);
 *     if (tl_statement_step(&s)) photo_id = tl_column_int(&s, 0);        column.h
 *     return tl_statement_end(&s);
 *
 * The SQL is a string that outlives the store: it is prepared once and kept. End resets the statement, so that no
 * read lock stays, and after a fault inside a transaction undoes the transaction: rows of one transaction are there
 * together or not at all. A statement that writes needs an open transaction.
 */
#ifndef TL_STORE_STATEMENT_H
#define TL_STORE_STATEMENT_H

#include "common/store/connection.h"

struct tl_statement {
    tl_store *store;
    struct tl_connection_slot *slot; /* NULL: prepared for this use alone */
    sqlite3_stmt *prepared;
    struct tl_error *err;
    enum tl_status status; /* TL_OK, or the first fault, which *err tells */
    int parameter_count;   /* bound so far */
    bool is_at_end;        /* a further step would run the statement again */
};

void tl_statement_begin(struct tl_statement *statement, tl_store *store, const char *sql, struct tl_error *err);

/* The next parameter. Text and blob are not copied: they must live until the last step. NULL text, NULL blob and a double
 * that is not a number give SQL's NULL. */
void tl_statement_bind_int(struct tl_statement *statement, int64_t value);
void tl_statement_bind_double(struct tl_statement *statement, double value);
void tl_statement_bind_text(struct tl_statement *statement, const char *value);
void tl_statement_bind_blob(struct tl_statement *statement, const void *bytes, size_t size_bytes);
/* The raw bytes of a name or path whose visible form is another parameter; NULL where that is the same. */
void tl_statement_bind_raw(struct tl_statement *statement, const char *raw, const char *visible);

/* True when there is a row; false at the end or after a fault. */
bool tl_statement_step(struct tl_statement *statement);

/* TL_OK, or the first fault. Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY, TL_BAD_INPUT (the schema forbids the row). */
TL_MUST_USE enum tl_status tl_statement_end(struct tl_statement *statement);

/* A statement without rows of interest: steps once and ends. */
TL_MUST_USE enum tl_status tl_statement_finish(struct tl_statement *statement);

#endif
