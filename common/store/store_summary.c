/* store_summary.c - a store as a whole: its digest and its totals. */
#include <stdint.h>
#include <string.h>

#include "common/store/column.h"

/* Before each row's bytes, so that a photo's cannot be taken for a feature's. schema/README.md has the recipe. */
enum { DIGEST_PHOTO = 1, DIGEST_UNREADABLE_PHOTO = 2, DIGEST_FEATURE = 3 };

static enum tl_status digest_photos(tl_store *store, struct tl_digest *digest, struct tl_error *err)
{
    struct tl_statement s;
    uint8_t sha256[TL_DIGEST_BYTES];
    tl_statement_begin(&s, store,
                       "SELECT s.name, p.path, c.sha256 FROM photo p JOIN source s USING (source_id)"
                       " LEFT JOIN content c USING (content_id) ORDER BY s.name, p.path",
                       err);
    while (tl_statement_step(&s)) {
        const char *source = tl_column_text(&s, 0, NULL), *path = tl_column_text(&s, 1, NULL);
        const bool is_unreadable = tl_column_is_null(&s, 2);
        if (!is_unreadable)
            tl_column_digest(&s, 2, sha256);
        if (s.status != TL_OK)
            break;
        tl_digest_update_u32(digest, is_unreadable ? DIGEST_UNREADABLE_PHOTO : DIGEST_PHOTO);
        tl_digest_update_string(digest, source);
        tl_digest_update_string(digest, path);
        if (!is_unreadable)
            tl_digest_update(digest, sha256, sizeof sha256);
    }
    return tl_statement_end(&s);
}

static enum tl_status digest_features(tl_store *store, struct tl_digest *digest, struct tl_error *err)
{
    struct tl_statement s;
    uint8_t feature_set[TL_DIGEST_BYTES], sha256[TL_DIGEST_BYTES], augmentation[TL_DIGEST_BYTES], values[TL_DIGEST_BYTES];
    tl_statement_begin(&s, store,
                       "SELECT fs.digest, c.sha256, a.digest, v.variant_index, f.values_digest"
                       " FROM feature f JOIN feature_set fs USING (feature_set_id) JOIN variant v USING (variant_id)"
                       " JOIN content c USING (content_id) JOIN augmentation a USING (augmentation_id)"
                       " ORDER BY fs.digest, c.sha256, a.digest, v.variant_index",
                       err);
    while (tl_statement_step(&s)) {
        tl_column_digest(&s, 0, feature_set);
        tl_column_digest(&s, 1, sha256);
        tl_column_digest(&s, 2, augmentation);
        const int64_t variant_index = tl_column_int_within(&s, 3, 0, UINT32_MAX);
        tl_column_digest(&s, 4, values);
        if (s.status != TL_OK)
            break;
        tl_digest_update_u32(digest, DIGEST_FEATURE);
        tl_digest_update(digest, feature_set, sizeof feature_set);
        tl_digest_update(digest, sha256, sizeof sha256);
        tl_digest_update(digest, augmentation, sizeof augmentation);
        tl_digest_update_u32(digest, (uint32_t)variant_index);
        tl_digest_update(digest, values, sizeof values);
    }
    return tl_statement_end(&s);
}

enum tl_status tl_store_compute_digest(tl_store *store, uint8_t out[TL_DIGEST_BYTES], struct tl_error *err)
{
    struct tl_digest digest;
    bool is_own;
    enum tl_status status = tl_connection_begin_reading(store, &is_own, err);
    if (status != TL_OK)
        return status;
    tl_digest_init(&digest);
    tl_digest_update_string(&digest, "tl-store-1");
    status = digest_photos(store, &digest, err);
    if (status == TL_OK)
        status = digest_features(store, &digest, err);
    tl_connection_end_reading(store, is_own);
    if (status == TL_OK)
        tl_digest_finish(&digest, out);
    return status;
}

enum tl_status tl_store_count(tl_store *store, struct tl_store_counts *out, struct tl_error *err)
{
    struct tl_statement s;
    int64_t *const fields[] = {
        &out->sources,        &out->photos,           &out->photos_missing, &out->contents,   &out->variants,
        &out->features,       &out->failures,         &out->runs,           &out->heads,      &out->predictions,
        &out->feature_values, &out->feature_nonzeros, &out->blob_bytes,     &out->file_bytes,
    };
    _Static_assert(sizeof(struct tl_store_counts) == sizeof fields / sizeof fields[0] * sizeof(int64_t),
                   "a total without a query");
    memset(out, 0, sizeof *out);
    tl_statement_begin(
        &s, store,
        "SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM photo),"
        " (SELECT count(*) FROM photo WHERE missing_since_ms IS NOT NULL), (SELECT count(*) FROM content),"
        " (SELECT count(*) FROM variant), features, (SELECT count(*) FROM failure), (SELECT count(*) FROM run),"
        " (SELECT count(*) FROM head), (SELECT count(*) FROM prediction), feature_values, nonzeros, blob_bytes,"
        " (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)"
        " FROM (SELECT count(*) AS features, coalesce(sum(fs.height * fs.width * fs.channels), 0) AS feature_values,"
        " coalesce(sum(f.nonzero_count), 0) AS nonzeros, coalesce(sum(f.stored_bytes), 0) AS blob_bytes"
        " FROM feature f JOIN feature_set fs USING (feature_set_id))",
        err);
    if (tl_statement_step(&s))
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            *fields[i] = tl_column_int(&s, (int)i);
    return tl_statement_end(&s);
}

enum tl_status tl_store_get_file_bytes(tl_store *store, int64_t *out, struct tl_error *err)
{
    int64_t page_count = 0, page_bytes = 0;
    enum tl_status status = tl_connection_read_int(store, &page_count, "PRAGMA page_count", err);
    *out = 0;
    if (status == TL_OK)
        status = tl_connection_read_int(store, &page_bytes, "PRAGMA page_size", err);
    if (status == TL_OK)
        *out = page_count * page_bytes;
    return status;
}
