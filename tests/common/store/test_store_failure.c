/* test_store_failure.c - failures of photos. */
#include "common/base/memory.h"
#include "tests/common/store/small_store.h"

static const char *folder;

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

/* A failure of the photo at a time of its own. */
static void put_at(tl_store *store, int64_t photo_id, enum tl_status cause, int64_t last_ms)
{
    const struct tl_error failure = {cause, "x"};
    struct tl_error err;
    char sql[256];
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_failure(store, photo_id, "read", &failure, &err), &err);
    snprintf(sql, sizeof sql, "UPDATE failure SET first_ms = 1, last_ms = %lld WHERE photo_id = %lld AND cause = '%s'",
             (long long)last_ms, (long long)photo_id, tl_error_status_name(cause));
    commit(store);
    run_beside(tl_test_path(folder, "a.tl"), sql);
}

static void must_last(tl_store *store, size_t count, const int64_t *photo_ids)
{
    struct tl_error err;
    int64_t *ids = NULL;
    size_t id_count = 0;
    must(tl_store_list_lasting_failures(store, &ids, &id_count, &err), &err);
    ck_assert_uint_eq(id_count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(ids[i], photo_ids[i]);
    tl_memory_free(ids);
}

/* A hung disk makes any photo too slow, and a machine without memory kills any decoder. */
START_TEST(what_crashes_or_is_too_slow_lasts_after_some_tries)
{
    static const enum tl_status causes[] = {TL_CRASHED, TL_TOO_SLOW};
    folder = tl_test_make_folder();
    tl_store *store = open_store(tl_test_path(folder, "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store); /* [8] fails by bad input */
    const int64_t ids[] = {small.photo_ids[2], small.photo_ids[8]};
    ck_assert_int_lt(ids[0], ids[1]);
    must_last(store, 1, &ids[1]);
    for (int i = 0; i < TL_STORE_FAILURE_TRIES - 1; i++) {
        put_at(store, ids[0], causes[_i], 5 + i);
        must_last(store, 1, &ids[1]);
    }
    put_at(store, ids[0], causes[_i], 8);
    must_last(store, 2, ids);
    put_at(store, ids[0], causes[1 - _i], 9);
    must_last(store, 1, &ids[1]); /* the other may have its tries as well */
    close_store(store);
}
END_TEST

START_TEST(a_failure_lasts_while_its_latest_cause_is_the_photo)
{
    struct tl_error err;
    int64_t *ids = NULL;
    size_t count = 0;
    folder = tl_test_make_folder();
    tl_store *store = open_store(tl_test_path(folder, "a.tl"), TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store); /* [8] fails by bad input */
    put_at(store, small.photo_ids[1], TL_IO, 5);
    for (int i = 0; i < TL_STORE_FAILURE_TRIES; i++) {
        put_at(store, small.photo_ids[2], TL_CRASHED, 5);
        put_at(store, small.photo_ids[4], TL_TOO_SLOW, 6);
    }
    put_at(store, small.photo_ids[3], TL_BAD_INPUT, 5);
    put_at(store, small.photo_ids[3], TL_IO, 6);
    put_at(store, small.photo_ids[4], TL_IO, 5);
    put_at(store, small.photo_ids[5], TL_NO_MEMORY, 5);
    put_damage(store, small.feature_set_digest, 6);
    must(tl_store_list_lasting_failures(store, &ids, &count, &err), &err);
    ck_assert_uint_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || ids[i - 1] < ids[i]);
        ck_assert(ids[i] == small.photo_ids[2] || ids[i] == small.photo_ids[4] || ids[i] == small.photo_ids[8]);
    }
    tl_memory_free(ids);
    tl_memory_fail_at(1);
    must_fail(tl_store_list_lasting_failures(store, &ids, &count, &err), TL_NO_MEMORY, &err, "failures");
    ck_assert_ptr_null(ids);
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
    tcase_add_loop_test(core, what_crashes_or_is_too_slow_lasts_after_some_tries, 0, 2);
    tcase_add_test(core, a_failure_lasts_while_its_latest_cause_is_the_photo);
    tcase_add_test(faults, stages_that_the_schema_forbids_are_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
