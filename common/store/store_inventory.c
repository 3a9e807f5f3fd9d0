/* store_inventory.c - see store_inventory.h. CROSS JOIN keeps the order in which the tables are named. */
#include "common/store/store_inventory.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"

/* What ended the reading: the callback's failure, or the statement's. */
static enum tl_status end_after(struct tl_statement *statement, enum tl_status status)
{
    const enum tl_status end_status = tl_statement_end(statement);
    return status != TL_OK ? status : end_status;
}

enum tl_status tl_store_each_feature(tl_store *store, int64_t feature_set_id, int64_t augmentation_id,
                                     tl_store_feature_callback *each, void *context, struct tl_error *err)
{
    struct tl_statement s;
    uint8_t sha256[TL_DIGEST_BYTES];
    enum tl_status status = TL_OK;
    /* The length comes out of an index: the blobs' pages are most of the file. */
    tl_statement_begin(&s, store,
                       "SELECT c.sha256, v.variant_index FROM variant v"
                       " CROSS JOIN feature f ON f.feature_set_id = ?1 AND f.variant_id = v.variant_id"
                       " CROSS JOIN feature_blob b INDEXED BY feature_blob_bytes"
                       " ON b.feature_id = f.feature_id AND length(b.blob) = f.stored_bytes"
                       " CROSS JOIN content c ON c.content_id = v.content_id"
                       " WHERE v.augmentation_id IN (0, ?2)"
                       " AND v.content_id NOT IN (SELECT p.content_id FROM failure JOIN photo p USING (photo_id)"
                       " WHERE failure.feature_set_id = ?1 AND p.content_id IS NOT NULL)",
                       err);
    tl_statement_bind_int(&s, feature_set_id);
    tl_statement_bind_int(&s, augmentation_id);
    while (status == TL_OK && tl_statement_step(&s)) {
        tl_column_digest(&s, 0, sha256);
        const uint32_t variant_index = (uint32_t)tl_column_int_within(&s, 1, 0, UINT32_MAX);
        if (s.status == TL_OK)
            status = each(context, sha256, variant_index, err);
    }
    return end_after(&s, status);
}

enum tl_status tl_store_each_split(tl_store *store, const char *label_set, tl_store_split_callback *each, void *context,
                                   struct tl_error *err)
{
    struct tl_statement s;
    uint8_t sha256[TL_DIGEST_BYTES];
    enum tl_status status = TL_OK;
    tl_statement_begin(&s, store,
                       "SELECT p.source_id, l.origin = 'folder', c.sha256 FROM label l JOIN photo p USING (photo_id)"
                       " LEFT JOIN content c ON c.content_id = p.content_id AND l.split <> 'train'"
                       " WHERE l.label_set = ? AND l.split IS NOT NULL AND p.missing_since_ms IS NULL",
                       err);
    tl_statement_bind_text(&s, label_set);
    while (status == TL_OK && tl_statement_step(&s)) {
        const int64_t source_id = tl_column_int(&s, 0);
        const bool is_of_folder = tl_column_int(&s, 1) != 0, has_content = !tl_column_is_null(&s, 2);
        if (has_content)
            tl_column_digest(&s, 2, sha256);
        if (s.status == TL_OK)
            status = each(context, source_id, is_of_folder, has_content ? sha256 : NULL, err);
    }
    return end_after(&s, status);
}

/* The raw bytes as a string. */
static enum tl_status copy_bytes(char **out, const void *bytes, size_t size_bytes, struct tl_error *err)
{
    *out = tl_memory_alloc(size_bytes + 1, 1);
    if (*out == NULL)
        return tl_error_set_no_memory(err, "a path", size_bytes + 1);
    memcpy(*out, bytes, size_bytes);
    return TL_OK;
}

enum tl_status tl_store_each_copy(tl_store *store, tl_store_place_callback *each, void *context, struct tl_error *err)
{
    struct tl_statement s;
    uint8_t sha256[TL_DIGEST_BYTES];
    enum tl_status status = TL_OK;
    tl_statement_begin(&s, store,
                       "SELECT c.sha256, p.photo_id, p.source_id, p.path, p.path_bytes"
                       " FROM (SELECT content_id FROM photo WHERE content_id IS NOT NULL GROUP BY content_id HAVING count(*) > 1) d"
                       " JOIN content c USING (content_id) JOIN photo p ON p.content_id = d.content_id ORDER BY c.sha256",
                       err);
    while (status == TL_OK && tl_statement_step(&s)) {
        const void *bytes = NULL;
        size_t size_bytes = 0;
        char *path = NULL;
        tl_column_digest(&s, 0, sha256);
        const int64_t photo_id = tl_column_int(&s, 1), source_id = tl_column_int(&s, 2);
        if (tl_column_is_null(&s, 4))
            bytes = tl_column_text(&s, 3, &size_bytes);
        else
            bytes = tl_column_blob(&s, 4, &size_bytes);
        if (s.status != TL_OK)
            break;
        status = copy_bytes(&path, bytes, size_bytes, err);
        if (status == TL_OK)
            status = each(context, sha256, photo_id, source_id, path, err);
        tl_memory_free(path);
    }
    return end_after(&s, status);
}
