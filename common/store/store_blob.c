/* store_blob.c - see store_blob.h. */
#include "common/store/store_blob.h"

#include "common/store/column.h"

static enum tl_status read_blob(tl_store *store, int64_t feature_id, size_t i, tl_store_take_blob *take, void *context,
                                bool *out_goes_on, struct tl_error *err)
{
    struct tl_statement s;
    const void *blob = NULL;
    size_t blob_bytes = 0;
    tl_statement_begin(&s, store, "SELECT blob FROM feature_blob WHERE feature_id = ?", err);
    tl_statement_bind_int(&s, feature_id);
    if (tl_statement_step(&s))
        blob = tl_column_blob(&s, 0, &blob_bytes);
    if (s.status == TL_OK)
        *out_goes_on = take(context, i, blob, blob_bytes);
    return tl_statement_end(&s);
}

enum tl_status tl_store_read_blobs(tl_store *store, const int64_t *feature_ids, size_t count, tl_store_take_blob *take,
                                   void *context, struct tl_error *err)
{
    bool is_own = false, goes_on = true;
    enum tl_status status = tl_connection_begin_reading(store, &is_own, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < count && goes_on && status == TL_OK; i++)
        status = read_blob(store, feature_ids[i], i, take, context, &goes_on, err);
    tl_connection_end_reading(store, is_own);
    return status;
}

enum tl_status tl_store_sum_features(tl_store *store, struct tl_store_feature_sum *out, int64_t feature_set_id,
                                     struct tl_error *err)
{
    struct tl_statement s;
    *out = (struct tl_store_feature_sum){0, 0};
    tl_statement_begin(&s, store, "SELECT count(*), coalesce(sum(nonzero_count), 0) FROM feature WHERE feature_set_id = ?", err);
    tl_statement_bind_int(&s, feature_set_id);
    if (tl_statement_step(&s)) {
        out->feature_count = tl_column_int(&s, 0);
        out->nonzero_count = tl_column_int(&s, 1);
    }
    return tl_statement_end(&s);
}
