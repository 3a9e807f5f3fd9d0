/* made_run.h - a store of a few made-up photos with one stored run, whose names are hostile where that is wanted. */
#ifndef TL_TESTS_MADE_RUN_H
#define TL_TESTS_MADE_RUN_H

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/store/store_run.h"
#include "tests/train/made_store.h"

enum { MADE_CLASSES_MAX = 40 };

struct made_run_wish {
    size_t class_count;
    bool is_hostile, has_validation, has_head;
    int has_copy; /* of validation and test photos; -1: nobody looked */
};

static inline void made_class_name(char out[64], size_t index, bool is_hostile)
{
    if (is_hostile && index == 0)
        snprintf(out, 64, "<script>alert('1')</script>");
    else if (is_hostile && index == 1)
        snprintf(out, 64, "\"onload=x & \xC3\xA9");
    else
        snprintf(out, 64, "class %02zu", index);
}

struct made_run_sample {
    struct tl_store_sample row;
    size_t index; /* of the photo */
};

static inline int made_compare(const void *a, const void *b)
{
    return memcmp(((const struct made_run_sample *)a)->row.sha256, ((const struct made_run_sample *)b)->row.sha256,
                  TL_DIGEST_BYTES);
}

/* Of each class two training photos, a validation photo and a test photo; every test photo is called by the next class's name. */
static inline int64_t made_put_run(const char *path, const struct made_run_wish *wish)
{
    static const char *const roles[] = {"train", "train", "validation", "test"};
    const size_t label_count = wish->class_count, photo_count = 4 * label_count;
    static char names[MADE_CLASSES_MAX][64], json[4 * MADE_CLASSES_MAX][4096], places[4 * MADE_CLASSES_MAX][128];
    static struct made_run_sample samples[4 * MADE_CLASSES_MAX];
    static struct tl_store_sample rows[4 * MADE_CLASSES_MAX];
    static struct tl_store_prediction predictions[4 * MADE_CLASSES_MAX];
    static int64_t confusion[MADE_CLASSES_MAX * MADE_CLASSES_MAX];
    static float kernel[MADE_FEATURES * MADE_CLASSES_MAX], bias[MADE_CLASSES_MAX];
    const char *class_names[MADE_CLASSES_MAX];
    struct made_store made = {0};
    size_t prediction_count = 0, row_count = 0;
    struct tl_error err;
    int64_t run_id;
    char uuid[TL_STORE_UUID_BYTES];

    made_open(&made, path);
    memset(confusion, 0, sizeof confusion);
    for (size_t l = 0; l < label_count; l++) {
        made_class_name(names[l], l, wish->is_hostile);
        class_names[l] = names[l];
    }
    for (size_t i = 0; i < photo_count; i++) {
        const size_t l = i / 4;
        snprintf(places[i], sizeof places[i], "%s%s/%zu.ppm", roles[i % 4], wish->is_hostile ? "/<img src=x onerror='y'>" : "", i);
        const struct made_photo photo = {places[i], names[l], NULL, (unsigned)i, (unsigned)l, 0};
        samples[i] = (struct made_run_sample){{.class_index = (uint32_t)l, .role = roles[i % 4], .has_copy = -1}, i};
        if (i % 4 >= 2)
            samples[i].row.has_copy = wish->has_copy;
        samples[i].row.content_id = made_put_photo(&made, &photo);
        made_content_sha256(samples[i].row.sha256, (unsigned)i);
    }
    qsort(samples, photo_count, sizeof samples[0], made_compare);
    for (size_t i = 0; i < photo_count; i++) {
        const struct made_run_sample *sample = &samples[i];
        const size_t l = sample->row.class_index;
        const bool is_test = sample->index % 4 == 3, is_validation = sample->index % 4 == 2;
        if (!wish->has_validation && (is_test || is_validation))
            continue;
        rows[row_count++] = sample->row;
        if (!is_test && !is_validation)
            continue;
        const size_t called = is_test ? (l + 1) % label_count : l;
        struct tl_text text;
        tl_text_init(&text, sizeof json[0] - 1);
        for (size_t k = 0; k < label_count; k++) {
            tl_text_append(&text, k == 0 ? "{" : ",");
            tl_text_append_json_string(&text, names[k]);
            tl_text_append_format(&text, ":%.6f", (k == called ? 0.6 : 0) + 0.4 / (double)label_count);
        }
        tl_text_append(&text, "}");
        ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
        memcpy(json[prediction_count], text.bytes, text.length_bytes + 1);
        tl_text_free(&text);
        predictions[prediction_count] = (struct tl_store_prediction){
            sample->row.content_id, roles[sample->index % 4], NULL, names[called], 0.6, json[prediction_count], 0};
        prediction_count++;
        if (is_test)
            confusion[l * label_count + called]++;
    }
    const struct tl_store_dataset dataset = {"default", class_names, label_count, rows, row_count, NULL};
    const double known = wish->has_validation ? 1 : (double)NAN;
    const struct tl_store_epoch history[] = {{0.7, 0.5, 0.8 * known, 0.5 * known}, {0.3, 1.0, 0.4 * known, known}};
    const struct tl_store_confusion confusions[] = {{"test", confusion}};
    const struct tl_store_head head = {.class_names = class_names,
                                       .class_count = label_count,
                                       .feature_count = MADE_FEATURES,
                                       .transform = "none",
                                       .scale = 1,
                                       .kernel = kernel,
                                       .bias = bias};
    const struct tl_store_run run = {.name = wish->is_hostile ? "</title><script>" : "made",
                                     .feature_set_id = made.feature_set_id,
                                     .augmentation_id = made.augmentation_id,
                                     .course = {.variants = "all", .initial = "zero", .epochs = 2, .batch_size = 32,
                                                .learning_rate = 0.001, .momentum = (double)NAN, .tolerance = (double)NAN},
                                     .scale = 1,
                                     .gradient_norm = (double)NAN,
                                     .started_ms = 1700000000000,
                                     .train_ms = 12,
                                     .train_samples = 6,
                                     .val_loss = 0.4 * known,
                                     .val_accuracy = known,
                                     .test_loss = 0.9 * known,
                                     .test_accuracy = 0 * known,
                                     .dataset = &dataset,
                                     .history = history,
                                     .epoch_count = 2,
                                     .confusions = confusions,
                                     .confusion_count = wish->has_validation ? 1 : 0,
                                     .predictions = predictions,
                                     .prediction_count = wish->has_head ? prediction_count : 0,
                                     .head = wish->has_head ? &head : NULL};
    ck_assert_msg(tl_store_commit(made.store, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_put_run(made.store, &run_id, uuid, &run, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_close(&made.store, &err) == TL_OK, "%s", err.message);
    tl_codec_free(made.codec);
    return run_id;
}

static inline void made_change(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

#endif
