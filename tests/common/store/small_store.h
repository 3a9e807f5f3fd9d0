/* small_store.h - a small store to test with: rows put through the store's own interface, and a second look at the file.
 *
 * The small store: source "sky"; six readable photos, one unreadable. Bytes of content n are told by its sha256, whose first
 * byte is n. Features have shape 1x2x2. Content 1 lies in two places; content 2 has a turning EXIF tag; content 6 has no label.
 */
#ifndef TL_TESTS_SMALL_STORE_H
#define TL_TESTS_SMALL_STORE_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/store.h"
#include "common/store/store_damage.h"
#include "common/store/store_failure.h"
#include "common/store/store_feature.h"
#include "common/store/store_head.h"
#include "common/store/store_photo.h"
#include "common/store/store_run.h"
#include "common/store/store_sample.h"
#include "common/store/store_source.h"
#include "tests/support/suite.h"

static const char INPUT_JSON[] = "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
                                 "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}";
static const char MILD_JSON[] =
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false,\"order\":1,\"seed\":0,"
    "\"shear_degrees\":0,\"zoom\":0,\"zoom_both\":[0.75,1.05]}";
static const char *const FIXTURE_CLASSES[] = {"clear", "cloudy"};

struct small_store {
    int64_t source_id, feature_set_id, mild_id;
    uint8_t feature_set_digest[TL_DIGEST_BYTES];
    int64_t content_ids[7]; /* [1] to [6] */
    int64_t photo_ids[9];   /* [1] to [6] of content 1 to 6, [7] the second place of content 1, [8] unreadable */
};

static inline void must(enum tl_status status, const struct tl_error *err)
{
    ck_assert_msg(status == TL_OK, "%s: %s", tl_error_status_name(status), err->message);
}

static inline void must_fail(enum tl_status status, enum tl_status expected, const struct tl_error *err, const char *words)
{
    ck_assert_msg(status == expected, "%s, not %s: %s", tl_error_status_name(status), tl_error_status_name(expected),
                  err->message);
    ck_assert_msg(strstr(err->message, words) != NULL, "'%s' is not in '%s'", words, err->message);
}

static inline void fill_sha256(uint8_t out[TL_DIGEST_BYTES], unsigned n)
{
    memset(out, 0x5a, TL_DIGEST_BYTES);
    out[0] = (uint8_t)n;
}

static inline tl_store *open_store(const char *path, enum tl_store_mode mode)
{
    struct tl_error err;
    tl_store *store = NULL;
    must(tl_store_open(&store, path, mode, &err), &err);
    ck_assert_ptr_nonnull(store);
    return store;
}

static inline void close_store(tl_store *store)
{
    struct tl_error err;
    must(tl_store_close(&store, &err), &err);
    ck_assert_ptr_null(store);
}

static inline int64_t put_content(tl_store *store, unsigned n, unsigned exif_orientation)
{
    struct tl_error err;
    int64_t content_id;
    uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES];
    struct tl_store_content content = {.width_px = 640,
                                       .height_px = 480,
                                       .format = "jpeg",
                                       .exif_orientation = exif_orientation,
                                       .captured_at = "",
                                       .camera = NULL,
                                       .thumbnail = thumbnail};
    memset(thumbnail, (int)n, sizeof thumbnail);
    fill_sha256(content.sha256, n);
    must(tl_store_put_content(store, &content_id, &content, &err), &err);
    return content_id;
}

static inline int64_t put_photo(tl_store *store, int64_t source_id, const char *path, int64_t content_id)
{
    struct tl_error err;
    int64_t photo_id;
    must(tl_store_put_photo(store, &photo_id, source_id, path, 1000, 77, content_id, &err), &err);
    return photo_id;
}

static inline void put_label(tl_store *store, int64_t photo_id, const char *class_name, const char *split)
{
    struct tl_error err;
    must(tl_store_put_folder_label(store, photo_id, "default", class_name, split, &err), &err);
}

static inline struct tl_store_feature_set small_feature_set(void)
{
    struct tl_store_feature_set set = {.input_json = INPUT_JSON,
                                       .network = "vgg16",
                                       .layer = "block5_pool",
                                       .arithmetic = "openblas-im2col",
                                       .stored_type = "float32",
                                       .height = 1,
                                       .width = 2,
                                       .channels = 2};
    memset(set.input_digest, 0x11, sizeof set.input_digest);
    memset(set.tensors_sha256, 0x22, sizeof set.tensors_sha256);
    return set;
}

static inline int64_t put_variant(tl_store *store, int64_t content_id, int64_t augmentation_id, uint32_t index)
{
    struct tl_error err;
    int64_t variant_id;
    const struct tl_store_variant variant = {.index = index,
                                             .zoom_x = index == 0 ? 1 : 0.9,
                                             .zoom_y = index == 0 ? 1 : 0.9,
                                             .shift_x_px = index,
                                             .flip_horizontal = index % 2 == 1};
    must(tl_store_put_variant(store, &variant_id, content_id, augmentation_id, &variant, &err), &err);
    return variant_id;
}

/* The blob says whose it is: content n, variant index. */
static inline void put_feature(tl_store *store, int64_t feature_set_id, int64_t content_id, unsigned n, int64_t augmentation_id,
                               uint32_t index)
{
    struct tl_error err;
    const uint8_t blob[] = {'b', (uint8_t)n, (uint8_t)index};
    struct tl_store_feature feature = {.nonzero_count = 2, .blob = blob, .blob_bytes = sizeof blob};
    fill_sha256(feature.pixels_digest, n);
    fill_sha256(feature.values_digest, n + index);
    must(tl_store_put_feature(store, feature_set_id, put_variant(store, content_id, augmentation_id, index), &feature, &err),
         &err);
}

static inline int64_t put_mild(tl_store *store, uint8_t digest_byte)
{
    struct tl_error err;
    struct tl_store_augmentation mild = {.name = "mild", .json = MILD_JSON};
    memset(mild.digest, digest_byte, sizeof mild.digest);
    must(tl_store_put_augmentation(store, &mild, &err), &err);
    return mild.augmentation_id;
}

/* Contents are put in falling order, so that no test passes by the order of rowids. */
static inline struct small_store fill_small_store(tl_store *store)
{
    static const char *const paths[] = {
        NULL,         "train/clear/1.jpg", "train/clear/2.jpg", "train/cloudy/3.jpg", "test/clear/4.jpg", "test/cloudy/5.jpg",
        "loose/6.jpg"};
    const struct tl_error failure = {TL_BAD_INPUT, "ends after 12 bytes"};
    struct tl_error err;
    struct small_store small = {0};
    struct tl_store_feature_set set = small_feature_set();
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &small.source_id, "sky", "/photos/sky", &err), &err);
    must(tl_store_put_feature_set(store, &set, &err), &err);
    small.feature_set_id = set.feature_set_id;
    memcpy(small.feature_set_digest, set.digest, TL_DIGEST_BYTES);
    small.mild_id = put_mild(store, 0x33);
    for (unsigned n = 6; n >= 1; n--) {
        small.content_ids[n] = put_content(store, n, n == 2 ? 6 : 1);
        small.photo_ids[n] = put_photo(store, small.source_id, paths[n], small.content_ids[n]);
        if (n != 6)
            put_label(store, small.photo_ids[n], n == 3 || n == 5 ? "cloudy" : "clear", n <= 3 ? "train" : "test");
        put_feature(store, small.feature_set_id, small.content_ids[n], n, 0, 0);
        for (uint32_t index = 2; index >= 1 && n <= 3; index--)
            put_feature(store, small.feature_set_id, small.content_ids[n], n, small.mild_id, index);
    }
    small.photo_ids[7] = put_photo(store, small.source_id, "train/clear/again.jpg", small.content_ids[1]);
    put_label(store, small.photo_ids[7], "clear", "train");
    small.photo_ids[8] = put_photo(store, small.source_id, "train/cloudy/broken.jpg", 0);
    put_label(store, small.photo_ids[8], "cloudy", "train");
    must(tl_store_put_failure(store, small.photo_ids[8], "read", &failure, &err), &err);
    must(tl_store_commit(store, &err), &err);
    return small;
}

/* A run over the small store: contents 1 to 5 in these roles (role_of[1] to [5]), of which 5 is called wrongly. */
static inline int64_t put_run_of_roles(tl_store *store, const struct small_store *small, const char *name, double val_loss,
                                       long seed, char out_uuid[TL_STORE_UUID_BYTES], const char *const role_of[6])
{
    struct tl_error err;
    int64_t run_id;
    static const unsigned class_of[] = {0, 0, 0, 1, 0, 1};
    struct tl_store_sample samples[5];
    for (unsigned n = 1; n <= 5; n++) {
        samples[n - 1] =
            (struct tl_store_sample){.content_id = small->content_ids[n], .class_index = class_of[n], .role = role_of[n]};
        fill_sha256(samples[n - 1].sha256, n);
    }
    const struct tl_store_dataset dataset = {"default", FIXTURE_CLASSES, 2, samples, 5, NULL};
    const struct tl_store_epoch history[] = {{0.7, 0.5, 0.8, 0.5}, {0.3, 1.0, val_loss, 1.0}};
    const int64_t validation[] = {0, 0, 0, 1}, test[] = {1, 0, 1, 0};
    const struct tl_store_confusion confusions[] = {{"validation", validation}, {"test", test}};
    const struct tl_store_prediction predictions[] = {
        {small->content_ids[3], "validation", NULL, "cloudy", 0.9, "{\"clear\":0.1,\"cloudy\":0.9}", 0},
        {small->content_ids[4], "test", NULL, "clear", 0.8, "{\"clear\":0.8,\"cloudy\":0.2}", 0},
        {small->content_ids[5], "test", NULL, "clear", 0.75, "{\"clear\":0.75,\"cloudy\":0.25}", 0},
    };
    const float kernel[8] = {1, -2, 3, -4, 0.5F, -0.25F, 1e-30F, -0.0F}, bias[2] = {0.125F, -8};
    const struct tl_store_head head = {.class_names = FIXTURE_CLASSES,
                                       .class_count = 2,
                                       .feature_count = 4,
                                       .transform = "none",
                                       .scale = 1.5,
                                       .kernel = kernel,
                                       .bias = bias};
    const struct tl_store_run run = {.name = name,
                                     .feature_set_id = small->feature_set_id,
                                     .augmentation_id = small->mild_id,
                                     .course = {.variants = "all", .initial = "zero", .epochs = 2, .batch_size = 32,
                                                .learning_rate = 0.001, .momentum = (double)NAN, .tolerance = (double)NAN,
                                                .seed = seed},
                                     .scale = 1.5,
                                     .gradient_norm = (double)NAN,
                                     .started_ms = 1700000000000 + seed,
                                     .train_ms = 12,
                                     .train_samples = 6,
                                     .val_loss = val_loss,
                                     .val_accuracy = 1,
                                     .test_loss = 0.6,
                                     .test_accuracy = 0.5,
                                     .dataset = &dataset,
                                     .history = history,
                                     .epoch_count = 2,
                                     .confusions = confusions,
                                     .confusion_count = 2,
                                     .predictions = predictions,
                                     .prediction_count = 3,
                                     .head = &head};
    must(tl_store_put_run(store, &run_id, out_uuid, &run, &err), &err);
    return run_id;
}

/* Trained on 1 and 2, validated on 3, tested on 4 and 5. */
static inline int64_t put_small_run(tl_store *store, const struct small_store *small, const char *name, double val_loss,
                                    long seed, char out_uuid[TL_STORE_UUID_BYTES])
{
    static const char *const role_of[] = {NULL, "train", "train", "validation", "test", "test"};
    return put_run_of_roles(store, small, name, val_loss, seed, out_uuid, role_of);
}

/* That a feature of content n in the set is damaged. */
static inline void put_damage(tl_store *store, const uint8_t feature_set_digest[TL_DIGEST_BYTES], unsigned n)
{
    const struct tl_error failure = {TL_CORRUPT, "bad checksum"};
    struct tl_error err;
    struct tl_store_damages damages = {.count = 0};
    uint8_t sha256[TL_DIGEST_BYTES];
    memcpy(damages.feature_set_digest, feature_set_digest, TL_DIGEST_BYTES);
    fill_sha256(sha256, n);
    must(tl_store_note_damage(&damages, sha256, &failure, &err), &err);
    must(tl_store_put_damages(store, &damages, &err), &err);
    tl_store_free_damages(&damages);
}

static inline void put_imported_head(tl_store *store, const struct small_store *small, const char *name)
{
    struct tl_error err;
    int64_t head_id;
    const float kernel[8] = {0}, bias[2] = {0};
    const struct tl_store_head head = {.class_names = FIXTURE_CLASSES,
                                       .class_count = 2,
                                       .feature_count = 4,
                                       .transform = "none",
                                       .scale = 1,
                                       .kernel = kernel,
                                       .bias = bias};
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_head(store, &head_id, 0, name, small->feature_set_id, &head, &err), &err);
    must(tl_store_commit(store, &err), &err);
}

/* The file as another program sees it. */
static inline sqlite3 *open_beside(const char *path)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

static inline void run_beside(const char *path, const char *sql)
{
    sqlite3 *db = open_beside(path);
    const int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    ck_assert_msg(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* Appends "a|b|c;" for each row, "-" for NULL. */
static inline bool append_row(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    char *text = context;
    (void)names;
    for (size_t i = 0; i < column_count; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, 4096 - used, "%s%s", i == 0 ? "" : "|", values[i] != NULL ? values[i] : "-");
    }
    const size_t used = strlen(text);
    snprintf(text + used, 4096 - used, ";");
    return true;
}

/* Runs the SELECT through the store and compares all its rows, written as append_row() does. */
static inline void must_give(tl_store *store, const char *sql, const char *expected)
{
    struct tl_error err;
    char text[4096] = "";
    must(tl_store_query(store, sql, append_row, text, &err), &err);
    ck_assert_msg(strcmp(text, expected) == 0, "%s\n gives    %s\n expected %s", sql, text, expected);
}

#endif
