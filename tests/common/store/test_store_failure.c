/* test_store_failure.c - failures of photos. */
#include "tests/common/store/small_store.h"

static void commit(tl_store *store)
{
    struct tl_error err;
    must(tl_store_commit(store, &err), &err);
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

/* ---- Faults ---- */

START_TEST(stages_that_the_schema_forbids_are_refused)
{
    const struct tl_error failure = {TL_IO, "x"};
    static const char *const stages[] = {"dreaming", "", "verify"}; /* damage is a feature set's */
    struct tl_error err;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        must(tl_store_begin(store, &err), &err);
        must_fail(tl_store_put_failure(store, small.photo_ids[1], stages[i], &failure, &err), TL_BAD_INPUT, &err, "forbids");
        tl_store_rollback(store);
    }
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_failure");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_test(core, failures_are_counted_by_photo_stage_and_cause_and_forgotten);
    tcase_add_test(faults, stages_that_the_schema_forbids_are_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
