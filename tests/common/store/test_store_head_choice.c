/* test_store_head_choice.c - which head answers, and which one a person means. */
#include <math.h>

#include "tests/common/store/small_store.h"

static tl_store *store;
static struct small_store small;
static const char *path;
static char uuid[TL_STORE_UUID_BYTES];

static void open_small(void)
{
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void close_small(void)
{
    close_store(store);
}

static void must_choose(const char *wanted, int64_t run_id, const char *because)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    must(tl_store_get_head(store, &head, wanted, &err), &err);
    ck_assert_int_eq(head.run_id, run_id);
    ck_assert_str_eq(head.chosen_because, because);
    tl_store_free_head(&head);
}

/* Roles of contents 1 to 5. */
static const char *const two_validated[] = {NULL, "train", "validation", "validation", "test", "test"};
static const char *const another_validated[] = {NULL, "train", "validation", "train", "test", "test"};
static const char *const one_in_train_fewer[] = {NULL, "test", "train", "validation", "test", "test"};

/* ---- Core ---- */

START_TEST(the_best_by_validation_answers_until_another_is_pinned)
{
    struct tl_error err;
    put_small_run(store, &small, "a", 0.25, 1, uuid);
    must_choose(NULL, 1, "the only run");
    put_small_run(store, &small, "b", 0.0731, 2, uuid);
    put_small_run(store, &small, "c", 0.5, 3, uuid);
    put_small_run(store, &small, "d", (double)NAN, 4, uuid);
    must_choose(NULL, 2, "best by validation loss 0.0731 over 1 photo");
    must(tl_store_pin_head(store, "c", &err), &err);
    must_choose(NULL, 3, "pinned");
    must(tl_store_pin_head(store, "1", &err), &err);
    must_choose(NULL, 1, "pinned");
    must_give(store, "SELECT count(*) FROM head WHERE is_pinned", "1;");
    must_choose("d", 4, "named");
}
END_TEST

START_TEST(of_two_equal_losses_the_older_run_answers)
{
    put_small_run(store, &small, NULL, 0.25, 9, uuid);
    put_small_run(store, &small, NULL, 0.25, 3, uuid);
    must_choose(NULL, 2, "best by validation loss 0.2500 over 1 photo");
}
END_TEST

START_TEST(a_lower_loss_over_fewer_photos_does_not_win)
{
    put_small_run(store, &small, "few", 0.01, 9, uuid);
    put_run_of_roles(store, &small, "many", 0.5, 1, uuid, two_validated);
    must_choose(NULL, 2, "best by validation loss 0.5000 over 2 photos");
    put_run_of_roles(store, &small, "better", 0.25, 2, uuid, two_validated);
    must_choose(NULL, 3, "best by validation loss 0.2500 over 2 photos");
}
END_TEST

START_TEST(of_equally_many_other_photos_those_of_the_newest_run_count)
{
    put_small_run(store, &small, "old", 0.01, 1, uuid);
    put_run_of_roles(store, &small, "bad", 0.75, 2, uuid, another_validated);
    must_choose(NULL, 2, "best by validation loss 0.7500 over 1 photo");
    put_run_of_roles(store, &small, "newest", 0.5, 3, uuid,
                     one_in_train_fewer); /* other data set, same validation photos as "old" */
    must_choose(NULL, 1, "best by validation loss 0.0100 over 1 photo");
    must_give(store, "SELECT count(*), count(DISTINCT validation_digest), sum(validation_photos) FROM dataset", "3|2|3;");
}
END_TEST

START_TEST(a_run_is_named_by_number_name_or_the_start_of_its_uuid)
{
    char prefix[9], other[TL_STORE_UUID_BYTES];
    put_small_run(store, &small, NULL, 0.5, 1, uuid);
    put_small_run(store, &small, "b", 0.25, 2, other);
    must_choose("1", 1, "named");
    must_choose(uuid, 1, "named");
    snprintf(prefix, sizeof prefix, "%.8s", uuid);
    must_choose(prefix, 1, "named");
    for (char *p = prefix; *p != '\0'; p++)
        *p = (char)(*p >= 'a' && *p <= 'f' ? *p - 'a' + 'A' : *p);
    must_choose(prefix, 1, "named");
    must_choose("b", 2, "named");
}
END_TEST

START_TEST(an_imported_head_is_found_by_its_name)
{
    struct tl_error err;
    put_imported_head(store, &small, "from-keras");
    must_choose(NULL, 0, "the only head");
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    must_choose(NULL, 1, "the only run");
    must_choose("from-keras", 0, "named");
    must(tl_store_pin_head(store, "from-keras", &err), &err);
    must_choose(NULL, 0, "pinned");
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_single_run_needs_no_validation)
{
    put_small_run(store, &small, NULL, (double)NAN, 1, uuid);
    must_choose(NULL, 1, "the only run");
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_store_without_runs_says_so)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    must_fail(tl_store_get_head(store, &head, NULL, &err), TL_NOT_FOUND, &err, "tl-train");
    must_fail(tl_store_get_head(store, &head, "3", &err), TL_NOT_FOUND, &err, "no runs");
    must_fail(tl_store_pin_head(store, "x", &err), TL_NOT_FOUND, &err, "no run 'x'");
    ck_assert_ptr_null(head.class_names);
    ck_assert_ptr_null(head.kernel);
}
END_TEST

START_TEST(a_run_that_is_not_there_is_told_with_those_that_are)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    put_small_run(store, &small, NULL, 0.5, 1, uuid);
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    put_imported_head(store, &small, "from-keras");
    must_fail(tl_store_get_head(store, &head, "c", &err), TL_NOT_FOUND, &err, "there are: 2 'b', 1, head 'from-keras'");
    must_fail(tl_store_get_head(store, &head, "99999999999999999999999", &err), TL_NOT_FOUND, &err, "2 'b'");
    must_fail(tl_store_get_head(store, &head, "", &err), TL_NOT_FOUND, &err, "2 'b'");
}
END_TEST

START_TEST(runs_without_validation_are_not_chosen_among)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    put_small_run(store, &small, NULL, (double)NAN, 1, uuid);
    put_small_run(store, &small, NULL, (double)NAN, 2, uuid);
    must_fail(tl_store_get_head(store, &head, NULL, &err), TL_NOT_FOUND, &err, "--use");
}
END_TEST

START_TEST(a_run_whose_head_is_gone_is_told)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    run_beside(path, "DELETE FROM head");
    must_fail(tl_store_get_head(store, &head, "b", &err), TL_NOT_FOUND, &err, "kept no head");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_head_choice");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, the_best_by_validation_answers_until_another_is_pinned);
    tcase_add_test(core, of_two_equal_losses_the_older_run_answers);
    tcase_add_test(core, a_lower_loss_over_fewer_photos_does_not_win);
    tcase_add_test(core, of_equally_many_other_photos_those_of_the_newest_run_count);
    tcase_add_test(core, a_run_is_named_by_number_name_or_the_start_of_its_uuid);
    tcase_add_test(core, an_imported_head_is_found_by_its_name);
    tcase_add_test(limits, a_single_run_needs_no_validation);
    tcase_add_test(faults, a_store_without_runs_says_so);
    tcase_add_test(faults, a_run_that_is_not_there_is_told_with_those_that_are);
    tcase_add_test(faults, runs_without_validation_are_not_chosen_among);
    tcase_add_test(faults, a_run_whose_head_is_gone_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
