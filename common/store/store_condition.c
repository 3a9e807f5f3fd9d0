/* store_condition.c - see store_condition.h. */
#include "common/store/store_condition.h"

#include <string.h>

#include "common/store/column.h"

enum tl_status tl_store_read_condition(tl_store *store, struct tl_store_condition *out, struct tl_error *err)
{
    struct tl_statement s;
    int64_t *const fields[] = {
        &out->missing, &out->changed, &out->recipe, &out->draw, &out->stale_bytes, &out->damaged_photos, &out->free_bytes,
    };
    _Static_assert(sizeof(struct tl_store_condition) == sizeof fields / sizeof fields[0] * sizeof(int64_t),
                   "a number without a query");
    memset(out, 0, sizeof *out);
    tl_statement_begin(
        &s, store,
        "SELECT count(*) FILTER (WHERE reason = 'missing'), count(*) FILTER (WHERE reason = 'changed'),"
        " count(*) FILTER (WHERE reason = 'recipe'), count(*) FILTER (WHERE reason = 'draw'), coalesce(sum(stored_bytes), 0),"
        " (SELECT count(DISTINCT photo_id) FROM failure WHERE feature_set_id IS NOT NULL),"
        " (SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size) FROM stale",
        err);
    if (tl_statement_step(&s))
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            *fields[i] = tl_column_int(&s, (int)i);
    return tl_statement_end(&s);
}

enum tl_status tl_store_measure_tables(tl_store *store, tl_store_take_table *take, void *context, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "SELECT name, pgsize, unused FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC, name", err);
    while (tl_statement_step(&s)) {
        const char *name = tl_column_text(&s, 0, NULL);
        const int64_t size_bytes = tl_column_int(&s, 1), unused_bytes = tl_column_int(&s, 2);
        /* Of an empty page of 65536 bytes dbstat reads its end, which does not fit 16 bits, as 0. */
        if (s.status == TL_OK)
            take(context, name, size_bytes, unused_bytes < 0 ? unused_bytes + size_bytes : unused_bytes);
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status != TL_OK && sqlite3_compileoption_used("ENABLE_DBSTAT_VTAB") == 0)
        return tl_error_set(err, TL_BAD_INPUT, "this SQLite was built without dbstat, which counts the pages");
    return status;
}
