/* test_store_extraction.c - rows of extractions: put, renewed, ended, listed. */
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/store_extraction.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static struct small_store small;

static void set_up(void)
{
    store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void tear_down(void)
{
    close_store(store);
}

static struct tl_store_extraction start(void)
{
    struct tl_error err;
    struct tl_store_extraction row = {.program_version = "0.1",
                                      .command = "[\"tl-extract\",\"a.tl\"]",
                                      .feature_set_id = small.feature_set_id,
                                      .augmentation_id = small.mild_id,
                                      .photos_to_do = 10};
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_extraction(store, &row, &err), &err);
    must(tl_store_commit(store, &err), &err);
    return row;
}

START_TEST(a_run_is_put_renewed_and_ended)
{
    struct tl_error err;
    const int64_t before_ms = tl_system_time_ms();
    struct tl_store_extraction row = start(), *list = NULL;
    size_t count = 0;
    must_give(store, "SELECT photos_to_do, photos_done, ended_ms, outcome, command ->> 1 FROM extraction", "10|0|-|-|a.tl;");
    row.photos_done = 4;
    row.photos_failed = 1;
    row.features_made = 12;
    must(tl_store_begin(store, &err), &err);
    must(tl_store_renew_extraction(store, &row, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must_give(store, "SELECT photos_done, photos_failed, features_made, outcome FROM extraction", "4|1|12|-;");
    row.photos_done = 5;
    must(tl_store_begin(store, &err), &err);
    must(tl_store_end_extraction(store, &row, "failed", "the disk is full", &err), &err);
    must(tl_store_commit(store, &err), &err);
    must(tl_store_list_extractions(store, &list, &count, 9, &err), &err);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(list[0].uuid, row.uuid);
    ck_assert_str_eq(list[0].program_version, "0.1");
    ck_assert_str_eq(list[0].outcome, "failed");
    ck_assert_str_eq(list[0].message, "the disk is full");
    ck_assert_int_eq(list[0].pid, getpid());
    ck_assert_uint_ge(strlen(list[0].host), 1);
    ck_assert_int_eq(list[0].feature_set_id, small.feature_set_id);
    ck_assert_int_eq(list[0].augmentation_id, small.mild_id);
    ck_assert_int_eq(list[0].photos_done, 5);
    ck_assert_int_eq(list[0].features_made, 12);
    ck_assert_int_ge(list[0].started_ms, before_ms);
    ck_assert_int_ge(list[0].updated_ms, list[0].started_ms);
    ck_assert_int_eq(list[0].ended_ms, list[0].updated_ms);
    tl_store_free_extractions(list, count);
}
END_TEST

START_TEST(the_newest_comes_first_and_no_more_than_asked)
{
    struct tl_error err;
    struct tl_store_extraction *list = NULL;
    size_t count = 0;
    start();
    start();
    const struct tl_store_extraction last = start();
    must(tl_store_list_extractions(store, &list, &count, 2, &err), &err);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(list[0].uuid, last.uuid);
    ck_assert_ptr_null(list[0].outcome);
    ck_assert_int_eq(list[0].ended_ms, 0);
    tl_store_free_extractions(list, count);
}
END_TEST

START_TEST(none_is_no_list)
{
    struct tl_error err;
    struct tl_store_extraction *list = NULL;
    size_t count = 9;
    must(tl_store_list_extractions(store, &list, &count, 2, &err), &err);
    ck_assert_uint_eq(count, 0);
    tl_store_free_extractions(list, count);
}
END_TEST

START_TEST(an_extraction_changes_no_digest)
{
    struct tl_error err;
    uint8_t before[TL_DIGEST_BYTES], after[TL_DIGEST_BYTES];
    must(tl_store_compute_digest(store, before, &err), &err);
    start();
    must(tl_store_compute_digest(store, after, &err), &err);
    ck_assert_mem_eq(before, after, TL_DIGEST_BYTES);
}
END_TEST

START_TEST(an_outcome_that_is_no_word_of_the_schema_is_refused)
{
    struct tl_error err;
    struct tl_store_extraction row = start();
    must(tl_store_begin(store, &err), &err);
    must_fail(tl_store_end_extraction(store, &row, "bored", NULL, &err), TL_BAD_INPUT, &err, "forbids");
    tl_store_rollback(store);
    must_give(store, "SELECT outcome FROM extraction", "-;");
}
END_TEST

START_TEST(a_list_without_memory_is_none)
{
    struct tl_error err;
    struct tl_store_extraction *list = NULL;
    size_t count = 0;
    enum tl_status status = TL_NO_MEMORY;
    start();
    start();
    for (size_t n = 1; status == TL_NO_MEMORY && n < 100; n++) {
        tl_memory_fail_at(n);
        status = tl_store_list_extractions(store, &list, &count, 9, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (list == NULL && count == 0));
        ck_assert(n > 1 || status == TL_NO_MEMORY);
    }
    must(status, &err);
    tl_store_free_extractions(list, count);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_extraction");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");
    tcase_add_checked_fixture(core, set_up, tear_down);
    tcase_add_test(core, a_run_is_put_renewed_and_ended);
    tcase_add_test(core, the_newest_comes_first_and_no_more_than_asked);
    tcase_add_test(core, none_is_no_list);
    tcase_add_test(core, an_extraction_changes_no_digest);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_test(faults, an_outcome_that_is_no_word_of_the_schema_is_refused);
    tcase_add_test(faults, a_list_without_memory_is_none);
    suite_add_tcase(suite, faults);
    return suite;
}
