/* made_store.h - a store filled with features that a test makes up: classes that can be told apart, sparse, of any order. */
#ifndef TL_TESTS_MADE_STORE_H
#define TL_TESTS_MADE_STORE_H

#include <stdio.h>
#include <string.h>

#include "common/base/random.h"
#include "common/codec/codec.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "common/store/store_source.h"
#include "tests/support/suite.h"

enum { MADE_HEIGHT = 2, MADE_WIDTH = 2, MADE_CHANNELS = 32, MADE_FEATURES = MADE_HEIGHT * MADE_WIDTH * MADE_CHANNELS };

/* A photo: its place, what it is called, and which bytes it has. */
struct made_photo {
    const char *path, *class_name, *split; /* split NULL: none */
    unsigned content;                      /* equal numbers are equal bytes */
    unsigned kind;                         /* what its features look like */
    unsigned variant_count;
};

struct made_store {
    tl_store *store;
    tl_codec *codec;
    int64_t source_id, feature_set_id, augmentation_id;
};

static inline void made_content_sha256(uint8_t out[TL_DIGEST_BYTES], unsigned content)
{
    char text[32];
    snprintf(text, sizeof text, "content %u", content);
    tl_digest_bytes(out, text, strlen(text));
}

static inline void made_features(float out[MADE_FEATURES], const struct made_photo *photo, uint32_t variant_index)
{
    struct tl_random random;
    char stream[64];

    snprintf(stream, sizeof stream, "features %u %u", photo->content, variant_index);
    tl_random_init(&random, 1, stream);
    for (unsigned f = 0; f < MADE_FEATURES; f++) {
        const double chance = f % 4 == photo->kind % 4 ? 0.5 : 0.05;
        out[f] = tl_random_uniform(&random) < chance ? (float)(tl_random_uniform(&random) * 30) : 0;
    }
}

static inline void made_put_feature(struct made_store *made, int64_t content_id, uint32_t variant_index, const float *values)
{
    const struct tl_store_variant variant = {.index = variant_index, .zoom_x = 1, .zoom_y = 1};
    struct tl_codec_info info;
    struct tl_store_feature feature = {0};
    int64_t variant_id;
    struct tl_error err;

    ck_assert_msg(tl_store_put_variant(made->store, &variant_id, content_id, variant_index > 0 ? made->augmentation_id : 0,
                                       &variant, &err) == TL_OK,
                  "%s", err.message);
    ck_assert_int_eq(tl_codec_encode(made->codec, &feature.blob, &feature.blob_bytes, &info, values, MADE_FEATURES, NULL), TL_OK);
    feature.nonzero_count = info.nonzero_count;
    tl_digest_bytes(feature.values_digest, values, MADE_FEATURES * sizeof *values);
    memcpy(feature.pixels_digest, feature.values_digest, TL_DIGEST_BYTES);
    ck_assert_msg(tl_store_put_feature(made->store, made->feature_set_id, variant_id, &feature, &err) == TL_OK, "%s", err.message);
}

/* What a photo looks like beside its bytes; features as those of `like`, a little brighter, or its own where that is NULL. */
struct made_look {
    const uint8_t *thumbnail;
    const char *captured_at, *camera;
    const struct made_photo *like;
};

static inline int64_t made_put_photo_as(struct made_store *made, const struct made_photo *photo, const struct made_look *look)
{
    struct tl_store_content content = {.width_px = 10, .height_px = 10, .format = "jpeg", .exif_orientation = 1,
                                       .thumbnail = look->thumbnail, .captured_at = look->captured_at, .camera = look->camera};
    int64_t content_id, photo_id;
    struct tl_error err;

    made_content_sha256(content.sha256, photo->content);
    ck_assert_msg(tl_store_put_content(made->store, &content_id, &content, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_put_photo(made->store, &photo_id, made->source_id, photo->path, 100, 1, content_id, &err) == TL_OK, "%s",
                  err.message);
    ck_assert_msg(tl_store_put_folder_label(made->store, photo_id, "default", photo->class_name, photo->split, &err) == TL_OK, "%s",
                  err.message);
    for (uint32_t v = 0; v <= photo->variant_count; v++) {
        float values[MADE_FEATURES];

        made_features(values, look->like ? look->like : photo, v);
        for (size_t f = 0; look->like && f < MADE_FEATURES; f++)
            values[f] *= 1.1F;
        made_put_feature(made, content_id, v, values);
    }
    return content_id;
}

static inline int64_t made_put_photo(struct made_store *made, const struct made_photo *photo)
{
    static const uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES] = {0};
    const struct made_look look = {thumbnail, NULL, NULL, NULL};

    return made_put_photo_as(made, photo, &look);
}

static inline void made_open(struct made_store *made, const char *path)
{
    struct tl_store_feature_set set = {
        .input_json =
            "{\"exif\":\"ignore\",\"alpha\":\"drop\",\"sixteen_bit\":\"clip\",\"resize\":\"nearest\",\"crop\":0,\"size\":224,"
            "\"preprocess\":\"caffe\",\"compat\":1}",
        .network = "vgg16",
        .layer = "block5_pool",
        .arithmetic = "openblas-im2col",
        .stored_type = "float32",
        .height = MADE_HEIGHT,
        .width = MADE_WIDTH,
        .channels = MADE_CHANNELS};
    struct tl_store_augmentation augmentation = {.name = "mild", .json = "{\"seed\":0}", .digest = {7}};
    struct tl_error err;

    tl_digest_bytes(set.input_digest, set.input_json, strlen(set.input_json));
    ck_assert_msg(tl_store_open(&made->store, path, TL_STORE_CREATE, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_codec_create(&made->codec, NULL), TL_OK);
    ck_assert_msg(tl_store_begin(made->store, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_put_source(made->store, &made->source_id, "photos", "/photos", &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_put_feature_set(made->store, &set, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_put_augmentation(made->store, &augmentation, &err) == TL_OK, "%s", err.message);
    made->feature_set_id = set.feature_set_id;
    made->augmentation_id = augmentation.augmentation_id;
}

static inline void made_close(struct made_store *made)
{
    struct tl_error err;

    ck_assert_msg(tl_store_commit(made->store, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_close(&made->store, &err) == TL_OK, "%s", err.message);
    tl_codec_free(made->codec);
}

/* A store with these photos, put in the order first, first + step, ... (modulo count). */
static inline void made_write(const char *path, const struct made_photo *photos, size_t count, size_t first, size_t step)
{
    struct made_store made = {0};

    made_open(&made, path);
    for (size_t i = 0; i < count; i++)
        made_put_photo(&made, &photos[(first + i * step) % count]);
    made_close(&made);
}

#endif
