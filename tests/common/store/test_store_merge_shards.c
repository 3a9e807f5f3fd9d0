/* test_store_merge_shards.c - merging parts: whole they are the store of one run, and what is missing is named. */
#include "common/store/store_shard.h"
#include "tests/common/store/merge_stores.h"

static struct merge_told told;

static void claim(const char *name, uint32_t index, uint32_t count)
{
    char sql[256];
    snprintf(sql, sizeof sql, "INSERT INTO shard (shard_id, shard_index, shard_count) VALUES (1, %u, %u)", index, count);
    alter(name, sql);
}

/* Part i of 2: the places of odd or even contents, the rest of the rows gone. The second place of content 1 is in part 2. */
static void make_part(const char *name, uint32_t index)
{
    char sql[2048];
    make_merge_store(name);
    snprintf(sql, sizeof sql,
             "PRAGMA foreign_keys = ON;"
             "DELETE FROM photo WHERE CASE path WHEN 'train/clear/again.jpg' THEN %u <> 2 WHEN 'train/cloudy/broken.jpg' THEN "
             "%u <> 1"
             " ELSE (SELECT CAST(hex(substr(sha256, 1, 1)) AS INTEGER) %% 2 = %u FROM content c WHERE c.content_id = "
             "photo.content_id) END;"
             "DELETE FROM feature WHERE variant_id IN (SELECT variant_id FROM variant WHERE content_id NOT IN"
             " (SELECT content_id FROM photo WHERE content_id IS NOT NULL));"
             "DELETE FROM variant WHERE content_id NOT IN (SELECT content_id FROM photo WHERE content_id IS NOT NULL);"
             "DELETE FROM content WHERE content_id NOT IN (SELECT content_id FROM photo WHERE content_id IS NOT NULL)",
             index, index, index % 2 == 1 ? 0 : 1);
    alter(name, sql);
    claim(name, index, 2);
}

/* ---- Core ---- */

START_TEST(all_parts_give_the_store_of_one_run_whatever_the_order)
{
    make_merge_store("one.tl");
    make_part("1.tl", 1);
    make_part("2.tl", 2);
    const struct tl_store_merge_report report = merge_well("all.tl", (const char *const[]){"1.tl", "2.tl", NULL}, &told);
    ck_assert_uint_eq(report.parts_there, 2);
    ck_assert_uint_eq(report.parts_wanted, 2);
    ck_assert_uint_eq(report.evaluation_count, 0);
    must_be_equal("all.tl", "one.tl");
    store_must_give("all.tl", "SELECT count(*) FROM shard", "0;");
    merge_well("turned.tl", (const char *const[]){"2.tl", "1.tl", NULL}, &told);
    must_be_equal("turned.tl", "one.tl");
    merge_well("again.tl", (const char *const[]){"all.tl", "2.tl", "1.tl", NULL}, &told);
    must_be_equal("again.tl", "one.tl");
}
END_TEST

START_TEST(variants_of_bytes_that_another_part_has_on_an_evaluation_side_are_left_out)
{
    make_merge_store("one.tl");
    make_part("1.tl", 1);
    make_part("2.tl", 2);
    /* The second place of content 1, in part 2, is a test photo: one run gives content 1 no variants. */
    alter("2.tl", "UPDATE label SET split = 'test' WHERE photo_id = (SELECT photo_id FROM photo WHERE path = "
                  "'train/clear/again.jpg');"
                  "DELETE FROM feature WHERE variant_id IN (SELECT variant_id FROM variant JOIN content USING (content_id)"
                  " WHERE variant_index > 0 AND hex(substr(sha256, 1, 1)) = '01')");
    alter("one.tl",
          "DELETE FROM feature WHERE variant_id IN (SELECT variant_id FROM variant JOIN content USING (content_id)"
          " WHERE variant_index > 0 AND hex(substr(sha256, 1, 1)) = '01')");
    const struct tl_store_merge_report report = merge_well("all.tl", (const char *const[]){"1.tl", "2.tl", NULL}, &told);
    ck_assert_uint_eq(report.evaluation_count, 2);
    must_be_equal("all.tl", "one.tl");
    merge_well("turned.tl", (const char *const[]){"2.tl", "1.tl", NULL}, &told);
    must_be_equal("turned.tl", "one.tl");
}
END_TEST

START_TEST(variants_stay_for_a_label_set_that_has_the_photo_on_its_training_side)
{
    make_part("1.tl", 1);
    make_part("2.tl", 2);
    alter("2.tl", "UPDATE label SET split = 'test' WHERE photo_id = (SELECT photo_id FROM photo WHERE path = "
                  "'train/clear/again.jpg')");
    alter("1.tl", "INSERT INTO label (label_set, photo_id, class, split, origin) SELECT 'other', photo_id, 'x', NULL, "
                  "'folder' FROM photo");
    const struct tl_store_merge_report report = merge_well("all.tl", (const char *const[]){"1.tl", "2.tl", NULL}, &told);
    /* Part 2 has them for no training photo; part 1 has, in the other set. */
    ck_assert_uint_eq(report.evaluation_count, 2);
    store_must_give("all.tl", "SELECT count(*) FROM feature", "12;");
}
END_TEST

START_TEST(a_missing_test_photo_takes_no_variants_away)
{
    make_part("1.tl", 1);
    make_part("2.tl", 2);
    alter("2.tl", "UPDATE photo SET missing_since_ms = 5 WHERE path = 'train/clear/again.jpg';"
                  "UPDATE label SET split = 'test' WHERE photo_id = (SELECT photo_id FROM photo WHERE path = "
                  "'train/clear/again.jpg')");
    const struct tl_store_merge_report report = merge_well("all.tl", (const char *const[]){"1.tl", "2.tl", NULL}, &told);
    /* Part 2 has computed them for a photo that is on no training side. What part 1 has of them stays. */
    ck_assert_uint_eq(report.evaluation_count, 2);
    store_must_give("all.tl", "SELECT count(*) FROM feature", "12;");
}
END_TEST

START_TEST(parts_of_one_job_may_see_the_tree_at_other_places)
{
    make_merge_store("one.tl");
    make_part("1.tl", 1);
    make_part("2.tl", 2);
    alter("2.tl", "UPDATE source SET root = '/mnt/sky'");
    const struct tl_store_merge_report report = merge_well("all.tl", (const char *const[]){"1.tl", "2.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_ROOT], 1);
    must_be_equal("all.tl", "one.tl");
}
END_TEST

START_TEST(stores_of_one_part_stay_that_part)
{
    make_part("1.tl", 1);
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"1.tl", "1.tl", NULL}, &told);
    ck_assert_uint_eq(report.shard.index, 1);
    ck_assert_uint_eq(report.shard.count, 2);
    must_be_equal("out.tl", "1.tl");
    store_must_give("out.tl", "SELECT shard_index, shard_count FROM shard", "1|2;");
}
END_TEST

/* ---- Limits ---- */

START_TEST(the_only_part_of_one_is_the_whole)
{
    make_merge_store("a.tl");
    claim("a.tl", 1, 1);
    merge_well("out.tl", (const char *const[]){"a.tl", NULL}, &told);
    store_must_give("out.tl", "SELECT count(*) FROM shard", "0;");
}
END_TEST

/* ---- Faults ---- */

START_TEST(missing_parts_are_named_and_refused_unless_asked_for)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    static const char *const names[] = {"a.tl", "b.tl", NULL};
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    claim("a.tl", 3, 20);
    must_fail(merge_with("out.tl", names, (struct tl_store_merge_wish){.inputs = NULL}, &told, &report, &err), TL_BAD_INPUT,
              &err, "of 20 parts, 19 are not among the stores: 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, ...; --partial");
    ck_assert(!merge_is_there("out.tl") && !merge_is_there("out.tl.part"));
    must(merge_with("out.tl", names, (struct tl_store_merge_wish){.is_partial = true}, &told, &report, &err), &err);
    ck_assert_uint_eq(report.parts_wanted, 0);
    claim("b.tl", 5, 20);
    must(merge_with("out2.tl", names, (struct tl_store_merge_wish){.is_partial = true}, &told, &report, &err), &err);
    ck_assert_uint_eq(report.parts_wanted, 20);
    ck_assert_uint_eq(report.parts_there, 2);
    store_must_give("out2.tl", "SELECT count(*) FROM shard", "0;");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_merge_shards");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");
    tcase_add_test(core, all_parts_give_the_store_of_one_run_whatever_the_order);
    tcase_add_test(core, variants_of_bytes_that_another_part_has_on_an_evaluation_side_are_left_out);
    tcase_add_test(core, variants_stay_for_a_label_set_that_has_the_photo_on_its_training_side);
    tcase_add_test(core, a_missing_test_photo_takes_no_variants_away);
    tcase_add_test(core, parts_of_one_job_may_see_the_tree_at_other_places);
    tcase_add_test(core, stores_of_one_part_stay_that_part);
    tcase_add_test(limits, the_only_part_of_one_is_the_whole);
    tcase_add_test(faults, missing_parts_are_named_and_refused_unless_asked_for);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
