/* made_dataset.h - a small store with copies, bursts and a third class, and the data set that a test reads of it. */
#ifndef TL_TESTS_MADE_DATASET_H
#define TL_TESTS_MADE_DATASET_H

#include <string.h>

#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "train/data/dataset.h"

enum { PHOTO_COUNT = 10 };

/* Test photo 6 is a copy of 1; 9 looks like 2 and is another picture; 4 and 7 were taken within a minute. */
static const struct made_photo PHOTOS[PHOTO_COUNT] = {
    {"train/rain/anna-1.jpg", "rain", "train", 1, 0, 2},  {"train/rain/bob-2.jpg", "rain", "train", 2, 0, 2},
    {"train/sun/anna-3.jpg", "sun", "train", 3, 1, 2},    {"train/sun/bob-4.jpg", "sun", "train", 4, 1, 2},
    {"train/fog/anna-5.jpg", "fog", "train", 5, 2, 2},    {"test/rain/anna-6.jpg", "rain", "test", 6, 0, 0},
    {"test/sun/bob-7.jpg", "sun", "test", 7, 1, 0},       {"train/snow/carl-8.jpg", "snow", "train", 8, 3, 0},
    {"test/rain/carl-9.jpg", "rain", "test", 9, 0, 0},    {"val/sun/carl-10.jpg", "sun", "val", 10, 1, 2},
};
static uint8_t thumbnails[PHOTO_COUNT][TL_STORE_THUMBNAIL_BYTES];
static const char *path;
static tl_store *store;
static struct tl_dataset dataset;
static struct tl_dataset_wish wish;
static struct tl_error err;

static inline void open_made(void)
{
    struct made_store made = {0};

    for (size_t i = 0; i < PHOTO_COUNT; i++)
        tl_digest_bytes(thumbnails[i], &i, sizeof i);
    for (size_t i = 0; i < PHOTO_COUNT; i++)
        for (size_t p = TL_DIGEST_BYTES; p < sizeof thumbnails[i]; p++)
            thumbnails[i][p] = (uint8_t)(thumbnails[i][p % TL_DIGEST_BYTES] ^ (p / TL_DIGEST_BYTES * 11));
    memcpy(thumbnails[5], thumbnails[0], sizeof thumbnails[0]);
    memcpy(thumbnails[8], thumbnails[1], sizeof thumbnails[0]);
    path = tl_test_path(tl_test_make_folder(), "store.db");
    made_open(&made, path);
    for (size_t i = 0; i < PHOTO_COUNT; i++) {
        const struct made_look look = {thumbnails[i],
                                       i == 3   ? "2020-01-01 12:00:59"
                                       : i == 6 ? "2020-01-01 12:01:00"
                                                : NULL,
                                       "camera", i == 5 ? &PHOTOS[0] : NULL};

        made_put_photo_as(&made, &PHOTOS[i], &look);
    }
    made_close(&made);
    ck_assert_msg(tl_store_open(&store, path, TL_STORE_WRITE, &err) == TL_OK, "%s", err.message);
    tl_dataset_wish_init(&wish);
    dataset = (struct tl_dataset){.selection = NULL};
}

static inline void close_made(void)
{
    tl_dataset_release(&dataset);
    ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
}

static inline void read_dataset(void)
{
    tl_dataset_release(&dataset);
    ck_assert_msg(tl_dataset_read(&dataset, store, &wish, 1, MADE_FEATURES, &err) == TL_OK, "%s", err.message);
}

static inline bool has_sample(const char *end, size_t *out_index)
{
    for (size_t i = 0; i < dataset.selection->sample_count; i++) {
        const char *found = dataset.selection->samples[i].label->path;

        *out_index = i;
        if (strcmp(found + strlen(found) - strlen(end), end) == 0)
            return true;
    }
    return false;
}

/* The sample whose path ends so. */
static inline const struct tl_selected *find(const char *end)
{
    size_t index = 0;

    ck_assert_msg(has_sample(end, &index), "no sample %s", end);
    return &dataset.selection->samples[index];
}

static inline void expect_classes(const char *wanted)
{
    char names[200] = "";

    for (size_t l = 0; l < dataset.selection->class_count; l++) {
        strcat(names, l == 0 ? "" : ",");
        strcat(names, dataset.selection->class_names[l]);
    }
    ck_assert_str_eq(names, wanted);
}

#endif
