/* test_store_account.c - all that is stored of a run comes back, and what contradicts the schema is reported. */
#include "common/base/memory.h"
#include "common/store/store_account.h"
#include "common/store/store_photo_place.h"
#include "tests/common/store/small_store.h"

static const char *path;
static struct small_store small;
static int64_t run_id;

static void start(void)
{
    char uuid[TL_STORE_UUID_BYTES];
    tl_store *store;

    path = tl_test_path(tl_test_make_folder(), "small.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
    run_id = put_small_run(store, &small, "first", 0.25, 1, uuid);
    close_store(store);
}

static enum tl_status read_account(struct tl_store_account *out, int64_t id, struct tl_error *err)
{
    tl_store *store = open_store(path, TL_STORE_READ);
    const enum tl_status status = tl_store_read_account(store, out, id, err);

    close_store(store);
    return status;
}

START_TEST(a_run_comes_back_with_epochs_confusions_and_predictions)
{
    struct tl_store_account account;
    struct tl_error err;

    must(read_account(&account, run_id, &err), &err);
    ck_assert_str_eq(account.name, "first");
    ck_assert_str_eq(tl_store_account_fact(&account, "learning_rate"), "0.001");
    ck_assert_str_eq(tl_store_account_fact(&account, "features"), "vgg16 block5_pool openblas-im2col float32");
    ck_assert_ptr_null(tl_store_account_fact(&account, "no such column"));
    ck_assert_uint_eq(account.class_count, 2);
    ck_assert_str_eq(account.class_names[1], "cloudy");
    ck_assert_uint_eq(account.epoch_count, 2);
    ck_assert_double_eq(account.epochs[1].val_loss, 0.25);
    ck_assert_int_eq(account.confusions[TL_STORE_TOLD_TEST][2], 1);
    ck_assert_ptr_null(account.confusions[TL_STORE_TOLD_FOLD]);
    ck_assert_uint_eq(account.sample_count, 5);
    ck_assert_uint_eq(account.told_count, 3);
    ck_assert_int_eq(account.told[0].role, TL_STORE_TOLD_TEST); /* roles by name: fold, test, validation */
    ck_assert_int_eq(account.told[2].role, TL_STORE_TOLD_VALIDATION);
    ck_assert_int_eq(account.told[2].content_id, small.content_ids[3]);
    ck_assert_uint_eq(account.told[2].class_index, 1);
    ck_assert_int_eq(account.told[2].has_copy, 0);
    ck_assert_double_eq_tol(account.probabilities[2 * 2 + 1], 0.9, 1e-12);
    ck_assert(account.has_head && account.sweep_id == 0);
    tl_store_free_account(&account);
}
END_TEST

START_TEST(the_runs_of_a_sweep_are_rows_of_facts)
{
    struct tl_store_run_rows rows;
    struct tl_error err;
    char uuid[TL_STORE_UUID_BYTES];
    tl_store *store = open_store(path, TL_STORE_WRITE);

    put_small_run(store, &small, "second", 0.5, 2, uuid);
    close_store(store);
    run_beside(path, "INSERT INTO sweep VALUES (7, 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 'grid', '[]', '1', 0, 2, 0, 0);"
                     "UPDATE run SET sweep_id = 7");
    store = open_store(path, TL_STORE_READ);
    must(tl_store_read_sweep(store, &rows, 7, &err), &err);
    ck_assert_uint_eq(rows.run_count, 2);
    ck_assert_str_eq(rows.facts[0].name, "run_id");
    ck_assert_str_eq(rows.facts[rows.fact_count].value, "2");
    tl_store_free_run_rows(&rows);
    must(tl_store_read_sweep(store, &rows, 8, &err), &err);
    ck_assert_uint_eq(rows.run_count, 0);
    tl_store_free_run_rows(&rows);
    close_store(store);
}
END_TEST

START_TEST(a_photo_is_found_at_its_first_place_that_is_there)
{
    struct tl_store_place place;
    struct tl_error err;
    tl_store *store;

    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path = 'train/clear/1.jpg'");
    store = open_store(path, TL_STORE_READ);
    must(tl_store_get_place(store, &place, small.content_ids[1], &err), &err);
    ck_assert_str_eq(place.source, "sky");
    ck_assert_str_eq(place.path, "train/clear/again.jpg");
    ck_assert_str_eq(place.file, "/photos/sky/train/clear/again.jpg");
    ck_assert_uint_eq(place.width_px, 640);
    ck_assert_uint_eq(place.thumbnail[5], 1);
    tl_store_free_place(&place);
    must_fail(tl_store_get_place(store, &place, 999, &err), TL_NOT_FOUND, &err, "no content 999");
    close_store(store);
}
END_TEST

START_TEST(a_run_is_found_by_id_name_and_uuid)
{
    struct tl_error err;
    int64_t found;
    tl_store *store = open_store(path, TL_STORE_WRITE);

    put_imported_head(store, &small, "from-keras");
    must(tl_store_find_run(store, &found, "first", &err), &err);
    ck_assert_int_eq(found, run_id);
    must(tl_store_find_run(store, &found, "1", &err), &err);
    ck_assert_int_eq(found, run_id);
    must_fail(tl_store_find_run(store, &found, "from-keras", &err), TL_BAD_INPUT, &err, "an imported head");
    must_fail(tl_store_find_run(store, &found, "second", &err), TL_NOT_FOUND, &err, "there are: 1 'first'");
    close_store(store);
    run_beside(path, "DELETE FROM head WHERE run_id = 1");
    store = open_store(path, TL_STORE_READ);
    must(tl_store_find_run(store, &found, "first", &err), &err);
    close_store(store);
}
END_TEST

START_TEST(what_contradicts_itself_is_corrupt)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"UPDATE prediction SET probabilities = '{\"clear\":0.1}' WHERE origin = 'validation'", "of 1 of 2 classes"},
        {"UPDATE prediction SET probabilities = '{\"clear\":1.5,\"cloudy\":0}' WHERE origin = 'validation'", "probability of 1.5"},
    };
    struct tl_store_account account;
    struct tl_error err;

    run_beside(path, cases[_i].sql);
    must_fail(read_account(&account, run_id, &err), TL_CORRUPT, &err, cases[_i].words);
    ck_assert_ptr_null(account.told);
}
END_TEST

START_TEST(no_such_run_is_not_found)
{
    struct tl_store_account account;
    struct tl_error err;

    must_fail(read_account(&account, 44, &err), TL_NOT_FOUND, &err, "no run 44");
}
END_TEST

START_TEST(without_memory_nothing_is_left)
{
    struct tl_store_account account;
    struct tl_error err;
    tl_store *store = open_store(path, TL_STORE_READ);
    enum tl_status status = TL_NO_MEMORY;

    for (size_t n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 1000);
        tl_memory_fail_at(n);
        status = tl_store_read_account(store, &account, run_id, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "%s", err.message);
    }
    tl_store_free_account(&account);
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_account");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, start, NULL);
    tcase_add_checked_fixture(faults, start, NULL);
    tcase_add_test(core, a_run_comes_back_with_epochs_confusions_and_predictions);
    tcase_add_test(core, the_runs_of_a_sweep_are_rows_of_facts);
    tcase_add_test(core, a_photo_is_found_at_its_first_place_that_is_there);
    tcase_add_test(core, a_run_is_found_by_id_name_and_uuid);
    tcase_add_loop_test(faults, what_contradicts_itself_is_corrupt, 0, 2);
    tcase_add_test(faults, no_such_run_is_not_found);
    tcase_add_test(faults, without_memory_nothing_is_left);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
