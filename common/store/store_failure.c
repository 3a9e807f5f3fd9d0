/* store_failure.c - see store_failure.h. */
#include "common/store/store_failure.h"

#include "common/base/system.h"
#include "common/store/statement.h"

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
