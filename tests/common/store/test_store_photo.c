/* test_store_photo.c - photos, contents and labels. */
#include "common/base/memory.h"
#include "tests/common/store/small_store.h"

static tl_store *new_store(void)
{
    struct tl_error err;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    must(tl_store_begin(store, &err), &err);
    return store;
}

static void commit(tl_store *store)
{
    struct tl_error err;
    must(tl_store_commit(store, &err), &err);
}

/* ---- Core ---- */

START_TEST(put_then_get_returns_the_same_photo)
{
    struct tl_error err;
    struct tl_store_photo photo;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    uint8_t sha256[TL_DIGEST_BYTES];
    fill_sha256(sha256, 2);
    must(tl_store_get_photo(store, &photo, small.source_id, "train/clear/2.jpg", &err), &err);
    ck_assert_int_eq(photo.photo_id, small.photo_ids[2]);
    ck_assert_int_eq(photo.size_bytes, 1000);
    ck_assert_int_eq(photo.mtime_ns, 77);
    ck_assert_int_eq(photo.content_id, small.content_ids[2]);
    ck_assert_mem_eq(photo.sha256, sha256, sizeof sha256);
    ck_assert_uint_eq(photo.exif_orientation, 6);
    must(tl_store_get_photo(store, &photo, small.source_id, "train/cloudy/broken.jpg", &err), &err);
    ck_assert_int_eq(photo.content_id, 0);
    close_store(store);
}
END_TEST

START_TEST(a_second_put_renews_the_row_and_keeps_its_id)
{
    struct tl_error err;
    int64_t source_id, first, second, content_id;
    tl_store *store = new_store();
    must(tl_store_put_source(store, &source_id, "sky", "/sky", &err), &err);
    must(tl_store_put_photo(store, &first, source_id, "a.jpg", 1, 2, 0, &err), &err);
    content_id = put_content(store, 9, 1);
    ck_assert_int_eq(put_content(store, 9, 3), content_id);
    must(tl_store_mark_missing(store, source_id, NULL, 0, NULL, &err), &err);
    must(tl_store_put_photo(store, &second, source_id, "a.jpg", 3, 4, content_id, &err), &err);
    commit(store);
    ck_assert_int_eq(first, second);
    must_give(store, "SELECT size_bytes, mtime_ns, content_id IS NOT NULL, missing_since_ms FROM photo", "3|4|1|-;");
    must_give(store, "SELECT exif_orientation, captured_at, camera FROM content", "3|-|-;");
    close_store(store);
}
END_TEST

/* Rows that no update can keep. */
START_TEST(rows_that_are_as_they_would_become_are_not_written)
{
    struct tl_error err;
    int64_t photo_id;
    const char *path = tl_test_path(tl_test_make_folder(), "a.tl");
    tl_store *store = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    close_store(store);
    run_beside(path, "ALTER TABLE photo ADD COLUMN locked INTEGER NOT NULL DEFAULT 0 CHECK (locked = 0 OR mtime_ns < 0);"
                     "ALTER TABLE content ADD COLUMN locked INTEGER NOT NULL DEFAULT 0 CHECK (locked = 0 OR width_px < 0);"
                     "PRAGMA ignore_check_constraints = 1; UPDATE photo SET locked = 1; UPDATE content SET locked = 1");
    store = open_store(path, TL_STORE_WRITE);
    must(tl_store_begin(store, &err), &err);
    ck_assert_int_eq(put_content(store, 2, 6), small.content_ids[2]);
    ck_assert_int_eq(put_photo(store, small.source_id, "train/clear/2.jpg", small.content_ids[2]), small.photo_ids[2]);
    ck_assert_int_eq(put_photo(store, small.source_id, "train/cloudy/broken.jpg", 0), small.photo_ids[8]);
    must_fail(tl_store_put_photo(store, &photo_id, small.source_id, "loose/6.jpg", 1000, 78, small.content_ids[6], &err),
              TL_BAD_INPUT, &err, "locked");
    ck_assert_int_eq(photo_id, 0);
    tl_store_rollback(store);
    close_store(store);
}
END_TEST

START_TEST(the_thumbnail_of_known_bytes_stays)
{
    struct tl_error err;
    int64_t content_id;
    uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES] = {1};
    struct tl_store_content content = {
        .width_px = 641, .height_px = 480, .format = "jpeg", .exif_orientation = 1, .thumbnail = thumbnail};
    tl_store *store = new_store();
    const int64_t first = put_content(store, 9, 1);
    fill_sha256(content.sha256, 9);
    must(tl_store_put_content(store, &content_id, &content, &err), &err);
    commit(store);
    ck_assert_int_eq(content_id, first);
    must_give(store, "SELECT width_px, hex(substr(thumbnail, 1, 2)) FROM content", "641|0909;");
    close_store(store);
}
END_TEST

START_TEST(what_is_not_seen_is_missing_once)
{
    struct tl_error err;
    int64_t count = -1;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    const int64_t seen[] = {-5, small.photo_ids[5], small.photo_ids[2], small.photo_ids[8], INT64_MAX};
    must(tl_store_begin(store, &err), &err);
    must(tl_store_mark_missing(store, small.source_id, seen, 5, &count, &err), &err);
    ck_assert_int_eq(count, 5);
    must(tl_store_mark_missing(store, small.source_id, seen, 5, &count, &err), &err);
    ck_assert_int_eq(count, 0);
    must(tl_store_mark_missing(store, small.source_id + 1, NULL, 0, &count, &err), &err);
    ck_assert_int_eq(count, 0);
    commit(store);
    must_give(store, "SELECT path FROM photo WHERE missing_since_ms IS NULL ORDER BY path",
              "test/cloudy/5.jpg;train/clear/2.jpg;train/cloudy/broken.jpg;");
    close_store(store);
}
END_TEST

static bool has_label(tl_store *store, int64_t photo_id, const char *label_set, const char *class_name, const char *split)
{
    struct tl_error err;
    bool has = false;
    must(tl_store_has_folder_label(store, &has, photo_id, label_set, class_name, split, &err), &err);
    return has;
}

START_TEST(a_folder_label_is_there_where_putting_it_would_change_nothing)
{
    struct tl_error err;
    int64_t source_id, photo_id;
    const char *path = tl_test_path(tl_test_make_folder(), "a.tl");
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &source_id, "s", "/s", &err), &err);
    photo_id = put_photo(store, source_id, "a/1.jpg", 0);
    ck_assert(!has_label(store, photo_id, "default", "clear", NULL));
    put_label(store, photo_id, "clear", NULL);
    must(tl_store_commit(store, &err), &err);
    ck_assert(has_label(store, photo_id, "default", "clear", NULL));
    ck_assert(!has_label(store, photo_id, "default", "clear", "train"));
    ck_assert(!has_label(store, photo_id, "default", "cloudy", NULL));
    ck_assert(!has_label(store, photo_id, "other", "clear", NULL));
    /* A class given by hand stays as it is, whatever the folder says of its split. */
    run_beside(path, "INSERT INTO label (photo_id, class, split, origin) VALUES (1, 'cloudy', 'val', 'hand')");
    ck_assert(has_label(store, photo_id, "default", "clear", NULL));
    ck_assert(!has_label(store, photo_id, "default", "cloudy", NULL));
    run_beside(path, "DELETE FROM label WHERE origin = 'folder'");
    ck_assert(has_label(store, photo_id, "default", "cloudy", NULL));
    close_store(store);
}
END_TEST

START_TEST(a_folder_label_replaces_folder_labels_and_no_others)
{
    struct tl_error err;
    int64_t source_id;
    const char *path = tl_test_path(tl_test_make_folder(), "a.tl");
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_source(store, &source_id, "sky", "/sky", &err), &err);
    const int64_t photo_id = put_photo(store, source_id, "a.jpg", 0), other_id = put_photo(store, source_id, "b.jpg", 0);
    put_label(store, photo_id, "clear", "train");
    put_label(store, other_id, "clear", NULL);
    commit(store);
    run_beside(path, "INSERT INTO label (photo_id, class, split, origin) VALUES (1, 'by hand', 'val', 'hand');"
                     "INSERT INTO label (label_set, photo_id, class, origin) VALUES ('second', 1, 'clear', 'folder');");
    must(tl_store_begin(store, &err), &err);
    put_label(store, photo_id, "cloudy", "test");
    put_label(store, photo_id, "by hand", "train");
    put_label(store, photo_id, "cloudy", NULL);
    commit(store);
    must_give(store, "SELECT label_set, photo_id, class, split, origin FROM label ORDER BY 1, 2, 3",
              "default|1|by hand|val|hand;default|1|cloudy|-|folder;default|2|clear|-|folder;second|1|clear|-|folder;");
    close_store(store);
}
END_TEST

/* ---- Limits ---- */

START_TEST(any_bytes_are_a_path_and_no_two_paths_are_one_row)
{
    static const char *const paths[] = {"a\xff.jpg", "a\\xff.jpg", "a\n.jpg", "caf\xc3\xa9.jpg", "caf\xe9.jpg", "a\\.jpg", " "};
    enum { COUNT = sizeof paths / sizeof paths[0] };
    struct tl_error err;
    int64_t source_id, ids[COUNT];
    struct tl_store_photo photo;
    tl_store *store = new_store();
    must(tl_store_put_source(store, &source_id, "odd\n", "/odd\xff", &err), &err);
    for (size_t i = 0; i < COUNT; i++)
        ids[i] = put_photo(store, source_id, paths[i], 0);
    for (size_t i = 0; i < COUNT; i++) {
        must(tl_store_get_photo(store, &photo, source_id, paths[i], &err), &err);
        ck_assert_int_eq(photo.photo_id, ids[i]);
    }
    commit(store);
    must_give(store, "SELECT count(*), sum(path_bytes IS NOT NULL), sum(path LIKE '%' || char(10) || '%') FROM photo", "7|4|0;");
    must_give(store, "SELECT path, hex(path_bytes) FROM photo WHERE path_bytes = x'61ff2e6a7067'", "a\\xff.jpg|61FF2E6A7067;");
    must_give(store, "SELECT name, root, hex(root_bytes) FROM source", "odd\\x0a|/odd\\xff|2F6F6464FF;");
    close_store(store);
}
END_TEST

START_TEST(a_class_named_in_other_bytes_is_text)
{
    struct tl_error err;
    int64_t source_id;
    tl_store *store = new_store();
    must(tl_store_put_source(store, &source_id, "sky", "/sky", &err), &err);
    put_label(store, put_photo(store, source_id, "a.jpg", 0), "caf\xe9", "train");
    commit(store);
    must_give(store, "SELECT class FROM label", "caf\\xe9;");
    close_store(store);
}
END_TEST

/* ---- Faults ---- */

START_TEST(what_is_not_there_is_not_found_and_outputs_stay)
{
    struct tl_error err;
    struct tl_store_photo photo = {.photo_id = 42};
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    must_fail(tl_store_get_photo(store, &photo, small.source_id, "none.jpg", &err), TL_NOT_FOUND, &err, "none.jpg");
    must_fail(tl_store_get_photo(store, &photo, small.source_id + 1, "loose/6.jpg", &err), TL_NOT_FOUND, &err, "loose/6.jpg");
    ck_assert_int_eq(photo.photo_id, 42);
    close_store(store);
}
END_TEST

START_TEST(values_that_the_schema_forbids_are_refused)
{
    struct tl_error err;
    int64_t id;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    for (int i = 0; i < 3; i++) {
        enum tl_status status = TL_OK;
        must(tl_store_begin(store, &err), &err);
        if (i == 0)
            status = tl_store_put_folder_label(store, small.photo_ids[1], "default", "", "train", &err);
        else if (i == 1)
            status = tl_store_put_folder_label(store, small.photo_ids[1], "default", "a", "training", &err);
        else
            status = tl_store_put_photo(store, &id, small.source_id, "", 1, 1, 0, &err);
        must_fail(status, TL_BAD_INPUT, &err, "forbids");
        tl_store_rollback(store);
    }
    close_store(store);
}
END_TEST

START_TEST(puts_survive_every_failed_allocation)
{
    struct tl_error err;
    int64_t source_id, photo_id, count;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    size_t n = 1;
    for (;; n++) {
        must(tl_store_begin(store, &err), &err);
        tl_memory_fail_at(n);
        enum tl_status status = tl_store_put_source(store, &source_id, "sky", "/photos/sky", &err);
        if (status == TL_OK)
            status = tl_store_put_photo(store, &photo_id, source_id, "new\xff.jpg", 1, 1, 0, &err);
        if (status == TL_OK)
            status = tl_store_put_folder_label(store, photo_id, "default", "c\xff", NULL, &err);
        if (status == TL_OK)
            status = tl_store_mark_missing(store, small.source_id, NULL, 0, &count, &err);
        tl_memory_fail_at(0);
        tl_store_rollback(store);
        if (status == TL_OK)
            break;
        ck_assert_int_eq(status, TL_NO_MEMORY);
    }
    ck_assert_uint_gt(n, 4);
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_photo");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_test(core, put_then_get_returns_the_same_photo);
    tcase_add_test(core, a_second_put_renews_the_row_and_keeps_its_id);
    tcase_add_test(core, rows_that_are_as_they_would_become_are_not_written);
    tcase_add_test(core, the_thumbnail_of_known_bytes_stays);
    tcase_add_test(core, what_is_not_seen_is_missing_once);
    tcase_add_test(core, a_folder_label_is_there_where_putting_it_would_change_nothing);
    tcase_add_test(core, a_folder_label_replaces_folder_labels_and_no_others);
    tcase_add_test(limits, any_bytes_are_a_path_and_no_two_paths_are_one_row);
    tcase_add_test(limits, a_class_named_in_other_bytes_is_text);
    tcase_add_test(faults, what_is_not_there_is_not_found_and_outputs_stay);
    tcase_add_test(faults, values_that_the_schema_forbids_are_refused);
    tcase_add_test(faults, puts_survive_every_failed_allocation);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
