/* store_photo.c - see store_photo.h. */
#include "common/store/store_photo.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/text.h"
#include "common/store/column.h"

/* The form of raw bytes that TEXT may hold: one for one, since what looks like an escape is escaped. */
static enum tl_status make_visible(char **out, const char *path, struct tl_error *err)
{
    *out = tl_text_copy_visible(path);
    return *out == NULL ? tl_error_set_no_memory(err, "a path", strlen(path) + 1) : TL_OK;
}

enum tl_status tl_store_get_photo(tl_store *store, struct tl_store_photo *out, int64_t source_id, const char *path,
                                  struct tl_error *err)
{
    struct tl_statement s;
    char *visible;
    struct tl_store_photo photo;
    bool is_there = false;
    memset(&photo, 0, sizeof photo);
    enum tl_status status = make_visible(&visible, path, err);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(&s, store,
                       "SELECT p.photo_id, p.size_bytes, p.mtime_ns, p.content_id, c.sha256, c.exif_orientation, p.missing_since_ms"
                       " FROM photo p LEFT JOIN content c USING (content_id) WHERE p.source_id = ? AND p.path = ?",
                       err);
    tl_statement_bind_int(&s, source_id);
    tl_statement_bind_text(&s, visible);
    if (tl_statement_step(&s)) {
        is_there = true;
        photo.photo_id = tl_column_int(&s, 0);
        photo.size_bytes = tl_column_int(&s, 1);
        photo.mtime_ns = tl_column_int(&s, 2);
        photo.is_missing = !tl_column_is_null(&s, 6);
        if (!tl_column_is_null(&s, 3)) {
            photo.content_id = tl_column_int(&s, 3);
            tl_column_digest(&s, 4, photo.sha256);
            photo.exif_orientation = (unsigned)tl_column_int_within(&s, 5, 1, 8);
        }
    }
    status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        status = tl_error_set(err, TL_NOT_FOUND, "no photo %s in this source", visible);
    if (status == TL_OK)
        *out = photo;
done:
    tl_memory_free(visible);
    return status;
}

enum tl_status tl_store_put_photo(tl_store *store, int64_t *out_photo_id, int64_t source_id, const char *path, int64_t size_bytes,
                                  int64_t mtime_ns, int64_t content_id, struct tl_error *err)
{
    struct tl_statement s;
    char *visible;
    *out_photo_id = 0;
    enum tl_status status = make_visible(&visible, path, err);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(
        &s, store,
        "INSERT INTO photo (source_id, path, path_bytes, content_id, size_bytes, mtime_ns)"
        " VALUES (?, ?, ?, nullif(?, 0), ?, ?) ON CONFLICT (source_id, path) DO UPDATE SET content_id = excluded.content_id,"
        " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, missing_since_ms = NULL"
        " WHERE (content_id, size_bytes, mtime_ns, missing_since_ms)"
        " IS NOT (excluded.content_id, excluded.size_bytes, excluded.mtime_ns, NULL)",
        err);
    tl_statement_bind_int(&s, source_id);
    tl_statement_bind_text(&s, visible);
    tl_statement_bind_raw(&s, path, visible);
    tl_statement_bind_int(&s, content_id);
    tl_statement_bind_int(&s, size_bytes);
    tl_statement_bind_int(&s, mtime_ns);
    status = tl_statement_finish(&s);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(&s, store, "SELECT photo_id FROM photo WHERE source_id = ? AND path = ?", err);
    tl_statement_bind_int(&s, source_id);
    tl_statement_bind_text(&s, visible);
    if (tl_statement_step(&s))
        *out_photo_id = tl_column_int(&s, 0);
    status = tl_statement_end(&s);
done:
    tl_memory_free(visible);
    return status;
}

static enum tl_status set_missing(tl_store *store, int64_t photo_id, int64_t now_ms, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "UPDATE photo SET missing_since_ms = ? WHERE photo_id = ?", err);
    tl_statement_bind_int(&s, now_ms);
    tl_statement_bind_int(&s, photo_id);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_mark_missing(tl_store *store, int64_t source_id, const int64_t *seen, size_t seen_count,
                                     int64_t *out_count, struct tl_error *err)
{
    struct tl_statement s;
    int64_t *missing = NULL;
    size_t missing_count = 0, capacity = 0, at = 0;
    const int64_t now_ms = tl_system_time_ms();
    enum tl_status status = TL_OK;
    if (out_count != NULL)
        *out_count = 0;
    tl_statement_begin(&s, store, "SELECT photo_id FROM photo WHERE source_id = ? AND missing_since_ms IS NULL ORDER BY photo_id",
                       err);
    tl_statement_bind_int(&s, source_id);
    while (tl_statement_step(&s)) {
        const int64_t photo_id = tl_column_int(&s, 0);
        while (at < seen_count && seen[at] < photo_id)
            at++;
        if (at < seen_count && seen[at] == photo_id)
            continue;
        if (missing_count == capacity) {
            const size_t new_capacity = capacity == 0 ? 256 : 2 * capacity;
            int64_t *larger = tl_memory_resize(missing, new_capacity, sizeof *larger);
            if (larger == NULL) {
                status = tl_error_set_no_memory(err, "the missing photos", (unsigned long long)new_capacity * sizeof *larger);
                break;
            }
            missing = larger;
            capacity = new_capacity;
        }
        missing[missing_count++] = photo_id;
    }
    const enum tl_status end_status = tl_statement_end(&s);
    if (status == TL_OK)
        status = end_status;
    for (size_t i = 0; status == TL_OK && i < missing_count; i++)
        status = set_missing(store, missing[i], now_ms, err);
    if (status == TL_OK && out_count != NULL)
        *out_count = (int64_t)missing_count;
    tl_memory_free(missing);
    return status;
}

enum tl_status tl_store_put_content(tl_store *store, int64_t *out_content_id, const struct tl_store_content *content,
                                    struct tl_error *err)
{
    struct tl_statement s;
    *out_content_id = 0;
    tl_statement_begin(
        &s, store,
        "INSERT INTO content (sha256, width_px, height_px, format, exif_orientation, captured_at, camera, thumbnail)"
        " VALUES (?, ?, ?, ?, ?, nullif(?, ''), nullif(?, ''), ?) ON CONFLICT (sha256) DO UPDATE SET"
        " width_px = excluded.width_px, height_px = excluded.height_px, format = excluded.format,"
        " exif_orientation = excluded.exif_orientation, captured_at = excluded.captured_at, camera = excluded.camera"
        " WHERE (width_px, height_px, format, exif_orientation, captured_at, camera)"
        " IS NOT (excluded.width_px, excluded.height_px, excluded.format, excluded.exif_orientation, excluded.captured_at,"
        " excluded.camera)",
        err);
    tl_statement_bind_blob(&s, content->sha256, TL_DIGEST_BYTES);
    tl_statement_bind_int(&s, content->width_px);
    tl_statement_bind_int(&s, content->height_px);
    tl_statement_bind_text(&s, content->format);
    tl_statement_bind_int(&s, content->exif_orientation);
    tl_statement_bind_text(&s, content->captured_at);
    tl_statement_bind_text(&s, content->camera);
    tl_statement_bind_blob(&s, content->thumbnail, TL_STORE_THUMBNAIL_BYTES);
    const enum tl_status status = tl_statement_finish(&s);
    if (status != TL_OK)
        return status;
    tl_statement_begin(&s, store, "SELECT content_id FROM content WHERE sha256 = ?", err);
    tl_statement_bind_blob(&s, content->sha256, TL_DIGEST_BYTES);
    if (tl_statement_step(&s))
        *out_content_id = tl_column_int(&s, 0);
    return tl_statement_end(&s);
}
