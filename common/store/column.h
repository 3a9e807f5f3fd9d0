/* column.h - the columns of a statement's present row, each checked for type and size: a store may be anybody's file.
 *
 * A column that is not what the schema says makes the statement fail with TL_CORRUPT; the value is then 0 or NULL.
 */
#ifndef TL_STORE_COLUMN_H
#define TL_STORE_COLUMN_H

#include "common/store/statement.h"

int64_t tl_column_int(struct tl_statement *statement, int column);
/* An integer within [min, max]. */
int64_t tl_column_int_within(struct tl_statement *statement, int column, int64_t min, int64_t max);
/* An integer counts as a double; NULL is not one. */
double tl_column_double(struct tl_statement *statement, int column);
bool tl_column_is_null(struct tl_statement *statement, int column);

/* Borrowed until the next step or end. Bytes without the NUL in *out_bytes, which may be NULL. */
const char *tl_column_text(struct tl_statement *statement, int column, size_t *out_bytes);
const void *tl_column_blob(struct tl_statement *statement, int column, size_t *out_bytes);

/* A copy that the caller frees; SQL's NULL gives NULL and is no fault. */
char *tl_column_copy_text(struct tl_statement *statement, int column);
/* A blob of exactly TL_DIGEST_BYTES; zeros after a fault. */
void tl_column_digest(struct tl_statement *statement, int column, uint8_t out[TL_DIGEST_BYTES]);

#endif
