/* test_store_merge_features.c - merging features: what was decoded, computed or drawn differently; damaged blobs. */
#include "tests/common/store/merge_stores.h"

static struct merge_told told;

/* ---- Core ---- */

START_TEST(a_feature_of_other_pixels_is_told_apart_from_one_of_other_values)
{
    make_merge_store("a.tl");
    tl_store *store = open_store(merge_path("b.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_merge_store(store);
    struct tl_error err;
    must(tl_store_begin(store, &err), &err);
    put_values(store, small.feature_set_id, small.content_ids[2], 2, 0, 0, 0.75F);
    put_values(store, small.feature_set_id, small.content_ids[3], 3, small.mild_id, 2, 0.75F);
    must(tl_store_commit(store, &err), &err);
    close_store(store);
    alter("b.tl", "UPDATE feature SET pixels_digest = zeroblob(32) WHERE variant_id = (SELECT variant_id FROM variant JOIN "
                  "content USING (content_id)"
                  " WHERE variant_index = 2 AND hex(substr(sha256, 1, 1)) = '03')");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_COMPUTED], 1);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_DECODED], 1);
    ck_assert_ptr_nonnull(
        strstr(told.lines, "b.tl: sky/train/clear/2.jpg: computed differently than in an earlier store, which stays\n"));
    ck_assert_ptr_nonnull(strstr(told.lines, "sky/train/cloudy/3.jpg, variant 2 of 'mild': decoded differently"));
    must_be_equal("out.tl", "a.tl");
    merge_well("turned.tl", (const char *const[]){"b.tl", "a.tl", NULL}, &told);
    must_be_equal("turned.tl", "b.tl");
}
END_TEST

START_TEST(a_variant_drawn_with_other_parameters_is_left_out)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    alter("b.tl", "UPDATE variant SET zoom_x = 0.8 WHERE variant_index = 1");
    alter("a.tl", "DELETE FROM feature WHERE variant_id IN (SELECT variant_id FROM variant WHERE variant_index = 1)");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_DRAWN], 0); /* a variant without a feature says nothing */
    alter("a.tl", "UPDATE variant SET zoom_x = 0.7 WHERE variant_index = 2");
    const struct tl_store_merge_report second = merge_well("out2.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_uint_eq(second.events[TL_STORE_MERGE_DRAWN], 3);
    ck_assert_ptr_nonnull(strstr(told.lines, "drawn with other parameters"));
}
END_TEST

/* What a bit that flipped makes of the blobs of a content. */
static void damage_blobs(const char *name, const char *content, const char *where)
{
    char sql[1024];
    snprintf(
        sql, sizeof sql,
        "UPDATE feature_blob SET blob = CAST(substr(blob, 1, length(blob) - 9) || x'5a' || substr(blob, length(blob) - 7) AS "
        "BLOB)"
        " WHERE feature_id IN (SELECT feature_id FROM feature JOIN variant USING (variant_id) JOIN content USING (content_id)"
        " WHERE hex(substr(sha256, 1, 1)) = '%s' AND %s)",
        content, where);
    alter(name, sql);
}

START_TEST(a_damaged_blob_gives_way_to_a_healthy_copy_whatever_the_order)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    make_merge_store("want.tl");
    damage_blobs("b.tl", "02", "true");
    alter("b.tl",
          "DELETE FROM feature_blob WHERE feature_id = (SELECT feature_id FROM feature JOIN variant USING (variant_id)"
          " JOIN content USING (content_id) WHERE hex(substr(sha256, 1, 1)) = '03' AND variant_index = 1)");
    for (int i = 0; i < 2; i++) {
        const char *const out = i == 0 ? "ab.tl" : "ba.tl";
        const struct tl_store_merge_report report = merge_well(
            out, i == 0 ? (const char *const[]){"a.tl", "b.tl", NULL} : (const char *const[]){"b.tl", "a.tl", NULL}, &told);
        ck_assert_str_eq(told.lines, "");
        ck_assert_uint_eq(report.events[TL_STORE_MERGE_DAMAGE], 0);
        ck_assert_uint_eq(report.copied_count, 12);
        must_be_equal(out, "want.tl");
        store_must_give(out, "SELECT count(*) FROM failure WHERE stage = 'verify'", "0;");
    }
}
END_TEST

START_TEST(a_row_with_another_digest_than_its_values_gives_way_to_a_healthy_copy_whatever_the_order)
{
    make_merge_store("a.tl");
    make_merge_store("b.tl");
    make_merge_store("want.tl");
    alter("a.tl", "UPDATE feature SET values_digest = zeroblob(32) WHERE feature_id IN (1, 4)");
    merge_well("ab.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_str_eq(told.lines, "");
    must_be_equal("ab.tl", "want.tl");
    const struct tl_store_merge_report report = merge_well("ba.tl", (const char *const[]){"b.tl", "a.tl", NULL}, &told);
    ck_assert_str_eq(told.lines, "");
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_COMPUTED], 0);
    must_be_equal("ba.tl", "want.tl");
    store_must_give("ba.tl", "SELECT count(*) FROM failure WHERE stage = 'verify'", "0;");
}
END_TEST

START_TEST(a_damaged_blob_without_a_healthy_copy_stays_away_and_is_a_failure_to_mend)
{
    make_merge_store("a.tl");
    damage_blobs("a.tl", "01", "variant_index = 2");
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", "a.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_DAMAGE], 1);
    ck_assert_uint_eq(report.copied_count, 11);
    ck_assert_ptr_nonnull(strstr(told.lines, "a.tl: sky/train/clear/1.jpg, variant 2 of 'mild': "));
    store_must_give("out.tl", "SELECT path, stage, cause, tries FROM failures WHERE stage = 'verify'",
                    "train/clear/1.jpg|verify|corrupt|1;train/clear/again.jpg|verify|corrupt|1;");
    merge_well("again.tl", (const char *const[]){"out.tl", NULL}, &told);
    must_be_equal("again.tl", "out.tl");
    store_must_give("again.tl", "SELECT count(*) FROM failure WHERE stage = 'verify'", "2;");
}
END_TEST

START_TEST(features_recorded_as_damaged_keep_their_record_until_another_copy_is_met)
{
    const struct small_store small = make_merge_store("a.tl");
    make_merge_store("b.tl");
    tl_store *store = open_store(merge_path("a.tl"), TL_STORE_WRITE);
    put_damage(store, small.feature_set_digest, 2);
    close_store(store);
    const struct tl_store_merge_report report = merge_well("alone.tl", (const char *const[]){"a.tl", NULL}, &told);
    ck_assert_uint_eq(report.events[TL_STORE_MERGE_DAMAGE], 3);
    ck_assert_uint_eq(report.copied_count, 12);
    store_must_give("alone.tl", "SELECT path, message FROM failures WHERE stage = 'verify'",
                    "train/clear/2.jpg|bad checksum;");
    for (int i = 0; i < 2; i++) {
        const char *const out = i == 0 ? "ab.tl" : "ba.tl";
        merge_well(
            out, i == 0 ? (const char *const[]){"alone.tl", "b.tl", NULL} : (const char *const[]){"b.tl", "alone.tl", NULL},
            &told);
        ck_assert_str_eq(told.lines, "");
        store_must_give(out, "SELECT count(*) FROM failure WHERE stage = 'verify'", "0;");
        must_be_equal(out, "b.tl");
    }
}
END_TEST

START_TEST(what_only_some_variants_of_a_recorded_photo_are_healed_of_stays_recorded)
{
    const struct small_store small = make_merge_store("a.tl");
    make_merge_store("b.tl");
    tl_store *store = open_store(merge_path("a.tl"), TL_STORE_WRITE);
    put_damage(store, small.feature_set_digest, 2);
    close_store(store);
    alter("b.tl", "DELETE FROM feature WHERE variant_id IN (SELECT variant_id FROM variant WHERE variant_index = 2)");
    merge_well("out.tl", (const char *const[]){"a.tl", "b.tl", NULL}, &told);
    ck_assert_ptr_nonnull(strstr(told.lines, "variant 2 of 'mild': bad checksum"));
    ck_assert_ptr_null(strstr(told.lines, "variant 1"));
    store_must_give("out.tl", "SELECT count(*) FROM failure WHERE stage = 'verify'", "1;");
}
END_TEST

/* ---- Limits ---- */

START_TEST(more_features_than_one_transaction_takes_are_all_merged)
{
    struct tl_error err;
    tl_store *store = open_store(merge_path("a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_merge_store(store);
    must(tl_store_begin(store, &err), &err);
    for (uint32_t index = 3; index <= 1102; index++)
        put_values(store, small.feature_set_id, small.content_ids[1], 1, small.mild_id, index, 1);
    must(tl_store_commit(store, &err), &err);
    close_store(store);
    const struct tl_store_merge_report report = merge_well("out.tl", (const char *const[]){"a.tl", NULL}, &told);
    ck_assert_uint_eq(report.copied_count, 12 + 1100);
    ck_assert_uint_ge(told.calls, 3); /* of the names, of the first transaction, of the second */
    must_be_equal("out.tl", "a.tl");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_merge_features");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits");
    tcase_add_test(core, a_feature_of_other_pixels_is_told_apart_from_one_of_other_values);
    tcase_add_test(core, a_variant_drawn_with_other_parameters_is_left_out);
    tcase_add_test(core, a_damaged_blob_gives_way_to_a_healthy_copy_whatever_the_order);
    tcase_add_test(core, a_row_with_another_digest_than_its_values_gives_way_to_a_healthy_copy_whatever_the_order);
    tcase_add_test(core, a_damaged_blob_without_a_healthy_copy_stays_away_and_is_a_failure_to_mend);
    tcase_add_test(core, features_recorded_as_damaged_keep_their_record_until_another_copy_is_met);
    tcase_add_test(core, what_only_some_variants_of_a_recorded_photo_are_healed_of_stays_recorded);
    tcase_add_test(limits, more_features_than_one_transaction_takes_are_all_merged);
    suite_add_tcase(suite, core);
    tcase_set_timeout(limits, 120);
    suite_add_tcase(suite, limits);
    return suite;
}
