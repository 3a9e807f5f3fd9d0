/* store_query.h - one SELECT with its titles and the types of its values; tl_store_query() of store.h does without.
 */
#ifndef TL_STORE_STORE_QUERY_H
#define TL_STORE_STORE_QUERY_H

#include "common/store/store.h"

enum tl_store_type { TL_STORE_NULL, TL_STORE_INTEGER, TL_STORE_REAL, TL_STORE_TEXT, TL_STORE_BLOB };

/* Borrowed until the callback returns. */
struct tl_store_row {
    size_t column_count;
    const char *const *names;
    const char *const *values;       /* as text, NULL for NULL; itself NULL for the titles */
    const enum tl_store_type *types; /* likewise */
    const double *reals;             /* likewise; of the columns of type REAL, in full precision */
};

/* Runs one SELECT: `each` gets the titles first, whether or not there are rows, then each row; it returns false to stop early.
 * Fails with: as tl_store_query(). */
typedef bool tl_store_rows_callback(void *context, const struct tl_store_row *row);
TL_MUST_USE enum tl_status tl_store_query_rows(tl_store *store, const char *sql, tl_store_rows_callback *each, void *context,
                                               struct tl_error *err);

#endif
