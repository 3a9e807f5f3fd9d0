/* store_merge_features.c - merging features, each blob checked by decoding it. See store_merge_steps.h. */
#include <string.h>

#include "common/store/column.h"
#include "common/store/store_feature.h"
#include "common/store/store_merge_steps.h"

/* Features of one transaction. */
enum { BATCH_COUNT = 1024, WHY_BYTES = 512 };

/* A feature of the input, with the ids that its keys have in the new store. Borrowed until the next step. */
struct candidate {
    int64_t other_id, other_content_id;
    struct tl_store_merge_key key;
    struct tl_store_variant variant;
    struct tl_store_feature feature; /* its blob is NULL where it is lost */
    int64_t value_count, stored_bytes;
    const char *recorded; /* why it is recorded as damaged, or NULL */
};

static const char SELECT_BATCH[] =
    "SELECT f.feature_id, f.nonzero_count, f.stored_bytes, f.pixels_digest, f.values_digest, v.variant_index, v.shear_degrees,"
    " v.zoom_x, v.zoom_y, v.shift_x_px, v.shift_y_px, v.flip_horizontal, v.flip_vertical, v.content_id,"
    " ms.feature_set_id, mc.content_id, ma.augmentation_id, s.height, s.width, s.channels,"
    " (SELECT x.message FROM other.photo p JOIN other.failure x ON x.photo_id = p.photo_id AND x.stage = 'verify'"
    "   AND x.feature_set_id = f.feature_set_id WHERE p.content_id = v.content_id ORDER BY x.cause LIMIT 1), b.blob"
    " FROM other.feature f CROSS JOIN other.variant v ON v.variant_id = f.variant_id"
    " CROSS JOIN other.feature_set s ON s.feature_set_id = f.feature_set_id"
    " CROSS JOIN main.feature_set ms ON ms.digest = s.digest"
    " CROSS JOIN other.augmentation a ON a.augmentation_id = v.augmentation_id"
    " CROSS JOIN main.augmentation ma ON ma.digest = a.digest"
    " CROSS JOIN other.content c ON c.content_id = v.content_id"
    " CROSS JOIN main.content mc ON mc.sha256 = c.sha256"
    " LEFT JOIN other.feature_blob b ON b.feature_id = f.feature_id"
    " WHERE f.feature_id > ? ORDER BY f.feature_id LIMIT ?";

/* Where the photos of the new store stand, for what only all parts together know. */
enum tl_status tl_store_merge_prepare_features(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "CREATE TEMP TABLE merge_split_set (label_set TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO temp.merge_split_set SELECT DISTINCT l.label_set FROM main.label l JOIN main.photo p USING (photo_id)"
        " WHERE l.split IS NOT NULL AND p.missing_since_ms IS NULL",
        "CREATE TEMP TABLE merge_evaluation (content_id INTEGER NOT NULL, label_set TEXT NOT NULL,"
        " PRIMARY KEY (content_id, label_set)) WITHOUT ROWID",
        "INSERT INTO temp.merge_evaluation SELECT DISTINCT p.content_id, l.label_set FROM main.photo p JOIN main.label l USING "
        "(photo_id)"
        " WHERE l.split IN ('val', 'test') AND p.missing_since_ms IS NULL AND p.content_id IS NOT NULL",
    };
    enum tl_status status = TL_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == TL_OK; i++)
        status = tl_store_merge_run(merging, steps[i], err);
    return status;
}

/* Whether no label set has the photo on its training side alone: then one run would not have made the variant. */
static enum tl_status is_for_evaluation(struct tl_store_merging *merging, bool *out, const struct candidate *candidate,
                                        struct tl_error *err)
{
    struct tl_statement s;
    *out = false;
    if (merging->shard.count == 0 || candidate->key.augmentation_id == 0)
        return TL_OK;
    tl_statement_begin(&s, merging->out,
                       "SELECT count(*) > 0 AND count(*) FILTER (WHERE (l.split = 'train' OR (l.split IS NULL"
                       " AND l.label_set NOT IN (SELECT label_set FROM temp.merge_split_set))) AND NOT EXISTS (SELECT 1 FROM "
                       "temp.merge_evaluation e"
                       " WHERE e.content_id = ? AND e.label_set = l.label_set)) = 0"
                       " FROM other.photo p JOIN other.label l ON l.photo_id = p.photo_id WHERE p.content_id = ?",
                       err);
    tl_statement_bind_int(&s, candidate->key.content_id);
    tl_statement_bind_int(&s, candidate->other_content_id);
    if (tl_statement_step(&s))
        *out = tl_column_int(&s, 0) != 0;
    return tl_statement_end(&s);
}

static void read_candidate(struct candidate *out, struct tl_statement *s)
{
    *out = (struct candidate){.other_id = tl_column_int(s, 0)};
    out->feature.nonzero_count = (size_t)tl_column_int(s, 1);
    out->stored_bytes = tl_column_int(s, 2);
    tl_column_digest(s, 3, out->feature.pixels_digest);
    tl_column_digest(s, 4, out->feature.values_digest);
    out->variant = (struct tl_store_variant){.index = (uint32_t)tl_column_int_within(s, 5, 0, UINT32_MAX),
                                             .shear_degrees = tl_column_double(s, 6),
                                             .zoom_x = tl_column_double(s, 7),
                                             .zoom_y = tl_column_double(s, 8),
                                             .shift_x_px = tl_column_double(s, 9),
                                             .shift_y_px = tl_column_double(s, 10),
                                             .flip_horizontal = tl_column_int(s, 11) != 0,
                                             .flip_vertical = tl_column_int(s, 12) != 0};
    out->other_content_id = tl_column_int(s, 13);
    out->key = (struct tl_store_merge_key){tl_column_int(s, 14), tl_column_int(s, 15), tl_column_int(s, 16), out->variant.index};
    out->value_count = 1;
    for (int i = 17; i <= 19; i++)
        out->value_count *= tl_column_int_within(s, i, 1, 1 << 20);
    out->recorded = tl_column_is_null(s, 20) ? NULL : tl_column_text(s, 20, NULL);
    out->feature.blob = tl_column_is_null(s, 21) ? NULL : tl_column_blob(s, 21, &out->feature.blob_bytes);
}

/* True when the blob gives the values of its row; else *why says what is wrong. Fails with: TL_NO_MEMORY. */
static enum tl_status is_whole(struct tl_store_merging *merging, bool *out, struct tl_error *why,
                               const struct candidate *candidate, struct tl_error *err)
{
    struct tl_stored_feature feature = {.value_count = candidate->value_count,
                                        .nonzero_count = (int64_t)candidate->feature.nonzero_count,
                                        .stored_bytes = candidate->stored_bytes,
                                        .blob = candidate->feature.blob,
                                        .blob_bytes = candidate->feature.blob_bytes};
    memcpy(feature.values_digest, candidate->feature.values_digest, TL_DIGEST_BYTES);
    const enum tl_status status = tl_stored_feature_check(&merging->checker, &feature, why);
    *out = status == TL_OK;
    return status == TL_NO_MEMORY ? tl_error_set(err, TL_NO_MEMORY, "%s", why->message) : TL_OK;
}

/* What the new store has of the candidate's variant. */
struct present {
    int64_t variant_id; /* 0: no such variant */
    bool is_drawn_alike, has_feature;
    uint8_t pixels_digest[TL_DIGEST_BYTES], values_digest[TL_DIGEST_BYTES];
};

static enum tl_status find_present(struct tl_store_merging *merging, struct present *out, const struct candidate *candidate,
                                   struct tl_error *err)
{
    const struct tl_store_variant *variant = &candidate->variant;
    struct tl_statement s;
    *out = (struct present){.variant_id = 0};
    tl_statement_begin(&s, merging->out,
                       "SELECT v.variant_id, v.shear_degrees = ? AND v.zoom_x = ? AND v.zoom_y = ? AND v.shift_x_px = ?"
                       " AND v.shift_y_px = ? AND v.flip_horizontal = ? AND v.flip_vertical = ?, f.pixels_digest, f.values_digest"
                       " FROM main.variant v LEFT JOIN main.feature f ON f.variant_id = v.variant_id AND f.feature_set_id = ?"
                       " WHERE v.content_id = ? AND v.augmentation_id = ? AND v.variant_index = ?",
                       err);
    tl_statement_bind_double(&s, variant->shear_degrees);
    tl_statement_bind_double(&s, variant->zoom_x);
    tl_statement_bind_double(&s, variant->zoom_y);
    tl_statement_bind_double(&s, variant->shift_x_px);
    tl_statement_bind_double(&s, variant->shift_y_px);
    tl_statement_bind_int(&s, variant->flip_horizontal);
    tl_statement_bind_int(&s, variant->flip_vertical);
    tl_statement_bind_int(&s, candidate->key.feature_set_id);
    tl_statement_bind_int(&s, candidate->key.content_id);
    tl_statement_bind_int(&s, candidate->key.augmentation_id);
    tl_statement_bind_int(&s, variant->index);
    if (tl_statement_step(&s)) {
        out->variant_id = tl_column_int(&s, 0);
        out->is_drawn_alike = tl_column_int(&s, 1) != 0;
        out->has_feature = !tl_column_is_null(&s, 2);
        if (out->has_feature) {
            tl_column_digest(&s, 2, out->pixels_digest);
            tl_column_digest(&s, 3, out->values_digest);
        }
    }
    return tl_statement_end(&s);
}

static enum tl_status tell_conflict(struct tl_store_merging *merging, enum tl_store_merge_event event, const char *what,
                                    const struct candidate *candidate, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out,
                       "SELECT coalesce((SELECT s.name || '/' || p.path FROM main.photo p JOIN main.source s USING (source_id)"
                       " WHERE p.content_id = ?1 ORDER BY s.name, p.path LIMIT 1), 'a photo without a place'),"
                       " (SELECT name FROM main.augmentation WHERE augmentation_id = ?2)",
                       err);
    tl_statement_bind_int(&s, candidate->key.content_id);
    tl_statement_bind_int(&s, candidate->key.augmentation_id);
    if (tl_statement_step(&s)) {
        const char *place = tl_column_text(&s, 0, NULL), *augmentation = tl_column_text(&s, 1, NULL);
        if (s.status == TL_OK && candidate->variant.index == 0)
            tl_store_merge_tell(merging, event, "%s: %s than in an earlier store, which stays", place, what);
        else if (s.status == TL_OK)
            tl_store_merge_tell(merging, event, "%s, variant %u of '%s': %s than in an earlier store, which stays", place,
                                candidate->variant.index, augmentation, what);
    }
    return tl_statement_end(&s);
}

/* Both are there and neither is recorded as damaged; the one that is there was found whole. */
static enum tl_status compare(struct tl_store_merging *merging, const struct candidate *candidate, const struct present *present,
                              struct tl_error *err)
{
    struct tl_error why;
    bool is_good;
    if (memcmp(present->values_digest, candidate->feature.values_digest, TL_DIGEST_BYTES) == 0)
        return TL_OK;
    enum tl_status status = is_whole(merging, &is_good, &why, candidate, err);
    if (status != TL_OK)
        return status;
    if (!is_good)
        return tl_store_merge_note(merging, &candidate->key, TL_STORE_MERGE_HEALED, why.message, err);
    if (memcmp(present->pixels_digest, candidate->feature.pixels_digest, TL_DIGEST_BYTES) != 0)
        return tell_conflict(merging, TL_STORE_MERGE_DECODED, "decoded differently", candidate, err);
    return tell_conflict(merging, TL_STORE_MERGE_COMPUTED, "computed differently", candidate, err);
}

static enum tl_status put(struct tl_store_merging *merging, const struct candidate *candidate, struct tl_error *err)
{
    int64_t variant_id;
    enum tl_status status = tl_store_put_variant(merging->out, &variant_id, candidate->key.content_id,
                                                 candidate->key.augmentation_id, &candidate->variant, err);
    return status != TL_OK
               ? status
               : tl_store_put_feature(merging->out, candidate->key.feature_set_id, variant_id, &candidate->feature, err);
}

/* Takes a copy that is not there, or one that is not in doubt for one that is. */
static enum tl_status take(struct tl_store_merging *merging, const struct candidate *candidate, bool is_there,
                           struct tl_error *err)
{
    const char *const recorded = candidate->recorded;
    struct tl_error why;
    bool is_good;
    enum tl_status status = is_whole(merging, &is_good, &why, candidate, err);
    if (status != TL_OK)
        return status;
    if (!is_good)
        return tl_store_merge_note(merging, &candidate->key, TL_STORE_MERGE_ABSENT, why.message, err);
    status = put(merging, candidate, err);
    if (status != TL_OK)
        return status;
    merging->report->copied_count += !is_there;
    return recorded != NULL ? tl_store_merge_note(merging, &candidate->key, TL_STORE_MERGE_SUSPECT, recorded, err)
                            : tl_store_merge_heal(merging, &candidate->key, err);
}

static enum tl_status merge_candidate(struct tl_store_merging *merging, const struct candidate *candidate, struct tl_error *err)
{
    struct present present;
    bool is_left_out, is_suspect = false;
    enum tl_status status = is_for_evaluation(merging, &is_left_out, candidate, err);
    if (status != TL_OK)
        return status;
    if (is_left_out) {
        merging->report->evaluation_count++;
        return TL_OK;
    }
    status = find_present(merging, &present, candidate, err);
    if (status == TL_OK && present.variant_id != 0 && !present.is_drawn_alike)
        return tell_conflict(merging, TL_STORE_MERGE_DRAWN, "drawn with other parameters", candidate, err);
    if (status == TL_OK && present.has_feature)
        status = tl_store_merge_is_suspect(merging, &is_suspect, &candidate->key, err);
    if (status != TL_OK)
        return status;
    if (!present.has_feature || (is_suspect && candidate->recorded == NULL))
        return take(merging, candidate, present.has_feature, err);
    if (candidate->recorded != NULL)
        return tl_store_merge_note(merging, &candidate->key, TL_STORE_MERGE_HEALED, candidate->recorded, err);
    return compare(merging, candidate, &present, err);
}

/* The next features after *last_id, which moves on; *out_count of them were there. */
static enum tl_status merge_batch(struct tl_store_merging *merging, int64_t *last_id, size_t *out_count, struct tl_error *err)
{
    struct tl_statement s;
    struct candidate candidate;
    enum tl_status status = TL_OK, end_status;
    *out_count = 0;
    tl_statement_begin(&s, merging->out, SELECT_BATCH, err);
    tl_statement_bind_int(&s, *last_id);
    tl_statement_bind_int(&s, BATCH_COUNT);
    while (status == TL_OK && tl_statement_step(&s)) {
        read_candidate(&candidate, &s);
        if (s.status != TL_OK)
            break;
        *last_id = candidate.other_id;
        ++*out_count;
        merging->done_count++;
        status = merge_candidate(merging, &candidate, err);
    }
    end_status = tl_statement_end(&s);
    return status != TL_OK ? status : end_status;
}

enum tl_status tl_store_merge_features(struct tl_store_merging *merging, struct tl_error *err)
{
    const struct tl_store_merge_wish *wish = merging->wish;
    int64_t last_id = INT64_MIN;
    size_t count = BATCH_COUNT;
    enum tl_status status = TL_OK;
    while (status == TL_OK && count == BATCH_COUNT) {
        status = tl_store_begin(merging->out, err);
        if (status == TL_OK)
            status = merge_batch(merging, &last_id, &count, err);
        if (status == TL_OK)
            status = tl_store_commit(merging->out, err);
        if (status == TL_OK && wish->go_on != NULL &&
            !wish->go_on(wish->context, merging->done_count, merging->report->feature_count))
            status = tl_error_set(err, TL_STOPPED, "stopped on request");
    }
    return status;
}
