/* test_store_feature.c - feature sets, augmentations, variants, features: put, listed, chosen, and read in the order of training.
 */
#include "common/base/memory.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static const char *path;
static struct small_store small;

static void open_small(void)
{
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void close_small(void)
{
    close_store(store);
}

static void begin(void)
{
    struct tl_error err;
    must(tl_store_begin(store, &err), &err);
}

static void commit(void)
{
    struct tl_error err;
    must(tl_store_commit(store, &err), &err);
}

/* ---- Core ---- */

START_TEST(the_same_feature_set_is_one_row)
{
    struct tl_error err;
    struct tl_store_feature_set again = small_feature_set(), other = small_feature_set();
    other.arithmetic = "f32-wino6-fma";
    begin();
    must(tl_store_put_feature_set(store, &again, &err), &err);
    must(tl_store_put_feature_set(store, &other, &err), &err);
    commit();
    ck_assert_int_eq(again.feature_set_id, small.feature_set_id);
    ck_assert_int_ne(other.feature_set_id, small.feature_set_id);
    ck_assert_mem_ne(again.digest, other.digest, sizeof again.digest);
    must_give(store, "SELECT (SELECT count(*) FROM input), (SELECT count(*) FROM backbone), (SELECT count(*) FROM feature_set)",
              "1|1|2;");
    must_give(store, "SELECT resize, crop, size_px, compat FROM input", "nearest|0|224|1;");
}
END_TEST

START_TEST(lists_give_back_what_was_put)
{
    struct tl_error err;
    struct tl_store_feature_set *sets = NULL;
    struct tl_store_augmentation *augmentations = NULL;
    size_t count;
    must(tl_store_list_feature_sets(store, &sets, &count, &err), &err);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(sets[0].feature_set_id, small.feature_set_id);
    ck_assert_str_eq(sets[0].input_json, INPUT_JSON);
    ck_assert_str_eq(sets[0].network, "vgg16");
    ck_assert_str_eq(sets[0].layer, "block5_pool");
    ck_assert_str_eq(sets[0].arithmetic, "openblas-im2col");
    ck_assert_str_eq(sets[0].stored_type, "float32");
    ck_assert_uint_eq(sets[0].input_digest[31], 0x11);
    ck_assert_uint_eq(sets[0].tensors_sha256[31], 0x22);
    ck_assert(sets[0].height == 1 && sets[0].width == 2 && sets[0].channels == 2);
    ck_assert_int_eq(sets[0].feature_count, 12);
    tl_store_free_feature_sets(sets, count);

    must(tl_store_list_augmentations(store, small.feature_set_id, &augmentations, &count, &err), &err);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(augmentations[0].augmentation_id, small.mild_id);
    ck_assert_str_eq(augmentations[0].name, "mild");
    ck_assert_str_eq(augmentations[0].json, MILD_JSON);
    ck_assert_int_eq(augmentations[0].variant_count, 6);
    tl_store_free_augmentations(augmentations, count);
}
END_TEST

START_TEST(lists_are_by_digest_and_leave_out_what_has_no_features)
{
    struct tl_error err;
    struct tl_store_augmentation *augmentations = NULL;
    size_t count;
    begin();
    put_mild(store, 0x77);
    put_feature(store, small.feature_set_id, small.content_ids[1], 1, put_mild(store, 0x22), 1);
    commit();
    must(tl_store_list_augmentations(store, small.feature_set_id, &augmentations, &count, &err), &err);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(augmentations[0].digest[0], 0x22);
    ck_assert_uint_eq(augmentations[1].digest[0], 0x33);
    tl_store_free_augmentations(augmentations, count);
    must(tl_store_list_augmentations(store, small.feature_set_id + 1, &augmentations, &count, &err), &err);
    ck_assert_uint_eq(count, 0);
    tl_store_free_augmentations(augmentations, count);
}
END_TEST

START_TEST(a_second_put_replaces_feature_and_blob)
{
    struct tl_error err;
    static const uint8_t blob[] = "a longer blob than before";
    struct tl_store_feature feature = {.nonzero_count = 4, .blob = blob, .blob_bytes = sizeof blob};
    begin();
    const int64_t variant_id = put_variant(store, small.content_ids[1], 0, 0);
    must(tl_store_put_feature(store, small.feature_set_id, variant_id, &feature, &err), &err);
    commit();
    must_give(store, "SELECT count(*) FROM feature_blob", "12;");
    must_give(store,
              "SELECT f.nonzero_count, f.stored_bytes, length(b.blob), hex(f.pixels_digest) = hex(zeroblob(32)) FROM feature f"
              " JOIN feature_blob b USING (feature_id) WHERE f.nonzero_count = 4",
              "4|26|26|1;");
}
END_TEST

/* "1:0 1:1 ..." of content and variant, each blob checked. */
static void read_all(char out[256], int64_t feature_set_id, int64_t augmentation_id)
{
    struct tl_error err;
    struct tl_store_feature_row row;
    tl_store_features *features = NULL;
    enum tl_status status;
    out[0] = '\0';
    must(tl_store_open_features(&features, store, feature_set_id, augmentation_id, &err), &err);
    while ((status = tl_store_next_feature(features, &row, &err)) == TL_OK) {
        const uint8_t expected[] = {'b', row.sha256[0], (uint8_t)row.variant_index};
        ck_assert_uint_eq(row.blob_bytes, sizeof expected);
        ck_assert_mem_eq(row.blob, expected, sizeof expected);
        ck_assert_int_eq(row.content_id, small.content_ids[row.sha256[0]]);
        snprintf(out + strlen(out), 256 - strlen(out), "%u:%u ", row.sha256[0], row.variant_index);
    }
    must_fail(status, TL_NOT_FOUND, &err, "no more");
    must_fail(tl_store_next_feature(features, &row, &err), TL_NOT_FOUND, &err, "no more");
    tl_store_close_features(features);
}

START_TEST(features_come_in_the_order_of_training_a_content_once)
{
    char text[256];
    read_all(text, small.feature_set_id, 0);
    ck_assert_str_eq(text, "1:0 2:0 3:0 4:0 5:0 6:0 ");
    read_all(text, small.feature_set_id, small.mild_id);
    ck_assert_str_eq(text, "1:0 1:1 1:2 2:0 2:1 2:2 3:0 3:1 3:2 4:0 5:0 6:0 ");
    read_all(text, small.feature_set_id + 1, small.mild_id);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(photos_that_are_missing_everywhere_are_left_out)
{
    struct tl_error err;
    char text[256];
    struct tl_store_label *labels = NULL;
    size_t count;
    const int64_t seen[] = {small.photo_ids[3], small.photo_ids[7]};
    begin();
    must(tl_store_mark_missing(store, small.source_id, seen, 2, NULL, &err), &err);
    commit();
    read_all(text, small.feature_set_id, 0);
    ck_assert_str_eq(text, "1:0 3:0 ");
    must(tl_store_list_labels(store, &labels, &count, "default", small.feature_set_id, &err), &err);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(labels[0].path, "train/clear/again.jpg");
    ck_assert_str_eq(labels[1].path, "train/cloudy/3.jpg");
    tl_store_free_labels(labels);
}
END_TEST

START_TEST(labels_are_by_content_source_path_and_class)
{
    static const struct {
        unsigned n;
        const char *path, *class_name, *split;
    } expected[] = {
        {1, "train/clear/1.jpg", "clear", "train"}, {1, "train/clear/again.jpg", "clear", "train"},
        {2, "train/clear/2.jpg", "clear", "train"}, {3, "train/cloudy/3.jpg", "cloudy", ""},
        {4, "test/clear/4.jpg", "clear", "test"},   {5, "test/cloudy/5.jpg", "cloudy", "test"},
    };
    struct tl_error err;
    struct tl_store_label *labels = NULL;
    size_t count;
    begin();
    put_label(store, small.photo_ids[3], "cloudy", NULL);
    commit();
    must(tl_store_list_labels(store, &labels, &count, "default", small.feature_set_id, &err), &err);
    ck_assert_uint_eq(count, 6);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(labels[i].sha256[0], expected[i].n);
        ck_assert_int_eq(labels[i].content_id, small.content_ids[expected[i].n]);
        ck_assert_str_eq(labels[i].source, "sky");
        ck_assert_str_eq(labels[i].path, expected[i].path);
        ck_assert_str_eq(labels[i].class_name, expected[i].class_name);
        ck_assert_str_eq(labels[i].split, expected[i].split);
    }
    tl_store_free_labels(labels);
}
END_TEST

START_TEST(a_set_is_chosen_when_it_is_the_only_one_or_named)
{
    struct tl_error err;
    struct tl_store_feature_set sets[3] = {small_feature_set(), small_feature_set(), small_feature_set()};
    size_t index = 9;
    for (size_t i = 0; i < 3; i++) {
        memset(sets[i].digest, 0xab, sizeof sets[i].digest);
        sets[i].digest[2] = (uint8_t)(i < 2 ? 0x10 : 0x20);
        sets[i].digest[3] = (uint8_t)i;
    }
    sets[2].arithmetic = "f32-wino6-fma";
    must(tl_store_choose_feature_set(&index, sets + 1, 1, NULL, &err), &err);
    ck_assert_uint_eq(index, 0);
    must(tl_store_choose_feature_set(&index, sets, 3, "ABAB1001", &err), &err);
    ck_assert_uint_eq(index, 1);
    must(tl_store_choose_feature_set(&index, sets, 3, "f32-wino6-fma", &err), &err);
    ck_assert_uint_eq(index, 2);
    must_fail(tl_store_choose_feature_set(&index, sets, 0, NULL, &err), TL_NOT_FOUND, &err, "tl-extract");
    must_fail(tl_store_choose_feature_set(&index, sets, 3, NULL, &err), TL_BAD_INPUT, &err, "abab2002 (vgg16 f32-wino6-fma");
    must_fail(tl_store_choose_feature_set(&index, sets, 3, "abab10", &err), TL_BAD_INPUT, &err, "fits 2");
    must_fail(tl_store_choose_feature_set(&index, sets, 3, "aba", &err), TL_NOT_FOUND, &err, "'aba'");
    must_fail(tl_store_choose_feature_set(&index, sets, 3, "cdcd", &err), TL_NOT_FOUND, &err, "abab1000");
}
END_TEST

START_TEST(an_augmentation_is_chosen_by_name_or_digest)
{
    struct tl_error err;
    struct tl_store_augmentation some[3] = {{.name = "mild"}, {.name = "keras"}, {.name = "mild"}};
    size_t index = 9;
    for (size_t i = 0; i < 3; i++)
        memset(some[i].digest, (int)(0x10 + i), sizeof some[i].digest);
    must(tl_store_choose_augmentation(&index, some, 3, "keras", &err), &err);
    ck_assert_uint_eq(index, 1);
    must(tl_store_choose_augmentation(&index, some, 3, "1212", &err), &err);
    ck_assert_uint_eq(index, 2);
    must_fail(tl_store_choose_augmentation(&index, some, 3, "mild", &err), TL_BAD_INPUT, &err, "fits 2");
    must_fail(tl_store_choose_augmentation(&index, some, 0, NULL, &err), TL_NOT_FOUND, &err, "--variants");
}
END_TEST

/* ---- Limits ---- */

START_TEST(many_choices_make_one_message)
{
    enum { COUNT = 200 };
    struct tl_error err;
    struct tl_store_augmentation *some = tl_memory_alloc(COUNT, sizeof *some);
    size_t index;
    for (size_t i = 0; i < COUNT; i++)
        some[i].name = "a rather long name for an augmentation, so that it is cut somewhere";
    must_fail(tl_store_choose_augmentation(&index, some, COUNT, NULL, &err), TL_BAD_INPUT, &err, ", ...");
    ck_assert_uint_lt(strlen(err.message), TL_ERROR_MESSAGE_BYTES - 1);
    tl_memory_free(some);
}
END_TEST

START_TEST(a_label_set_nobody_used_is_an_empty_list)
{
    struct tl_error err;
    struct tl_store_label *labels = NULL;
    size_t count = 9;
    must(tl_store_list_labels(store, &labels, &count, "second", small.feature_set_id, &err), &err);
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_nonnull(labels);
    tl_store_free_labels(labels);
}
END_TEST

START_TEST(two_readers_of_features_do_not_disturb_each_other)
{
    struct tl_error err;
    struct tl_store_feature_row a, b;
    tl_store_features *first = NULL, *second = NULL;
    must(tl_store_open_features(&first, store, small.feature_set_id, 0, &err), &err);
    must(tl_store_next_feature(first, &a, &err), &err);
    must(tl_store_open_features(&second, store, small.feature_set_id, small.mild_id, &err), &err);
    must(tl_store_next_feature(second, &b, &err), &err);
    must(tl_store_next_feature(second, &b, &err), &err);
    must(tl_store_next_feature(first, &a, &err), &err);
    ck_assert(a.sha256[0] == 2 && a.variant_index == 0);
    ck_assert(b.sha256[0] == 1 && b.variant_index == 1);
    tl_store_close_features(first);
    tl_store_close_features(second);
    tl_store_close_features(NULL);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_lost_blob_is_a_row_without_one)
{
    struct tl_error err;
    struct tl_store_feature_row row;
    tl_store_features *features = NULL;
    run_beside(path,
               "DELETE FROM feature_blob WHERE feature_id IN (SELECT feature_id FROM variants WHERE path = 'train/clear/1.jpg')");
    must(tl_store_open_features(&features, store, small.feature_set_id, 0, &err), &err);
    must(tl_store_next_feature(features, &row, &err), &err);
    ck_assert(row.sha256[0] == 1 && row.blob == NULL && row.blob_bytes == 0);
    must(tl_store_next_feature(features, &row, &err), &err);
    ck_assert(row.sha256[0] == 2 && row.blob != NULL);
    tl_store_close_features(features);
}
END_TEST

START_TEST(the_same_set_with_another_shape_is_corrupt)
{
    struct tl_error err;
    struct tl_store_feature_set set = small_feature_set();
    set.channels = 3;
    begin();
    must_fail(tl_store_put_feature_set(store, &set, &err), TL_CORRUPT, &err, "1x2x2, not 1x2x3");
    ck_assert_int_eq(set.feature_set_id, 0);
    set = small_feature_set();
    set.input_json =
        "{\"alpha\":\"drop\",\"compat\":2,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\",\"resize\":\"nearest\","
        "\"sixteen_bit\":\"clip\",\"size\":224}";
    must_fail(tl_store_put_feature_set(store, &set, &err), TL_CORRUPT, &err, "another recipe");
    tl_store_rollback(store);
}
END_TEST

START_TEST(a_variant_zero_of_an_augmentation_is_refused)
{
    struct tl_error err;
    int64_t id = 7;
    const struct tl_store_variant variant = {.index = 0, .zoom_x = 1, .zoom_y = 1};
    begin();
    must_fail(tl_store_put_variant(store, &id, small.content_ids[1], small.mild_id, &variant, &err), TL_BAD_INPUT, &err,
              "forbids");
    ck_assert_int_eq(id, 0);
    tl_store_rollback(store);
}
END_TEST

START_TEST(reading_survives_every_failed_allocation)
{
    struct tl_error err;
    for (size_t n = 1;; n++) {
        struct tl_store_feature_set *sets = NULL;
        struct tl_store_augmentation *augmentations = NULL;
        struct tl_store_label *labels = NULL;
        tl_store_features *features = NULL;
        size_t set_count = 0, augmentation_count = 0, label_count = 0;
        tl_memory_fail_at(n);
        enum tl_status status = tl_store_list_feature_sets(store, &sets, &set_count, &err);
        if (status == TL_OK)
            status = tl_store_list_augmentations(store, small.feature_set_id, &augmentations, &augmentation_count, &err);
        if (status == TL_OK)
            status = tl_store_list_labels(store, &labels, &label_count, "default", small.feature_set_id, &err);
        if (status == TL_OK)
            status = tl_store_open_features(&features, store, small.feature_set_id, 0, &err);
        tl_memory_fail_at(0);
        ck_assert((sets != NULL) == (set_count > 0));
        tl_store_close_features(features);
        tl_store_free_labels(labels);
        tl_store_free_augmentations(augmentations, augmentation_count);
        tl_store_free_feature_sets(sets, set_count);
        if (status == TL_OK)
            return;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        ck_assert_uint_lt(n, 1000);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_feature");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, the_same_feature_set_is_one_row);
    tcase_add_test(core, lists_give_back_what_was_put);
    tcase_add_test(core, lists_are_by_digest_and_leave_out_what_has_no_features);
    tcase_add_test(core, a_second_put_replaces_feature_and_blob);
    tcase_add_test(core, features_come_in_the_order_of_training_a_content_once);
    tcase_add_test(core, photos_that_are_missing_everywhere_are_left_out);
    tcase_add_test(core, labels_are_by_content_source_path_and_class);
    tcase_add_test(core, a_set_is_chosen_when_it_is_the_only_one_or_named);
    tcase_add_test(core, an_augmentation_is_chosen_by_name_or_digest);
    tcase_add_test(limits, many_choices_make_one_message);
    tcase_add_test(limits, a_label_set_nobody_used_is_an_empty_list);
    tcase_add_test(limits, two_readers_of_features_do_not_disturb_each_other);
    tcase_add_test(faults, a_lost_blob_is_a_row_without_one);
    tcase_add_test(faults, the_same_set_with_another_shape_is_corrupt);
    tcase_add_test(faults, a_variant_zero_of_an_augmentation_is_refused);
    tcase_add_test(faults, reading_survives_every_failed_allocation);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
