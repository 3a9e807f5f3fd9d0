/* store_look.c - see store_look.h. */
#include "common/store/store_look.h"

#include "common/store/column.h"
#include "common/store/store_photo.h"

static bool read_look(struct tl_statement *s, struct tl_store_look *out)
{
    size_t thumbnail_bytes;
    *out = (struct tl_store_look){.content_id = tl_column_int(s, 0)};
    tl_column_digest(s, 1, out->sha256);
    out->thumbnail = tl_column_blob(s, 2, &thumbnail_bytes);
    out->has_time = !tl_column_is_null(s, 3);
    if (out->has_time)
        out->captured_s = tl_column_int(s, 3);
    out->camera = tl_column_text(s, 4, NULL);
    if (s->status == TL_OK && thumbnail_bytes != TL_STORE_THUMBNAIL_BYTES)
        s->status = tl_error_set(s->err, TL_CORRUPT, "a thumbnail of %zu bytes", thumbnail_bytes);
    return s->status == TL_OK;
}

enum tl_status tl_store_visit_looks(tl_store *store, int64_t feature_set_id, tl_store_look_callback *each, void *context,
                                    struct tl_error *err)
{
    struct tl_statement s;
    struct tl_store_look look;
    /* CROSS JOIN keeps the order of the loops: contents by their index on sha256. */
    tl_statement_begin(
        &s, store,
        "SELECT c.content_id, c.sha256, c.thumbnail, unixepoch(c.captured_at), coalesce(c.camera, '')"
        " FROM content c CROSS JOIN variant v ON v.content_id = c.content_id AND v.augmentation_id = 0 AND v.variant_index = 0"
        " CROSS JOIN feature f ON f.feature_set_id = ? AND f.variant_id = v.variant_id ORDER BY c.sha256",
        err);
    tl_statement_bind_int(&s, feature_set_id);
    while (tl_statement_step(&s))
        if (read_look(&s, &look)) {
            const enum tl_status status = each(context, &look, err);
            if (status != TL_OK)
                s.status = status;
        }
    return tl_statement_end(&s);
}

enum tl_status tl_store_use_plain_blob(tl_store *store, int64_t feature_set_id, int64_t content_id, tl_store_blob_callback *use,
                                       void *context, struct tl_error *err)
{
    struct tl_statement s;
    const void *blob = NULL;
    size_t blob_bytes = 0;
    enum tl_status status = TL_OK;
    tl_statement_begin(&s, store,
                       "SELECT b.blob FROM variant v JOIN feature f ON f.feature_set_id = ? AND f.variant_id = v.variant_id"
                       " JOIN feature_blob b ON b.feature_id = f.feature_id"
                       " WHERE v.content_id = ? AND v.augmentation_id = 0 AND v.variant_index = 0",
                       err);
    tl_statement_bind_int(&s, feature_set_id);
    tl_statement_bind_int(&s, content_id);
    if (tl_statement_step(&s))
        blob = tl_column_blob(&s, 0, &blob_bytes);
    if (s.status == TL_OK)
        status = use(context, blob, blob_bytes, err);
    if (s.status == TL_OK)
        s.status = status;
    return tl_statement_end(&s);
}
