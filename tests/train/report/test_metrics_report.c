/* test_metrics_report.c - figures as people and programs read them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "train/report/metrics_report.h"

enum { PHOTOS = 4, TEXT_BYTES = 4096 };
static const char *const NAMES[] = {"cat", "a \"dog\""};

static const double probabilities[2 * PHOTOS] = {0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75, 0.25};
static const uint32_t true_classes[PHOTOS] = {0, 1, 0, 1};

static struct tl_metrics *measure(const bool *has_copy)
{
    const struct tl_metrics_photos photos = {probabilities, true_classes, has_copy, NULL, PHOTOS, 2};
    struct tl_metrics *metrics = NULL;

    ck_assert_int_eq(tl_metrics_measure(&metrics, &photos, NULL), TL_OK);
    return metrics;
}

static void expect_lines(const bool *has_copy, const char *expected)
{
    char text[TEXT_BYTES] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    struct tl_metrics *metrics = measure(has_copy);

    ck_assert_ptr_nonnull(file);
    tl_metrics_report_lines(file, metrics);
    fclose(file);
    ck_assert_str_eq(text, expected);
    tl_metrics_free(metrics);
}

START_TEST(copies_are_told_where_there_are_some)
{
    static const bool none[PHOTOS] = {false}, last[PHOTOS] = {false, false, false, true}, all[PHOTOS] = {true, true, true, true};

    expect_lines(NULL, "  accuracy 95% between 0.2500 and 1.0000 - calibration error: 0.0000\n");
    expect_lines(none, "  accuracy 95% between 0.2500 and 1.0000 - calibration error: 0.0000\n");
    expect_lines(last, "  accuracy 95% between 0.2500 and 1.0000 - calibration error: 0.0000\n"
                       "  accuracy without the 1 photos that have a copy in training: 1.0000\n");
    expect_lines(all, "  accuracy 95% between 0.2500 and 1.0000 - calibration error: 0.0000\n"
                      "  all of them have a copy in training\n");
}
END_TEST

START_TEST(classes_are_a_table_and_their_means)
{
    char text[TEXT_BYTES] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    struct tl_metrics *metrics = measure(NULL);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(tl_metrics_report_classes(file, metrics, NAMES, NULL), TL_OK);
    fclose(file);
    ck_assert_str_eq(text, "class    precision  recall      f1  photos\n"
                           "-------  ---------  ------  ------  ------\n"
                           "cat         0.6667  1.0000  0.8000       2\n"
                           "a \"dog\"     1.0000  0.5000  0.6667       2\n"
                           "(mean)      0.8333  0.7500  0.7333       4\n");
    tl_metrics_free(metrics);
}
END_TEST

START_TEST(programs_read_the_same_names_as_in_the_store)
{
    struct tl_metrics *metrics = measure(NULL);
    struct tl_text text;

    tl_text_init(&text, TEXT_BYTES);
    tl_metrics_report_append_json(&text, metrics, NAMES);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    ck_assert_ptr_nonnull(strstr(text.bytes, ", \"metrics\": {\"loss\": "));
    ck_assert_ptr_nonnull(strstr(text.bytes, "\"accuracy\": 0.75, \"accuracy_low\": 0.25, \"accuracy_high\": 1, \"ece\": 0, "));
    ck_assert_ptr_nonnull(strstr(text.bytes, ", \"support\": 4}, \"per_class\": {\"cat\": {\"precision\": 0.6666666666666666, "));
    ck_assert_ptr_nonnull(strstr(text.bytes, ", \"a \\\"dog\\\"\": {\"precision\": 1, \"recall\": 0.5, "));
    ck_assert_str_eq(text.bytes + strlen(text.bytes) - strlen("\"support\": 2}}"), "\"support\": 2}}");
    tl_text_free(&text);
    tl_metrics_free(metrics);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("metrics_report");
    TCase *core = tcase_create("core");

    tcase_add_test(core, copies_are_told_where_there_are_some);
    tcase_add_test(core, classes_are_a_table_and_their_means);
    tcase_add_test(core, programs_read_the_same_names_as_in_the_store);
    suite_add_tcase(suite, core);
    return suite;
}
