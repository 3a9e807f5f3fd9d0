/* test_summary.c - what `tl-store info` tells is what was put into the store. */
#include <stdlib.h>

#include "common/base/memory.h"
#include "serve/store/summary.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

static const float KERNEL[FIXTURE_FEATURES * FIXTURE_CLASSES] = {1};

/* Two photos, one with a variant, one run. */
static void fill_store(tl_store *store)
{
    int64_t set_id = fixture_feature_set(store), augmentation_id = fixture_augmentation(store);
    int64_t source_id = fixture_source(store, "s"), first = fixture_content(store, 1), second = fixture_content(store, 2);
    struct tl_error err;

    (void)fixture_photo(store, source_id, "cat/1.jpg", first, "cat", NULL);
    (void)fixture_photo(store, source_id, "dog/2.jpg", second, "dog", NULL);
    fixture_feature(store, set_id, first, 0, 0, 1);
    fixture_feature(store, set_id, second, 0, 0, 2);
    fixture_feature(store, set_id, first, augmentation_id, 1, 3);
    fixture_ok(tl_store_commit(store, &err), &err);
    (void)fixture_run(store, "first \"run\"", set_id, first, 1, KERNEL);
}

static tl_store *open_filled(bool is_empty)
{
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    tl_store *store = fixture_create(path);
    struct tl_error err;

    if (is_empty)
        fixture_ok(tl_store_commit(store, &err), &err);
    else
        fill_store(store);
    fixture_ok(tl_store_close(&store, &err), &err);
    return fixture_reopen(path, TL_STORE_READ);
}

static void check_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

START_TEST(a_summary_counts_rows_bytes_and_sets)
{
    tl_store *store = open_filled(false);
    struct tl_summary summary;
    struct tl_error err;

    fixture_ok(tl_summary_read(&summary, store, &err), &err);
    ck_assert_int_eq(summary.counts.photos, 2);
    ck_assert_int_eq(summary.counts.features, 3);
    ck_assert_int_eq(summary.thumbnail_bytes, 2 * TL_STORE_THUMBNAIL_BYTES);
    ck_assert_int_eq(summary.head_bytes, (FIXTURE_FEATURES + 1) * FIXTURE_CLASSES * 4);
    ck_assert_uint_eq(summary.set_count, 1);
    ck_assert_uint_eq(summary.of_sets[0].augmentation_count, 1);
    ck_assert_int_eq(summary.of_sets[0].augmentations[0].variant_count, 1);
    ck_assert_double_eq_tol(tl_summary_nonzero_share(&summary), 4.0 / 12, 1e-12);
    tl_summary_free(&summary);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

START_TEST(json_is_one_object_on_one_line)
{
    tl_store *store = open_filled(false);
    struct tl_summary summary;
    struct tl_error err;
    struct tl_text text;

    tl_text_init(&text, TL_SUMMARY_JSON_BYTES);
    fixture_ok(tl_summary_read(&summary, store, &err), &err);
    fixture_ok(tl_summary_append_json(&text, &summary, store, &err), &err);
    ck_assert_ptr_eq(strchr(text.bytes, '\n'), text.bytes + text.length_bytes - 1);
    check_has(text.bytes, "{\"rows\": {\"sources\": 1, \"photos\": 2, ");
    check_has(text.bytes, "\"shape\": [1, 2, 2], \"input\": {\"alpha\":\"drop\"");
    check_has(text.bytes, "\"augmentations\": [{\"digest\": \"0303");
    check_has(text.bytes, "\"name\":\"first \\\"run\\\"\"");
    check_has(text.bytes, "\"test_loss\":null");
    check_has(text.bytes, "\"pinned\":false");
    check_has(text.bytes, "\"arithmetic\": {\"default\": \"");
    tl_text_free(&text);
    tl_summary_free(&summary);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

/* The summary for people of the store, freed by the caller. */
static char *write_summary(tl_store *store)
{
    struct tl_summary summary;
    struct tl_error err;
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *file = open_memstream(&text, &size_bytes);

    fixture_ok(tl_summary_read(&summary, store, &err), &err);
    fixture_ok(tl_summary_write(&summary, store, file, &err), &err);
    tl_summary_free(&summary);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

START_TEST(people_read_tables)
{
    tl_store *store = open_filled(false);
    struct tl_error err;
    char *text = write_summary(store);

    check_has(text, "photos");
    check_has(text, "vgg16");
    check_has(text, "mild");
    check_has(text, "first \"run\"");
    check_has(text, "0.2500");
    check_has(text, "33.3 %");
    free(text);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

START_TEST(an_empty_store_has_a_summary_too)
{
    tl_store *store = open_filled(true);
    struct tl_summary summary;
    struct tl_error err;
    struct tl_text text;
    char *words = write_summary(store);

    check_has(words, "photos");
    free(words);
    tl_text_init(&text, TL_SUMMARY_JSON_BYTES);
    fixture_ok(tl_summary_read(&summary, store, &err), &err);
    ck_assert(tl_summary_nonzero_share(&summary) == 0);
    fixture_ok(tl_summary_append_json(&text, &summary, store, &err), &err);
    check_has(text.bytes, "\"last_extraction\": null, \"feature_sets\": [], \"runs\": [], ");
    check_has(text.bytes, "\"nonzero_share\": 0, \"compression\": 0, \"stale\": {\"features\": 0, ");
    tl_text_free(&text);
    tl_summary_free(&summary);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    tl_store *store = open_filled(false);
    struct tl_summary summary;
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;
    size_t n = 0;

    while (status != TL_OK) {
        (void)tl_memory_fail_at(++n);
        status = tl_summary_read(&summary, store, &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && summary.sets == NULL));
    }
    ck_assert_uint_gt(n, 2);
    tl_summary_free(&summary);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("summary");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, a_summary_counts_rows_bytes_and_sets);
    tcase_add_test(core, json_is_one_object_on_one_line);
    tcase_add_test(core, people_read_tables);
    tcase_add_test(limits, an_empty_store_has_a_summary_too);
    tcase_add_test(faults, every_failed_allocation_is_reported);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
