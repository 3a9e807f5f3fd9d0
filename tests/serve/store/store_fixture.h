/* store_fixture.h - small stores made through the store's own interface: a source, photos with features, a run. */
#ifndef TL_TESTS_STORE_FIXTURE_H
#define TL_TESTS_STORE_FIXTURE_H

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/codec/codec.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "common/store/store_run.h"
#include "common/store/store_source.h"

enum { FIXTURE_FEATURES = 4, FIXTURE_CLASSES = 2 }; /* F: 1 x 2 x 2 */

static inline void fixture_ok(enum tl_status status, const struct tl_error *err)
{
    ck_assert_msg(status == TL_OK, "%s", err->message);
}

static const char *const FIXTURE_CLASS_NAMES[] = {"cat", "dog"};

/* A store in a transaction. */
static inline tl_store *fixture_create(const char *path)
{
    tl_store *store = NULL;
    struct tl_error err;

    fixture_ok(tl_store_open(&store, path, TL_STORE_CREATE, &err), &err);
    fixture_ok(tl_store_begin(store, &err), &err);
    return store;
}

static inline void fixture_finish(tl_store *store)
{
    struct tl_error err;

    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
}

static inline tl_store *fixture_reopen(const char *path, enum tl_store_mode mode)
{
    tl_store *store = NULL;
    struct tl_error err;

    fixture_ok(tl_store_open(&store, path, mode, &err), &err);
    return store;
}

static inline void fixture_sha256(uint8_t out[TL_DIGEST_BYTES], uint8_t byte)
{
    memset(out, byte, TL_DIGEST_BYTES);
}

static inline int64_t fixture_source(tl_store *store, const char *name)
{
    int64_t source_id = 0;
    char root[64];
    struct tl_error err;

    snprintf(root, sizeof root, "/photos/%s", name);
    fixture_ok(tl_store_put_source(store, &source_id, name, root, &err), &err);
    return source_id;
}

/* A content whose sha256 is `byte` over and over. */
static inline int64_t fixture_content(tl_store *store, uint8_t byte)
{
    static const uint8_t THUMBNAIL[TL_STORE_THUMBNAIL_BYTES];
    struct tl_store_content content = {
        .width_px = 20, .height_px = 10, .format = "png", .exif_orientation = 1, .thumbnail = THUMBNAIL};
    int64_t content_id = 0;
    struct tl_error err;

    fixture_sha256(content.sha256, byte);
    fixture_ok(tl_store_put_content(store, &content_id, &content, &err), &err);
    return content_id;
}

/* A photo at a place; class_name NULL leaves it unlabelled. */
static inline int64_t fixture_photo(tl_store *store, int64_t source_id, const char *path, int64_t content_id,
                                    const char *class_name, const char *split)
{
    int64_t photo_id = 0;
    struct tl_error err;

    fixture_ok(tl_store_put_photo(store, &photo_id, source_id, path, 100, 1, content_id, &err), &err);
    if (class_name)
        fixture_ok(tl_store_put_folder_label(store, photo_id, "default", class_name, split, &err), &err);
    return photo_id;
}

static inline int64_t fixture_feature_set(tl_store *store)
{
    struct tl_store_feature_set set = {
        .input_json =
            "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\",\"resize\":\"nearest\","
            "\"sixteen_bit\":\"clip\",\"size\":224}",
        .network = "vgg16",
        .layer = "block5_pool",
        .arithmetic = "openblas-im2col",
        .stored_type = "float32",
        .height = 1,
        .width = 2,
        .channels = 2,
    };
    struct tl_error err;

    fixture_sha256(set.input_digest, 1);
    fixture_sha256(set.tensors_sha256, 2);
    fixture_ok(tl_store_put_feature_set(store, &set, &err), &err);
    return set.feature_set_id;
}

static inline int64_t fixture_augmentation(tl_store *store)
{
    struct tl_store_augmentation augmentation = {.name = "mild", .json = "{\"seed\":0}"};
    struct tl_error err;

    fixture_sha256(augmentation.digest, 3);
    fixture_ok(tl_store_put_augmentation(store, &augmentation, &err), &err);
    return augmentation.augmentation_id;
}

/* The feature of a variant: its values are `first`, 0, 0, variant index. */
static inline void fixture_feature(tl_store *store, int64_t set_id, int64_t content_id, int64_t augmentation_id, uint32_t index,
                                   float first)
{
    struct tl_store_variant variant = {.index = index, .zoom_x = 1, .zoom_y = 1};
    struct tl_store_feature feature = {.nonzero_count = 1};
    const float values[FIXTURE_FEATURES] = {first, 0, 0, (float)index};
    struct tl_codec_info info;
    tl_codec *codec = NULL;
    int64_t variant_id = 0;
    struct tl_error err;

    fixture_ok(tl_store_put_variant(store, &variant_id, content_id, augmentation_id, &variant, &err), &err);
    fixture_ok(tl_codec_create(&codec, &err), &err);
    fixture_ok(tl_codec_encode(codec, &feature.blob, &feature.blob_bytes, &info, values, FIXTURE_FEATURES, &err), &err);
    feature.nonzero_count = info.nonzero_count;
    fixture_sha256(feature.values_digest, (uint8_t)first);
    fixture_ok(tl_store_put_feature(store, set_id, variant_id, &feature, &err), &err);
    tl_codec_free(codec);
}

/* A run of one epoch over one content, whose head has the given kernel (F, L). Not inside a transaction. */
static inline int64_t fixture_run(tl_store *store, const char *name, int64_t set_id, int64_t content_id, uint8_t content_byte,
                                  const float kernel[FIXTURE_FEATURES * FIXTURE_CLASSES])
{
    static const float BIAS[FIXTURE_CLASSES] = {0.5F, -0.5F};
    struct tl_store_sample sample = {.content_id = content_id, .class_index = 0, .role = "train"};
    const struct tl_store_dataset dataset = {"default", FIXTURE_CLASS_NAMES, FIXTURE_CLASSES, &sample, 1, NULL};
    const struct tl_store_epoch epoch = {0.5, 0.75, 0.25, 1};
    const struct tl_store_head head = {.class_names = FIXTURE_CLASS_NAMES,
                                       .class_count = FIXTURE_CLASSES,
                                       .feature_count = FIXTURE_FEATURES,
                                       .transform = "sqrt",
                                       .scale = 2,
                                       .kernel = kernel,
                                       .bias = BIAS};
    struct tl_store_run run = {
        .name = name,
        .feature_set_id = set_id,
        .course = {.variants = "plain", .initial = "zero", .transform = "sqrt", .epochs = 1, .batch_size = 32,
                   .learning_rate = 0.001, .momentum = (double)NAN, .tolerance = (double)NAN},
        .scale = 2,
        .gradient_norm = (double)NAN,
        .train_samples = 1,
        .val_loss = 0.25,
        .val_accuracy = 1,
        .test_loss = (double)NAN,
        .test_accuracy = (double)NAN,
        .dataset = &dataset,
        .history = &epoch,
        .epoch_count = 1,
        .head = &head,
    };
    int64_t run_id = 0;
    char uuid[TL_STORE_UUID_BYTES];
    struct tl_error err;

    fixture_sha256(sample.sha256, content_byte);
    fixture_ok(tl_store_put_run(store, &run_id, uuid, &run, &err), &err);
    return run_id;
}

#endif
