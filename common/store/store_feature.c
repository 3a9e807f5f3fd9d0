/* store_feature.c - see store_feature.h; store_choice.c lists and chooses. */
#include "common/store/store_feature.h"

#include <string.h>

#include "common/store/column.h"

/* schema/README.md has the recipe. The shape follows from the rest. */
static void compute_set_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_store_feature_set *set)
{
    struct tl_digest digest;
    tl_digest_init(&digest);
    tl_digest_update_string(&digest, "tl-feature-set-1");
    tl_digest_update(&digest, set->input_digest, TL_DIGEST_BYTES);
    tl_digest_update_string(&digest, set->network);
    tl_digest_update(&digest, set->tensors_sha256, TL_DIGEST_BYTES);
    tl_digest_update_string(&digest, set->layer);
    tl_digest_update_string(&digest, set->arithmetic);
    tl_digest_update_string(&digest, set->stored_type);
    tl_digest_finish(&digest, out);
}

/* The updates of a key by itself change nothing: RETURNING gives the row that was there. */
static enum tl_status put_input(tl_store *store, int64_t *out_input_id, const struct tl_store_feature_set *set,
                                struct tl_error *err)
{
    struct tl_statement s;
    bool is_same = true;
    *out_input_id = 0;
    tl_statement_begin(
        &s, store,
        "INSERT INTO input (digest, json) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest"
        " RETURNING input_id, json",
        err);
    tl_statement_bind_blob(&s, set->input_digest, TL_DIGEST_BYTES);
    tl_statement_bind_text(&s, set->input_json);
    if (tl_statement_step(&s)) {
        *out_input_id = tl_column_int(&s, 0);
        const char *json = tl_column_text(&s, 1, NULL);
        is_same = json != NULL && strcmp(json, set->input_json) == 0;
    }
    const enum tl_status status = tl_statement_finish(&s);
    if (status == TL_OK && !is_same)
        return tl_error_set(err, TL_CORRUPT, "the store holds another recipe under the digest of %s", set->input_json);
    return status;
}

static enum tl_status put_backbone(tl_store *store, int64_t *out_backbone_id, const struct tl_store_feature_set *set,
                                   struct tl_error *err)
{
    struct tl_statement s;
    *out_backbone_id = 0;
    tl_statement_begin(&s, store,
                       "INSERT INTO backbone (network, tensors_sha256) VALUES (?, ?)"
                       " ON CONFLICT (network, tensors_sha256) DO UPDATE SET network = excluded.network RETURNING backbone_id",
                       err);
    tl_statement_bind_text(&s, set->network);
    tl_statement_bind_blob(&s, set->tensors_sha256, TL_DIGEST_BYTES);
    if (tl_statement_step(&s))
        *out_backbone_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_feature_set(tl_store *store, struct tl_store_feature_set *set, struct tl_error *err)
{
    struct tl_statement s;
    int64_t input_id, backbone_id, feature_set_id = 0, height = 0, width = 0, channels = 0;
    uint8_t digest[TL_DIGEST_BYTES];
    enum tl_status status = put_input(store, &input_id, set, err);
    if (status == TL_OK)
        status = put_backbone(store, &backbone_id, set, err);
    if (status != TL_OK)
        return status;
    compute_set_digest(digest, set);
    tl_statement_begin(
        &s, store,
        "INSERT INTO feature_set (digest, input_id, backbone_id, layer, arithmetic, stored_type, height, width, channels)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest"
        " RETURNING feature_set_id, height, width, channels",
        err);
    tl_statement_bind_blob(&s, digest, sizeof digest);
    tl_statement_bind_int(&s, input_id);
    tl_statement_bind_int(&s, backbone_id);
    tl_statement_bind_text(&s, set->layer);
    tl_statement_bind_text(&s, set->arithmetic);
    tl_statement_bind_text(&s, set->stored_type);
    tl_statement_bind_int(&s, set->height);
    tl_statement_bind_int(&s, set->width);
    tl_statement_bind_int(&s, set->channels);
    if (tl_statement_step(&s)) {
        feature_set_id = tl_column_int(&s, 0);
        height = tl_column_int(&s, 1);
        width = tl_column_int(&s, 2);
        channels = tl_column_int(&s, 3);
    }
    status = tl_statement_finish(&s);
    if (status != TL_OK)
        return status;
    if (height != set->height || width != set->width || channels != set->channels)
        return tl_error_set(err, TL_CORRUPT, "the store has these features with shape %lldx%lldx%lld, not %ux%ux%u",
                            (long long)height, (long long)width, (long long)channels, set->height, set->width, set->channels);
    set->feature_set_id = feature_set_id;
    memcpy(set->digest, digest, sizeof digest);
    return TL_OK;
}

enum tl_status tl_store_put_augmentation(tl_store *store, struct tl_store_augmentation *augmentation, struct tl_error *err)
{
    struct tl_statement s;
    int64_t augmentation_id = 0;
    tl_statement_begin(&s, store,
                       "INSERT INTO augmentation (digest, name, json) VALUES (?, ?, ?)"
                       " ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest RETURNING augmentation_id",
                       err);
    tl_statement_bind_blob(&s, augmentation->digest, TL_DIGEST_BYTES);
    tl_statement_bind_text(&s, augmentation->name);
    tl_statement_bind_text(&s, augmentation->json);
    if (tl_statement_step(&s))
        augmentation_id = tl_column_int(&s, 0);
    const enum tl_status status = tl_statement_finish(&s);
    if (status == TL_OK)
        augmentation->augmentation_id = augmentation_id;
    return status;
}

enum tl_status tl_store_put_variant(tl_store *store, int64_t *out_variant_id, int64_t content_id, int64_t augmentation_id,
                                    const struct tl_store_variant *variant, struct tl_error *err)
{
    struct tl_statement s;
    *out_variant_id = 0;
    tl_statement_begin(
        &s, store,
        "INSERT INTO variant (content_id, augmentation_id, variant_index, shear_degrees, zoom_x, zoom_y, shift_x_px,"
        " shift_y_px, flip_horizontal, flip_vertical) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (content_id, augmentation_id, variant_index) DO UPDATE SET shear_degrees = excluded.shear_degrees,"
        " zoom_x = excluded.zoom_x, zoom_y = excluded.zoom_y, shift_x_px = excluded.shift_x_px,"
        " shift_y_px = excluded.shift_y_px, flip_horizontal = excluded.flip_horizontal,"
        " flip_vertical = excluded.flip_vertical RETURNING variant_id",
        err);
    tl_statement_bind_int(&s, content_id);
    tl_statement_bind_int(&s, augmentation_id);
    tl_statement_bind_int(&s, variant->index);
    tl_statement_bind_double(&s, variant->shear_degrees);
    tl_statement_bind_double(&s, variant->zoom_x);
    tl_statement_bind_double(&s, variant->zoom_y);
    tl_statement_bind_double(&s, variant->shift_x_px);
    tl_statement_bind_double(&s, variant->shift_y_px);
    tl_statement_bind_int(&s, variant->flip_horizontal);
    tl_statement_bind_int(&s, variant->flip_vertical);
    if (tl_statement_step(&s))
        *out_variant_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

static enum tl_status put_blob(tl_store *store, int64_t feature_id, const struct tl_store_feature *feature, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "INSERT INTO feature_blob (feature_id, blob) VALUES (?, ?) ON CONFLICT (feature_id) DO UPDATE SET blob = excluded.blob",
        err);
    tl_statement_bind_int(&s, feature_id);
    tl_statement_bind_blob(&s, feature->blob, feature->blob_bytes);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_feature(tl_store *store, int64_t feature_set_id, int64_t variant_id,
                                    const struct tl_store_feature *feature, struct tl_error *err)
{
    struct tl_statement s;
    int64_t feature_id = 0;
    tl_statement_begin(
        &s, store,
        "INSERT INTO feature (feature_set_id, variant_id, nonzero_count, stored_bytes, pixels_digest, values_digest)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (feature_set_id, variant_id) DO UPDATE SET"
        " nonzero_count = excluded.nonzero_count, stored_bytes = excluded.stored_bytes,"
        " pixels_digest = excluded.pixels_digest, values_digest = excluded.values_digest RETURNING feature_id",
        err);
    tl_statement_bind_int(&s, feature_set_id);
    tl_statement_bind_int(&s, variant_id);
    tl_statement_bind_int(&s, (int64_t)feature->nonzero_count);
    tl_statement_bind_int(&s, (int64_t)feature->blob_bytes);
    tl_statement_bind_blob(&s, feature->pixels_digest, TL_DIGEST_BYTES);
    tl_statement_bind_blob(&s, feature->values_digest, TL_DIGEST_BYTES);
    if (tl_statement_step(&s))
        feature_id = tl_column_int(&s, 0);
    const enum tl_status status = tl_statement_finish(&s);
    return status == TL_OK ? put_blob(store, feature_id, feature, err) : status;
}
