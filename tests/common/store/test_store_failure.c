/* test_store_failure.c - failures of photos, and damage of their features. */
#include "tests/common/store/small_store.h"

static const struct tl_error damage = {TL_CORRUPT, "bad checksum"};

static void begin(tl_store *store)
{
    struct tl_error err;
    must(tl_store_begin(store, &err), &err);
}

static void commit(tl_store *store)
{
    struct tl_error err;
    must(tl_store_commit(store, &err), &err);
}

static tl_store *new_small_store(struct small_store *small)
{
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    *small = fill_small_store(store);
    return store;
}

/* ---- Core ---- */

START_TEST(failures_are_counted_by_photo_stage_and_cause_and_forgotten)
{
    const struct tl_error bad = {TL_BAD_INPUT, "ends early"}, worse = {TL_BAD_INPUT, "ends at once"},
                          io = {TL_IO, "no such device"};
    struct tl_error err;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_failure(store, small.photo_ids[1], "read", &bad, &err), &err);
    must(tl_store_put_failure(store, small.photo_ids[1], "read", &worse, &err), &err);
    must(tl_store_put_failure(store, small.photo_ids[1], "read", &io, &err), &err);
    must(tl_store_put_failure(store, small.photo_ids[1], "scan", &io, &err), &err);
    commit(store);
    must_give(store,
              "SELECT stage, cause, message, tries, first_ms <= last_ms FROM failure WHERE tries > 0 AND photo_id <> "
              "(SELECT photo_id FROM photo WHERE content_id IS NULL) ORDER BY 1, 2",
              "read|bad input|ends at once|2|1;read|input or output|no such device|1|1;scan|input or output|no such device|1|1;");
    must(tl_store_begin(store, &err), &err);
    must(tl_store_clear_failures(store, small.photo_ids[1], &err), &err);
    commit(store);
    must_give(store, "SELECT count(*) FROM failure", "1;");
    close_store(store);
}
END_TEST

START_TEST(damage_stands_at_each_place_of_the_content_and_is_counted)
{
    struct tl_error err;
    struct small_store small;
    tl_store *store = new_small_store(&small);
    begin(store);
    for (int i = 0; i < 2; i++)
        must(tl_store_put_damage(store, small.content_ids[1], small.feature_set_id, &damage, &err), &err);
    commit(store);
    must_give(store, "SELECT path, stage, cause, message, tries FROM failures WHERE feature_set_id = 1",
              "train/clear/1.jpg|verify|corrupt|bad checksum|2;train/clear/again.jpg|verify|corrupt|bad checksum|2;");
    close_store(store);
}
END_TEST

START_TEST(damage_goes_with_its_own_feature_set_alone)
{
    struct tl_error err;
    struct small_store small;
    struct tl_store_feature_set other = small_feature_set();
    tl_store *store = new_small_store(&small);
    other.arithmetic = "other";
    begin(store);
    must(tl_store_put_feature_set(store, &other, &err), &err);
    must(tl_store_put_damage(store, small.content_ids[1], small.feature_set_id, &damage, &err), &err);
    must(tl_store_put_damage(store, small.content_ids[1], other.feature_set_id, &damage, &err), &err);
    must(tl_store_put_damage(store, small.content_ids[2], other.feature_set_id, &damage, &err), &err);
    must(tl_store_clear_failures(store, small.photo_ids[1], &err), &err);
    must_give(store, "SELECT count(*) FROM failure WHERE stage = 'verify'", "5;");
    must(tl_store_clear_damage(store, small.content_ids[1], other.feature_set_id, &err), &err);
    commit(store);
    must_give(store, "SELECT p.path, f.feature_set_id FROM failure f JOIN photo p USING (photo_id) WHERE stage = 'verify' ORDER BY 1, 2",
              "train/clear/1.jpg|1;train/clear/2.jpg|2;train/clear/again.jpg|1;");
    close_store(store);
}
END_TEST

/* ---- Faults ---- */

START_TEST(stages_that_the_schema_forbids_are_refused)
{
    static const char *const stages[] = {"dreaming", "", "verify"}; /* damage is of a feature set */
    struct tl_error err;
    struct small_store small;
    tl_store *store = new_small_store(&small);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        begin(store);
        must_fail(tl_store_put_failure(store, small.photo_ids[1], stages[i], &damage, &err), TL_BAD_INPUT, &err, "forbids");
        tl_store_rollback(store);
    }
    begin(store);
    must_fail(tl_store_put_damage(store, small.content_ids[1], 77, &damage, &err), TL_BAD_INPUT, &err, "forbids");
    tl_store_rollback(store);
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_failure");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_test(core, failures_are_counted_by_photo_stage_and_cause_and_forgotten);
    tcase_add_test(core, damage_stands_at_each_place_of_the_content_and_is_counted);
    tcase_add_test(core, damage_goes_with_its_own_feature_set_alone);
    tcase_add_test(faults, stages_that_the_schema_forbids_are_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
