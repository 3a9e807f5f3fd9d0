/* test_course_json.c - courses to JSON and back, choices set by name, class weights. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/experiment/class_weights.h"
#include "train/experiment/course_json.h"
#include "train/experiment/setting.h"

static struct tl_error err;

static char *write_json(const struct tl_course *course)
{
    struct tl_text text;

    tl_text_init(&text, 1 << 16);
    tl_course_json_append(&text, course);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    return text.bytes;
}

/* ---- Core ---- */

START_TEST(the_default_course_is_this_json)
{
    struct tl_course course;
    char *json;

    tl_course_init(&course);
    json = write_json(&course);
    ck_assert_str_eq(json, "{\"batch_size\":32,\"calibrate\":\"no\",\"class_weights\":\"equal\",\"dropout\":0,\"epochs\":20,"
                           "\"hidden\":0,\"initial\":\"zero\",\"l2\":0,\"learning_rate\":0.001,\"momentum\":0.9,"
                           "\"monitor\":\"none\",\"patience\":0,\"pool\":\"none\",\"refit\":\"yes\",\"seed\":0,"
                           "\"solver\":\"adam\",\"tolerance\":1e-06,\"transform\":\"none\",\"variants\":\"all\"}");
    tl_memory_free(json);
}
END_TEST

START_TEST(every_choice_comes_back_to_the_last_bit)
{
    struct tl_course course, back;
    char *json, *words = NULL, found[TL_COURSE_VALUE_BYTES], wanted[TL_COURSE_VALUE_BYTES];

    tl_course_init(&course);
    for (size_t i = 0; i < TL_SETTING_COUNT; i++) {
        const struct tl_setting *setting = &tl_settings[i];
        const double third = setting->minimum + (fmin(setting->maximum, 50) - setting->minimum) / 3;

        tl_setting_set(setting, &course,
                       setting->kind == TL_SETTING_WORD ? 1 : setting->kind == TL_SETTING_WHOLE ? ceil(third) : third);
    }
    ck_assert_int_eq(tl_course_set(&course, "class-weights", "a b=2,c=0.1", &err), TL_OK);
    json = write_json(&course);
    tl_course_init(&back);
    ck_assert_msg(tl_course_json_read(&back, &words, json, &err) == TL_OK, "%s", err.message);
    for (size_t i = 0; i < TL_SETTING_COUNT; i++) {
        ck_assert(tl_setting_get(&tl_settings[i], &back) == tl_setting_get(&tl_settings[i], &course));
        tl_course_get(found, &back, i);
        tl_course_get(wanted, &course, i);
        ck_assert_str_eq(found, wanted);
    }
    ck_assert_str_eq(back.class_weights_text, "a b=2,c=0.1");
    tl_memory_free(json);
    tl_memory_free(words);
}
END_TEST

START_TEST(class_weights_are_read_for_the_classes_there_are)
{
    static const char *const names[] = {"rain", "a=b", "sun"};
    double weights[3];

    ck_assert_int_eq(tl_class_weights_read(weights, names, 3, "sun=2,a=b=0.5", &err), TL_OK);
    ck_assert(weights[0] == 1 && weights[1] == 0.5 && weights[2] == 2);
}
END_TEST

/* ---- Limits ---- */

START_TEST(what_json_does_not_say_stays_as_it_was)
{
    struct tl_course course;
    char *words = NULL;

    tl_course_init(&course);
    course.epochs = 7;
    ck_assert_int_eq(tl_course_json_read(&course, &words, "{\"l2\": 0.25, \"learning-rate\": 1.0e-2}", &err), TL_OK);
    ck_assert(course.epochs == 7 && course.l2 == 0.25 && course.learning_rate == 0.01);
    ck_assert_ptr_null(words);
}
END_TEST

/* ---- Faults ---- */

START_TEST(choices_and_values_that_are_none_are_refused)
{
    static const char *const cases[][2] = {{"colour", "1"},          {"epochs", "0"},          {"epochs", "2.5"},
                                           {"solver", "magic"},      {"l2", "-1"},             {"class-weights", "given"},
                                           {"class-weights", "a="},  {"class-weights", "=1"},  {"class-weights", "a=0"},
                                           {"class-weights", "a=1,"}, {"class-weights", "a=x"}, {"class-weights", ",a=1"}};
    struct tl_course course;

    tl_course_init(&course);
    ck_assert_int_eq(tl_course_set(&course, cases[_i][0], cases[_i][1], &err), TL_BAD_INPUT);
    ck_assert_int_eq(course.epochs, 20);
    ck_assert_int_eq(course.weighting, TL_COURSE_EQUAL);
}
END_TEST

START_TEST(json_that_is_none_is_corrupt_and_an_unknown_choice_bad)
{
    struct tl_course course;
    char *words = NULL;

    tl_course_init(&course);
    ck_assert_int_eq(tl_course_json_read(&course, &words, "{\"l2\"}", &err), TL_CORRUPT);
    ck_assert_int_eq(tl_course_json_read(&course, &words, "{\"class_weights\":\"a=1\",\"magic\":1}", &err), TL_BAD_INPUT);
    ck_assert_ptr_null(words);
    ck_assert_ptr_nonnull(strstr(err.message, "magic"));
}
END_TEST

START_TEST(weights_of_classes_that_are_not_there_are_refused)
{
    static const char *const names[] = {"rain", "sun"};
    double weights[2];

    ck_assert_int_eq(tl_class_weights_read(weights, names, 2, "fog=2", &err), TL_BAD_INPUT);
    ck_assert_int_eq(tl_class_weights_read(weights, names, 2, "sun=2,sun=3", &err), TL_BAD_INPUT);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("course_json");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, the_default_course_is_this_json);
    tcase_add_test(core, every_choice_comes_back_to_the_last_bit);
    tcase_add_test(core, class_weights_are_read_for_the_classes_there_are);
    suite_add_tcase(suite, core);
    tcase_add_test(limits, what_json_does_not_say_stays_as_it_was);
    suite_add_tcase(suite, limits);
    tcase_add_loop_test(faults, choices_and_values_that_are_none_are_refused, 0, 12);
    tcase_add_test(faults, json_that_is_none_is_corrupt_and_an_unknown_choice_bad);
    tcase_add_test(faults, weights_of_classes_that_are_not_there_are_refused);
    suite_add_tcase(suite, faults);
    return suite;
}
