/* test_sweep.c - choices by name, grids and draws of courses, and each way to ask for what is none. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/experiment/sweep.h"

static struct tl_sweep *make_sweep(const char *const *axes, size_t axis_count, size_t trial_count, uint64_t seed)
{
    struct tl_sweep *sweep = NULL;
    struct tl_course base;
    const struct tl_sweep_wish wish = {&base, trial_count, seed};
    struct tl_error err;

    tl_course_init(&base);
    base.momentum = 0.25;
    ck_assert_msg(tl_sweep_create(&sweep, axes, axis_count, &wish, &err) == TL_OK, "%s", err.message);
    return sweep;
}

/* ---- choices ---- */

START_TEST(each_setting_keeps_its_limits_and_disturbs_no_other)
{
    const struct tl_setting *setting = &tl_settings[_i];
    const bool is_word = setting->kind == TL_SETTING_WORD;
    const double values[] = {is_word ? 1 : setting->minimum, is_word ? 0 : setting->maximum};

    for (size_t k = 0; k < 2; k++) {
        struct tl_course course, untouched;
        char words[TL_SETTING_WORDS_BYTES];
        double read;

        tl_course_init(&course);
        tl_course_init(&untouched);
        tl_setting_set(setting, &course, values[k]);
        ck_assert_double_eq(tl_setting_get(setting, &course), values[k]);
        tl_setting_write(words, setting, values[k]);
        ck_assert_int_eq(tl_setting_read(&read, setting, words, NULL), TL_OK);
        ck_assert_double_eq(read, values[k]);
        for (size_t i = 0; i < TL_SETTING_COUNT; i++)
            if (i != (size_t)_i)
                ck_assert_msg(tl_setting_get(&tl_settings[i], &course) == tl_setting_get(&tl_settings[i], &untouched),
                              "%s moved %s", setting->name, tl_settings[i].name);
    }
}
END_TEST

START_TEST(a_setting_is_found_by_either_spelling_and_by_no_other)
{
    ck_assert_ptr_nonnull(tl_setting_find("learning-rate"));
    ck_assert_ptr_eq(tl_setting_find("learning-rate"), tl_setting_find("learning_rate"));
    ck_assert_ptr_null(tl_setting_find("learning"));
    ck_assert_ptr_null(tl_setting_find("learning-rates"));
    ck_assert_ptr_null(tl_setting_find(""));
}
END_TEST

/* ---- sweeps ---- */

START_TEST(a_grid_counts_with_the_last_axis_fastest)
{
    const char *const axes[] = {"l2=0,1e-4,1e-3", "transform=none,sqrt", "seed=5"};
    struct tl_sweep *sweep = make_sweep(axes, 3, 0, 0);
    const double penalties[] = {0, 0, 1e-4, 1e-4, 1e-3, 1e-3};

    ck_assert_uint_eq(sweep->course_count, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_double_eq(sweep->courses[i].l2, penalties[i]);
        ck_assert_int_eq(sweep->courses[i].transform, (int)(i % 2));
        ck_assert_uint_eq(sweep->courses[i].seed, 5);
        ck_assert_double_eq(sweep->courses[i].momentum, 0.25);
    }
    tl_sweep_free(sweep);
}
END_TEST

START_TEST(draws_are_distinct_repeatable_and_within_their_ranges)
{
    const char *const axes[] = {"l2=1e-6..1e-1", "epochs=2..4", "solver=adam,lbfgs"};
    struct tl_sweep *sweep = make_sweep(axes, 3, 50, 1), *shorter = make_sweep(axes, 3, 20, 1),
                    *other = make_sweep(axes, 3, 20, 2);
    size_t small = 0, epochs[5] = {0};

    ck_assert_uint_eq(sweep->course_count, 50);
    for (size_t i = 0; i < 50; i++) {
        ck_assert(sweep->courses[i].l2 >= 1e-6 && sweep->courses[i].l2 <= 1e-1);
        small += sweep->courses[i].l2 < 3.2e-4;
        ck_assert(sweep->courses[i].epochs >= 2 && sweep->courses[i].epochs <= 4);
        epochs[sweep->courses[i].epochs]++;
        for (size_t k = 0; k < i; k++)
            ck_assert(sweep->courses[i].l2 != sweep->courses[k].l2 ||
                      sweep->courses[i].epochs != sweep->courses[k].epochs ||
                      sweep->courses[i].solver != sweep->courses[k].solver);
    }
    ck_assert(small > 12 && small < 38); /* half of the decades */
    ck_assert(epochs[2] > 0 && epochs[3] > 0 && epochs[4] > 0);
    for (size_t i = 0; i < 20; i++)
        ck_assert_double_eq(shorter->courses[i].l2, sweep->courses[i].l2);
    ck_assert_double_ne(other->courses[0].l2, sweep->courses[0].l2);
    tl_sweep_free(sweep);
    tl_sweep_free(shorter);
    tl_sweep_free(other);
}
END_TEST

START_TEST(more_trials_than_combinations_are_the_grid)
{
    const char *const axes[] = {"l2=0,1", "seed=0,1,2"};
    struct tl_sweep *sweep = make_sweep(axes, 2, 6, 9), *few = make_sweep(axes, 2, 5, 9);

    ck_assert_uint_eq(sweep->course_count, 6);
    ck_assert_double_eq(sweep->courses[5].l2, 1);
    ck_assert_uint_eq(sweep->courses[5].seed, 2);
    ck_assert_uint_eq(few->course_count, 5);
    tl_sweep_free(sweep);
    tl_sweep_free(few);
}
END_TEST

START_TEST(without_axes_there_is_the_one_course)
{
    struct tl_sweep *sweep = make_sweep(NULL, 0, 0, 0);

    ck_assert_uint_eq(sweep->course_count, 1);
    ck_assert_double_eq(sweep->courses[0].momentum, 0.25);
    tl_sweep_free(sweep);
}
END_TEST

static const struct {
    const char *axis, *message;
} WRONG[] = {{"l2", "a sweep is OPTION=VALUE,VALUE..., not 'l2'"},
             {"=3", "'' is no option that a sweep can vary"},
             {"name=a,b", "'name' is no option that a sweep can vary"},
             {"l2=", "l2 takes a number from 0 to 1000000, not ''"},
             {"l2=0,,1", "l2 takes a number from 0 to 1000000, not ''"},
             {"l2=-1", "l2 takes a number from 0 to 1000000, not '-1'"},
             {"l2=nan", "l2 takes a number from 0 to 1000000, not 'nan'"},
             {"l2=1,1.0", "l2: the value 1.0 is there twice"},
             {"epochs=1.5", "epochs takes a whole number from 1 to 100000, not '1.5'"},
             {"transform=log", "transform takes one of none, sqrt, not 'log'"},
             {"transform=none..sqrt", "transform=none..sqrt: words have no range"},
             {"l2=0..1", "l2=0..1: a range goes from a number above 0 to a larger one"},
             {"l2=1e-1..1e-3", "l2=1e-1..1e-3: a range goes from a number above 0 to a larger one"},
             {"l2=1e-4..1e-3", "l2: a range is drawn from; give --trials N beside it"},
             {"seed=2", "seed is swept twice; give all its values at once"}};

START_TEST(what_is_no_axis_is_told)
{
    const char *const axes[] = {"seed=1", WRONG[_i].axis};
    struct tl_course base;
    const struct tl_sweep_wish wish = {&base, 0, 0};
    struct tl_sweep *sweep = (struct tl_sweep *)&base;
    struct tl_error err;

    tl_course_init(&base);
    ck_assert_int_eq(tl_sweep_create(&sweep, axes, 2, &wish, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, WRONG[_i].message);
    ck_assert_ptr_null(sweep);
}
END_TEST

START_TEST(too_many_courses_are_refused)
{
    struct tl_text texts[3];
    const char *axes[3];
    struct tl_course base;
    const struct tl_sweep_wish wish = {&base, 0, 0};
    struct tl_sweep *sweep = NULL;
    struct tl_error err;

    tl_course_init(&base);
    for (size_t a = 0; a < 3; a++) {
        tl_text_init(&texts[a], 4096);
        tl_text_append(&texts[a], a == 0 ? "seed=0" : a == 1 ? "epochs=1" : "patience=1");
        for (int i = 2; i < 60; i++)
            tl_text_append_format(&texts[a], ",%d", i);
        ck_assert_int_eq(tl_text_check(&texts[a], NULL), TL_OK);
        axes[a] = texts[a].bytes;
    }
    ck_assert_int_eq(tl_sweep_create(&sweep, axes, 3, &wish, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "the sweep has more than 100000 runs; give fewer values, or --trials N");
    for (size_t a = 0; a < 3; a++)
        tl_text_free(&texts[a]);
}
END_TEST

START_TEST(no_memory_is_told)
{
    const char *const axes[] = {"l2=0,1e-3", "transform=none,sqrt"};
    struct tl_course base;
    const struct tl_sweep_wish wish = {&base, 3, 0};
    struct tl_sweep *sweep = NULL;
    enum tl_status status = TL_NO_MEMORY;
    size_t n = 0;

    tl_course_init(&base);
    while (status == TL_NO_MEMORY && ++n < 100) {
        struct tl_error err;

        (void)tl_memory_fail_at(n);
        status = tl_sweep_create(&sweep, axes, 2, &wish, &err);
        ck_assert((status == TL_OK) == (sweep != NULL));
    }
    (void)tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_OK);
    ck_assert_uint_gt(n, 4);
    tl_sweep_free(sweep);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("train/sweep");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, each_setting_keeps_its_limits_and_disturbs_no_other, 0, TL_SETTING_COUNT);
    tcase_add_test(core, a_setting_is_found_by_either_spelling_and_by_no_other);
    tcase_add_test(core, a_grid_counts_with_the_last_axis_fastest);
    tcase_add_test(core, draws_are_distinct_repeatable_and_within_their_ranges);
    tcase_add_test(limits, more_trials_than_combinations_are_the_grid);
    tcase_add_test(limits, without_axes_there_is_the_one_course);
    tcase_add_loop_test(faults, what_is_no_axis_is_told, 0, (int)(sizeof WRONG / sizeof WRONG[0]));
    tcase_add_test(faults, too_many_courses_are_refused);
    tcase_add_test(faults, no_memory_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
