/* test_store_run_list.c - sweeps and their runs, with and without heads, measures, and all of it read back. */
#include <math.h>

#include "common/base/memory.h"
#include "common/store/store_run_list.h"
#include "common/store/store_sweep.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static struct small_store small;
static char uuid[TL_STORE_UUID_BYTES];
static struct tl_error err;

static void open_small(void)
{
    store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void close_small(void)
{
    close_store(store);
}

static const struct tl_store_sweep grid = {"grid", "[\"tl-train\"]", "0.1.0", 5, 2, 1000};

/* A run that tries a course and keeps no head. */
static enum tl_status put_bare_run(int64_t *run_id, int64_t sweep_id, double val_loss,
                                   const struct tl_store_prediction *predictions)
{
    struct tl_store_sample samples[2] = {
        {.content_id = small.content_ids[1], .role = "train", .fold = 1},
        {.content_id = small.content_ids[2], .class_index = 1, .role = "train", .fold = 2, .group = 1}};
    const struct tl_store_dataset dataset = {"default", FIXTURE_CLASSES, 2, samples, 2, "{\"split\":\"none\"}"};
    const struct tl_store_epoch history = {0.5, 1, (double)NAN, (double)NAN};
    const struct tl_store_fold folds[] = {{1, 0.25, 1}, {1, 0.75, 0}};
    const struct tl_store_metric metrics[] = {
        {"fold", "ece", NULL, 0.125}, {"fold", "recall", "clear", 0.5}, {"fold", "f1", NULL, (double)NAN}};
    const int64_t photos[] = {1, 0, 1, 0};
    const struct tl_store_confusion confusion = {"fold", photos};
    const struct tl_store_run run = {.sweep_id = sweep_id,
                                     .feature_set_id = small.feature_set_id,
                                     .course = {.variants = "plain", .initial = "zero", .pool = "avg", .solver = "lbfgs",
                                                .epochs = 9, .batch_size = 32, .learning_rate = 0.001, .momentum = (double)NAN,
                                                .tolerance = 1e-6},
                                     .scale = 1,
                                     .options_json = "{\"l2\":0.5}",
                                     .program_version = "0.1.0",
                                     .gradient_norm = 1e-7,
                                     .group_by = "near-duplicates",
                                     .train_samples = 2,
                                     .val_loss = val_loss,
                                     .val_accuracy = 0.5,
                                     .test_loss = (double)NAN,
                                     .test_accuracy = (double)NAN,
                                     .dataset = &dataset,
                                     .history = &history,
                                     .epoch_count = 1,
                                     .confusions = &confusion,
                                     .confusion_count = 1,
                                     .folds = folds,
                                     .fold_count = 2,
                                     .metrics = metrics,
                                     .metric_count = 3,
                                     .predictions = predictions,
                                     .prediction_count = predictions != NULL};
    fill_sha256(samples[0].sha256, 1);
    fill_sha256(samples[1].sha256, 2);
    return tl_store_put_run(store, run_id, uuid, &run, &err);
}

/* ---- Core ---- */

START_TEST(a_sweep_and_its_runs_are_one_transaction_if_wanted)
{
    int64_t sweep_id, run_id;
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_sweep(store, &sweep_id, &grid, &err), &err);
    must(put_bare_run(&run_id, sweep_id, 0.5, NULL), &err);
    must(put_bare_run(&run_id, sweep_id, 0.25, NULL), &err);
    must(tl_store_end_sweep(store, sweep_id, 3500, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must_give(store, "SELECT kind, planned_runs, runs, best_run_id, best_val_loss, best_options, seconds FROM sweeps",
              "grid|2|2|2|0.25|{\"l2\":0.5}|2.5;");
    must_give(store, "SELECT run_id, fold, photos, loss, accuracy, mean_loss, accuracy_range FROM folds WHERE run_id = 1",
              "1|1|1|0.25|1.0|0.5|1.0;1|2|1|0.75|0.0|0.5|1.0;");
    must_give(store, "SELECT role, name, class, value FROM metrics WHERE run_id = 1", "fold|ece||0.125;fold|recall|clear|0.5;");
    must_give(store, "SELECT role, class, predicted_class FROM confusion WHERE run_id = 1 ORDER BY class",
              "fold|clear|clear;fold|cloudy|clear;");
    must_give(store, "SELECT photo_group, fold, has_copy FROM dataset_sample ORDER BY fold", "-|1|0;1|2|0;");
    must_give(store, "SELECT solver, pool, tolerance, momentum, group_by, fold_count, temperature FROM run WHERE run_id = 1",
              "lbfgs|avg|1.0e-06|-|near-duplicates|2|1.0;");
}
END_TEST

START_TEST(a_run_without_a_head_stands_in_the_list_and_never_answers)
{
    struct tl_store_run_row *rows;
    struct tl_store_chosen_head head;
    size_t count;
    int64_t run_id;
    put_small_run(store, &small, "kept", 0.75, 1, uuid);
    must(put_bare_run(&run_id, 0, 0.125, NULL), &err);
    must(tl_store_list_runs(store, &rows, &count, &err), &err);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(rows[0].run_id, run_id); /* measured on two photos, the other on one */
    ck_assert(rows[0].head_id == 0 && !rows[0].answers && rows[0].fold_count == 2 && rows[0].val_photos == 2);
    ck_assert_str_eq(rows[0].options_json, "{\"l2\":0.5}");
    ck_assert(rows[1].answers && rows[1].place == 1 && rows[1].val_group == 2);
    ck_assert_str_eq(rows[1].name, "kept");
    ck_assert_int_eq(rows[1].variant_max, 0);
    tl_store_free_runs(rows, count);
    must(tl_store_get_head(store, &head, NULL, &err), &err);
    ck_assert_str_eq(head.name, "kept");
    tl_store_free_head(&head);
    must_fail(tl_store_get_head(store, &head, "2", &err), TL_NOT_FOUND, &err, "kept no head");
    must(tl_store_get_run(store, &rows, "2", &err), &err);
    ck_assert(rows->run_id == 2 && isnan(rows->test_loss));
    tl_store_free_runs(rows, 1);
}
END_TEST

START_TEST(judgements_are_of_photos_that_the_head_was_not_trained_on)
{
    struct tl_store_judgement *judgements;
    size_t count;
    const struct tl_store_prediction trained = {small.content_ids[1], "classify", "x", "cloudy", 0.5, "{}", 0};
    put_small_run(store, &small, NULL, 0.5, 1, uuid);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_predictions(store, 1, &trained, 1, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must(tl_store_list_judgements(store, &judgements, &count, 1, &err), &err);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(judgements[0].origin, "validation");
    ck_assert_str_eq(judgements[0].true_class, "cloudy");
    ck_assert_str_eq(judgements[2].probabilities_json, "{\"clear\":0.75,\"cloudy\":0.25}");
    tl_store_free_judgements(judgements, count);
    must_give(store, "SELECT count(*) FROM misclassified WHERE origin = 'classify'", "0;");
}
END_TEST

/* ---- Limits ---- */

START_TEST(an_empty_store_lists_nothing)
{
    struct tl_store_run_row *rows;
    size_t count = 7;
    must(tl_store_list_runs(store, &rows, &count, &err), &err);
    ck_assert_uint_eq(count, 0);
    tl_store_free_runs(rows, count);
}
END_TEST

/* ---- Faults ---- */

START_TEST(predictions_need_a_head)
{
    int64_t run_id;
    const struct tl_store_prediction prediction = {small.content_ids[1], "fold", NULL, "clear", 0.5, "{}", 1};
    must_fail(put_bare_run(&run_id, 0, 0.5, &prediction), TL_BAD_INPUT, &err, "keeps no head");
    must_give(store, "SELECT count(*) FROM run", "0;");
}
END_TEST

START_TEST(a_sweep_that_is_none_is_refused)
{
    int64_t sweep_id, run_id;
    struct tl_store_sweep odd = grid;
    odd.kind = "whim";
    must_fail(tl_store_put_sweep(store, &sweep_id, &odd, &err), TL_BAD_INPUT, &err, "forbids");
    ck_assert_int_eq(sweep_id, 0);
    ck_assert_int_ne(put_bare_run(&run_id, 77, 0.5, NULL), TL_OK);
    must_give(store, "SELECT count(*) FROM run", "0;");
}
END_TEST

START_TEST(an_imported_head_is_no_run)
{
    struct tl_store_run_row *rows;
    put_imported_head(store, &small, "from-keras");
    must_fail(tl_store_get_run(store, &rows, "from-keras", &err), TL_BAD_INPUT, &err, "imported head");
    ck_assert_ptr_null(rows);
    must_fail(tl_store_get_run(store, &rows, "9", &err), TL_NOT_FOUND, &err, "no run '9'");
}
END_TEST

START_TEST(no_memory_anywhere_leaves_nothing)
{
    put_small_run(store, &small, NULL, 0.5, 1, uuid);
    for (size_t n = 1;; n++) {
        struct tl_store_run_row *rows = NULL;
        struct tl_store_judgement *judgements = NULL;
        size_t count = 0, judgement_count = 0;
        tl_memory_fail_at(n);
        enum tl_status status = tl_store_list_runs(store, &rows, &count, &err);
        if (status == TL_OK)
            status = tl_store_list_judgements(store, &judgements, &judgement_count, 1, &err);
        tl_memory_fail_at(0);
        tl_store_free_runs(rows, count);
        tl_store_free_judgements(judgements, judgement_count);
        if (status == TL_OK)
            break;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        ck_assert_uint_lt(n, 1000);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_run_list");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_test(core, a_sweep_and_its_runs_are_one_transaction_if_wanted);
    tcase_add_test(core, a_run_without_a_head_stands_in_the_list_and_never_answers);
    tcase_add_test(core, judgements_are_of_photos_that_the_head_was_not_trained_on);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_test(limits, an_empty_store_lists_nothing);
    suite_add_tcase(suite, limits);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(faults, predictions_need_a_head);
    tcase_add_test(faults, a_sweep_that_is_none_is_refused);
    tcase_add_test(faults, an_imported_head_is_no_run);
    tcase_add_test(faults, no_memory_anywhere_leaves_nothing);
    suite_add_tcase(suite, faults);
    return suite;
}
