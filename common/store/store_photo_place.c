/* store_photo_place.c - see store_place.h. */
#include "common/store/store_photo_place.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/column.h"

/* Text or blob: raw bytes are kept as a blob where the visible form is another. */
static char *copy_raw(struct tl_statement *s, int raw, int visible)
{
    const int column = tl_column_is_null(s, raw) ? visible : raw;
    const void *bytes = sqlite3_column_blob(s->prepared, column);
    const size_t size_bytes = (size_t)sqlite3_column_bytes(s->prepared, column);
    char *copy = s->status == TL_OK ? tl_memory_alloc(size_bytes + 1, 1) : NULL;

    if (copy && size_bytes > 0)
        memcpy(copy, bytes, size_bytes);
    if (!copy && s->status == TL_OK)
        s->status = tl_error_set_no_memory(s->err, "a path", size_bytes);
    return copy;
}

static void take_content(struct tl_statement *s, struct tl_store_place *out)
{
    size_t size_bytes = 0;

    tl_column_digest(s, 0, out->sha256);
    out->width_px = (uint32_t)tl_column_int_within(s, 1, 1, UINT32_MAX);
    out->height_px = (uint32_t)tl_column_int_within(s, 2, 1, UINT32_MAX);
    out->exif_orientation = (unsigned)tl_column_int_within(s, 3, 1, 8);
    const void *thumbnail = tl_column_blob(s, 4, &size_bytes);
    if (s->status == TL_OK && size_bytes != sizeof out->thumbnail)
        s->status = tl_error_set(s->err, TL_CORRUPT, "%s: a thumbnail of %zu bytes", s->store->path, size_bytes);
    if (s->status == TL_OK)
        memcpy(out->thumbnail, thumbnail, sizeof out->thumbnail);
}

static void take_place(struct tl_statement *s, struct tl_store_place *out)
{
    char *root, *path;

    out->source = tl_column_copy_text(s, 5);
    out->path = tl_column_copy_text(s, 6);
    root = copy_raw(s, 8, 7);
    path = copy_raw(s, 9, 6);
    if (root && path)
        out->file = tl_system_join_path(root, path);
    if (s->status == TL_OK && !out->file)
        s->status = tl_error_set_no_memory(s->err, "a path", 0);
    tl_memory_free(root);
    tl_memory_free(path);
}

enum tl_status tl_store_get_place(tl_store *store, struct tl_store_place *out, int64_t content_id, struct tl_error *err)
{
    struct tl_statement s;
    bool is_there = false;

    *out = (struct tl_store_place){0};
    tl_statement_begin(&s, store,
                       "SELECT c.sha256, c.width_px, c.height_px, c.exif_orientation, c.thumbnail, s.name, p.path, s.root,"
                       " s.root_bytes, p.path_bytes FROM content c LEFT JOIN photo p USING (content_id)"
                       " LEFT JOIN source s USING (source_id) WHERE c.content_id = ?"
                       " ORDER BY p.missing_since_ms IS NOT NULL, s.name, p.path LIMIT 1",
                       err);
    tl_statement_bind_int(&s, content_id);
    if (tl_statement_step(&s)) {
        is_there = true;
        take_content(&s, out);
        if (!tl_column_is_null(&s, 6))
            take_place(&s, out);
    }
    enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        status = tl_error_set(err, TL_NOT_FOUND, "no content %lld", (long long)content_id);
    if (status != TL_OK)
        tl_store_free_place(out);
    return status;
}

void tl_store_free_place(struct tl_store_place *place)
{
    tl_memory_free(place->source);
    tl_memory_free(place->path);
    tl_memory_free(place->file);
    *place = (struct tl_store_place){0};
}
