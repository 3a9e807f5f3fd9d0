/* store_feature.h - rows of what was computed: inputs, augmentations, backbones, feature sets, variants, features.
 *
 * Puts are upserts by natural key and need an open transaction. A feature is put with its blob or not at all.
 */
#ifndef TL_STORE_STORE_FEATURE_H
#define TL_STORE_STORE_FEATURE_H

#include "common/store/store.h"

/* Everything that identifies a feature set. Strings are borrowed by put; in list and get they are owned by the
 * struct's holder and live as long as the list. */
struct tl_store_feature_set {
    int64_t feature_set_id;          /* set by the store */
    uint8_t digest[TL_DIGEST_BYTES]; /* set by the store: over all below but height, width, channels */
    const char *input_json;
    uint8_t input_digest[TL_DIGEST_BYTES];
    const char *network;
    uint8_t tensors_sha256[TL_DIGEST_BYTES];
    const char *layer, *arithmetic, *stored_type;
    uint32_t height, width, channels;
    int64_t feature_count; /* set by list and get */
    bool is_stale;           /* set by list: of a recipe whose pixels today's program makes otherwise */
    const char *recipe;    /* set by list: what people tell sets apart by: "nearest", "crop lanczos3 exif", "nearest float16" */
};
/* Puts input, backbone and feature set; fills the ids. Fails with: TL_CORRUPT (the same set with another shape), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_feature_set(tl_store *store, struct tl_store_feature_set *set, struct tl_error *err);

struct tl_store_augmentation {
    int64_t augmentation_id; /* 0 is the plain photo */
    uint8_t digest[TL_DIGEST_BYTES];
    const char *name; /* "mild", "keras", "custom"; not identity */
    const char *json;
    int64_t variant_count; /* set by list: features of the set with this augmentation */
    bool is_stale;         /* set by list: today's program draws other parameters */
};
/* Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_augmentation(tl_store *store, struct tl_store_augmentation *augmentation,
                                                     struct tl_error *err);

/* All feature sets by digest; of one set, or of all (feature_set_id 0), the augmentations that have features, by digest, the plain
 * photo (id 0) left out.
 * The caller frees each list with tl_store_free_*(). Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_list_feature_sets(tl_store *store, struct tl_store_feature_set **out, size_t *out_count,
                                                      struct tl_error *err);
void tl_store_free_feature_sets(struct tl_store_feature_set *sets, size_t count);
TL_MUST_USE enum tl_status tl_store_list_augmentations(tl_store *store, int64_t feature_set_id,
                                                       struct tl_store_augmentation **out, size_t *out_count,
                                                       struct tl_error *err);
void tl_store_free_augmentations(struct tl_store_augmentation *augmentations, size_t count);

/* Picks one by a name or digest prefix (at least 4 digits); NULL `wanted` takes the only one. One that is stale is taken by its
 * digest alone. What the tools' --features and --augment mean. The message lists the choices. Fails with: TL_NOT_FOUND (none at
 * all, none matches), TL_BAD_INPUT (several and none named, or several match). */
TL_MUST_USE enum tl_status tl_store_choose_feature_set(size_t *out_index, const struct tl_store_feature_set *sets, size_t count,
                                                       const char *wanted, struct tl_error *err);
TL_MUST_USE enum tl_status tl_store_choose_augmentation(size_t *out_index, const struct tl_store_augmentation *augmentations,
                                                        size_t count, const char *wanted, struct tl_error *err);

struct tl_store_variant {
    uint32_t index;
    double shear_degrees, zoom_x, zoom_y, shift_x_px, shift_y_px;
    bool flip_horizontal, flip_vertical;
};
/* Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_variant(tl_store *store, int64_t *out_variant_id, int64_t content_id,
                                                int64_t augmentation_id, const struct tl_store_variant *variant,
                                                struct tl_error *err);

struct tl_store_feature {
    size_t nonzero_count;
    uint8_t pixels_digest[TL_DIGEST_BYTES]; /* of the decoded and resized 8-bit pixels */
    uint8_t values_digest[TL_DIGEST_BYTES]; /* of the little-endian floats */
    const uint8_t *blob;
    size_t blob_bytes;
};
/* Replaces one that is there. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_feature(tl_store *store, int64_t feature_set_id, int64_t variant_id,
                                                const struct tl_store_feature *feature, struct tl_error *err);

#endif
