/* test_agenda.c - what is missing, and what becomes of it in the store and in the summary. */
#include <sqlite3.h>

#include "tests/extract/numbers.h"

START_TEST(every_photo_and_variant_is_computed_once)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    add_photo("b/3.jpg", "three");
    course = extract_well("s.db", 1, 3);
    ck_assert_uint_eq(course.totals.feature_count, 12);
    ck_assert_uint_eq(course.computed_count, 12);
    ck_assert_uint_eq(course.totals.done_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo JOIN content USING (content_id) WHERE exif_orientation = 6"), "3");
    ck_assert_str_eq(ask("s.db", "SELECT group_concat(class) FROM (SELECT class FROM label ORDER BY class)"), "a,a,b");
    course = extract_well("s.db", 1, 3);
    ck_assert_uint_eq(course.taken_count, 0);
    ck_assert_uint_eq(course.computed_count, 0);
}
END_TEST

START_TEST(equal_bytes_are_computed_once_and_have_two_places)
{
    struct course course;

    add_photo("a/1.jpg", "same");
    add_photo("a/2.jpg", "same");
    add_photo("b/3.jpg", "same");
    course = extract_well("s.db", 4, 2);
    ck_assert_uint_eq(course.computed_count, 3);
    ck_assert_uint_eq(course.totals.done_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE content_id IS NOT NULL"), "3");
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM content"), "1");
}
END_TEST

START_TEST(a_training_photo_with_a_twin_in_test_gets_no_variants)
{
    add_photo("train/a/1.jpg", "same");
    add_photo("train/a/2.jpg", "other");
    add_photo("test/a/3.jpg", "same");
    ck_assert_uint_eq(extract_well("s.db", 2, 2).computed_count, 4);
    ck_assert_uint_eq(extract_well("s.db", 2, 2).taken_count, 0);
}
END_TEST

/* The file as another program changes it. */
static void change(const char *store_name, const char *sql)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(tl_test_path(root, store_name), &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* What tl-train does when a feature of content 1 in this set does not decode. */
static void damage_content(const char *store_name, int feature_set_id)
{
    char sql[400];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO failure (photo_id, feature_set_id, stage, cause, message, first_ms, last_ms, tries)"
                   " SELECT photo_id, %d, 'verify', 'corrupt', 'bad checksum', 1, 1, 1 FROM photo WHERE content_id = 1",
                   feature_set_id);
    change(store_name, sql);
}

START_TEST(damaged_features_are_computed_again)
{
    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    add_photo("b/3.jpg", "one");
    (void)extract_well("s.db", 1, 1);
    damage_content("s.db", 1);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure WHERE feature_set_id = 1"), "2");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 2);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "0");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 0);
}
END_TEST

START_TEST(a_feature_whose_blob_is_gone_or_cut_is_computed_again)
{
    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    (void)extract_well("s.db", 1, 1);
    change("s.db", "DELETE FROM feature_blob WHERE feature_id = 1");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 1);
    change("s.db", "UPDATE feature_blob SET blob = substr(blob, 1, length(blob) - 1) WHERE feature_id = 2");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 1);
    ck_assert_str_eq(
        ask("s.db", "SELECT count(*) FROM feature JOIN feature_blob USING (feature_id) WHERE length(blob) = stored_bytes"), "4");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).taken_count, 0);
}
END_TEST

START_TEST(a_place_that_is_as_it_was_is_not_written_again)
{
    struct course course = {.store_name = "s.db", .thread_count = 1};
    struct tl_error err;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    (void)extract_well("s.db", 1, 0);
    /* Rows that no update can keep: stores run no triggers. */
    change("s.db", "ALTER TABLE photo ADD COLUMN locked INTEGER NOT NULL DEFAULT 0 CHECK (locked = 0 OR mtime_ns < 0);"
                   "PRAGMA ignore_check_constraints = ON; UPDATE photo SET locked = 1");
    ck_assert_uint_eq(extract_well("s.db", 1, 0).taken_count, 0);
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 2);
    add_photo("a/2.jpg", "changed");
    ck_assert_int_eq(extract(&course, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "locked"), "%s", err.message);
}
END_TEST

START_TEST(damage_is_mended_once_where_its_place_has_vanished)
{
    add_photo("a/1.jpg", "one");
    (void)extract_well("s.db", 1, 1);
    damage_content("s.db", 1);
    ck_assert_int_eq(rename(tl_test_path(root, "photos/a/1.jpg"), tl_test_path(root, "photos/a/2.jpg")), 0);
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 2);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "0");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).taken_count, 0);
}
END_TEST

START_TEST(damage_in_another_feature_set_is_neither_mended_nor_forgotten)
{
    add_photo("a/1.jpg", "one");
    (void)extract_well("s.db", 1, 1);
    change("s.db",
           "INSERT INTO feature_set SELECT 2, zeroblob(32), input_id, backbone_id, layer, 'other', stored_type, height, width,"
           " channels FROM feature_set");
    damage_content("s.db", 2);
    add_photo("a/2.jpg", "two");
    ck_assert_uint_eq(extract_well("s.db", 1, 1).computed_count, 2);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "1");
}
END_TEST

START_TEST(the_summary_says_what_was_done)
{
    struct course course;

    add_photo("train/a/1.jpg", "same");
    add_photo("train/b/2.jpg", "same");
    add_photo("train/b/3.jpg", "bad");
    add_photo("test/a/4.jpg", "other");
    add_photo("test/a/5.jpg", "same");
    course = extract_well("s.db", 2, 2);
    ck_assert_msg(strstr(course.text, "all                5         2      2       1               4"), "%s", course.text);
    ck_assert(strstr(course.text, "4 photos carry an EXIF tag"));
    ck_assert(strstr(course.text, "2 photos have the same bytes"));
    ck_assert(strstr(course.text, "Two classes: photos/test/a/5.jpg and photos/train/b/2.jpg"));
    ck_assert(strstr(course.text, "Both sides of a split: photos/test/a/5.jpg and photos/train/a/1.jpg"));
    ck_assert(strstr(course.text, "1 photo failed"));
    ck_assert_msg(
        strstr(course.json, "{\"class\": \"b\", \"split\": \"train\", \"photos\": 2, \"computed\": 0, \"there\": 1, \"failed\": 1"),
        "%s", course.json);
    ck_assert(strstr(course.json, "\"copies\": 2, \"in_two_classes\": 1, \"on_both_sides\": 1"));
    ck_assert_int_eq(unlink(tl_test_path(root, "photos/train/b/3.jpg")), 0);
    course = extract_well("s.db", 2, 2);
    ck_assert(strstr(course.text, "Nothing had to be computed"));
    ck_assert(strstr(course.text, "1 photo is no longer there"));
}
END_TEST

START_TEST(copies_of_photos_that_are_only_counted_are_named)
{
    struct course course;

    add_photo("a/z.jpg", "same");
    add_photo("a/sub/1.jpg", "same");
    add_photo("b/2.jpg", "other");
    (void)extract_well("s.db", 1, 1);
    add_photo("b/new.jpg", "same");
    course = extract_well("s.db", 1, 1);
    ck_assert_uint_eq(course.taken_count, 1);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_msg(strstr(course.text, "all         4         0      4"), "%s", course.text);
    ck_assert(strstr(course.text, "2 photos have the same bytes"));
    ck_assert_msg(strstr(course.text, "Two classes: photos/a/z.jpg and photos/b/new.jpg"), "%s", course.text);
    ck_assert(strstr(course.text, "4 photos carry an EXIF tag"));
    course = extract_well("s.db", 1, 1);
    ck_assert_uint_eq(course.taken_count, 0);
    ck_assert_msg(strstr(course.text, "Two classes: photos/a/z.jpg and photos/b/new.jpg"), "%s", course.text);
}
END_TEST

START_TEST(a_photo_that_is_as_it_should_be_is_only_counted_until_a_label_or_row_is_not)
{
    add_photo("a/1.jpg", "one");
    add_photo("b/2.jpg", "two");
    ck_assert_uint_eq(extract_well("s.db", 1, 0).agenda_count, 2);
    ck_assert_uint_eq(extract_well("s.db", 1, 0).agenda_count, 0);
    change("s.db", "UPDATE label SET class = 'c' WHERE photo_id = 1");
    ck_assert_uint_eq(extract_well("s.db", 1, 0).agenda_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT group_concat(class) FROM (SELECT class FROM label ORDER BY class)"), "a,b");
    change("s.db", "UPDATE photo SET missing_since_ms = 5 WHERE photo_id = 2");
    ck_assert_uint_eq(extract_well("s.db", 1, 0).agenda_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE missing_since_ms IS NOT NULL"), "0");
    ck_assert_uint_eq(extract_well("s.db", 1, 0).agenda_count, 0);
}
END_TEST

START_TEST(variants_wanted_later_are_all_that_is_computed)
{
    add_many(12);
    (void)extract_well("at_once.db", 2, 9);
    (void)extract_well("later.db", 2, 0);
    ck_assert_str_eq(ask("later.db", "SELECT count(*) FROM variant WHERE variant_index > 0"), "0");
    (void)extract_well("later.db", 2, 4);
    (void)extract_well("later.db", 2, 9);
    expect_equal_stores("at_once.db", "later.db");
    ck_assert_uint_eq(extract_well("later.db", 2, 3).computed_count, 0);
}
END_TEST

START_TEST(changed_and_vanished_photos_are_noticed)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    add_photo("a/3.jpg", "three");
    (void)extract_well("s.db", 1, 0);
    add_photo("a/1.jpg", "another one");
    ck_assert_int_eq(unlink(tl_test_path(root, "photos/a/3.jpg")), 0);
    course = extract_well("s.db", 1, 0);
    ck_assert_uint_eq(course.computed_count, 1);
    ck_assert_int_eq(course.missing_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM content"), "4");
    ck_assert_str_eq(ask("s.db", "SELECT path FROM photo WHERE missing_since_ms IS NOT NULL"), "a/3.jpg");
    add_photo("a/3.jpg", "three");
    course = extract_well("s.db", 1, 0);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE missing_since_ms IS NOT NULL"), "0");
}
END_TEST

START_TEST(a_photo_that_cannot_be_read_is_recorded_and_the_rest_goes_on)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "bad");
    add_photo("a/3.jpg", "bad");
    ck_assert_int_eq(symlink("nowhere", tl_test_path(root, "photos/a/4.jpg")), 0);
    course = extract_well("s.db", 2, 1);
    ck_assert_uint_eq(course.computed_count, 2);
    ck_assert_uint_eq(course.reported_count, 3);
    ck_assert_uint_eq(course.totals.failed_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure WHERE stage = 'read' AND tries = 1"), "3");
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE content_id IS NULL"), "3");
    ck_assert_uint_eq(extract_well("s.db", 2, 1).reported_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure WHERE tries = 2"), "3");
    add_photo("a/2.jpg", "good");
    ck_assert_uint_eq(extract_well("s.db", 2, 1).computed_count, 2);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "2");
}
END_TEST

static struct course extract_without_retrying(uint32_t variant_count)
{
    struct course course = {
        .store_name = "s.db", .thread_count = 2, .variant_count = variant_count, .skips_known = true, .wants_summary = true};
    struct tl_error err;

    ck_assert_msg(extract(&course, &err) == TL_OK, "extraction failed: %s", err.message);
    return course;
}

START_TEST(a_failure_that_lasts_is_not_tried_again_until_the_file_changes)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "bad");
    add_photo("a/3.jpg", "bad too");
    ck_assert_int_eq(symlink("nowhere", tl_test_path(root, "photos/a/4.jpg")), 0);
    ck_assert_uint_eq(extract_without_retrying(1).reported_count, 3);
    course = extract_without_retrying(1);
    ck_assert_uint_eq(course.reported_count, 1); /* what is not there may be there next time */
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_ptr_nonnull(strstr(course.json, "\"failed\": 3, \"known_failures\": 2"));
    ck_assert_ptr_nonnull(strstr(course.text, "2 known failures, not tried"));
    ck_assert_str_eq(ask("s.db", "SELECT group_concat(tries) FROM (SELECT tries FROM failures ORDER BY path)"), "1,1,2");
    add_photo("a/2.jpg", "good");
    course = extract_without_retrying(1);
    ck_assert_uint_eq(course.computed_count, 2);
    ck_assert_ptr_nonnull(strstr(course.json, "\"failed\": 2, \"known_failures\": 1"));
    ck_assert_uint_eq(extract_well("s.db", 2, 1).reported_count, 2);
}
END_TEST

START_TEST(a_photo_that_crashes_is_tried_in_three_runs)
{
    struct course course;

    add_photo("a/1.jpg", "crash");
    for (int run = 1; run <= 4; run++) {
        course = extract_without_retrying(1);
        ck_assert_uint_eq(course.reported_count, run <= 3 ? 1 : 0);
        ck_assert_ptr_nonnull(strstr(course.json, run <= 3 ? "\"known_failures\": 0" : "\"known_failures\": 1"));
    }
    ck_assert_ptr_nonnull(strstr(course.text, "1 known failure, not tried: unreadable, or crashed or too slow in 3 runs"));
    ck_assert_str_eq(ask("s.db", "SELECT group_concat(tries) FROM failures"), "3");
    add_photo("a/1.jpg", "crash of another file"); /* whose tries begin anew */
    ck_assert_uint_eq(extract_without_retrying(1).reported_count, 1);
    ck_assert_uint_eq(extract_without_retrying(1).reported_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT group_concat(tries) FROM failures"), "2");
}
END_TEST

START_TEST(a_copy_of_a_photo_that_cannot_be_read_is_computed)
{
    struct course course;

    add_photo("a/1 locked.jpg", "same");
    add_photo("a/2.jpg", "same");
    engine_state.is_locked = true;
    course = extract_well("s.db", 1, 2);
    ck_assert_uint_eq(course.computed_count, 3);
    ck_assert_uint_eq(course.totals.failed_count, 1);
    engine_state.is_locked = false;
    course = extract_well("s.db", 1, 2);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_uint_eq(course.totals.failed_count, 0);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "0");
}
END_TEST

START_TEST(a_variant_that_cannot_be_made_leaves_the_others)
{
    struct course course;

    add_photo("a/1.jpg", "odd");
    course = extract_well("s.db", 2, 9);
    ck_assert_uint_eq(course.computed_count, 9);
    ck_assert_uint_eq(course.totals.failed_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT message FROM failure WHERE stage = 'augment'"), "variant 2: odd");
    course = extract_well("s.db", 2, 9);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_str_eq(ask("s.db", "SELECT tries FROM failure"), "2");
    engine_state.is_even = true;
    course = extract_well("s.db", 2, 9);
    ck_assert_uint_eq(course.computed_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "0");
    (void)extract_well("even.db", 2, 9);
    expect_equal_stores("even.db", "s.db");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("agenda");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");
    TCase *cases[] = {core, limits, faults};

    tcase_add_test(core, every_photo_and_variant_is_computed_once);
    tcase_add_test(core, equal_bytes_are_computed_once_and_have_two_places);
    tcase_add_test(core, a_training_photo_with_a_twin_in_test_gets_no_variants);
    tcase_add_test(core, damaged_features_are_computed_again);
    tcase_add_test(core, damage_is_mended_once_where_its_place_has_vanished);
    tcase_add_test(core, damage_in_another_feature_set_is_neither_mended_nor_forgotten);
    tcase_add_test(core, a_feature_whose_blob_is_gone_or_cut_is_computed_again);
    tcase_add_test(core, a_place_that_is_as_it_was_is_not_written_again);
    tcase_add_test(core, the_summary_says_what_was_done);
    tcase_add_test(core, copies_of_photos_that_are_only_counted_are_named);
    tcase_add_test(core, a_photo_that_is_as_it_should_be_is_only_counted_until_a_label_or_row_is_not);
    tcase_add_test(limits, variants_wanted_later_are_all_that_is_computed);
    tcase_add_test(limits, changed_and_vanished_photos_are_noticed);
    tcase_add_test(faults, a_photo_that_cannot_be_read_is_recorded_and_the_rest_goes_on);
    tcase_add_test(faults, a_failure_that_lasts_is_not_tried_again_until_the_file_changes);
    tcase_add_test(faults, a_photo_that_crashes_is_tried_in_three_runs);
    tcase_add_test(faults, a_copy_of_a_photo_that_cannot_be_read_is_computed);
    tcase_add_test(faults, a_variant_that_cannot_be_made_leaves_the_others);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcase_add_checked_fixture(cases[i], make_root, NULL);
        tcase_set_timeout(cases[i], 120);
        suite_add_tcase(suite, cases[i]);
    }
    return suite;
}
