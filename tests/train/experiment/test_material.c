/* test_material.c - what a training reads: as of one moment, and what it does about damage. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "train/experiment/material.h"

enum { PHOTO_COUNT = 12 };

static const char *path;
static char photo_paths[PHOTO_COUNT][32];
static struct made_photo photos[PHOTO_COUNT];
static tl_store *store;
static struct tl_material_wish wish;
static struct tl_material material;
static struct tl_error err;

static void open_made(void)
{
    path = tl_test_path(tl_test_make_folder(), "store.db");
    for (unsigned i = 0; i < PHOTO_COUNT; i++) {
        (void)snprintf(photo_paths[i], sizeof photo_paths[i], "%s/%u.jpg", i % 2 ? "b" : "a", i);
        photos[i] = (struct made_photo){photo_paths[i], i % 2 ? "b" : "a", NULL, i, i % 2, 2};
    }
    made_write(path, photos, PHOTO_COUNT, 0, 1);
    wish = (struct tl_material_wish){.variants = TL_FIT_ALL};
    tl_dataset_wish_init(&wish.data);
    ck_assert_msg(tl_store_open(&store, path, TL_STORE_WRITE, &err) == TL_OK, "%s", err.message);
}

static void close_made(void)
{
    ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
}

static enum tl_status read_and_release(void)
{
    const enum tl_status status = tl_material_read(&material, store, &wish, &err);

    tl_material_release(&material);
    return status;
}

static bool copy_text(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)names;
    (void)column_count;
    snprintf(context, 64, "%s", values[0] ? values[0] : "NULL");
    return false;
}

static void expect_sql(const char *sql, const char *wanted)
{
    char value[64] = "no row";

    ck_assert_msg(tl_store_query(store, sql, copy_text, value, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(strcmp(value, wanted) == 0, "%s: %s, expected %s", sql, value, wanted);
}

/* Replaces what is stored of a photo's variant by bytes that no codec wrote. */
static void damage_feature(unsigned photo, uint32_t variant_index)
{
    const struct tl_store_variant variant = {.index = variant_index, .zoom_x = 1, .zoom_y = 1};
    const struct tl_store_feature feature = {
        .nonzero_count = 1, .blob = (const uint8_t *)"nonsense, and more of it", .blob_bytes = 24};
    int64_t variant_id;

    ck_assert_int_eq(tl_store_begin(store, &err), TL_OK);
    ck_assert_msg(tl_store_put_variant(store, &variant_id, photo + 1, variant_index ? 1 : 0, &variant, &err) == TL_OK, "%s",
                  err.message);
    ck_assert_int_eq(tl_store_put_feature(store, 1, variant_id, &feature, &err), TL_OK);
    ck_assert_int_eq(tl_store_commit(store, &err), TL_OK);
}

/* Another writer, as a scan of a tree that comes and goes. Never returns. */
static void toggle_for_ever(void)
{
    tl_store *other = NULL;
    int64_t source_id = 1, photo_id;

    if (tl_store_open(&other, path, TL_STORE_WRITE, NULL) != TL_OK)
        _exit(1);
    for (;;) {
        if (tl_store_begin(other, NULL) != TL_OK || tl_store_mark_missing(other, source_id, NULL, 0, NULL, NULL) != TL_OK ||
            tl_store_commit(other, NULL) != TL_OK || tl_store_begin(other, NULL) != TL_OK)
            _exit(1);
        for (unsigned i = 0; i < PHOTO_COUNT; i++) {
            if (tl_store_put_photo(other, &photo_id, source_id, photo_paths[i], 100, 1, i + 1, NULL) !=
                TL_OK) /* contents in this order */
                _exit(1);
        }
        if (tl_store_commit(other, NULL) != TL_OK)
            _exit(1);
    }
}

/* ---- Core ---- */

START_TEST(the_only_features_and_variants_are_taken)
{
    ck_assert_msg(tl_material_read(&material, store, &wish, &err) == TL_OK, "%s", err.message);
    ck_assert_str_eq(material.augmentation->name, "mild");
    ck_assert_int_eq(material.variants, TL_FIT_ALL);
    ck_assert_uint_eq(material.samples->count, PHOTO_COUNT);
    ck_assert_uint_eq(material.samples->matrix->row_count, 3 * PHOTO_COUNT);
    tl_material_release(&material);
    wish.variants = TL_FIT_PLAIN;
    ck_assert_int_eq(tl_material_read(&material, store, &wish, &err), TL_OK);
    ck_assert_ptr_null(material.augmentation);
    ck_assert_uint_eq(material.samples->matrix->row_count, PHOTO_COUNT);
    tl_material_release(&material);
}
END_TEST

/* All photos or none, never the labels of before with the features of after. */
START_TEST(another_writer_is_seen_before_or_after_and_not_in_between)
{
    size_t full_count = 0, empty_count = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        toggle_for_ever();
    for (size_t i = 0; i < 2000 && (i < 300 || full_count == 0 || empty_count == 0); i++) {
        const enum tl_status status = read_and_release();

        ck_assert_msg(status == TL_OK || status == TL_NOT_FOUND, "%zu: %s", i, err.message);
        full_count += status == TL_OK;
        empty_count += status == TL_NOT_FOUND;
    }
    ck_assert_int_eq(waitpid(child, NULL, WNOHANG), 0);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(full_count > 0 && empty_count > 0);
    expect_sql("SELECT count(*) FROM failure", "0");
}
END_TEST

/* ---- Faults ---- */

START_TEST(damage_is_recorded_for_the_next_extraction)
{
    damage_feature(3, 0);
    damage_feature(3, 1);
    damage_feature(4, 2);
    ck_assert_int_eq(read_and_release(), TL_CORRUPT);
    ck_assert_msg(strstr(err.message, ".jpg, variant ") &&
                      strstr(err.message, "and so are features of 1 other photo; run tl-extract again"),
                  "%s", err.message);
    expect_sql(
        "SELECT group_concat(path) FROM (SELECT path FROM failures WHERE stage = 'verify' AND feature_set_id = 1 ORDER BY path)",
        "a/4.jpg,b/3.jpg");
    wish.variants = TL_FIT_PLAIN; /* what is not read does not hinder */
    ck_assert_int_eq(read_and_release(), TL_CORRUPT);
    ck_assert_msg(strstr(err.message, "of b/3.jpg, variant 0, is damaged"), "%s", err.message);
    expect_sql("SELECT sum(tries) FROM failure", "3");
}
END_TEST

START_TEST(labels_without_a_feature_set_are_refused)
{
    wish.features = "abcdef";
    ck_assert_int_eq(read_and_release(), TL_NOT_FOUND);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("material");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, open_made, close_made);
    tcase_add_checked_fixture(faults, open_made, close_made);
    tcase_add_test(core, the_only_features_and_variants_are_taken);
    tcase_add_test(core, another_writer_is_seen_before_or_after_and_not_in_between);
    tcase_add_test(faults, damage_is_recorded_for_the_next_extraction);
    tcase_add_test(faults, labels_without_a_feature_set_are_refused);
    tcase_set_timeout(core, 60);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
