/* store_condition.h - what of a store is of no use: stale features, damaged ones, gaps in the file.
 */
#ifndef TL_STORE_STORE_CONDITION_H
#define TL_STORE_STORE_CONDITION_H

#include "common/store/store.h"

struct tl_store_condition {
    int64_t missing, changed, recipe, draw; /* stale features by reason (the view `stale` of schema/views.sql) */
    int64_t stale_bytes;
    int64_t damaged_photos; /* with features that are known to be damaged */
    int64_t free_bytes;     /* of the file, of what was deleted */
};
/* Fails with: TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_read_condition(tl_store *store, struct tl_store_condition *out, struct tl_error *err);

/* Hands each table and index to `take`, the largest first, by SQLite's own count (dbstat), which reads every page of the file.
 * Fails with: TL_BAD_INPUT (an SQLite without dbstat), TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
typedef void tl_store_take_table(void *context, const char *name, int64_t size_bytes, int64_t unused_bytes);
TL_MUST_USE enum tl_status tl_store_measure_tables(tl_store *store, tl_store_take_table *take, void *context, struct tl_error *err);

#endif
