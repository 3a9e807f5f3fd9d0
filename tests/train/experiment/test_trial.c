/* test_trial.c - one course tried on photos from a store, kept, and made again from its rows. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "train/experiment/course_json.h"
#include "train/experiment/repeat.h"
#include "train/experiment/run_record.h"
#include "train/experiment/trial.h"

enum { PHOTO_COUNT = 48 };

static char photo_paths[PHOTO_COUNT][32];
static struct made_photo photos[PHOTO_COUNT];
static tl_store *store;
static struct tl_material material;
static struct tl_course course;
static struct tl_outcome outcome;
static struct tl_error err;

static void open_made(void)
{
    const char *path = tl_test_path(tl_test_make_folder(), "store.db");
    struct tl_material_wish wish = {.variants = TL_FIT_ALL};

    for (unsigned i = 0; i < PHOTO_COUNT; i++) {
        (void)snprintf(photo_paths[i], sizeof photo_paths[i], "%s/%u.jpg", i % 2 ? "b" : "a", i);
        photos[i] = (struct made_photo){photo_paths[i], i % 2 ? "b" : "a", i < 40 ? "train" : "test", i, i % 2, i < 40 ? 2 : 0};
    }
    made_write(path, photos, PHOTO_COUNT, 0, 1);
    ck_assert_msg(tl_store_open(&store, path, TL_STORE_WRITE, &err) == TL_OK, "%s", err.message);
    tl_dataset_wish_init(&wish.data);
    wish.data.label_set = "default";
    ck_assert_msg(tl_material_read(&material, store, &wish, &err) == TL_OK, "%s", err.message);
    tl_course_init(&course);
    course.epochs = 6;
}

static void close_made(void)
{
    tl_outcome_release(&outcome);
    tl_material_release(&material);
    ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
}

static enum tl_status try_material(struct tl_outcome *out, struct tl_material *from, const struct tl_course *tried,
                                   bool is_for_ranking)
{
    struct tl_trial trial = {.material = from, .course = tried, .is_for_ranking = is_for_ranking};
    enum tl_status status = tl_material_view(&trial.samples, from, tried->pool, tried->transform, &err);

    *out = (struct tl_outcome){.head = NULL};
    return status == TL_OK ? tl_trial_run(out, &trial, &err) : status;
}

static void try_now(void)
{
    ck_assert_msg(try_material(&outcome, &material, &course, false) == TL_OK, "%s", err.message);
}

/* Courses that go every way there is. */
static void choose_course(int which)
{
    static const char *const choices[][6] = {
        {"l2=0.001"},
        {"transform=sqrt", "variants=cycle", "seed=3"},
        {"solver=lbfgs", "l2=0.01", "pool=avg", "epochs=50"},
        {"solver=sgd", "learning-rate=0.01", "momentum=0.5", "class-weights=balanced"},
        {"hidden=5", "dropout=0.5", "initial=glorot", "batch-size=7"},
        {"monitor=val_loss", "patience=1", "calibrate=yes", "class-weights=a=3", "epochs=30"},
        {"refit=no", "calibrate=yes"},
    };

    for (size_t i = 0; i < 6 && choices[which][i]; i++) {
        char name[40];
        const char *equals = strchr(choices[which][i], '=');

        (void)snprintf(name, sizeof name, "%.*s", (int)(equals - choices[which][i]), choices[which][i]);
        ck_assert_msg(tl_course_set(&course, name, equals + 1, &err) == TL_OK, "%s", err.message);
    }
}

/* ---- Core ---- */

START_TEST(a_trial_fits_measures_refits_and_tests)
{
    try_now();
    ck_assert(outcome.is_refitted && outcome.epoch_count == 6 && outcome.best_epoch == 0 && outcome.temperature == 1);
    ck_assert_uint_eq(outcome.validation.evaluation.photo_count, 8);
    ck_assert_uint_eq(outcome.test.evaluation.photo_count, 8);
    ck_assert_uint_eq(outcome.train_photo_count, 32);
    ck_assert_uint_eq(outcome.vector_count, 96);
    ck_assert(outcome.test.evaluation.accuracy > 0.8 && outcome.validation.metrics && outcome.test.metrics);
    ck_assert(isnan(outcome.gradient_norm) && outcome.scale == outcome.head->scale);
}
END_TEST

START_TEST(a_ranking_trial_measures_the_same_and_stops_there)
{
    struct tl_outcome ranked;

    try_now();
    ck_assert_int_eq(try_material(&ranked, &material, &course, true), TL_OK);
    ck_assert(ranked.validation.evaluation.loss == outcome.validation.evaluation.loss);
    ck_assert(!ranked.is_refitted && ranked.test.evaluation.photo_count == 0 && !ranked.validation.metrics);
    tl_outcome_release(&ranked);
}
END_TEST

START_TEST(a_run_made_again_from_its_rows_has_the_same_head)
{
    struct tl_store_run_row *run;
    struct tl_store_chosen_head stored;
    struct tl_material_wish wish;
    struct tl_material again = {.selection = NULL};
    struct tl_course recorded;
    struct tl_outcome repeated;
    struct tl_repeat_likeness likeness;
    char *words, id[32];

    choose_course(_i);
    try_now();
    ck_assert_msg(tl_run_record_put(store, &outcome, &err) == TL_OK, "%s", err.message);
    (void)snprintf(id, sizeof id, "%lld", (long long)outcome.run_id);
    ck_assert_msg(tl_store_get_run(store, &run, id, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_get_head(store, &stored, id, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_repeat_wish(&wish, &recorded, &words, run, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_material_read(&again, store, &wish, &err) == TL_OK, "%s", err.message);
    again.selection->has_validation_split = false;
    ck_assert_msg(try_material(&repeated, &again, &recorded, false) == TL_OK, "%s", err.message);
    tl_repeat_compare(&likeness, repeated.head, &stored);
    ck_assert(likeness.has_shape && likeness.value_count > 0);
    ck_assert_uint_eq(likeness.different_count, 0);
    ck_assert(repeated.validation.evaluation.loss == run->val_loss || isnan(run->val_loss));
    ck_assert(repeated.temperature == run->temperature);

    stored.kernel[1] += 1; /* and a head that is another is told */
    tl_repeat_compare(&likeness, repeated.head, &stored);
    ck_assert_uint_eq(likeness.different_count, 1);
    ck_assert(fabs(likeness.largest_difference - 1) < 1e-4);
    tl_outcome_release(&repeated);
    tl_material_release(&again);
    tl_memory_free(words);
    tl_store_free_head(&stored);
    tl_store_free_runs(run, 1);
}
END_TEST

START_TEST(any_number_of_threads_makes_the_same_head)
{
    struct tl_trial trial = {.material = &material, .course = &course};
    struct tl_outcome threaded;

    choose_course(_i);
    try_now();
    ck_assert_int_eq(tl_team_create(&trial.team, 3, &err), TL_OK);
    ck_assert_int_eq(tl_material_view(&trial.samples, &material, course.pool, course.transform, &err), TL_OK);
    ck_assert_int_eq(tl_trial_run(&threaded, &trial, &err), TL_OK);
    ck_assert_mem_eq(threaded.head->kernel, outcome.head->kernel,
                     tl_head_kernel_rows(outcome.head) * outcome.head->class_count * sizeof(float));
    tl_outcome_release(&threaded);
    tl_team_free(trial.team);
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_calibrated_head_is_reported_with_the_temperatures_of_others)
{
    struct tl_outcome plain = {.head = NULL};

    course.has_refit = false;
    ck_assert_int_eq(try_material(&plain, &material, &course, false), TL_OK);
    course.has_calibration = true;
    try_now();
    ck_assert(outcome.temperature != 1);
    ck_assert(fabs((double)plain.head->kernel[0] / outcome.temperature - (double)outcome.head->kernel[0]) < 1e-6);
    ck_assert(plain.validation.evaluation.accuracy == outcome.validation.evaluation.accuracy);
    tl_outcome_release(&plain);
}
END_TEST

/* ---- Faults ---- */

START_TEST(what_cannot_be_fitted_is_told)
{
    static const char *const messages[] = {"fog", "hidden", "diverged"};

    if (_i == 0)
        ck_assert_int_eq(tl_course_set(&course, "class-weights", "fog=2", &err), TL_OK);
    if (_i == 1) {
        course.solver = TL_COURSE_LBFGS;
        course.hidden_count = 3;
    }
    if (_i == 2) {
        course.solver = TL_COURSE_SGD;
        course.learning_rate = 1e30;
        course.l2 = 1e6;
    }
    ck_assert_int_eq(try_material(&outcome, &material, &course, false), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, messages[_i]) != NULL, "%s", err.message);
}
END_TEST

START_TEST(a_run_whose_options_are_unknown_is_refused)
{
    struct tl_material_wish wish;
    struct tl_course unknown;
    char *words, json[] = "{\"magic\":1}";
    struct tl_store_run_row run = {.run_id = 4, .options_json = json};

    ck_assert_int_eq(tl_repeat_wish(&wish, &unknown, &words, &run, &err), TL_BAD_INPUT);
    run.options_json = NULL;
    ck_assert_int_eq(tl_repeat_wish(&wish, &unknown, &words, &run, &err), TL_CORRUPT);
}
END_TEST

START_TEST(no_memory_anywhere_leaks_nothing)
{
    course.epochs = 1;
    course.has_calibration = true;
    for (size_t n = 1;; n++) {
        enum tl_status status;

        tl_memory_fail_at(n);
        status = try_material(&outcome, &material, &course, false);
        if (status == TL_OK)
            status = tl_run_record_put(store, &outcome, &err);
        tl_memory_fail_at(0);
        tl_outcome_release(&outcome);
        if (status == TL_OK)
            break;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        ck_assert_uint_lt(n, 5000);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("trial");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, open_made, close_made);
    tcase_add_test(core, a_trial_fits_measures_refits_and_tests);
    tcase_add_test(core, a_ranking_trial_measures_the_same_and_stops_there);
    tcase_add_loop_test(core, a_run_made_again_from_its_rows_has_the_same_head, 0, 7);
    tcase_add_loop_test(core, any_number_of_threads_makes_the_same_head, 0, 7);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(limits, open_made, close_made);
    tcase_add_test(limits, a_calibrated_head_is_reported_with_the_temperatures_of_others);
    suite_add_tcase(suite, limits);
    tcase_add_checked_fixture(faults, open_made, close_made);
    tcase_add_loop_test(faults, what_cannot_be_fitted_is_told, 0, 3);
    tcase_add_test(faults, a_run_whose_options_are_unknown_is_refused);
    tcase_add_test(faults, no_memory_anywhere_leaks_nothing);
    suite_add_tcase(suite, faults);
    return suite;
}
