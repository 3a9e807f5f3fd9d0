/* test_dataset_recorded.c - data sets read back after the store has gone on, and their features with them. */
#include "common/base/memory.h"
#include "tests/train/data/made_dataset.h"
#include "train/data/samples.h"

static struct tl_samples *load(bool has_missing)
{
    const struct tl_samples_source source = {
        .feature_set_id = 1, .augmentation_id = 1, .feature_count = MADE_FEATURES, .has_missing = has_missing};
    struct tl_store_damages damages = {.count = 0};
    struct tl_samples *samples = NULL;

    ck_assert_msg(tl_samples_load(&samples, &damages, store, dataset.selection, &source, &err) == TL_OK, "%s", err.message);
    return samples;
}

/* Puts the data set as a run would. */
static void record(void)
{
    struct tl_store_sample samples[PHOTO_COUNT];
    const struct tl_selection *selection = dataset.selection;
    struct tl_store_epoch epoch = {0};
    char uuid[TL_STORE_UUID_BYTES];
    int64_t run_id;

    for (size_t i = 0; i < selection->sample_count; i++) {
        const struct tl_selected *selected = &selection->samples[i];

        samples[i] = (struct tl_store_sample){.content_id = selected->label->content_id,
                                              .class_index = selected->class_index,
                                              .role = tl_role_names[selected->role],
                                              .group = selected->group,
                                              .fold = selected->fold == TL_SELECT_NO_FOLD ? 0 : selected->fold + 1,
                                              .has_copy = selected->has_copy};
        memcpy(samples[i].sha256, selected->label->sha256, TL_DIGEST_BYTES);
    }
    const struct tl_store_dataset put = {"default", selection->class_names, selection->class_count, samples,
                                         selection->sample_count, selection->recipe_json};
    const struct tl_store_run run = {.feature_set_id = 1,
                                     .course = {.variants = "all", .initial = "zero", .epochs = 1, .batch_size = 1,
                                                .learning_rate = 1, .momentum = __builtin_nan(""), .tolerance = __builtin_nan("")},
                                     .scale = 1,
                                     .train_samples = 1,
                                     .gradient_norm = __builtin_nan(""),
                                     .val_loss = 1,
                                     .val_accuracy = 1,
                                     .test_loss = 1,
                                     .test_accuracy = 1,
                                     .dataset = &put,
                                     .history = &epoch,
                                     .epoch_count = 1};

    ck_assert_msg(tl_store_put_run(store, &run_id, uuid, &run, &err) == TL_OK, "%s", err.message);
}

static void expect_equal_matrices(const struct tl_matrix *a, const struct tl_matrix *b)
{
    ck_assert_uint_eq(a->row_count, b->row_count);
    for (size_t r = 0; r < a->row_count; r++) {
        ck_assert_uint_eq(tl_matrix_count(a, r), tl_matrix_count(b, r));
        ck_assert_mem_eq(tl_matrix_values(a, r), tl_matrix_values(b, r), tl_matrix_count(a, r) * sizeof(float));
    }
}

/* A tree where everything is called otherwise, a photo has gone, and others have come. */
static void go_on(void)
{
    int64_t source_id, photo_id, content_id, kept[2];

    ck_assert_int_eq(tl_store_begin(store, &err), TL_OK);
    ck_assert_int_eq(tl_store_put_source(store, &source_id, "photos", "/photos", &err), TL_OK);
    for (size_t i = 0; i < 2; i++) {
        struct tl_store_photo photo;

        ck_assert_int_eq(tl_store_get_photo(store, &photo, source_id, PHOTOS[i].path, &err), TL_OK);
        kept[i] = photo.photo_id;
        content_id = photo.content_id;
    }
    ck_assert_int_eq(tl_store_put_folder_label(store, kept[0], "default", "sun", "test", &err), TL_OK);
    ck_assert_int_eq(tl_store_put_photo(store, &photo_id, source_id, "new.jpg", 1, 1, content_id, &err), TL_OK);
    ck_assert_int_eq(tl_store_put_folder_label(store, photo_id, "default", "wet", "train", &err), TL_OK);
    if (kept[0] > kept[1]) {
        const int64_t first = kept[0];

        kept[0] = kept[1];
        kept[1] = first;
    }
    ck_assert_int_eq(tl_store_mark_missing(store, source_id, kept, 2, NULL, &err), TL_OK);
    ck_assert_int_eq(tl_store_commit(store, &err), TL_OK);
}

START_TEST(a_recorded_data_set_is_as_it_was)
{
    const char *const merges[] = {"wet=rain,fog"};
    struct tl_samples *before, *after;
    struct tl_dataset first;

    wish.merges = merges;
    wish.merge_count = 1;
    read_dataset();
    before = load(false);
    record();
    first = dataset;
    go_on();
    ck_assert_msg(tl_dataset_read_recorded(&dataset, store, 1, &err) == TL_OK, "%s", err.message);
    expect_classes("snow,sun,wet");
    ck_assert_uint_eq(dataset.selection->sample_count, first.selection->sample_count);
    for (size_t i = 0; i < first.selection->sample_count; i++) {
        const struct tl_selected *was = &first.selection->samples[i], *is = &dataset.selection->samples[i];

        ck_assert_mem_eq(was->label->sha256, is->label->sha256, TL_DIGEST_BYTES);
        ck_assert_int_eq(was->label->content_id, is->label->content_id);
        ck_assert_int_eq(was->role, is->role);
        ck_assert_uint_eq(was->class_index, is->class_index);
        ck_assert_uint_eq(was->group, is->group);
        ck_assert_uint_eq(was->fold, is->fold);
        ck_assert_int_eq(was->has_copy, is->has_copy);
        ck_assert_str_eq(is->label->class_name, dataset.selection->class_names[is->class_index]);
    }
    ck_assert_mem_eq(first.selection->counts, dataset.selection->counts,
                     TL_ROLE_COUNT * dataset.selection->class_count * sizeof *dataset.selection->counts);
    ck_assert_mem_eq(first.selection->copied_counts, dataset.selection->copied_counts, sizeof first.selection->copied_counts);
    ck_assert(dataset.selection->has_validation_split);
    ck_assert_str_eq(dataset.selection->recipe_json, first.recipe);
    ck_assert_str_eq(dataset.selection->group_by, "near-duplicates");
    after = load(true);
    expect_equal_matrices(before->matrix, after->matrix);
    tl_samples_free(before);
    tl_samples_free(after);
    tl_dataset_release(&first);
}
END_TEST

START_TEST(folds_come_back_as_they_were)
{
    struct tl_dataset first;

    wish.split = "none";
    wish.fold_count = 2;
    wish.classes = "rain,sun";
    read_dataset();
    record();
    first = dataset;
    ck_assert_msg(tl_dataset_read_recorded(&dataset, store, 1, &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(dataset.selection->fold_count, 2);
    for (size_t i = 0; i < first.selection->sample_count; i++)
        ck_assert_uint_eq(first.selection->samples[i].fold, dataset.selection->samples[i].fold);
    tl_dataset_release(&first);
}
END_TEST

START_TEST(variants_that_came_later_are_passed_over)
{
    struct tl_samples_source source = {.feature_set_id = 1, .augmentation_id = 1, .feature_count = MADE_FEATURES};
    struct tl_store_damages damages = {.count = 0};
    struct tl_samples *samples = NULL;

    read_dataset();
    source.variant_limit = 1;
    ck_assert_int_eq(tl_samples_load(&samples, &damages, store, dataset.selection, &source, &err), TL_OK);
    ck_assert_uint_eq(samples->variant_max, 1);
    for (size_t i = 0; i < samples->count; i++)
        ck_assert_uint_le(samples->items[i].variant_count, 1);
    tl_samples_free(samples);
    samples = load(false);
    ck_assert_uint_eq(samples->variant_max, 2);
    tl_samples_free(samples);
}
END_TEST

/* ---- Faults ---- */

START_TEST(what_is_gone_is_named)
{
    const struct tl_samples_source source = {.feature_set_id = 2, .feature_count = MADE_FEATURES, .has_missing = true};
    struct tl_store_damages damages = {.count = 0};
    struct tl_samples *samples = NULL;

    read_dataset();
    ck_assert_int_eq(tl_samples_load(&samples, &damages, store, dataset.selection, &source, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, ".jpg: its features are not in the store"));
    tl_dataset_release(&dataset);
    ck_assert_int_eq(tl_dataset_read_recorded(&dataset, store, 7, &err), TL_NOT_FOUND);
    ck_assert_str_eq(err.message, "the store has no data set 7");
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    enum tl_status status;
    size_t n = 0;

    read_dataset();
    record();
    do {
        tl_dataset_release(&dataset);
        tl_memory_fail_at(++n);
        status = tl_dataset_read_recorded(&dataset, store, 1, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 10);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("dataset_recorded");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, open_made, close_made);
    tcase_add_checked_fixture(faults, open_made, close_made);
    tcase_add_test(core, a_recorded_data_set_is_as_it_was);
    tcase_add_test(core, folds_come_back_as_they_were);
    tcase_add_test(core, variants_that_came_later_are_passed_over);
    tcase_add_test(faults, what_is_gone_is_named);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
