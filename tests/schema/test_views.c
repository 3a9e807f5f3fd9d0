/* test_views.c - each view over rows that are known, and the columns it promises. */
#include "common/store/store_head.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static struct small_store small;
static const char *path;

static void open_small(void)
{
    char uuid[TL_STORE_UUID_BYTES];
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
    put_small_run(store, &small, "second", 0.5, 1, uuid);
    put_small_run(store, &small, "first", 0.25, 2, uuid);
}

static void close_small(void)
{
    close_store(store);
}

/* ---- Core ---- */

START_TEST(photos_has_a_row_for_each_label_and_each_photo_without_one)
{
    must_give(store,
              "SELECT source, path, label_set, class, split, format, width_px, height_px, exif_orientation, substr(sha256, 1, 4),"
              " size_bytes, is_unreadable, is_missing FROM photos ORDER BY path",
              "sky|loose/6.jpg|-|-|-|jpeg|640|480|1|065a|1000|0|0;"
              "sky|test/clear/4.jpg|default|clear|test|jpeg|640|480|1|045a|1000|0|0;"
              "sky|test/cloudy/5.jpg|default|cloudy|test|jpeg|640|480|1|055a|1000|0|0;"
              "sky|train/clear/1.jpg|default|clear|train|jpeg|640|480|1|015a|1000|0|0;"
              "sky|train/clear/2.jpg|default|clear|train|jpeg|640|480|6|025a|1000|0|0;"
              "sky|train/clear/again.jpg|default|clear|train|jpeg|640|480|1|015a|1000|0|0;"
              "sky|train/cloudy/3.jpg|default|cloudy|train|jpeg|640|480|1|035a|1000|0|0;"
              "sky|train/cloudy/broken.jpg|default|cloudy|train|-|-|-|-|-|1000|1|0;");
    run_beside(
        path,
        "INSERT INTO label (photo_id, class, origin) SELECT photo_id, 'odd', 'hand' FROM photo WHERE path = 'test/clear/4.jpg'");
    must_give(store, "SELECT class FROM photos WHERE path = 'test/clear/4.jpg' ORDER BY 1", "clear;odd;");
}
END_TEST

START_TEST(variants_has_a_row_for_each_feature_however_many_places)
{
    must_give(store, "SELECT count(*), count(DISTINCT feature_id), sum(stored_bytes) FROM variants", "12|12|36;");
    must_give(
        store,
        "SELECT path, places, augmentation, variant_index, zoom_x, shift_x_px, flip_horizontal, nonzero_count FROM variants"
        " WHERE path LIKE 'train/clear/1%' ORDER BY variant_index",
        "train/clear/1.jpg|2|none|0|1.0|0.0|0|2;train/clear/1.jpg|2|mild|1|0.9|1.0|1|2;train/clear/1.jpg|2|mild|2|0.9|2.0|0|2;");
}
END_TEST

START_TEST(feature_sets_names_what_can_be_trained_on)
{
    must_give(
        store,
        "SELECT length(digest), network, layer, arithmetic, stored_type, resize, crop, exif, preprocess, height, width, channels,"
        " features FROM feature_sets",
        "64|vgg16|block5_pool|openblas-im2col|float32|nearest|0|ignore|caffe|1|2|2|12;");
}
END_TEST

START_TEST(leaderboard_has_the_best_first_and_the_unvalidated_last)
{
    char uuid[TL_STORE_UUID_BYTES];
    struct tl_error err;
    put_small_run(store, &small, "none", 0.0 / 0.0, 3, uuid);
    put_small_run(store, &small, "equal", 0.25, 4, uuid);
    must(tl_store_pin_head(store, "second", &err), &err);
    must_give(store, "SELECT place, name, val_loss, test_loss, augmentation, variants, is_pinned, started_at FROM leaderboard",
              "1|first|0.25|0.6|mild|all|0|2023-11-14 22:13:20;1|equal|0.25|0.6|mild|all|0|2023-11-14 22:13:20;"
              "3|second|0.5|0.6|mild|all|1|2023-11-14 22:13:20;-|none|-|0.6|mild|all|0|2023-11-14 22:13:20;");
}
END_TEST

START_TEST(leaderboard_ranks_within_equal_validation_photos)
{
    static const char *const two_validated[] = {NULL, "train", "validation", "validation", "test", "test"};
    static const char *const another_validated[] = {NULL, "train", "validation", "train", "test", "test"};
    char uuid[TL_STORE_UUID_BYTES];
    put_run_of_roles(store, &small, "many", 0.75, 1, uuid, two_validated);
    put_run_of_roles(store, &small, "other", 0.01, 0, uuid, another_validated);
    put_small_run(store, &small, "none", 0.0 / 0.0, 3, uuid);
    must_give(store, "SELECT val_group, place, name, val_loss, val_photos FROM leaderboard",
              "1|1|many|0.75|2;2|1|first|0.25|1;2|2|second|0.5|1;3|1|other|0.01|1;-|-|none|-|-;");
}
END_TEST

START_TEST(history_is_epoch_by_epoch)
{
    must_give(store, "SELECT run_id, name, epoch, loss, accuracy, val_loss, val_accuracy FROM history WHERE run_id = 2",
              "2|first|1|0.7|0.5|0.8|0.5;2|first|2|0.3|1.0|0.25|1.0;");
}
END_TEST

START_TEST(predictions_knows_the_true_class_and_its_probability)
{
    must_give(store,
              "SELECT name, origin, photo, true_class, predicted_class, probability, true_class_probability FROM predictions"
              " WHERE run_id = 1 ORDER BY photo",
              "second|test|test/clear/4.jpg|clear|clear|0.8|0.8;second|test|test/cloudy/5.jpg|cloudy|clear|0.75|0.25;"
              "second|validation|train/cloudy/3.jpg|cloudy|cloudy|0.9|0.9;");
}
END_TEST

START_TEST(misclassified_is_the_surest_mistakes_first)
{
    run_beside(path, "UPDATE prediction SET probability = 0.95 WHERE head_id = 2 AND class = 'clear' AND origin = 'test'");
    must_give(store, "SELECT name, origin, photo, true_class, predicted_class, probability FROM misclassified",
              "first|test|test/cloudy/5.jpg|cloudy|clear|0.95;second|test|test/cloudy/5.jpg|cloudy|clear|0.75;");
}
END_TEST

/* Content 4 of the test shows nearly the same as content 1, which trains, and content 5 as content 3, which validates. */
static void group_photos(void)
{
    run_beside(path, "UPDATE dataset SET recipe = json_object('split', 'folder', 'group-by', 'near-duplicates',"
                     " 'merge', json_array('x=a,b'));"
                     "UPDATE dataset_sample SET has_copy = 0 WHERE role = 'test';"
                     "UPDATE dataset_sample SET photo_group = 1, has_copy = iif(role = 'test', 1, NULL)"
                     " WHERE content_id IN (SELECT content_id FROM photo WHERE path IN ('train/clear/1.jpg', 'test/clear/4.jpg'));"
                     "UPDATE dataset_sample SET photo_group = 2, has_copy = iif(role = 'test', 1, NULL)"
                     " WHERE content_id IN"
                     " (SELECT content_id FROM photo WHERE path IN ('train/cloudy/3.jpg', 'test/cloudy/5.jpg'))");
}

START_TEST(data_sets_tells_recipe_and_copies)
{
    must_give(store,
              "SELECT dataset_id, label_set, split, group_by, merged, classes, class_count, train_photos, val_photos, test_photos,"
              " folds, photo_groups, val_copies, test_copies, runs FROM data_sets",
              "1|default|-|-|-|-|2|2|1|2|0|0|0|0|2;");
    group_photos();
    must_give(store, "SELECT split, group_by, merged, photo_groups, val_copies, test_copies FROM data_sets",
              "folder|near-duplicates|[\"x=a,b\"]|2|-|2;");
}
END_TEST

START_TEST(photo_groups_has_the_photos_of_each_group)
{
    group_photos();
    must_give(store, "SELECT dataset_id, photo_group, role, class, photo FROM photo_groups",
              "1|1|test|clear|test/clear/4.jpg;1|1|train|clear|train/clear/1.jpg;"
              "1|2|test|cloudy|test/cloudy/5.jpg;1|2|validation|cloudy|train/cloudy/3.jpg;");
}
END_TEST

START_TEST(leaks_are_copies_that_trained_the_head)
{
    group_photos();
    run_beside(path, "UPDATE run SET is_refitted = run_id = 2");
    must_give(store, "SELECT run_id, role, photo, class, copy, copy_role FROM leaks",
              "1|test|test/clear/4.jpg|clear|train/clear/1.jpg|train;2|test|test/clear/4.jpg|clear|train/clear/1.jpg|train;"
              "2|test|test/cloudy/5.jpg|cloudy|train/cloudy/3.jpg|validation;");
}
END_TEST

START_TEST(failures_names_photo_and_cause)
{
    must_give(store, "SELECT source, path, stage, cause, message, tries, first_at = last_at FROM failures",
              "sky|train/cloudy/broken.jpg|read|bad input|ends after 12 bytes|1|1;");
}
END_TEST

START_TEST(class_balance_counts_photos_and_distinct_ones)
{
    must_give(store, "SELECT split, class, photos, distinct_photos, with_turning_exif, unreadable, contested FROM class_balance",
              "test|clear|1|1|0|0|0;test|cloudy|1|1|0|0|0;train|clear|3|2|1|0|0;train|cloudy|2|1|0|1|0;");
}
END_TEST

START_TEST(class_balance_counts_a_photo_with_two_labels_in_both_classes)
{
    struct tl_error err;
    run_beside(path, "INSERT INTO label (photo_id, class, split, origin) SELECT photo_id, 'cloudy', 'train', 'hand' FROM photo"
                     " WHERE path = 'train/clear/1.jpg';"
                     "INSERT INTO label (label_set, photo_id, class, origin) SELECT 'other', photo_id, 'x', 'hand' FROM photo"
                     " WHERE path = 'test/clear/4.jpg'");
    must_give(
        store,
        "SELECT label_set, split, class, photos, distinct_photos, with_turning_exif, unreadable, contested FROM class_balance",
        "default|test|clear|1|1|0|0|0;default|test|cloudy|1|1|0|0|0;default|train|clear|3|2|1|0|2;default|train|cloudy|3|2|0|1|1;"
        "other|none|x|1|1|0|0|0;");
    must(tl_store_begin(store, &err), &err);
    must(tl_store_mark_missing(store, small.source_id, &small.photo_ids[8], 1, NULL, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must_give(store, "SELECT split, class, photos, unreadable FROM class_balance", "train|cloudy|1|1;");
}
END_TEST

/* ---- Limits ---- */

START_TEST(predictions_finds_a_class_whatever_its_name)
{
    static const char *const names[] = {"a\"b", "a.b", "a\\b", "$[0]", "caf\xc3\xa9", "it's"};
    sqlite3 *db = open_beside(path);
    sqlite3_stmt *prepared = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "UPDATE dataset_class SET class = ?1 WHERE class_index = 1", -1, &prepared, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(prepared, 1, names[_i], -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_DONE);
    sqlite3_finalize(prepared);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "UPDATE prediction SET probabilities = json_object('clear', 0.75, ?1, 0.25)", -1, &prepared, NULL),
        SQLITE_OK);
    sqlite3_bind_text(prepared, 1, names[_i], -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_DONE);
    sqlite3_finalize(prepared);
    sqlite3_close(db);
    must_give(store, "SELECT true_class_probability FROM predictions WHERE run_id = 1 ORDER BY photo", "0.75;0.25;0.25;");
}
END_TEST

START_TEST(predictions_of_an_imported_head_have_no_true_class)
{
    struct tl_error err;
    int64_t head_id;
    const float kernel[8] = {0}, bias[2] = {0};
    const struct tl_store_head head = {.class_names = FIXTURE_CLASSES,
                                       .class_count = 2,
                                       .feature_count = 4,
                                       .transform = "none",
                                       .scale = 1,
                                       .kernel = kernel,
                                       .bias = bias};
    const struct tl_store_prediction prediction = {small.content_ids[6], "classify", "/x/6.jpg", "clear", 0.5, "{}", 0};
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_head(store, &head_id, 0, "from-keras", small.feature_set_id, &head, &err), &err);
    must(tl_store_put_predictions(store, head_id, &prediction, 1, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must_give(store, "SELECT run_id, name, photo, true_class, true_class_probability FROM predictions WHERE origin = 'classify'",
              "-|from-keras|/x/6.jpg|-|-;");
    must_give(store, "SELECT count(*) FROM misclassified WHERE name = 'from-keras'", "0;");
}
END_TEST

START_TEST(every_view_is_empty_over_an_empty_store)
{
    static const char *const views[] = {"photos",      "variants",      "feature_sets", "leaderboard",  "history",
                                        "predictions", "misclassified", "failures",     "class_balance", "stale",
                                        "sweeps",      "metrics",       "folds",        "data_sets",    "photo_groups",
                                        "leaks"};
    char sql[64];
    tl_store *empty = open_store(tl_test_path(tl_test_make_folder(), "b.tl"), TL_STORE_CREATE);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        snprintf(sql, sizeof sql, "SELECT * FROM %s", views[i]);
        must_give(empty, sql, "");
    }
    must_give(empty, "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name <> 'current_versions'", "16;");
    close_store(empty);
}
END_TEST

/* ---- Faults ---- */

START_TEST(tables_refuse_what_contradicts_them)
{
    static const char *const statements[] = {
        "INSERT INTO variant VALUES (99, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0)",
        "UPDATE content SET sha256 = x'00'",
        "UPDATE content SET exif_orientation = 9",
        "UPDATE photo SET size_bytes = 'many'",
        "UPDATE input SET json = '{}'",
        "UPDATE head SET is_pinned = 1",
        "UPDATE head SET name = 'both'",
        "UPDATE run SET name = 'same'",
        "UPDATE prediction SET probability = 1.5",
        "DELETE FROM content",
        "DELETE FROM feature_set",
        "UPDATE label SET split = 'training'",
    };
    sqlite3 *db = open_beside(path);
    sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    const int code = sqlite3_exec(db, statements[_i], NULL, NULL, NULL);
    ck_assert_msg(code == SQLITE_CONSTRAINT, "%s: %d, %s", statements[_i], code, sqlite3_errmsg(db));
    sqlite3_close(db);
}
END_TEST

START_TEST(a_deleted_run_takes_its_rows_along)
{
    run_beside(path, "PRAGMA foreign_keys = ON; DELETE FROM run WHERE run_id = 1");
    must_give(store,
              "SELECT (SELECT count(*) FROM epoch), (SELECT count(*) FROM confusion), (SELECT count(*) FROM head),"
              " (SELECT count(*) FROM head_tensor), (SELECT count(*) FROM prediction)",
              "2|3|1|2|3;");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("views");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, photos_has_a_row_for_each_label_and_each_photo_without_one);
    tcase_add_test(core, variants_has_a_row_for_each_feature_however_many_places);
    tcase_add_test(core, feature_sets_names_what_can_be_trained_on);
    tcase_add_test(core, leaderboard_has_the_best_first_and_the_unvalidated_last);
    tcase_add_test(core, leaderboard_ranks_within_equal_validation_photos);
    tcase_add_test(core, history_is_epoch_by_epoch);
    tcase_add_test(core, predictions_knows_the_true_class_and_its_probability);
    tcase_add_test(core, misclassified_is_the_surest_mistakes_first);
    tcase_add_test(core, data_sets_tells_recipe_and_copies);
    tcase_add_test(core, photo_groups_has_the_photos_of_each_group);
    tcase_add_test(core, leaks_are_copies_that_trained_the_head);
    tcase_add_test(core, failures_names_photo_and_cause);
    tcase_add_test(core, class_balance_counts_photos_and_distinct_ones);
    tcase_add_test(core, class_balance_counts_a_photo_with_two_labels_in_both_classes);
    tcase_add_loop_test(limits, predictions_finds_a_class_whatever_its_name, 0, 6);
    tcase_add_test(limits, predictions_of_an_imported_head_have_no_true_class);
    tcase_add_test(limits, every_view_is_empty_over_an_empty_store);
    tcase_add_loop_test(faults, tables_refuse_what_contradicts_them, 0, 12);
    tcase_add_test(faults, a_deleted_run_takes_its_rows_along);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
