/* store_prune.c - see store_prune.h. */
#include "common/store/store_prune.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"

enum { BATCH_FEATURES = 1000 };

struct pruning {
    tl_store *store;
    const struct tl_store_prune_wish *wish;
    struct tl_store_pruned *counts;
    int64_t *ids; /* of the features that go */
    size_t id_count, capacity;
    bool (*should_stop)(void);
};

/* With photos that are gone go their features; else those of a set or augmentation may go that are not stale. */
static const char STALE_SQL[] =
    "SELECT feature_id, stored_bytes FROM stale WHERE (?1 = 0 OR feature_set_id = ?1)"
    " AND (?2 = 0 OR augmentation_id = ?2) AND (?3 = 0 OR reason IN ('missing', 'changed')) ORDER BY feature_id";
static const char ALL_SQL[] = "SELECT f.feature_id, f.stored_bytes FROM feature f JOIN variant v USING (variant_id)"
                              " WHERE (?1 = 0 OR f.feature_set_id = ?1) AND (?2 = 0 OR v.augmentation_id = ?2) AND ?3 = 0"
                              " ORDER BY f.feature_id";

static bool has_filter(const struct tl_store_prune_wish *wish)
{
    return wish->feature_set_id != 0 || wish->augmentation_id != 0;
}

static bool keep_id(struct tl_statement *s, struct pruning *p, int64_t feature_id)
{
    if (p->id_count == p->capacity) {
        const size_t capacity = p->capacity == 0 ? 1024 : 2 * p->capacity;
        int64_t *larger = tl_memory_resize(p->ids, capacity, sizeof *larger);
        if (larger == NULL) {
            s->status = tl_error_set_no_memory(s->err, "a list of features", (unsigned long long)capacity * sizeof *larger);
            return false;
        }
        p->ids = larger;
        p->capacity = capacity;
    }
    p->ids[p->id_count++] = feature_id;
    return true;
}

static enum tl_status choose_features(struct pruning *p, int64_t *out_bytes, struct tl_error *err)
{
    struct tl_statement s;
    *out_bytes = 0;
    tl_statement_begin(&s, p->store, has_filter(p->wish) && !p->wish->only_gone ? ALL_SQL : STALE_SQL, err);
    tl_statement_bind_int(&s, p->wish->feature_set_id);
    tl_statement_bind_int(&s, p->wish->augmentation_id);
    tl_statement_bind_int(&s, p->wish->only_gone);
    while (tl_statement_step(&s)) {
        if (!keep_id(&s, p, tl_column_int(&s, 0)))
            break;
        *out_bytes += tl_column_int(&s, 1);
    }
    return tl_statement_end(&s);
}

static enum tl_status count_rows(tl_store *store, int64_t *out, const char *sql, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, sql, err);
    if (tl_statement_step(&s))
        *out = tl_column_int(&s, 0);
    return tl_statement_end(&s);
}

static enum tl_status count_kept(struct pruning *p, struct tl_error *err)
{
    return count_rows(p->store, &p->counts->kept_contents,
                      "SELECT count(*) FROM (SELECT DISTINCT content_id FROM dataset_sample) d"
                      " WHERE NOT EXISTS (SELECT 1 FROM photo p WHERE p.content_id = d.content_id AND p.missing_since_ms IS NULL)",
                      err);
}

static enum tl_status delete_feature(tl_store *store, int64_t feature_id, int64_t *out_bytes, struct tl_error *err)
{
    struct tl_statement s;
    *out_bytes = 0;
    tl_statement_begin(&s, store, "DELETE FROM feature WHERE feature_id = ? RETURNING stored_bytes", err);
    tl_statement_bind_int(&s, feature_id);
    if (tl_statement_step(&s))
        *out_bytes = tl_column_int(&s, 0);
    return tl_statement_end(&s);
}

static enum tl_status delete_batch(struct pruning *p, size_t first, size_t count, struct tl_error *err)
{
    int64_t deleted_bytes = 0;
    enum tl_status status = tl_store_begin(p->store, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; status == TL_OK && i < count; i++) {
        int64_t bytes;
        status = delete_feature(p->store, p->ids[first + i], &bytes, err);
        deleted_bytes += bytes;
    }
    if (status == TL_OK)
        status = tl_store_commit(p->store, err);
    if (status != TL_OK) {
        tl_store_rollback(p->store);
        return status;
    }
    p->counts->features += (int64_t)count;
    p->counts->feature_bytes += deleted_bytes;
    return TL_OK;
}

static enum tl_status delete_features(struct pruning *p, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    for (size_t first = 0; status == TL_OK && first < p->id_count; first += BATCH_FEATURES) {
        if (p->should_stop != NULL && p->should_stop())
            return tl_error_set(err, TL_STOPPED, "stopped on request; tl-store prune again does the rest");
        status = delete_batch(p, first, p->id_count - first < BATCH_FEATURES ? p->id_count - first : BATCH_FEATURES, err);
    }
    return status;
}

static enum tl_status delete_rows(tl_store *store, int64_t *out_count, const char *sql, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, sql, err);
    const enum tl_status status = tl_statement_finish(&s);
    if (status == TL_OK)
        *out_count = sqlite3_changes64(store->db);
    return status;
}

/* Rows that only what was deleted needed, each kind after those that refer to it. What a run, a head or a prediction refers to
 * stays. */
static enum tl_status delete_orphans(struct pruning *p, struct tl_error *err)
{
    struct tl_store_pruned counts = *p->counts;
    int64_t uncounted;
    const struct {
        int64_t *count;
        const char *sql;
    } steps[] = {
        {&uncounted, "DELETE FROM gram"},
        {&uncounted, "DELETE FROM failure WHERE feature_set_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM photo p"
                     " JOIN variant v ON v.content_id = p.content_id JOIN feature f ON f.variant_id = v.variant_id"
                     " WHERE p.photo_id = failure.photo_id AND f.feature_set_id = failure.feature_set_id)"},
        {&counts.variants,
         "DELETE FROM variant WHERE NOT EXISTS (SELECT 1 FROM feature f WHERE f.variant_id = variant.variant_id)"},
        {&counts.contents, "DELETE FROM content WHERE NOT EXISTS (SELECT 1 FROM photo p WHERE p.content_id = content.content_id)"
                           " AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.content_id = content.content_id)"
                           " AND NOT EXISTS (SELECT 1 FROM dataset_sample d WHERE d.content_id = content.content_id)"
                           " AND NOT EXISTS (SELECT 1 FROM prediction q WHERE q.content_id = content.content_id)"},
        {&counts.augmentations, "DELETE FROM augmentation WHERE augmentation_id <> 0 AND NOT EXISTS (SELECT 1 FROM variant v"
                                " WHERE v.augmentation_id = augmentation.augmentation_id)"
                                " AND NOT EXISTS (SELECT 1 FROM run r WHERE r.augmentation_id = augmentation.augmentation_id)"},
        {&counts.feature_sets, "DELETE FROM feature_set WHERE NOT EXISTS (SELECT 1 FROM feature f"
                               " WHERE f.feature_set_id = feature_set.feature_set_id)"
                               " AND NOT EXISTS (SELECT 1 FROM run r WHERE r.feature_set_id = feature_set.feature_set_id)"
                               " AND NOT EXISTS (SELECT 1 FROM head h WHERE h.feature_set_id = feature_set.feature_set_id)"},
        {&uncounted, "DELETE FROM input WHERE NOT EXISTS (SELECT 1 FROM feature_set s WHERE s.input_id = input.input_id)"},
        {&uncounted,
         "DELETE FROM backbone WHERE NOT EXISTS (SELECT 1 FROM feature_set s WHERE s.backbone_id = backbone.backbone_id)"},
    };
    enum tl_status status = tl_store_begin(p->store, err);
    if (status != TL_OK)
        return status;
    if (p->wish->only_gone && !has_filter(p->wish))
        status = delete_rows(p->store, &counts.photos, "DELETE FROM photo WHERE missing_since_ms IS NOT NULL", err);
    for (size_t i = 0; status == TL_OK && i < sizeof steps / sizeof steps[0]; i++)
        status = delete_rows(p->store, steps[i].count, steps[i].sql, err);
    if (status == TL_OK)
        status = tl_store_commit(p->store, err);
    if (status == TL_OK)
        *p->counts = counts;
    else
        tl_store_rollback(p->store);
    return status;
}

enum tl_status tl_store_prune(tl_store *store, struct tl_store_pruned *out, const struct tl_store_prune_wish *wish, bool is_dry_run,
                              bool (*should_stop)(void), struct tl_error *err)
{
    struct pruning p = {.store = store, .wish = wish, .counts = out, .should_stop = should_stop};
    int64_t chosen_bytes;
    memset(out, 0, sizeof *out);
    enum tl_status status = choose_features(&p, &chosen_bytes, err);
    if (status == TL_OK && is_dry_run) {
        out->features = (int64_t)p.id_count;
        out->feature_bytes = chosen_bytes;
        if (wish->only_gone && !has_filter(wish))
            status = count_rows(store, &out->photos, "SELECT count(*) FROM photo WHERE missing_since_ms IS NOT NULL", err);
    } else if (status == TL_OK) {
        status = delete_features(&p, err);
        if (status == TL_OK)
            status = delete_orphans(&p, err);
    }
    if (status == TL_OK)
        status = count_kept(&p, err);
    tl_memory_free(p.ids);
    return status;
}
