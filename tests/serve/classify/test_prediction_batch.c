/* test_prediction_batch.c - answers reach the store in few transactions, and a later answer takes an earlier one's place. */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "serve/classify/prediction_batch.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

static const float KERNEL[FIXTURE_FEATURES * FIXTURE_CLASSES];

struct fixture {
    tl_store *store;
    tl_prediction_batch *batch;
    struct tl_answer *answer;
};

static void set_up(struct fixture *fixture)
{
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    struct tl_store_chosen_head chosen;
    int64_t set_id, content_id;
    struct tl_error err;

    fixture->store = fixture_create(path);
    set_id = fixture_feature_set(fixture->store);
    content_id = fixture_content(fixture->store, 9);
    fixture_ok(tl_store_commit(fixture->store, &err), &err);
    (void)fixture_run(fixture->store, NULL, set_id, content_id, 9, KERNEL);
    fixture_ok(tl_store_get_head(fixture->store, &chosen, NULL, &err), &err);
    fixture_ok(
        tl_prediction_batch_create(&fixture->batch, fixture->store, chosen.head_id, FIXTURE_CLASS_NAMES, FIXTURE_CLASSES, &err),
        &err);
    fixture_ok(tl_answer_create(&fixture->answer, FIXTURE_CLASSES, &err), &err);
    tl_store_free_head(&chosen);
}

static void tear_down(struct fixture *fixture)
{
    struct tl_error err;

    tl_prediction_batch_free(fixture->batch);
    tl_answer_free(fixture->answer);
    fixture_ok(tl_store_close(&fixture->store, &err), &err);
}

/* Makes the answer one for the photo whose sha256 is `byte` over and over. */
static void set_answer(struct tl_answer *answer, const char *path, uint8_t byte, double probability)
{
    size_t first = probability < 0.5 ? 1 : 0;

    tl_memory_free(answer->path);
    answer->path = tl_memory_copy_string(path);
    answer->probabilities[0] = probability;
    answer->probabilities[1] = 1 - probability;
    answer->order[0] = first;
    answer->order[1] = 1 - first;
    memset(answer->photo.sha256, byte, sizeof answer->photo.sha256);
    answer->photo.width_px = 8;
    answer->photo.height_px = 6;
    answer->photo.exif_orientation = 1;
    strcpy(answer->photo.format, "jpeg");
}

static bool keep_value(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count;
    (void)names;
    snprintf(context, 256, "%s", values[0] ? values[0] : "NULL");
    return false;
}

/* The one value that the SELECT gives is `expected`. */
static void check_value(tl_store *store, const char *sql, const char *expected)
{
    char value[256] = "no row";
    struct tl_error err;

    fixture_ok(tl_store_query(store, sql, keep_value, value, &err), &err);
    ck_assert_str_eq(value, expected);
}

START_TEST(an_answer_becomes_a_content_and_a_prediction)
{
    struct fixture fixture;
    struct tl_error err;

    set_up(&fixture);
    set_answer(fixture.answer, "dir/a\xff.jpg", 1, 0.25);
    fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "0");
    fixture_ok(tl_prediction_batch_write(fixture.batch, &err), &err);
    check_value(fixture.store, "SELECT origin || ' ' || photo || ' ' || class || ' ' || probability FROM prediction",
                "classify dir/a\\xff.jpg dog 0.75");
    check_value(fixture.store, "SELECT probabilities ->> 'cat' FROM prediction", "0.25");
    check_value(fixture.store,
                "SELECT width_px || 'x' || height_px || ' ' || format FROM content JOIN prediction USING (content_id)", "8x6 jpeg");
    tear_down(&fixture);
}
END_TEST

START_TEST(a_later_answer_for_the_same_bytes_takes_the_earlier_ones_place)
{
    struct fixture fixture;
    struct tl_error err;

    set_up(&fixture);
    set_answer(fixture.answer, "a.jpg", 1, 0.25);
    fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    set_answer(fixture.answer, "copy of a.jpg", 1, 0.875);
    fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    fixture_ok(tl_prediction_batch_write(fixture.batch, &err), &err);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "1");
    check_value(fixture.store, "SELECT photo || ' ' || class FROM prediction", "copy of a.jpg cat");
    tear_down(&fixture);
}
END_TEST

START_TEST(a_full_batch_writes_itself)
{
    struct fixture fixture;
    struct tl_error err;

    set_up(&fixture);
    for (int i = 0; i < TL_PREDICTION_BATCH_COUNT; i++) {
        set_answer(fixture.answer, "a.jpg", (uint8_t)(i + 20), 0.75);
        fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    }
    check_value(fixture.store, "SELECT count(*) FROM prediction", "128");
    set_answer(fixture.answer, "b.jpg", 1, 0.75);
    fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "128");
    fixture_ok(tl_prediction_batch_write(fixture.batch, &err), &err);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "129");
    tear_down(&fixture);
}
END_TEST

START_TEST(nothing_to_write_is_no_transaction)
{
    struct fixture fixture;
    struct tl_error err;

    set_up(&fixture);
    fixture_ok(tl_prediction_batch_write(fixture.batch, &err), &err);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "0");
    tear_down(&fixture);
}
END_TEST

START_TEST(a_row_that_the_store_refuses_writes_none)
{
    struct fixture fixture;
    struct tl_error err;

    set_up(&fixture);
    set_answer(fixture.answer, "a.jpg", 1, 0.25);
    fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    set_answer(fixture.answer, "b.jpg", 2, 0.25);
    fixture.answer->photo.exif_orientation = 77;
    fixture_ok(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), &err);
    ck_assert_int_ne(tl_prediction_batch_write(fixture.batch, &err), TL_OK);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "0");
    tear_down(&fixture);
}
END_TEST

START_TEST(no_memory_for_an_answer_leaves_the_batch_as_it_was)
{
    struct fixture fixture;
    struct tl_error err;

    set_up(&fixture);
    for (size_t n = 1; n <= 2; n++) {
        set_answer(fixture.answer, "a.jpg", 1, 0.25);
        (void)tl_memory_fail_at(n);
        ck_assert_int_eq(tl_prediction_batch_add(fixture.batch, fixture.answer, &err), TL_NO_MEMORY);
        (void)tl_memory_fail_at(0);
    }
    fixture_ok(tl_prediction_batch_write(fixture.batch, &err), &err);
    check_value(fixture.store, "SELECT count(*) FROM prediction", "0");
    tear_down(&fixture);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("prediction_batch");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, an_answer_becomes_a_content_and_a_prediction);
    tcase_add_test(core, a_later_answer_for_the_same_bytes_takes_the_earlier_ones_place);
    tcase_add_test(limits, a_full_batch_writes_itself);
    tcase_add_test(limits, nothing_to_write_is_no_transaction);
    tcase_add_test(faults, a_row_that_the_store_refuses_writes_none);
    tcase_add_test(faults, no_memory_for_an_answer_leaves_the_batch_as_it_was);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
