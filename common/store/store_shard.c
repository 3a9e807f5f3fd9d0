/* store_shard.c - see store_shard.h. */
#include "common/store/store_shard.h"

#include "common/store/column.h"

enum tl_status tl_store_get_shard(tl_store *store, struct tl_store_shard *out, struct tl_error *err)
{
    struct tl_statement s;
    struct tl_store_shard found = {0, 0};
    tl_statement_begin(&s, store, "SELECT shard_index, shard_count FROM shard", err);
    if (tl_statement_step(&s)) {
        found.count = (uint32_t)tl_column_int_within(&s, 1, 1, UINT32_MAX);
        found.index = (uint32_t)tl_column_int_within(&s, 0, 1, found.count == 0 ? 1 : found.count);
    }
    const enum tl_status status = tl_statement_end(&s);
    *out = status == TL_OK ? found : (struct tl_store_shard){0, 0};
    return status;
}

static enum tl_status has_sources(tl_store *store, bool *out, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "SELECT 1 FROM source LIMIT 1", err);
    *out = tl_statement_step(&s);
    return tl_statement_end(&s);
}

static enum tl_status put_shard(tl_store *store, struct tl_store_shard shard, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "INSERT INTO shard (shard_id, shard_index, shard_count) VALUES (1, ?, ?)", err);
    tl_statement_bind_int(&s, shard.index);
    tl_statement_bind_int(&s, shard.count);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_claim_shard(tl_store *store, struct tl_store_shard wanted, struct tl_error *err)
{
    struct tl_store_shard found = {0, 0};
    bool is_used = false;
    enum tl_status status = tl_store_get_shard(store, &found, err);
    if (status == TL_OK)
        status = has_sources(store, &is_used, err);
    if (status != TL_OK || (found.index == wanted.index && found.count == wanted.count))
        return status;
    if (found.count > 0 && wanted.count > 0)
        return tl_error_set(err, TL_BAD_INPUT, "%s: the store is part %u/%u, not %u/%u; give each part a store of its own",
                            store->path, found.index, found.count, wanted.index, wanted.count);
    if (found.count > 0)
        return tl_error_set(err, TL_BAD_INPUT,
                            "%s: the store is part %u/%u: go on with --shard %u/%u, or join all %u parts with tl-store merge",
                            store->path, found.index, found.count, found.index, found.count, found.count);
    if (is_used)
        return tl_error_set(err, TL_BAD_INPUT,
                            "%s: the store is no part but holds all photos of its sources; --shard %u/%u needs a store of its own",
                            store->path, wanted.index, wanted.count);
    return put_shard(store, wanted, err);
}
