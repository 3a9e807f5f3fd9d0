/* test_condition.c - what `tl-store status` tells of a store: who is at work, how runs ended, what failed, which files it is. */
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/store/store_failure.h"
#include "common/store/store_hold.h"
#include "serve/store/condition.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

static char path[4096];
static struct tl_condition condition;
static struct tl_text text;

static void set_up(void)
{
    snprintf(path, sizeof path, "%s", tl_test_path(tl_test_make_folder(), "s.tl"));
    tl_text_init(&text, TL_CONDITION_TEXT_BYTES);
}

static void tear_down(void)
{
    tl_condition_free(&condition);
    tl_text_free(&text);
}

/* A run that did 40 of 100 photos in 20 seconds. */
static void put_run(tl_store *store, const char *outcome, const char *message)
{
    struct tl_store_extraction row = {.program_version = "1", .command = "[\"tl-extract\"]", .photos_to_do = 100};
    struct tl_error err;

    fixture_ok(tl_store_put_extraction(store, &row, &err), &err);
    row.photos_done = 40;
    row.photos_failed = 1;
    row.features_made = 80;
    if (outcome)
        fixture_ok(tl_store_end_extraction(store, &row, outcome, message, &err), &err);
    else
        fixture_ok(tl_store_renew_extraction(store, &row, &err), &err);
}

static void expect(const char *words)
{
    struct tl_error err;

    ck_assert_msg(strstr(text.bytes, words) != NULL, "'%s' is not in\n%s", words, text.bytes);
    fixture_ok(tl_text_check(&text, &err), &err);
}

static void read_condition(void)
{
    struct tl_error err;

    tl_condition_free(&condition);
    fixture_ok(tl_condition_read(&condition, path, &err), &err);
    tl_text_clear(&text);
    tl_condition_append_text(&text, &condition);
    tl_condition_append_json(&text, &condition);
}

START_TEST(an_empty_store_is_at_rest)
{
    tl_store *store = fixture_create(path);
    struct tl_error err;

    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
    read_condition();
    expect("No extraction is at work.\nThe store is one file of ");
    expect("\"running\": false, ");
    expect("\"extractions\": [], \"failures\": []}\n");
}
END_TEST

START_TEST(runs_end_by_their_outcome_and_a_hold_tells_the_running_from_the_killed)
{
    tl_store *store = fixture_create(path);
    tl_store_hold *hold = NULL;
    struct tl_error err;

    put_run(store, "failed", "the disk is full");
    put_run(store, NULL, NULL);
    put_run(store, NULL, NULL);
    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
    read_condition();
    ck_assert_uint_eq(condition.extraction_count, 3);
    ck_assert_str_eq(tl_condition_outcome(&condition, 0), "killed");
    ck_assert_str_eq(tl_condition_outcome(&condition, 1), "killed");
    ck_assert_str_eq(tl_condition_outcome(&condition, 2), "failed");
    expect("40 of 100 photos, 1 failed, 80 feature vectors; the disk is full\n");
    fixture_ok(tl_store_hold_take(&hold, path, &err), &err);
    read_condition();
    ck_assert_str_eq(tl_condition_outcome(&condition, 0), "running");
    ck_assert_str_eq(tl_condition_outcome(&condition, 1), "killed");
    expect("An extraction is at work: process ");
    expect("40 of 100 photos done, 1 failed, 60 left; 80 feature vectors");
    expect("\"running\": true, ");
    tl_store_hold_free(hold);
}
END_TEST

START_TEST(a_hold_without_a_row_yet_is_not_the_last_runs)
{
    tl_store *store = fixture_create(path);
    tl_store_hold *hold = NULL;
    struct tl_error err;

    put_run(store, "finished", NULL);
    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
    fixture_ok(tl_store_hold_take(&hold, path, &err), &err);
    read_condition();
    ck_assert_str_eq(tl_condition_outcome(&condition, 0), "finished");
    expect("A process has begun to work on the store, or is about to end.");
    tl_store_hold_free(hold);
}
END_TEST

START_TEST(the_latest_failures_are_shown_and_all_are_counted)
{
    const struct tl_error failure = {TL_BAD_INPUT, "ends\nearly"};
    tl_store *store = fixture_create(path);
    struct tl_error err;
    int64_t source_id = fixture_source(store, "s"), photo_id = 0;
    char name[32];

    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "cat/%d.jpg", i);
        fixture_ok(tl_store_put_photo(store, &photo_id, source_id, name, 1, 1, 0, &err), &err);
        fixture_ok(tl_store_put_failure(store, photo_id, "read", &failure, &err), &err);
    }
    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
    read_condition();
    ck_assert_uint_eq(condition.failure_count, TL_CONDITION_FAILURES);
    expect("9 photos failed; the latest:\n");
    expect("s/cat/");
    expect("\"cause\": \"bad input\"");
}
END_TEST

/* As a killed process leaves it. */
START_TEST(a_journal_beside_it_is_told)
{
    const pid_t child = fork();
    int outcome = 1;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        tl_store *store = fixture_create(path);
        struct tl_error err;

        put_run(store, NULL, NULL);
        _exit(tl_store_commit(store, &err) == TL_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &outcome, 0), child);
    ck_assert_int_eq(outcome, 0);
    read_condition();
    ck_assert_int_gt(condition.journal_bytes, 0);
    ck_assert_str_eq(tl_condition_outcome(&condition, 0), "killed");
    expect("run tl-store seal first");
}
END_TEST

START_TEST(what_is_no_store_has_no_condition)
{
    struct tl_error err;

    ck_assert_int_eq(tl_condition_read(&condition, path, &err), TL_NOT_FOUND);
    tl_test_write_file(path, "no store at all, but long enough to be taken for one", 50);
    ck_assert_int_eq(tl_condition_read(&condition, path, &err), TL_BAD_INPUT);
}
END_TEST

START_TEST(without_memory_nothing_is_told)
{
    tl_store *store = fixture_create(path);
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;

    put_run(store, "finished", NULL);
    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
    for (size_t n = 1; status == TL_NO_MEMORY && n < 200; n++) {
        tl_condition_free(&condition);
        tl_memory_fail_at(n);
        status = tl_condition_read(&condition, path, &err);
        tl_memory_fail_at(0);
    }
    ck_assert_int_eq(status, TL_OK);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("condition");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, set_up, tear_down);
    tcase_add_test(core, an_empty_store_is_at_rest);
    tcase_add_test(core, runs_end_by_their_outcome_and_a_hold_tells_the_running_from_the_killed);
    tcase_add_test(core, a_hold_without_a_row_yet_is_not_the_last_runs);
    tcase_add_test(core, the_latest_failures_are_shown_and_all_are_counted);
    tcase_add_test(core, a_journal_beside_it_is_told);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_test(faults, what_is_no_store_has_no_condition);
    tcase_add_test(faults, without_memory_nothing_is_told);
    suite_add_tcase(suite, faults);
    return suite;
}
