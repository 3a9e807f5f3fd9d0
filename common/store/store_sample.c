/* store_sample.c - see store_sample.h. */
#include "common/store/store_sample.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"

/* Labels while they are gathered: strings stand one behind another, known by where they start. */
struct gathered_label {
    int64_t content_id, photo_id;
    uint8_t sha256[TL_DIGEST_BYTES];
    size_t source_at, path_at, class_at, split_at;
};
struct gathering {
    struct gathered_label *labels;
    size_t count, capacity;
    char *strings;
    size_t string_bytes, string_capacity;
};

static void *grow(struct tl_statement *s, void *items, size_t *capacity, size_t needed, size_t item_bytes)
{
    size_t larger = *capacity < 64 ? 64 : *capacity;
    while (larger < needed)
        larger *= 2;
    void *grown = tl_memory_resize(items, larger, item_bytes);
    if (grown == NULL)
        s->status = tl_error_set_no_memory(s->err, "the labels", (unsigned long long)larger * item_bytes);
    else
        *capacity = larger;
    return grown;
}

/* Where the copy starts; 0 and the statement failed when it cannot be. */
static size_t gather_string(struct tl_statement *s, struct gathering *g, int column)
{
    const char *text = tl_column_text(s, column, NULL);
    if (text == NULL)
        return 0;
    const size_t size_bytes = strlen(text) + 1, at = g->string_bytes;
    if (at + size_bytes > g->string_capacity) {
        char *grown = grow(s, g->strings, &g->string_capacity, at + size_bytes, 1);
        if (grown == NULL)
            return 0;
        g->strings = grown;
    }
    memcpy(g->strings + at, text, size_bytes);
    g->string_bytes += size_bytes;
    return at;
}

static void gather_row(struct tl_statement *s, struct gathering *g)
{
    if (g->count == g->capacity) {
        struct gathered_label *grown = grow(s, g->labels, &g->capacity, g->count + 1, sizeof *grown);
        if (grown == NULL)
            return;
        g->labels = grown;
    }
    struct gathered_label *label = &g->labels[g->count++];
    label->content_id = tl_column_int(s, 0);
    tl_column_digest(s, 1, label->sha256);
    label->source_at = gather_string(s, g, 2);
    label->path_at = gather_string(s, g, 3);
    label->class_at = gather_string(s, g, 4);
    label->split_at = gather_string(s, g, 5);
    label->photo_id = tl_column_int(s, 6);
}

/* One block: the labels, then their strings. */
static struct tl_store_label *join_labels(const struct gathering *g)
{
    char *block = tl_memory_alloc(g->count * sizeof(struct tl_store_label) + g->string_bytes, 1);
    if (block == NULL)
        return NULL;
    struct tl_store_label *labels = (struct tl_store_label *)(void *)block;
    char *strings = block + g->count * sizeof *labels;
    if (g->string_bytes > 0)
        memcpy(strings, g->strings, g->string_bytes);
    for (size_t i = 0; i < g->count; i++) {
        const struct gathered_label *from = &g->labels[i];
        labels[i] = (struct tl_store_label){.content_id = from->content_id,
                                            .photo_id = from->photo_id,
                                            .source = strings + from->source_at,
                                            .path = strings + from->path_at,
                                            .class_name = strings + from->class_at,
                                            .split = strings + from->split_at};
        memcpy(labels[i].sha256, from->sha256, TL_DIGEST_BYTES);
    }
    return labels;
}

enum tl_status tl_store_list_labels(tl_store *store, struct tl_store_label **out, size_t *out_count, const char *label_set,
                                    int64_t feature_set_id, struct tl_error *err)
{
    struct tl_statement s;
    struct gathering g = {0};
    *out = NULL;
    *out_count = 0;
    tl_statement_begin(
        &s, store,
        "SELECT p.content_id, c.sha256, s.name, p.path, l.class, coalesce(l.split, '') AS split, p.photo_id"
        " FROM label l JOIN photo p USING (photo_id) JOIN source s USING (source_id) JOIN content c USING (content_id)"
        " JOIN variant v ON v.content_id = c.content_id AND v.augmentation_id = 0 AND v.variant_index = 0"
        " JOIN feature f ON f.feature_set_id = ? AND f.variant_id = v.variant_id"
        " WHERE l.label_set = ? AND p.missing_since_ms IS NULL ORDER BY c.sha256, s.name, p.path, l.class",
        err);
    tl_statement_bind_int(&s, feature_set_id);
    tl_statement_bind_text(&s, label_set);
    while (tl_statement_step(&s))
        gather_row(&s, &g);
    enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK) {
        *out = join_labels(&g);
        if (*out == NULL)
            status = tl_error_set_no_memory(err, "the labels", (unsigned long long)g.count * sizeof **out + g.string_bytes);
        else
            *out_count = g.count;
    }
    tl_memory_free(g.labels);
    tl_memory_free(g.strings);
    return status;
}

void tl_store_free_labels(struct tl_store_label *labels)
{
    tl_memory_free(labels);
}

struct tl_store_features {
    struct tl_statement statement;
};

/* CROSS JOIN keeps the order of the loops: contents by their index on sha256, so that no blob is ever sorted. Of the two
 * augmentations the plain one has the lower id and the lower digest, so the order by id is the order by digest. */
static const char FEATURES_SQL[] =
    "SELECT f.feature_id, c.content_id, c.sha256, v.variant_index, f.nonzero_count, f.values_digest, b.blob"
    " FROM content c CROSS JOIN variant v ON v.content_id = c.content_id AND v.augmentation_id IN (0, ?2)"
    " CROSS JOIN feature f ON f.feature_set_id = ?1 AND f.variant_id = v.variant_id"
    " LEFT JOIN feature_blob b ON b.feature_id = f.feature_id"
    " WHERE EXISTS (SELECT 1 FROM photo p WHERE p.content_id = c.content_id AND p.missing_since_ms IS NULL)"
    " ORDER BY c.sha256, v.augmentation_id, v.variant_index";
static const char ROWS_SQL[] =
    "SELECT f.feature_id, c.content_id, c.sha256, v.variant_index, f.nonzero_count, f.values_digest, NULL"
    " FROM content c CROSS JOIN variant v ON v.content_id = c.content_id AND v.augmentation_id IN (0, ?2)"
    " CROSS JOIN feature f ON f.feature_set_id = ?1 AND f.variant_id = v.variant_id"
    " WHERE EXISTS (SELECT 1 FROM photo p WHERE p.content_id = c.content_id AND p.missing_since_ms IS NULL)"
    " ORDER BY c.sha256, v.augmentation_id, v.variant_index";
static const char RECORDED_SQL[] =
    "SELECT f.feature_id, c.content_id, c.sha256, v.variant_index, f.nonzero_count, f.values_digest, NULL"
    " FROM content c CROSS JOIN variant v ON v.content_id = c.content_id AND v.augmentation_id IN (0, ?2)"
    " CROSS JOIN feature f ON f.feature_set_id = ?1 AND f.variant_id = v.variant_id"
    " ORDER BY c.sha256, v.augmentation_id, v.variant_index";

static enum tl_status open_features(tl_store_features **out, tl_store *store, const char *sql, int64_t feature_set_id,
                                    int64_t augmentation_id, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    tl_store_features *features = tl_memory_alloc(1, sizeof *features);
    *out = NULL;
    if (features == NULL)
        return tl_error_set_no_memory(err, "a reader of features", sizeof *features);
    tl_statement_begin(&features->statement, store, sql, err);
    tl_statement_bind_int(&features->statement, feature_set_id);
    tl_statement_bind_int(&features->statement, augmentation_id);
    if (features->statement.status != TL_OK) {
        status = tl_statement_end(&features->statement);
        tl_memory_free(features);
        return status;
    }
    *out = features;
    return TL_OK;
}

enum tl_status tl_store_open_features(tl_store_features **out, tl_store *store, int64_t feature_set_id, int64_t augmentation_id,
                                      struct tl_error *err)
{
    return open_features(out, store, FEATURES_SQL, feature_set_id, augmentation_id, err);
}

enum tl_status tl_store_open_feature_rows(tl_store_features **out, tl_store *store, int64_t feature_set_id, int64_t augmentation_id,
                                          struct tl_error *err)
{
    return open_features(out, store, ROWS_SQL, feature_set_id, augmentation_id, err);
}

enum tl_status tl_store_open_recorded_rows(tl_store_features **out, tl_store *store, int64_t feature_set_id,
                                           int64_t augmentation_id, struct tl_error *err)
{
    return open_features(out, store, RECORDED_SQL, feature_set_id, augmentation_id, err);
}

enum tl_status tl_store_next_feature(tl_store_features *features, struct tl_store_feature_row *out, struct tl_error *err)
{
    struct tl_statement *s = &features->statement;
    struct tl_store_feature_row row;
    s->err = err;
    if (!tl_statement_step(s))
        return s->status != TL_OK ? s->status : tl_error_set(err, TL_NOT_FOUND, "no more features");
    row.feature_id = tl_column_int(s, 0);
    row.content_id = tl_column_int(s, 1);
    tl_column_digest(s, 2, row.sha256);
    row.variant_index = (uint32_t)tl_column_int_within(s, 3, 0, UINT32_MAX);
    row.nonzero_count = (size_t)tl_column_int_within(s, 4, 0, UINT32_MAX);
    tl_column_digest(s, 5, row.values_digest);
    row.blob = NULL;
    row.blob_bytes = 0;
    if (!tl_column_is_null(s, 6))
        row.blob = tl_column_blob(s, 6, &row.blob_bytes);
    if (s->status == TL_OK)
        *out = row;
    return s->status;
}

void tl_store_close_features(tl_store_features *features)
{
    if (features == NULL)
        return;
    features->statement.err = NULL;
    /* Its faults were told by tl_store_next_feature(). */
    if (tl_statement_end(&features->statement) != TL_OK)
        features->statement.status = TL_OK;
    tl_memory_free(features);
}
