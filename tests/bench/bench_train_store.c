/* bench_train_store.c - the made-up samples of bench_train.h as a store, so that tl-train is timed from its start to its end. */
#include <stdio.h>
#include <string.h>

#include "bench_train.h"
#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "common/store/store_source.h"

enum { SIDE = 7, CHANNELS = 512 };

struct writing {
    const struct bench_train *bench;
    tl_store *store;
    tl_codec *codec;
    int64_t source_id, feature_set_id;
};

static enum tl_status put_feature(struct writing *writing, int64_t content_id, size_t row, struct tl_error *err)
{
    static uint32_t indices[BENCH_FEATURES];
    static float dense[BENCH_FEATURES];
    const struct tl_matrix *matrix = writing->bench->samples->matrix;
    const struct tl_store_variant plain = {.index = 0, .zoom_x = 1, .zoom_y = 1};
    const size_t count = tl_matrix_read_row(matrix, row, indices);
    struct tl_store_feature feature = {.nonzero_count = count};
    struct tl_codec_info info;
    int64_t variant_id;
    enum tl_status status = tl_store_put_variant(writing->store, &variant_id, content_id, 0, &plain, err);

    memset(dense, 0, sizeof dense);
    for (size_t i = 0; i < count; i++)
        dense[indices[i]] = tl_matrix_values(matrix, row)[i];
    if (status == TL_OK)
        status = tl_codec_encode(writing->codec, &feature.blob, &feature.blob_bytes, &info, dense, BENCH_FEATURES, err);
    if (status != TL_OK)
        return status;
    tl_digest_bytes(feature.values_digest, dense, sizeof dense);
    memcpy(feature.pixels_digest, feature.values_digest, TL_DIGEST_BYTES);
    return tl_store_put_feature(writing->store, writing->feature_set_id, variant_id, &feature, err);
}

static enum tl_status put_photo(struct writing *writing, size_t i, struct tl_error *err)
{
    const struct tl_sample *sample = &writing->bench->samples->items[i];
    uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES];
    struct tl_store_content content = {
        .width_px = 10, .height_px = 10, .format = "jpeg", .exif_orientation = 1, .thumbnail = thumbnail};
    char path[64], class_name[16];
    int64_t content_id, photo_id;
    enum tl_status status;

    (void)snprintf(class_name, sizeof class_name, "class%u", sample->class_index);
    (void)snprintf(path, sizeof path, "%s/%04zu.jpg", class_name, i);
    tl_digest_bytes(content.sha256, path, strlen(path));
    for (size_t k = 0; k < sizeof thumbnail; k++) /* no two alike */
        thumbnail[k] = content.sha256[k % TL_DIGEST_BYTES];
    status = tl_store_put_content(writing->store, &content_id, &content, err);
    if (status == TL_OK)
        status = tl_store_put_photo(writing->store, &photo_id, writing->source_id, path, 100, 1, content_id, err);
    if (status == TL_OK)
        status = tl_store_put_folder_label(writing->store, photo_id, "default", class_name, NULL, err);
    return status == TL_OK ? put_feature(writing, content_id, sample->row, err) : status;
}

static enum tl_status put_all(struct writing *writing, struct tl_error *err)
{
    struct tl_store_feature_set set = {
        .input_json =
            "{\"exif\":\"ignore\",\"alpha\":\"drop\",\"sixteen_bit\":\"clip\",\"resize\":\"nearest\",\"crop\":0,\"size\":224,"
            "\"preprocess\":\"caffe\",\"compat\":1}",
        .network = "vgg16",
        .layer = "block5_pool",
        .arithmetic = "openblas-im2col",
        .stored_type = "float32",
        .height = SIDE,
        .width = SIDE,
        .channels = CHANNELS};
    enum tl_status status = tl_store_begin(writing->store, err);

    tl_digest_bytes(set.input_digest, set.input_json, strlen(set.input_json));
    if (status == TL_OK)
        status = tl_store_put_source(writing->store, &writing->source_id, "photos", "/photos", err);
    if (status == TL_OK)
        status = tl_store_put_feature_set(writing->store, &set, err);
    writing->feature_set_id = set.feature_set_id;
    for (size_t i = 0; i < writing->bench->samples->count && status == TL_OK; i++)
        status = put_photo(writing, i, err);
    return status == TL_OK ? tl_store_commit(writing->store, err) : status;
}

/* `path`: where no file is yet. */
static enum tl_status write_store(struct tl_text *answer, const struct bench_train *bench, const char *path, struct tl_error *err)
{
    struct writing writing = {.bench = bench};
    enum tl_status status = tl_codec_create(&writing.codec, err);

    if (status == TL_OK)
        status = tl_store_open(&writing.store, path, TL_STORE_CREATE, err);
    if (status == TL_OK)
        status = put_all(&writing, err);
    status = tl_store_close_after(&writing.store, status, err);
    tl_codec_free(writing.codec);
    tl_text_append(answer, "0");
    return status;
}

const struct bench_verb tl_bench_store = {"store", NULL, write_store};
