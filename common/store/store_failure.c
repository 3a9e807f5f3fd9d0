/* store_failure.c - see store_failure.h. */
#include "common/store/store_failure.h"

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/column.h"

enum tl_status tl_store_put_failure(tl_store *store, int64_t photo_id, const char *stage, const struct tl_error *failure,
                                    struct tl_error *err)
{
    struct tl_statement s;
    const int64_t now_ms = tl_system_time_ms();
    tl_statement_begin(
        &s, store,
        "INSERT INTO failure (photo_id, stage, cause, message, first_ms, last_ms, tries) VALUES (?, ?, ?, ?, ?, ?, 1)"
        " ON CONFLICT (photo_id, stage, cause, coalesce(feature_set_id, 0)) DO UPDATE SET message = excluded.message,"
        " last_ms = excluded.last_ms, tries = tries + 1",
        err);
    tl_statement_bind_int(&s, photo_id);
    tl_statement_bind_text(&s, stage);
    tl_statement_bind_text(&s, tl_error_status_name(failure->status));
    tl_statement_bind_text(&s, failure->message);
    tl_statement_bind_int(&s, now_ms);
    tl_statement_bind_int(&s, now_ms);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_clear_failures(tl_store *store, int64_t photo_id, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "DELETE FROM failure WHERE photo_id = ? AND stage <> 'verify'", err);
    tl_statement_bind_int(&s, photo_id);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_list_lasting_failures(tl_store *store, int64_t **out, size_t *out_count, struct tl_error *err)
{
    struct tl_statement s;
    int64_t *ids = NULL;
    size_t count = 0, capacity = 0;
    enum tl_status status = TL_OK;
    *out = NULL;
    *out_count = 0;
    tl_statement_begin(&s, store,
                       "SELECT photo_id FROM (SELECT photo_id, last_ms, cause = ?1 OR (cause IN (?2, ?3) AND tries >= ?4) AS lasts"
                       " FROM failure WHERE stage <> 'verify') GROUP BY photo_id"
                       " HAVING max(iif(lasts, last_ms, 0)) > max(iif(lasts, 0, last_ms)) ORDER BY photo_id",
                       err);
    tl_statement_bind_text(&s, tl_error_status_name(TL_BAD_INPUT));
    tl_statement_bind_text(&s, tl_error_status_name(TL_CRASHED));
    tl_statement_bind_text(&s, tl_error_status_name(TL_TOO_SLOW));
    tl_statement_bind_int(&s, TL_STORE_FAILURE_TRIES);
    while (status == TL_OK && tl_statement_step(&s)) {
        if (count == capacity) {
            const size_t wanted = capacity == 0 ? 64 : 2 * capacity;
            int64_t *larger = tl_memory_resize(ids, wanted, sizeof *ids);
            if (larger == NULL) {
                status = tl_error_set_no_memory(err, "the list of failures", wanted * sizeof *ids);
                break;
            }
            ids = larger;
            capacity = wanted;
        }
        ids[count++] = tl_column_int(&s, 0);
    }
    const enum tl_status end_status = tl_statement_end(&s);
    if (status == TL_OK)
        status = end_status;
    if (status != TL_OK) {
        tl_memory_free(ids);
        return status;
    }
    *out = ids;
    *out_count = count;
    return TL_OK;
}
