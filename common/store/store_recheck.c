/* store_recheck.c - see store_recheck.h. */
#include "common/store/store_recheck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/codec/codec.h"
#include "common/store/column.h"

/* A chosen feature; what is compared is read when its turn comes. */
struct chosen {
    int64_t feature_id, feature_set_id, content_id;
};

struct rechecking {
    tl_store *store;
    const struct tl_store_recheck *recheck;
    struct tl_store_rechecked *counts;
    struct tl_store_feature_set *sets;
    size_t set_count;
    struct chosen *chosen;
    size_t chosen_count;
    tl_codec *codec;
    float *stored, *computed;
    size_t capacity;
    int64_t unable_set_id; /* whose features are left out from here on; 0 for none */
};

/* One of the chosen as the store has it. */
struct stored_feature {
    struct tl_store_recheck_item item;
    char *path;
    uint8_t pixels_digest[TL_DIGEST_BYTES];
    uint8_t *blob;
    size_t blob_bytes;
    bool is_there;
};

static int compare_chosen(const void *a, const void *b)
{
    const struct chosen *x = a, *y = b;
    if (x->feature_set_id != y->feature_set_id)
        return x->feature_set_id < y->feature_set_id ? -1 : 1;
    if (x->content_id != y->content_id)
        return x->content_id < y->content_id ? -1 : 1;
    return (x->feature_id > y->feature_id) - (x->feature_id < y->feature_id);
}

/* Reservoir sampling (algorithm R): each feature has the same chance, in one pass and no more memory than is wanted. */
static enum tl_status choose(struct rechecking *r, struct tl_error *err)
{
    struct tl_statement s;
    struct tl_random random;
    uint64_t seen = 0;
    const size_t wanted = r->recheck->wanted_count;
    tl_random_init(&random, r->recheck->seed, "recheck");
    tl_statement_begin(&s, r->store,
                       "SELECT f.feature_id, f.feature_set_id, v.content_id FROM feature f JOIN variant v USING (variant_id)"
                       " WHERE EXISTS (SELECT 1 FROM photo p WHERE p.content_id = v.content_id AND p.missing_since_ms IS NULL)"
                       " ORDER BY f.feature_id",
                       err);
    while (tl_statement_step(&s)) {
        const struct chosen feature = {tl_column_int(&s, 0), tl_column_int(&s, 1), tl_column_int(&s, 2)};
        seen++;
        if (r->chosen_count < wanted) {
            r->chosen[r->chosen_count++] = feature;
        } else {
            const uint64_t at = tl_random_below(&random, seen);
            if (at < wanted)
                r->chosen[at] = feature;
        }
    }
    qsort(r->chosen, r->chosen_count, sizeof *r->chosen, compare_chosen);
    return tl_statement_end(&s);
}

static const struct tl_store_feature_set *find_set(const struct rechecking *r, int64_t feature_set_id)
{
    for (size_t i = 0; i < r->set_count; i++)
        if (r->sets[i].feature_set_id == feature_set_id)
            return &r->sets[i];
    return NULL;
}

/* The raw bytes where the row has them, else the text. */
static char *copy_raw(struct tl_statement *s, int raw, int text)
{
    size_t size_bytes;
    if (tl_column_is_null(s, raw))
        return tl_column_copy_text(s, text);
    const void *bytes = tl_column_blob(s, raw, &size_bytes);
    char *copy = bytes != NULL ? tl_memory_alloc(size_bytes + 1, 1) : NULL;
    if (copy != NULL)
        memcpy(copy, bytes, size_bytes);
    return copy;
}

static void read_feature(struct tl_statement *s, struct stored_feature *out)
{
    struct tl_store_variant *variant = &out->item.variant;
    char *root = copy_raw(s, 1, 0), *path = copy_raw(s, 3, 2);
    out->path = root != NULL && path != NULL ? tl_system_join_path(root, path) : NULL;
    tl_memory_free(root);
    tl_memory_free(path);
    tl_column_digest(s, 4, out->item.sha256);
    variant->index = (uint32_t)tl_column_int_within(s, 5, 0, UINT32_MAX);
    variant->shear_degrees = tl_column_double(s, 6);
    variant->zoom_x = tl_column_double(s, 7);
    variant->zoom_y = tl_column_double(s, 8);
    variant->shift_x_px = tl_column_double(s, 9);
    variant->shift_y_px = tl_column_double(s, 10);
    variant->flip_horizontal = tl_column_int_within(s, 11, 0, 1) != 0;
    variant->flip_vertical = tl_column_int_within(s, 12, 0, 1) != 0;
    tl_column_digest(s, 13, out->pixels_digest);
    if (!tl_column_is_null(s, 14)) {
        const void *blob = tl_column_blob(s, 14, &out->blob_bytes);
        out->blob = tl_memory_copy(blob, out->blob_bytes);
    }
    if (s->status == TL_OK && (out->path == NULL || (out->blob == NULL && !tl_column_is_null(s, 14))))
        s->status = tl_error_set_no_memory(s->err, "a feature", out->blob_bytes);
    out->item.path = out->path;
    out->is_there = s->status == TL_OK;
}

static enum tl_status get_feature(struct rechecking *r, struct stored_feature *out, const struct chosen *chosen,
                                  struct tl_error *err)
{
    struct tl_statement s;
    *out = (struct stored_feature){.item.set = find_set(r, chosen->feature_set_id)};
    if (out->item.set == NULL)
        return TL_OK; /* made meanwhile */
    tl_statement_begin(
        &s, r->store,
        "SELECT t.root, t.root_bytes, p.path, p.path_bytes, c.sha256, v.variant_index, v.shear_degrees, v.zoom_x, v.zoom_y,"
        " v.shift_x_px, v.shift_y_px, v.flip_horizontal, v.flip_vertical, f.pixels_digest, b.blob"
        " FROM feature f JOIN variant v USING (variant_id) JOIN content c USING (content_id)"
        " JOIN photo p ON p.content_id = c.content_id AND p.missing_since_ms IS NULL JOIN source t USING (source_id)"
        " LEFT JOIN feature_blob b ON b.feature_id = f.feature_id WHERE f.feature_id = ? ORDER BY t.name, p.path LIMIT 1",
        err);
    tl_statement_bind_int(&s, chosen->feature_id);
    if (tl_statement_step(&s))
        read_feature(&s, out);
    return tl_statement_end(&s);
}

static enum tl_status reserve_values(struct rechecking *r, size_t count, struct tl_error *err)
{
    if (count <= r->capacity)
        return TL_OK;
    tl_memory_free(r->stored);
    tl_memory_free(r->computed);
    r->capacity = 0;
    r->stored = tl_memory_alloc(count, sizeof *r->stored);
    r->computed = tl_memory_alloc(count, sizeof *r->computed);
    if (r->stored == NULL || r->computed == NULL)
        return tl_error_set_no_memory(err, "a feature", 2ULL * count * sizeof(float));
    r->capacity = count;
    return TL_OK;
}

/* Both as the store keeps them. */
static enum tl_status compare(struct rechecking *r, const struct stored_feature *stored, const struct chosen *chosen, size_t count,
                              const struct tl_store_recomputed *recomputed, struct tl_error *err)
{
    struct tl_error failure;
    size_t differing = 0;
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (memcmp(&r->stored[i], &r->computed[i], sizeof(float)) != 0) {
            differing++;
            largest = fmax(largest, fabs((double)r->stored[i] - (double)r->computed[i]));
        }
    if (memcmp(recomputed->pixels_digest, stored->pixels_digest, TL_DIGEST_BYTES) != 0) {
        r->counts->other_pixels++;
        r->recheck->tell_other_pixels(r->recheck->watch->context, stored->path);
        return TL_OK;
    }
    if (differing == 0) {
        r->counts->equal++;
        return TL_OK;
    }
    r->counts->different++;
    (void)tl_error_set(&failure, TL_CORRUPT, "computed again from the same pixels, %zu of its %zu values differ, by at most %.3g",
                       differing, count, largest);
    return tl_store_name_damage(r->store, chosen->feature_id, &failure, r->recheck->watch, err);
}

static enum tl_status recompute(struct rechecking *r, const struct stored_feature *stored, const struct chosen *chosen,
                                size_t count, struct tl_error *err)
{
    struct tl_store_recomputed recomputed = {.outcome = TL_STORE_RECHECK_COMPUTED, .values = r->computed};
    enum tl_status status = r->recheck->recompute(r->recheck->recompute_context, &recomputed, &stored->item, err);
    if (status != TL_OK)
        return status;
    switch (recomputed.outcome) {
    case TL_STORE_RECHECK_COMPUTED:
        return compare(r, stored, chosen, count, &recomputed, err);
    case TL_STORE_RECHECK_GONE:
        r->counts->gone++;
        break;
    case TL_STORE_RECHECK_CHANGED:
        r->counts->changed++;
        break;
    case TL_STORE_RECHECK_UNABLE:
        r->counts->unable++;
        r->unable_set_id = chosen->feature_set_id;
        break;
    }
    r->recheck->tell_skipped(r->recheck->watch->context, stored->path, &recomputed);
    return TL_OK;
}

/* TL_CORRUPT where the stored values cannot be had. */
static enum tl_status decode(struct rechecking *r, const struct stored_feature *stored, uint64_t count, struct tl_error *err)
{
    if (count > TL_CODEC_COUNT_MAX || stored->blob == NULL)
        return tl_error_set(err, TL_CORRUPT, "no values");
    const enum tl_status status = reserve_values(r, (size_t)count, err);
    return status == TL_OK ? tl_codec_decode(r->codec, r->stored, (size_t)count, stored->blob, stored->blob_bytes, err) : status;
}

static enum tl_status recheck_one(struct rechecking *r, const struct chosen *chosen, struct tl_error *err)
{
    struct stored_feature stored;
    enum tl_status status = get_feature(r, &stored, chosen, err);
    if (status == TL_OK && stored.is_there && chosen->feature_set_id == r->unable_set_id) {
        r->counts->unable++;
    } else if (status == TL_OK && stored.is_there) {
        const struct tl_store_feature_set *set = stored.item.set;
        const uint64_t count = (uint64_t)set->height * set->width * set->channels;
        status = decode(r, &stored, count, err);
        if (status == TL_OK) {
            status = recompute(r, &stored, chosen, (size_t)count, err);
        } else if (status == TL_CORRUPT) {
            r->counts->damaged++;
            status = TL_OK;
        }
    }
    tl_memory_free(stored.path);
    tl_memory_free(stored.blob);
    return status;
}

enum tl_status tl_store_recheck(tl_store *store, struct tl_store_rechecked *out, const struct tl_store_recheck *recheck,
                                struct tl_error *err)
{
    struct rechecking r = {.store = store, .recheck = recheck, .counts = out};
    const struct tl_store_verify_watch *watch = recheck->watch;
    memset(out, 0, sizeof *out);
    enum tl_status status = tl_codec_create(&r.codec, err);
    if (status != TL_OK)
        goto done;
    r.chosen = tl_memory_alloc(recheck->wanted_count, sizeof *r.chosen);
    if (r.chosen == NULL) {
        status = tl_error_set_no_memory(err, "a list of features", (unsigned long long)recheck->wanted_count * sizeof *r.chosen);
        goto done;
    }
    status = tl_store_list_feature_sets(store, &r.sets, &r.set_count, err);
    if (status == TL_OK)
        status = choose(&r, err);
    for (size_t i = 0; status == TL_OK && i < r.chosen_count; i++) {
        status = recheck_one(&r, &r.chosen[i], err);
        if (status == TL_OK && watch->tell_progress != NULL && !watch->tell_progress(watch->context, (int64_t)i + 1))
            status = tl_error_set(err, TL_STOPPED, "stopped on request");
    }
done:
    tl_store_free_feature_sets(r.sets, r.set_count);
    tl_memory_free(r.chosen);
    tl_memory_free(r.stored);
    tl_memory_free(r.computed);
    tl_codec_free(r.codec);
    return status;
}
