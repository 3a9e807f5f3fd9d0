/* test_store_prune.c - what is pruned, what stays because something refers to it, and that it goes whole or not at all.
 */
#include "common/base/memory.h"
#include "common/store/store_condition.h"
#include "common/store/store_integrity.h"
#include "common/store/store_prune.h"
#include "tests/common/store/small_store.h"

static const char ROWS[] =
    "SELECT (SELECT count(*) FROM photo), (SELECT count(*) FROM content), (SELECT count(*) FROM variant),"
    " (SELECT count(*) FROM feature), (SELECT count(*) FROM feature_blob), (SELECT count(*) FROM feature_set),"
    " (SELECT count(*) FROM augmentation), (SELECT count(*) FROM input), (SELECT count(*) FROM failure)";

static tl_store *store;
static struct small_store small;
static const char *path;

static void open_small(void)
{
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void ignore_fault(void *context, const char *fault)
{
    (void)context;
    (void)fault;
}

static void close_small(void)
{
    struct tl_error err;
    size_t fault_count = 0;
    must(tl_store_check_integrity(store, &fault_count, ignore_fault, NULL, NULL, &err), &err);
    ck_assert_uint_eq(fault_count, 0);
    close_store(store);
}

static struct tl_store_pruned prune(struct tl_store_prune_wish wish, bool is_dry_run)
{
    struct tl_store_pruned pruned;
    struct tl_error err;
    must(tl_store_prune(store, &pruned, &wish, is_dry_run, NULL, &err), &err);
    return pruned;
}

static bool is_stopping(void)
{
    return true;
}

/* ---- Core ---- */

START_TEST(nothing_stale_prunes_nothing)
{
    const struct tl_store_pruned pruned = prune((struct tl_store_prune_wish){0}, false);
    ck_assert_int_eq(pruned.features + pruned.contents + pruned.variants + pruned.photos, 0);
    must_give(store, ROWS, "8|6|12|12|12|1|2|1|1;");
}
END_TEST

START_TEST(stale_features_go_with_what_only_they_needed)
{
    put_damage(store, small.feature_set_digest, 2);
    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path LIKE '%/2.jpg'; UPDATE photo SET content_id = NULL WHERE "
                     "path LIKE '%/4.jpg'");
    const struct tl_store_pruned dry = prune((struct tl_store_prune_wish){0}, true);
    ck_assert_int_eq(dry.features, 4);
    ck_assert_int_eq(dry.feature_bytes, 12);
    must_give(store, ROWS, "8|6|12|12|12|1|2|1|2;");
    const struct tl_store_pruned pruned = prune((struct tl_store_prune_wish){0}, false);
    ck_assert_int_eq(pruned.features, 4);
    ck_assert_int_eq(pruned.feature_bytes, 12);
    ck_assert_int_eq(pruned.variants, 4);
    ck_assert_int_eq(pruned.contents, 1); /* the missing photo's row still has the other */
    must_give(store, ROWS, "8|5|8|8|8|1|2|1|1;");
}
END_TEST

START_TEST(missing_photos_go_on_request_with_labels_and_failures)
{
    run_beside(
        path,
        "UPDATE photo SET missing_since_ms = 5 WHERE path LIKE '%/2.jpg' OR path LIKE '%/again.jpg' OR path LIKE '%broken.jpg'");
    ck_assert_int_eq(prune((struct tl_store_prune_wish){.only_gone = true}, true).photos, 3);
    const struct tl_store_pruned pruned = prune((struct tl_store_prune_wish){.only_gone = true}, false);
    ck_assert_int_eq(pruned.photos, 3);
    ck_assert_int_eq(pruned.features, 3); /* content 1 lies at another place too */
    must_give(store, ROWS, "5|5|9|9|9|1|2|1|0;");
    must_give(store, "SELECT count(*) FROM label", "4;");
}
END_TEST

START_TEST(what_runs_name_stays_without_features)
{
    char uuid[TL_STORE_UUID_BYTES];
    put_small_run(store, &small, "a", 0.5, 1, uuid);
    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path LIKE '%/2.jpg' OR path LIKE '%/6.jpg'");
    const struct tl_store_pruned pruned = prune((struct tl_store_prune_wish){.only_gone = true}, false);
    ck_assert_int_eq(pruned.features, 4);
    ck_assert_int_eq(pruned.kept_contents, 1);
    ck_assert_int_eq(pruned.contents, 1); /* 6 is in no run */
    must_give(store, "SELECT count(*) FROM dataset_sample JOIN content USING (content_id)", "5;");
    (void)prune((struct tl_store_prune_wish){.feature_set_id = small.feature_set_id}, false);
    must_give(store, ROWS, "6|5|0|0|0|1|2|1|1;"); /* the run's set and augmentation, too */
    must_give(store, "SELECT count(*) FROM leaderboard", "1;");
}
END_TEST

START_TEST(a_set_and_an_augmentation_go_by_name)
{
    struct tl_error err;
    struct tl_store_feature_set other = small_feature_set();
    other.arithmetic = "other";
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_feature_set(store, &other, &err), &err);
    put_feature(store, other.feature_set_id, small.content_ids[1], 1, small.mild_id, 1);
    put_feature(store, other.feature_set_id, small.content_ids[1], 1, 0, 0);
    must(tl_store_commit(store, &err), &err);
    ck_assert_int_eq(
        prune((struct tl_store_prune_wish){.feature_set_id = other.feature_set_id, .augmentation_id = small.mild_id}, true)
            .features,
        1);
    ck_assert_int_eq(prune((struct tl_store_prune_wish){.augmentation_id = small.mild_id}, true).features, 7);
    const struct tl_store_pruned set = prune((struct tl_store_prune_wish){.feature_set_id = other.feature_set_id}, false);
    ck_assert_int_eq(set.features, 2);
    ck_assert_int_eq(set.feature_sets, 1);
    must_give(store, ROWS, "8|6|12|12|12|1|2|1|1;"); /* the input is the first set's as well */
    const struct tl_store_pruned mild = prune((struct tl_store_prune_wish){.augmentation_id = small.mild_id}, false);
    ck_assert_int_eq(mild.features, 6);
    ck_assert_int_eq(mild.augmentations, 1);
    must_give(store, ROWS, "8|6|6|6|6|1|1|1|1;");
}
END_TEST

START_TEST(of_a_set_only_what_is_gone)
{
    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path LIKE '%/2.jpg'");
    const struct tl_store_pruned pruned =
        prune((struct tl_store_prune_wish){.augmentation_id = small.mild_id, .only_gone = true}, false);
    ck_assert_int_eq(pruned.features, 2);
    ck_assert_int_eq(pruned.photos, 0);
    must_give(store, ROWS, "8|6|10|10|10|1|2|1|1;");
}
END_TEST

START_TEST(the_condition_counts_what_prune_deletes)
{
    struct tl_store_condition condition;
    struct tl_error err;
    put_damage(store, small.feature_set_digest, 1);
    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path LIKE '%/2.jpg'; UPDATE photo SET content_id = NULL WHERE "
                     "path LIKE '%/4.jpg';"
                     "UPDATE augmentation SET json = json_set(json, '$.draw', 0) WHERE augmentation_id <> 0");
    must(tl_store_read_condition(store, &condition, &err), &err);
    ck_assert_int_eq(condition.missing, 3);
    ck_assert_int_eq(condition.changed, 1);
    ck_assert_int_eq(condition.draw, 4);
    ck_assert_int_eq(condition.recipe, 0);
    ck_assert_int_eq(condition.stale_bytes, 24);
    ck_assert_int_eq(condition.damaged_photos, 2);
    ck_assert_int_eq(prune((struct tl_store_prune_wish){0}, false).features, 8);
    must(tl_store_read_condition(store, &condition, &err), &err);
    ck_assert_int_eq(condition.missing + condition.changed + condition.draw + condition.stale_bytes, 0);
}
END_TEST

/* ---- Limits ---- */

START_TEST(more_features_than_a_batch_all_go)
{
    run_beside(path, "WITH RECURSIVE i(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM i WHERE n < 2500)"
                     " INSERT INTO variant SELECT NULL, 1, 1, n, 0, 1, 1, 0, 0, 0, 0 FROM i;"
                     "INSERT INTO feature SELECT NULL, f.feature_set_id, v.variant_id, f.nonzero_count, f.stored_bytes, "
                     "f.pixels_digest, f.values_digest"
                     " FROM variant v JOIN feature f ON f.feature_id = 1 WHERE v.variant_index >= 3;"
                     "INSERT INTO feature_blob SELECT feature_id, x'00' FROM feature WHERE feature_id NOT IN (SELECT feature_id "
                     "FROM feature_blob)");
    ck_assert_int_eq(prune((struct tl_store_prune_wish){.augmentation_id = small.mild_id}, false).features, 6 + 2498);
    must_give(store, ROWS, "8|6|6|6|6|1|1|1|1;");
}
END_TEST

/* ---- Faults ---- */

START_TEST(it_stops_when_told_and_the_store_is_whole)
{
    const struct tl_store_prune_wish wish = {.augmentation_id = small.mild_id};
    struct tl_store_pruned pruned;
    struct tl_error err;
    must_fail(tl_store_prune(store, &pruned, &wish, false, is_stopping, &err), TL_STOPPED, &err, "stopped");
    ck_assert_int_eq(pruned.features, 0);
    must_give(store, ROWS, "8|6|12|12|12|1|2|1|1;");
}
END_TEST

START_TEST(a_failed_allocation_deletes_nothing)
{
    const struct tl_store_prune_wish wish = {.augmentation_id = small.mild_id};
    struct tl_store_pruned pruned;
    struct tl_error err;
    tl_memory_fail_at(1);
    const enum tl_status status = tl_store_prune(store, &pruned, &wish, false, NULL, &err);
    tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_NO_MEMORY);
    must_give(store, ROWS, "8|6|12|12|12|1|2|1|1;");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_prune");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, nothing_stale_prunes_nothing);
    tcase_add_test(core, stale_features_go_with_what_only_they_needed);
    tcase_add_test(core, missing_photos_go_on_request_with_labels_and_failures);
    tcase_add_test(core, what_runs_name_stays_without_features);
    tcase_add_test(core, a_set_and_an_augmentation_go_by_name);
    tcase_add_test(core, of_a_set_only_what_is_gone);
    tcase_add_test(core, the_condition_counts_what_prune_deletes);
    tcase_add_test(limits, more_features_than_a_batch_all_go);
    tcase_add_test(faults, it_stops_when_told_and_the_store_is_whole);
    tcase_add_test(faults, a_failed_allocation_deletes_nothing);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
