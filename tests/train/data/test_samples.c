/* test_samples.c - features of a store joined to the photos of a data set. */
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "train/data/samples.h"

enum { PHOTO_COUNT = 9 };

/* Content 4 stands in two places, content 8 under two classes. */
static const struct made_photo PHOTOS[PHOTO_COUNT] = {
    {"train/a/1.jpg", "a", "train", 1, 0, 2}, {"train/a/2.jpg", "a", "train", 2, 0, 0}, {"train/b/3.jpg", "b", "train", 3, 1, 3},
    {"train/b/4.jpg", "b", "train", 4, 1, 1}, {"train/b/5.jpg", "b", "train", 4, 1, 1}, {"test/a/6.jpg", "a", "test", 6, 0, 2},
    {"val/b/7.jpg", "b", "val", 7, 1, 0},     {"train/a/8.jpg", "a", "train", 8, 0, 1}, {"train/b/9.jpg", "b", "train", 8, 0, 1},
};

struct opened {
    tl_store *store;
    struct tl_store_label *labels;
    struct tl_selection *selection;
    struct tl_samples_source source;
    struct tl_store_damages damages;
};

static void open_store(struct opened *opened, const char *path, enum tl_head_transform transform)
{
    const struct tl_select_wish wish = {.validation = TL_SELECT_AUTO, .fraction = 0.2};
    struct tl_store_feature_set *sets = NULL;
    struct tl_store_augmentation *augmentations = NULL;
    size_t set_count, augmentation_count, label_count;
    struct tl_error err;

    ck_assert_msg(tl_store_open(&opened->store, path, TL_STORE_READ, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_list_feature_sets(opened->store, &sets, &set_count, &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(set_count, 1);
    ck_assert_msg(tl_store_list_augmentations(opened->store, sets[0].feature_set_id, &augmentations, &augmentation_count, &err) ==
                      TL_OK,
                  "%s", err.message);
    ck_assert_uint_eq(augmentation_count, 1);
    ck_assert_msg(tl_store_list_labels(opened->store, &opened->labels, &label_count, "default", sets[0].feature_set_id, &err) ==
                      TL_OK,
                  "%s", err.message);
    ck_assert_msg(tl_select_samples(&opened->selection, opened->labels, label_count, NULL, &wish, &err) == TL_OK, "%s",
                  err.message);
    opened->source = (struct tl_samples_source){.feature_set_id = sets[0].feature_set_id,
                                                .augmentation_id = augmentations[0].augmentation_id,
                                                .feature_count = MADE_FEATURES,
                                                .transform = transform};
    tl_store_free_augmentations(augmentations, augmentation_count);
    tl_store_free_feature_sets(sets, set_count);
}

static void close_store(struct opened *opened)
{
    tl_store_free_damages(&opened->damages);
    tl_selection_free(opened->selection);
    tl_store_free_labels(opened->labels);
    ck_assert_int_eq(tl_store_close(&opened->store, NULL), TL_OK);
}

static void expect_row(const struct tl_matrix *matrix, size_t row, const struct made_photo *photo, uint32_t variant_index,
                       enum tl_head_transform transform)
{
    float values[MADE_FEATURES];
    uint32_t indices[MADE_FEATURES];
    const size_t count = tl_matrix_read_row(matrix, row, indices);
    size_t i = 0;

    made_features(values, photo, variant_index);
    for (uint32_t f = 0; f < MADE_FEATURES; f++) {
        if (values[f] == 0)
            continue;
        ck_assert_uint_lt(i, count);
        ck_assert_uint_eq(indices[i], f);
        ck_assert(tl_matrix_values(matrix, row)[i] == tl_head_transform_value(transform, values[f]));
        i++;
    }
    ck_assert_uint_eq(i, count);
}

static const struct made_photo *find_photo(const struct tl_store_label *label)
{
    for (size_t i = 0; i < PHOTO_COUNT; i++)
        if (strcmp(PHOTOS[i].path, label->path) == 0)
            return &PHOTOS[i];
    ck_abort_msg("no photo %s", label->path);
}

static void expect_samples(const struct tl_samples *samples, const struct tl_selection *selection, enum tl_head_transform transform)
{
    size_t row = 0;

    ck_assert_uint_eq(samples->count, 6);
    for (size_t i = 0; i < samples->count; i++) {
        const struct made_photo *photo = find_photo(selection->samples[i].label);
        const struct tl_sample *sample = &samples->items[i];

        ck_assert_uint_eq(sample->row, row);
        ck_assert_uint_eq(sample->class_index, strcmp(photo->class_name, "b") == 0);
        ck_assert_uint_eq(sample->variant_count, strcmp(photo->split, "train") == 0 ? photo->variant_count : 0);
        for (uint32_t v = 0; v <= sample->variant_count; v++)
            expect_row(samples->matrix, row++, photo, v, transform);
    }
    ck_assert_uint_eq(samples->matrix->row_count, row);
}

/* Whatever the order in which the store was filled, and with either transform. */
START_TEST(each_sample_has_its_plain_row_and_training_photos_their_variants)
{
    static const size_t orders[][2] = {{0, 1}, {8, 8}, {3, 4}, {5, 2}};
    const enum tl_head_transform transform = _i % 2 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE;
    const char *path = tl_test_path(tl_test_make_folder(), "store.db");
    struct opened opened = {0};
    struct tl_samples *samples = NULL;
    struct tl_error err;

    made_write(path, PHOTOS, PHOTO_COUNT, orders[_i][0], orders[_i][1]);
    open_store(&opened, path, transform);
    ck_assert_msg(tl_samples_load(&samples, &opened.damages, opened.store, opened.selection, &opened.source, &err) == TL_OK, "%s",
                  err.message);
    expect_samples(samples, opened.selection, transform);
    ck_assert_uint_eq(tl_samples_count(samples, TL_ROLE_TRAIN), 4);
    ck_assert_uint_eq(tl_samples_count(samples, TL_ROLE_VALIDATION), 1);
    ck_assert_uint_eq(tl_samples_count(samples, TL_ROLE_TEST), 1);
    tl_samples_free(samples);
    close_store(&opened);
}
END_TEST

START_TEST(without_an_augmentation_no_variant_is_read)
{
    const char *path = tl_test_path(tl_test_make_folder(), "store.db");
    struct opened opened = {0};
    struct tl_samples *samples = NULL;
    struct tl_error err;

    made_write(path, PHOTOS, PHOTO_COUNT, 0, 1);
    open_store(&opened, path, TL_HEAD_TRANSFORM_NONE);
    opened.source.augmentation_id = 0;
    ck_assert_int_eq(tl_samples_load(&samples, &opened.damages, opened.store, opened.selection, &opened.source, &err), TL_OK);
    ck_assert_uint_eq(samples->matrix->row_count, samples->count);
    tl_samples_free(samples);
    close_store(&opened);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_feature_that_is_nan_or_of_another_length_names_the_photo)
{
    const char *path = tl_test_path(tl_test_make_folder(), "store.db");
    struct made_store made = {0};
    struct opened opened = {0};
    struct tl_samples *samples = NULL;
    struct tl_error err;
    float values[MADE_FEATURES] = {0};

    made_open(&made, path);
    for (size_t i = 0; i < PHOTO_COUNT; i++) {
        int64_t content_id = made_put_photo(&made, &PHOTOS[i]);

        values[5] = __builtin_nanf("");
        if (i == 2)
            made_put_feature(&made, content_id, 2, values);
    }
    made_close(&made);
    open_store(&opened, path, TL_HEAD_TRANSFORM_NONE);
    ck_assert_int_eq(tl_samples_load(&samples, &opened.damages, opened.store, opened.selection, &opened.source, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message, "the stored feature of train/b/3.jpg, variant 2, is damaged: feature 5 is nan");
    ck_assert_ptr_null(samples);
    ck_assert_uint_eq(opened.damages.count, 1);
    tl_store_free_damages(&opened.damages);
    opened.source.feature_count--;
    ck_assert_int_eq(tl_samples_load(&samples, &opened.damages, opened.store, opened.selection, &opened.source, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, ".jpg, variant 0, is damaged: "));
    ck_assert_uint_eq(opened.damages.count, 6); /* every photo, once */
    close_store(&opened);
}
END_TEST

START_TEST(a_selected_photo_without_features_is_named)
{
    const char *path = tl_test_path(tl_test_make_folder(), "store.db");
    struct opened opened = {0};
    struct tl_samples *samples = NULL;
    struct tl_error err;

    made_write(path, PHOTOS, PHOTO_COUNT, 0, 1);
    open_store(&opened, path, TL_HEAD_TRANSFORM_NONE);
    struct tl_store_label changed = *opened.selection->samples[3].label;
    changed.sha256[31] ^= 1;
    opened.selection->samples[3].label = &changed;
    ck_assert_int_eq(tl_samples_load(&samples, &opened.damages, opened.store, opened.selection, &opened.source, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, changed.path));
    ck_assert_ptr_null(samples);
    close_store(&opened);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const char *path = tl_test_path(tl_test_make_folder(), "store.db");
    struct opened opened = {0};
    struct tl_samples *samples = NULL;
    struct tl_error err;
    enum tl_status status;
    size_t n = 0;

    made_write(path, PHOTOS, PHOTO_COUNT, 0, 1);
    open_store(&opened, path, TL_HEAD_TRANSFORM_NONE);
    do {
        tl_memory_fail_at(++n);
        status = tl_samples_load(&samples, &opened.damages, opened.store, opened.selection, &opened.source, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && samples == NULL));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 5);
    tl_samples_free(samples);
    close_store(&opened);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("samples");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, each_sample_has_its_plain_row_and_training_photos_their_variants, 0, 4);
    tcase_add_test(core, without_an_augmentation_no_variant_is_read);
    tcase_add_test(faults, a_feature_that_is_nan_or_of_another_length_names_the_photo);
    tcase_add_test(faults, a_selected_photo_without_features_is_named);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
