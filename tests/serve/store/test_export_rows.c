/* test_export_rows.c - exported rows: one a place and variant, in an order that no history of the file changes. */
#include <hdf5.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "serve/store/export_rows.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

enum { ROWS_MAX = 32 };
static const size_t SHAPE[3] = {1, 2, 2};

/* What HDF5 says of an exported file. */
struct exported {
    size_t count;
    int64_t labels[ROWS_MAX], variants[ROWS_MAX];
    float features[ROWS_MAX][FIXTURE_FEATURES];
    char *paths[ROWS_MAX], *splits[ROWS_MAX];
};

static void read_column(hid_t file, const char *name, hid_t type, void *out)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);

    ck_assert(dataset >= 0);
    ck_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Dclose(dataset);
}

static void read_exported(struct exported *out, const char *path)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset, space, text;
    hsize_t extent[2];

    ck_assert(file >= 0);
    dataset = H5Dopen2(file, "features", H5P_DEFAULT);
    space = H5Dget_space(dataset);
    H5Sget_simple_extent_dims(space, extent, NULL);
    ck_assert_uint_le(extent[0], ROWS_MAX);
    ck_assert_uint_eq(extent[1], FIXTURE_FEATURES);
    out->count = extent[0];
    H5Sclose(space);
    H5Dclose(dataset);
    text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_cset(text, H5T_CSET_UTF8);
    read_column(file, "features", H5T_NATIVE_FLOAT, out->features);
    read_column(file, "labels", H5T_NATIVE_INT64, out->labels);
    read_column(file, "variant", H5T_NATIVE_INT64, out->variants);
    read_column(file, "paths", text, out->paths);
    read_column(file, "split", text, out->splits);
    H5Tclose(text);
    H5Fclose(file);
}

/* Exports a store; the status of the rows. The file is there when they came to TL_OK. */
static enum tl_status export_to(const char *out_path, const char *store_path, const struct tl_export_rows *what, size_t *out_count,
                                tl_export_rows_callback *tell, void *context, struct tl_error *err)
{
    struct tl_export_places places;
    tl_store *store = fixture_reopen(store_path, TL_STORE_READ);
    tl_feature_file *file = NULL;
    struct tl_store_damages damages = {.count = 0};
    struct tl_error close_err;
    enum tl_status status;

    fixture_ok(tl_export_places_read(&places, store, "default", err), err);
    fixture_ok(tl_feature_file_create(&file, out_path, SHAPE, (const char *const *)places.class_names, places.class_count, err),
               err);
    status = tl_export_rows_write(out_count, &damages, file, store, &places, what, tell, context, err);
    if (status == TL_OK)
        fixture_ok(tl_feature_file_close(&file, err), err);
    else
        tl_feature_file_discard(file);
    tl_export_places_free(&places);
    tl_store_free_damages(&damages);
    fixture_ok(tl_store_close(&store, &close_err), &close_err);
    return status;
}

/* Contents 5, 7 and 9: 7 lies at two places under two classes, 9 is unlabelled, 5 has variants; 6 has a place but no feature. */
static struct tl_export_rows make_store(const char *path, bool is_reversed)
{
    tl_store *store = fixture_create(path);
    int64_t set_id = fixture_feature_set(store), augmentation_id = fixture_augmentation(store);
    int64_t earlier = fixture_source(store, is_reversed ? "b" : "a"), later = fixture_source(store, is_reversed ? "a" : "b");
    int64_t in_a = is_reversed ? later : earlier, in_b = is_reversed ? earlier : later;
    int64_t contents[4];
    static const uint8_t BYTES[4] = {5, 6, 7, 9};
    struct tl_export_rows what = {set_id, augmentation_id, FIXTURE_FEATURES, NULL};

    for (int i = 0; i < 4; i++) {
        int at = is_reversed ? 3 - i : i;

        contents[at] = fixture_content(store, BYTES[at]);
    }
    (void)fixture_photo(store, in_b, "z.jpg", contents[0], "cat", "train");
    (void)fixture_photo(store, in_a, "dog/7.jpg", contents[2], "dog", "test");
    (void)fixture_photo(store, in_b, "cat/7.jpg", contents[2], "cat", "train");
    (void)fixture_photo(store, in_a, "loose.jpg", contents[3], NULL, NULL);
    (void)fixture_photo(store, in_a, "dog/6.jpg", contents[1], "dog", "train");
    for (int i = 0; i < 4; i++) {
        int at = is_reversed ? 3 - i : i;

        if (BYTES[at] != 6)
            fixture_feature(store, set_id, contents[at], 0, 0, (float)BYTES[at]);
    }
    fixture_feature(store, set_id, contents[0], augmentation_id, is_reversed ? 2 : 1, 5);
    fixture_feature(store, set_id, contents[0], augmentation_id, is_reversed ? 1 : 2, 5);
    fixture_finish(store);
    return what;
}

static const struct row {
    const char *path, *split;
    int64_t label, variant;
    float first;
} ROWS[] = {
    {"z.jpg", "train", 0, 0, 5},     {"z.jpg", "train", 0, 1, 5},    {"z.jpg", "train", 0, 2, 5},
    {"dog/7.jpg", "test", 1, 0, 7},  {"cat/7.jpg", "train", 0, 0, 7}, {"loose.jpg", "", -1, 0, 9},
};
enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

/* The exported rows are those of ROWS that `is_wanted` says. */
static void check_rows(const char *path, bool (*is_wanted)(const struct row *row))
{
    struct exported exported;
    size_t next = 0;

    read_exported(&exported, path);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!is_wanted(&ROWS[i]))
            continue;
        ck_assert_uint_lt(next, exported.count);
        ck_assert_str_eq(exported.paths[next], ROWS[i].path);
        ck_assert_str_eq(exported.splits[next], ROWS[i].split);
        ck_assert_int_eq(exported.labels[next], ROWS[i].label);
        ck_assert_int_eq(exported.variants[next], ROWS[i].variant);
        ck_assert(exported.features[next][0] == ROWS[i].first);
        ck_assert(exported.features[next][1] == 0);
        ck_assert(exported.features[next][3] == (float)ROWS[i].variant);
        next++;
    }
    ck_assert_uint_eq(next, exported.count);
    for (size_t i = 0; i < exported.count; i++) {
        free(exported.paths[i]);
        free(exported.splits[i]);
    }
}

static bool is_any(const struct row *row)
{
    (void)row;
    return true;
}

static bool is_plain(const struct row *row)
{
    return row->variant == 0;
}

static bool is_train(const struct row *row)
{
    return strcmp(row->split, "train") == 0;
}

START_TEST(rows_stand_by_content_source_path_and_variant)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "s.tl"), *out = tl_test_path(folder, "o.h5");
    struct tl_export_rows what = make_store(path, _i == 1);
    struct tl_error err;
    size_t count = 0;

    fixture_ok(export_to(out, path, &what, &count, NULL, NULL, &err), &err);
    ck_assert_uint_eq(count, ROW_COUNT);
    check_rows(out, is_any);
}
END_TEST

START_TEST(plain_leaves_the_variants_out)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "s.tl"), *out = tl_test_path(folder, "o.h5");
    struct tl_export_rows what = make_store(path, false);
    struct tl_error err;
    size_t count = 0;

    what.augmentation_id = 0;
    fixture_ok(export_to(out, path, &what, &count, NULL, NULL, &err), &err);
    check_rows(out, is_plain);
}
END_TEST

START_TEST(a_split_takes_its_own_places_only)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "s.tl"), *out = tl_test_path(folder, "o.h5");
    struct tl_export_rows what = make_store(path, false);
    struct tl_error err;
    size_t count = 0;

    what.split = "train";
    fixture_ok(export_to(out, path, &what, &count, NULL, NULL, &err), &err);
    ck_assert_uint_eq(count, 4);
    check_rows(out, is_train);
}
END_TEST

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

START_TEST(a_place_with_several_labels_has_none)
{
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    struct tl_export_places places;
    struct tl_error err;
    tl_store *store;

    (void)make_store(path, false);
    run_sql(path, "INSERT INTO label (label_set, photo_id, class, origin) SELECT 'default', photo_id, 'bird', 'hand' FROM photo"
                  " WHERE path = 'z.jpg'");
    run_sql(path, "INSERT INTO label (label_set, photo_id, class, origin) SELECT 'other', photo_id, 'zebra', 'hand' FROM photo"
                  " WHERE path = 'loose.jpg'");
    store = fixture_reopen(path, TL_STORE_READ);
    fixture_ok(tl_export_places_read(&places, store, "default", &err), &err);
    ck_assert_uint_eq(places.count, 5);
    ck_assert_uint_eq(places.several_count, 1);
    ck_assert_uint_eq(places.unlabelled_count, 1);
    ck_assert_uint_eq(places.class_count, 3);
    ck_assert_str_eq(places.class_names[0], "bird");
    ck_assert_str_eq(places.items[0].path, "z.jpg");
    ck_assert_int_eq(places.items[0].label, TL_EXPORT_UNLABELLED);
    ck_assert_int_eq(places.items[1].label, 2); /* dog/6.jpg */
    tl_export_places_free(&places);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

START_TEST(missing_photos_have_no_place)
{
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    struct tl_export_places places;
    struct tl_error err;
    tl_store *store;

    (void)make_store(path, false);
    run_sql(path, "UPDATE photo SET missing_since_ms = 1 WHERE path <> 'z.jpg'");
    store = fixture_reopen(path, TL_STORE_READ);
    fixture_ok(tl_export_places_read(&places, store, "default", &err), &err);
    ck_assert_uint_eq(places.count, 1);
    ck_assert_uint_eq(places.class_count, 1);
    tl_export_places_free(&places);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

START_TEST(a_damaged_feature_is_named_and_no_file_is_left)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "s.tl"), *out = tl_test_path(folder, "o.h5");
    struct tl_export_rows what = make_store(path, false);
    struct tl_error err;
    size_t count = 0;
    FILE *file;

    run_sql(path, "UPDATE feature_blob SET blob = zeroblob(40)");
    ck_assert_int_eq(export_to(out, path, &what, &count, NULL, NULL, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, "z.jpg, variant 0"));
    file = fopen(out, "rb");
    ck_assert_ptr_null(file);
}
END_TEST

static bool stop_after_two(void *context, size_t place_count)
{
    (void)context;
    return place_count < 2;
}

START_TEST(an_export_stops_when_it_is_told_to)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "s.tl"), *out = tl_test_path(folder, "o.h5");
    struct tl_export_rows what = make_store(path, false);
    struct tl_error err;
    size_t count = 0;

    ck_assert_int_eq(export_to(out, path, &what, &count, stop_after_two, NULL, &err), TL_STOPPED);
    ck_assert_uint_eq(count, 3); /* of the first place; the second has no feature */
}
END_TEST

START_TEST(every_failed_allocation_of_places_is_reported)
{
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    struct tl_export_places places;
    struct tl_error err;
    tl_store *store;
    enum tl_status status = TL_NO_MEMORY;
    size_t n = 0;

    (void)make_store(path, false);
    store = fixture_reopen(path, TL_STORE_READ);
    while (status != TL_OK) {
        (void)tl_memory_fail_at(++n);
        status = tl_export_places_read(&places, store, "default", &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert(status == TL_OK || places.items == NULL);
    }
    ck_assert_uint_gt(n, 5);
    tl_export_places_free(&places);
    fixture_ok(tl_store_close(&store, &err), &err);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("export_rows");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, rows_stand_by_content_source_path_and_variant, 0, 2);
    tcase_add_test(core, plain_leaves_the_variants_out);
    tcase_add_test(core, a_split_takes_its_own_places_only);
    tcase_add_test(limits, a_place_with_several_labels_has_none);
    tcase_add_test(limits, missing_photos_have_no_place);
    tcase_add_test(faults, a_damaged_feature_is_named_and_no_file_is_left);
    tcase_add_test(faults, an_export_stops_when_it_is_told_to);
    tcase_add_test(faults, every_failed_allocation_of_places_is_reported);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
