/* store_sweep.c - see store_sweep.h. */
#include "common/store/store_sweep.h"

#include "common/base/uuid.h"
#include "common/store/column.h"

static enum tl_status insert_sweep(tl_store *store, int64_t *out_sweep_id, const char *uuid, const struct tl_store_sweep *sweep,
                                   struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store,
                       "INSERT INTO sweep (uuid, kind, command, program_version, seed, planned_runs, started_ms)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING sweep_id",
                       err);
    tl_statement_bind_text(&s, uuid);
    tl_statement_bind_text(&s, sweep->kind);
    tl_statement_bind_text(&s, sweep->command_json);
    tl_statement_bind_text(&s, sweep->program_version);
    tl_statement_bind_int(&s, sweep->seed);
    tl_statement_bind_int(&s, sweep->planned_runs);
    tl_statement_bind_int(&s, sweep->started_ms);
    if (tl_statement_step(&s))
        *out_sweep_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

static enum tl_status update_end(tl_store *store, int64_t sweep_id, int64_t ended_ms, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "UPDATE sweep SET ended_ms = ? WHERE sweep_id = ?", err);
    tl_statement_bind_int(&s, ended_ms);
    tl_statement_bind_int(&s, sweep_id);
    return tl_statement_finish(&s);
}

/* Ends a transaction of one's own. */
static enum tl_status end_own(tl_store *store, bool is_own, enum tl_status status, struct tl_error *err)
{
    if (is_own && status == TL_OK)
        status = tl_store_commit(store, err);
    if (is_own && status != TL_OK)
        tl_store_rollback(store);
    return status;
}

enum tl_status tl_store_put_sweep(tl_store *store, int64_t *out_sweep_id, const struct tl_store_sweep *sweep, struct tl_error *err)
{
    char uuid[TL_UUID_BYTES];
    const bool is_own = !store->is_in_transaction;
    *out_sweep_id = 0;
    enum tl_status status = tl_uuid_make(uuid, err);
    if (status == TL_OK && is_own)
        status = tl_store_begin(store, err);
    if (status != TL_OK)
        return status;
    status = insert_sweep(store, out_sweep_id, uuid, sweep, err);
    status = end_own(store, is_own, status, err);
    if (status != TL_OK)
        *out_sweep_id = 0;
    return status;
}

enum tl_status tl_store_end_sweep(tl_store *store, int64_t sweep_id, int64_t ended_ms, struct tl_error *err)
{
    const bool is_own = !store->is_in_transaction;
    enum tl_status status = is_own ? tl_store_begin(store, err) : TL_OK;
    if (status != TL_OK)
        return status;
    return end_own(store, is_own, update_end(store, sweep_id, ended_ms, err), err);
}
