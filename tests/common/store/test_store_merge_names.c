/* test_store_merge_names.c - merging places, labels, failures and sources that disagree. */
#include "tests/common/store/merge_stores.h"

static struct merge_told told;

/* ---- Core ---- */

START_TEST(the_same_place_with_other_bytes_keeps_those_of_the_first_and_is_told)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    alter(
        "b.tl",
        "UPDATE content SET sha256 = CAST(substr(sha256, 1, 31) || x'00' AS BLOB) WHERE hex(substr(sha256, 1, 1)) = '04'");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_BYTES], 1);
    ck_assert_ptr_nonnull(
        strstr(told.lines, "b.tl: sky/test/clear/4.jpg: other bytes than in an earlier store, whose stay"));
    store_must_give("out.tl",
                    "SELECT hex(substr(sha256, 1, 1)), hex(substr(sha256, 32)) FROM photo JOIN content USING (content_id)"
                    " WHERE path = 'test/clear/4.jpg'",
                    "04|5A;");
    store_must_give("out.tl", "SELECT count(*) FROM content", "7;");
}
END_TEST

START_TEST(a_photo_that_one_could_not_read_gives_way_to_one_that_another_could)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    alter("b.tl",
          "UPDATE photo SET content_id = 1, size_bytes = 5 WHERE path = 'train/cloudy/broken.jpg'; DELETE FROM failure;"
          "UPDATE photo SET content_id = NULL WHERE path = 'test/clear/4.jpg';"
          "INSERT INTO failure (photo_id, stage, cause, message, first_ms, last_ms, tries)"
          " SELECT photo_id, 'read', 'io', 'gone', 1, 2, 3 FROM photo WHERE path = 'test/clear/4.jpg'");
    merge_well("ab.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    merge_well("ba.tl", (const char *const[]){"b.tl", "a.tl", NULL}, &told);
    ck_assert_str_eq(told.lines, "");
    must_be_equal("ab.tl", "ba.tl");
    for (int i = 0; i < 2; i++) {
        const char *const name = i == 0 ? "ab.tl" : "ba.tl";
        store_must_give(name, "SELECT count(*) FROM photo WHERE content_id IS NULL", "0;");
        store_must_give(name, "SELECT count(*) FROM failure", "0;");
        store_must_give(name, "SELECT size_bytes FROM photo WHERE path = 'train/cloudy/broken.jpg'", "5;");
    }
}
END_TEST

START_TEST(a_label_with_another_split_keeps_the_first)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    alter("b.tl",
          "UPDATE label SET split = 'val' WHERE photo_id = (SELECT photo_id FROM photo WHERE path = 'test/clear/4.jpg')");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_LABEL], 1);
    ck_assert_ptr_nonnull(
        strstr(told.lines, "sky/test/clear/4.jpg: the label 'clear' of the set 'default' has the split val here; test,"));
    store_must_give("out.tl", "SELECT split FROM label JOIN photo USING (photo_id) WHERE path = 'test/clear/4.jpg'",
                    "test;");
}
END_TEST

START_TEST(one_name_for_two_trees_is_refused_unless_they_are_one)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    const char *const names[] = {"a.tl", "b.tl", NULL};
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    alter("b.tl", "UPDATE source SET root = '/mnt/sky'");
    must_fail(merge_with("out.tl", names, (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err), TL_BAD_INPUT,
              &err, "the source 'sky' is at /mnt/sky, in an earlier store at /photos/sky: --same-trees");
    ck_assert(!merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
    must(merge_with("out.tl", names, (struct tl_store_merge_wish){.is_same_trees = true}, &told, &report, &err), &err);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_ROOT], 1);
    store_must_give("out.tl", "SELECT root FROM source", "/photos/sky;");
    must_be_equal("out.tl", "a.tl");
}
END_TEST

START_TEST(a_store_whose_extraction_did_not_finish_is_told)
{
    static const char *const ENDS[] = {"7, 'finished'", "7, 'stopped'", "NULL, NULL"}, *const WORDS[] = {"", "stopped", "killed"};
    char sql[1024];
    make_merge_store("a.tl");
    snprintf(sql, sizeof sql,
             "INSERT INTO extraction (uuid, program_version, command, host, pid, started_ms, updated_ms, ended_ms, outcome,"
             " photos_to_do, photos_done, photos_failed, features_made)"
             " VALUES ('00000000-0000-4000-8000-000000000001', '0', '[]', 'h', 7, 5, 6, %s, 8, 8, 0, 8)",
             ENDS[_i]);
    alter("a.tl", sql);
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_UNFINISHED], _i > 0);
    ck_assert_msg(strstr(told.lines, WORDS[_i]) != NULL && (strstr(told.lines, "last extraction") != NULL) == (_i > 0), "%s",
                  told.lines);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_merge_names");
    TCase *core = tcase_create("core");
    tcase_add_loop_test(core, a_store_whose_extraction_did_not_finish_is_told, 0, 3);
    tcase_add_test(core, the_same_place_with_other_bytes_keeps_those_of_the_first_and_is_told);
    tcase_add_test(core, a_photo_that_one_could_not_read_gives_way_to_one_that_another_could);
    tcase_add_test(core, a_label_with_another_split_keeps_the_first);
    tcase_add_test(core, one_name_for_two_trees_is_refused_unless_they_are_one);
    suite_add_tcase(suite, core);
    return suite;
}
