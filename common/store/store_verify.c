/* store_verify.c - see store_verify.h. */
#include "common/store/store_verify.h"

#include <stddef.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/team.h"
#include "common/store/column.h"
#include "common/store/stored_feature.h"

enum { BATCH_FEATURES = 256 };

/* One feature of a batch: what its row says, and where its blob is. */
struct row {
    int64_t feature_id;
    struct tl_stored_feature feature; /* its blob is pointed to once the batch is read, and stays where it is */
    bool has_blob;
    size_t blob_at;
    enum tl_status status;
    struct tl_error failure;
};

struct verifying {
    tl_store *store;
    tl_team *team;
    struct tl_stored_feature_checker *checkers; /* one a thread */
    size_t checker_count;
    struct row *rows; /* BATCH_FEATURES */
    size_t row_count;
    uint8_t *blobs; /* of the batch, one behind another */
    size_t blob_bytes, blob_capacity;
    int64_t last_id;
};

static enum tl_status open_verifying(struct verifying *v, tl_store *store, size_t thread_count, struct tl_error *err)
{
    *v = (struct verifying){.store = store, .checker_count = thread_count};
    v->rows = tl_memory_alloc(BATCH_FEATURES, sizeof *v->rows);
    v->checkers = tl_memory_alloc(thread_count, sizeof *v->checkers);
    if (v->rows == NULL || v->checkers == NULL)
        return tl_error_set_no_memory(err, "a batch of features", BATCH_FEATURES * sizeof *v->rows);
    enum tl_status status = tl_team_create(&v->team, thread_count, err);
    for (size_t i = 0; status == TL_OK && i < thread_count; i++)
        status = tl_stored_feature_open(&v->checkers[i], err);
    return status;
}

static void close_verifying(struct verifying *v)
{
    tl_team_free(v->team);
    for (size_t i = 0; v->checkers != NULL && i < v->checker_count; i++)
        tl_stored_feature_close(&v->checkers[i]);
    tl_memory_free(v->checkers);
    tl_memory_free(v->rows);
    tl_memory_free(v->blobs);
}

static void keep_blob(struct tl_statement *s, struct verifying *v, struct row *row)
{
    const void *blob = tl_column_blob(s, 5, &row->feature.blob_bytes);
    const size_t needed = v->blob_bytes + row->feature.blob_bytes;
    if (blob == NULL)
        return;
    if (needed > v->blob_capacity) {
        const size_t capacity = needed + needed / 2;
        uint8_t *larger = tl_memory_resize(v->blobs, capacity, 1);
        if (larger == NULL) {
            s->status = tl_error_set_no_memory(s->err, "a batch of features", capacity);
            return;
        }
        v->blobs = larger;
        v->blob_capacity = capacity;
    }
    memcpy(v->blobs + v->blob_bytes, blob, row->feature.blob_bytes);
    row->blob_at = v->blob_bytes;
    row->has_blob = true;
    v->blob_bytes = needed;
}

static enum tl_status read_batch(struct verifying *v, struct tl_error *err)
{
    struct tl_statement s;
    v->row_count = v->blob_bytes = 0;
    tl_statement_begin(
        &s, v->store,
        "SELECT f.feature_id, fs.height * fs.width * fs.channels, f.nonzero_count, f.stored_bytes, f.values_digest, b.blob"
        " FROM feature f LEFT JOIN feature_set fs USING (feature_set_id) LEFT JOIN feature_blob b USING (feature_id)"
        " WHERE f.feature_id > ? ORDER BY f.feature_id LIMIT ?",
        err);
    tl_statement_bind_int(&s, v->last_id);
    tl_statement_bind_int(&s, BATCH_FEATURES);
    while (v->row_count < BATCH_FEATURES && tl_statement_step(&s)) {
        struct row *row = &v->rows[v->row_count++];
        memset(row, 0, offsetof(struct row, failure));
        row->feature_id = v->last_id = tl_column_int(&s, 0);
        row->feature.value_count = tl_column_is_null(&s, 1) ? 0 : tl_column_int(&s, 1);
        row->feature.nonzero_count = tl_column_int(&s, 2);
        row->feature.stored_bytes = tl_column_int(&s, 3);
        tl_column_digest(&s, 4, row->feature.values_digest);
        if (!tl_column_is_null(&s, 5))
            keep_blob(&s, v, row);
    }
    return tl_statement_end(&s);
}

static void check_row(void *context, size_t row_index, size_t thread_index)
{
    struct verifying *v = context;
    struct row *row = &v->rows[row_index];
    row->feature.blob = row->has_blob ? v->blobs + row->blob_at : NULL;
    row->status = tl_stored_feature_check(&v->checkers[thread_index], &row->feature, &row->failure);
}

/* No place at all is told as a place without a name. */
static char *copy_text(struct tl_statement *s, int column)
{
    char *copy = tl_column_is_null(s, column) ? tl_memory_copy_string("") : tl_column_copy_text(s, column);
    if (copy == NULL && s->status == TL_OK)
        s->status = tl_error_set_no_memory(s->err, "a name", 0);
    return copy;
}

enum tl_status tl_store_name_damage(tl_store *store, int64_t feature_id, const struct tl_error *failure,
                                    const struct tl_store_verify_watch *watch, struct tl_error *err)
{
    struct tl_statement s;
    struct tl_store_feature_name name = {.feature_id = feature_id, .source = "", .path = "", .augmentation = ""};
    char *source = NULL, *path = NULL, *augmentation = NULL;
    tl_statement_begin(
        &s, store,
        "SELECT fs.digest, c.sha256, s.name, p.path, p.photo_id IS NOT NULL AND p.missing_since_ms IS NULL, a.name, v.variant_index"
        " FROM feature f LEFT JOIN feature_set fs USING (feature_set_id) LEFT JOIN variant v USING (variant_id)"
        " LEFT JOIN augmentation a USING (augmentation_id) LEFT JOIN content c USING (content_id)"
        " LEFT JOIN photo p ON p.photo_id = (SELECT q.photo_id FROM photo q JOIN source t USING (source_id)"
        " WHERE q.content_id = c.content_id ORDER BY q.missing_since_ms IS NOT NULL, t.name, q.path LIMIT 1)"
        " LEFT JOIN source s ON s.source_id = p.source_id WHERE f.feature_id = ?",
        err);
    tl_statement_bind_int(&s, feature_id);
    const bool is_there = tl_statement_step(&s);
    if (is_there)
        name.is_orphan = tl_column_is_null(&s, 0) || tl_column_is_null(&s, 1) || tl_column_is_null(&s, 5);
    if (is_there && !name.is_orphan) {
        tl_column_digest(&s, 0, name.feature_set_digest);
        tl_column_digest(&s, 1, name.sha256);
        name.source = source = copy_text(&s, 2);
        name.path = path = copy_text(&s, 3);
        name.is_present = tl_column_int(&s, 4) != 0;
        name.augmentation = augmentation = copy_text(&s, 5);
        name.variant_index = (uint32_t)tl_column_int_within(&s, 6, 0, UINT32_MAX);
    }
    /* Ended before the call, so that no lock of ours is in its way. */
    enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && is_there)
        status = watch->take_damage(watch->context, &name, failure, err);
    tl_memory_free(source);
    tl_memory_free(path);
    tl_memory_free(augmentation);
    return status;
}

static enum tl_status tell_batch(struct verifying *v, struct tl_store_verified *out, const struct tl_store_verify_watch *watch,
                                 struct tl_error *err)
{
    for (size_t i = 0; i < v->row_count; i++) {
        const struct row *row = &v->rows[i];
        enum tl_status status = TL_OK;
        if (row->status == TL_NO_MEMORY)
            return tl_error_set(err, TL_NO_MEMORY, "%s", row->failure.message);
        if (row->status != TL_OK) {
            out->damaged++;
            status = tl_store_name_damage(v->store, row->feature_id, &row->failure, watch, err);
        }
        if (status != TL_OK)
            return status;
        out->features++;
    }
    return TL_OK;
}

enum tl_status tl_store_verify(tl_store *store, struct tl_store_verified *out, size_t thread_count,
                               const struct tl_store_verify_watch *watch, struct tl_error *err)
{
    struct verifying v;
    *out = (struct tl_store_verified){0, 0};
    enum tl_status status = open_verifying(&v, store, thread_count, err);
    while (status == TL_OK) {
        status = read_batch(&v, err);
        if (status != TL_OK || v.row_count == 0)
            break;
        tl_team_run(v.team, v.row_count, check_row, &v);
        status = tell_batch(&v, out, watch, err);
        if (status == TL_OK && watch->tell_progress != NULL && !watch->tell_progress(watch->context, out->features))
            status = tl_error_set(err, TL_STOPPED, "stopped on request");
    }
    close_verifying(&v);
    return status;
}
