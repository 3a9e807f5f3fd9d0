/* test_store_inventory.c - what is there, row by row. */
#include "common/store/connection.h"
#include "common/store/store_inventory.h"
#include "tests/common/store/small_store.h"

static char text[4096];
static const char *path;

static tl_store *make_store(void)
{
    tl_store *store;
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    text[0] = '\0';
    return store;
}

static void append(const char *words)
{
    (void)strncat(text, words, sizeof text - strlen(text) - 1);
}

static enum tl_status note_feature(void *context, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t variant_index,
                                   struct tl_error *err)
{
    size_t *left_count = context;
    char words[64];
    if (left_count != NULL && (*left_count)-- == 0)
        return tl_error_set(err, TL_BAD_INPUT, "enough");
    (void)snprintf(words, sizeof words, "%02x%02x/%u ", sha256[0], sha256[TL_DIGEST_BYTES - 1], (unsigned)variant_index);
    append(words);
    return TL_OK;
}

/* The features of the small store's set, as note_feature() writes them. */
static const char *list_features(tl_store *store, const struct small_store *small, int64_t augmentation_id)
{
    struct tl_error err;
    text[0] = '\0';
    must(tl_store_each_feature(store, small->feature_set_id, augmentation_id, note_feature, NULL, &err), &err);
    return text;
}

static size_t count_words(const char *words)
{
    size_t count = 0;
    for (; *words != '\0'; words++)
        count += *words == ' ';
    return count;
}

static int64_t ask_number(tl_store *store, const char *sql)
{
    struct tl_error err;
    int64_t number = 0;
    must(tl_connection_read_int(store, &number, sql, &err), &err);
    return number;
}

START_TEST(each_feature_of_the_set_and_augmentation_comes_once)
{
    tl_store *store = make_store();
    const struct small_store small = fill_small_store(store);
    const int64_t plain =
        ask_number(store, "SELECT count(*) FROM feature JOIN variant USING (variant_id) WHERE augmentation_id = 0");
    const int64_t all = ask_number(store, "SELECT count(*) FROM feature");
    ck_assert_int_gt(all, plain);
    ck_assert_uint_eq(count_words(list_features(store, &small, small.mild_id)), (size_t)all);
    ck_assert_uint_eq(count_words(list_features(store, &small, 0)), (size_t)plain);
    ck_assert_ptr_null(strstr(text, "/1 "));
    close_store(store);
}
END_TEST

START_TEST(features_without_their_whole_blob_are_left_out)
{
    tl_store *store = make_store();
    const struct small_store small = fill_small_store(store);
    const size_t count = count_words(list_features(store, &small, small.mild_id));
    run_beside(path, "DELETE FROM feature_blob WHERE feature_id = 1; UPDATE feature_blob SET blob = x'00' WHERE feature_id = 2");
    ck_assert_uint_eq(count_words(list_features(store, &small, small.mild_id)), count - 2);
    close_store(store);
}
END_TEST

START_TEST(features_of_damaged_contents_are_left_out)
{
    tl_store *store = make_store();
    const struct small_store small = fill_small_store(store);
    const size_t count = count_words(list_features(store, &small, 0));
    put_damage(store, small.feature_set_digest, 1);
    ck_assert_uint_eq(count_words(list_features(store, &small, 0)), count - 1);
    close_store(store);
}
END_TEST

static enum tl_status note_split(void *context, int64_t source_id, bool is_of_folder, const uint8_t *sha256, struct tl_error *err)
{
    char words[64];
    (void)context;
    (void)err;
    (void)snprintf(words, sizeof words, "%lld%s%s ", (long long)source_id, is_of_folder ? "f" : "-", sha256 != NULL ? "e" : "t");
    append(words);
    return TL_OK;
}

START_TEST(labels_with_a_split_tell_the_evaluation_side)
{
    struct tl_error err;
    int64_t source_id;
    tl_store *store = make_store();
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &source_id, "s", "/s", &err), &err);
    put_label(store, put_photo(store, source_id, "a/1.jpg", put_content(store, 1, 1)), "a", "train");
    put_label(store, put_photo(store, source_id, "a/2.jpg", put_content(store, 2, 1)), "a", "val");
    put_label(store, put_photo(store, source_id, "a/3.jpg", 0), "a", "test");
    put_label(store, put_photo(store, source_id, "a/4.jpg", put_content(store, 4, 1)), "a", NULL);
    put_label(store, put_photo(store, source_id, "a/5.jpg", put_content(store, 5, 1)), "a", "test");
    must(tl_store_commit(store, &err), &err);
    run_beside(path, "UPDATE label SET origin = 'csv' WHERE photo_id = 5");
    must(tl_store_each_split(store, "default", note_split, NULL, &err), &err);
    ck_assert_str_eq(text, "1ft 1fe 1ft 1-e ");
    text[0] = '\0';
    run_beside(path, "UPDATE photo SET missing_since_ms = 1 WHERE photo_id < 4");
    must(tl_store_each_split(store, "default", note_split, NULL, &err), &err);
    must(tl_store_each_split(store, "other", note_split, NULL, &err), &err);
    ck_assert_str_eq(text, "1-e ");
    close_store(store);
}
END_TEST

static enum tl_status note_place(void *context, const uint8_t sha256[TL_DIGEST_BYTES], int64_t photo_id, int64_t source_id,
                                 const char *place, struct tl_error *err)
{
    char words[128];
    (void)context;
    (void)err;
    ck_assert_int_gt(photo_id, 0);
    (void)snprintf(words, sizeof words, "%02x:%lld:%s ", sha256[0], (long long)source_id, place);
    append(words);
    return TL_OK;
}

START_TEST(only_contents_with_several_places_come_in_raw_bytes)
{
    struct tl_error err;
    int64_t first_id, second_id, same_id;
    char expected[128];
    uint8_t sha256[TL_DIGEST_BYTES];
    tl_store *store = make_store();
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &first_id, "s", "/s", &err), &err);
    must(tl_store_put_source(store, &second_id, "t", "/t", &err), &err);
    same_id = put_content(store, 7, 1);
    put_photo(store, first_id, "a/1.jpg", put_content(store, 1, 1));
    put_photo(store, first_id, "a/\xff.jpg", same_id);
    put_photo(store, second_id, "b/2.jpg", same_id);
    put_photo(store, second_id, "b/3.jpg", 0);
    put_photo(store, second_id, "b/4.jpg", 0);
    must(tl_store_commit(store, &err), &err);
    must(tl_store_each_copy(store, note_place, NULL, &err), &err);
    fill_sha256(sha256, 7);
    (void)snprintf(expected, sizeof expected, "%02x:1:a/\xff.jpg %02x:2:b/2.jpg ", sha256[0], sha256[0]);
    ck_assert_str_eq(text, expected);
    close_store(store);
}
END_TEST

START_TEST(an_empty_store_has_nothing)
{
    struct tl_error err;
    tl_store *store = make_store();
    must(tl_store_each_feature(store, 1, 1, note_feature, NULL, &err), &err);
    must(tl_store_each_split(store, "default", note_split, NULL, &err), &err);
    must(tl_store_each_copy(store, note_place, NULL, &err), &err);
    ck_assert_str_eq(text, "");
    close_store(store);
}
END_TEST

START_TEST(the_callbacks_failure_ends_the_reading)
{
    struct tl_error err;
    size_t left_count = 2;
    tl_store *store = make_store();
    const struct small_store small = fill_small_store(store);
    must_fail(tl_store_each_feature(store, small.feature_set_id, small.mild_id, note_feature, &left_count, &err), TL_BAD_INPUT,
              &err, "enough");
    ck_assert_uint_eq(count_words(text), 2);
    must(tl_store_begin(store, &err), &err); /* no read is left open */
    must(tl_store_commit(store, &err), &err);
    close_store(store);
}
END_TEST

START_TEST(a_digest_that_is_none_is_corrupt)
{
    struct tl_error err;
    tl_store *store = make_store();
    const struct small_store small = fill_small_store(store);
    run_beside(path, "PRAGMA ignore_check_constraints = ON; UPDATE content SET sha256 = x'00' WHERE content_id = 1");
    must_fail(tl_store_each_feature(store, small.feature_set_id, 0, note_feature, NULL, &err), TL_CORRUPT, &err, "sha256");
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_inventory");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_test(core, each_feature_of_the_set_and_augmentation_comes_once);
    tcase_add_test(core, features_without_their_whole_blob_are_left_out);
    tcase_add_test(core, features_of_damaged_contents_are_left_out);
    tcase_add_test(core, labels_with_a_split_tell_the_evaluation_side);
    tcase_add_test(core, only_contents_with_several_places_come_in_raw_bytes);
    tcase_add_test(limits, an_empty_store_has_nothing);
    tcase_add_test(faults, the_callbacks_failure_ends_the_reading);
    tcase_add_test(faults, a_digest_that_is_none_is_corrupt);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
