/* test_fit_report.c - what people read: epoch lines as Keras prints them, confusions small and large. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "train/report/fit_report.h"

enum { MANY = 40, TEXT_BYTES = 1 << 14 };

static void expect_confusion(const char *const *names, size_t class_count, const int64_t *confusion, const char *expected)
{
    char text[TEXT_BYTES] = "";
    FILE *file = fmemopen(text, sizeof text, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(tl_fit_report_confusion(file, names, class_count, confusion, NULL), TL_OK);
    fclose(file);
    ck_assert_str_eq(text, expected);
}

START_TEST(epochs_read_as_kerass)
{
    static const struct {
        struct tl_store_epoch epoch;
        const char *line;
    } lines[] = {
        {{0.12344, 0.98765, 0.2, 1}, "Epoch 3/20 - loss: 0.1234 - accuracy: 0.9877 - val_loss: 0.2000 - val_accuracy: 1.0000\n"},
        {{12.5, 0, (double)NAN, (double)NAN}, "Epoch 3/20 - loss: 12.5000 - accuracy: 0.0000\n"},
    };
    char text[200] = "";
    FILE *file = fmemopen(text, sizeof text, "w");

    ck_assert_ptr_nonnull(file);
    tl_fit_report_epoch(file, 3, 20, &lines[_i].epoch);
    fclose(file);
    ck_assert_str_eq(text, lines[_i].line);
}
END_TEST

START_TEST(a_few_classes_are_a_matrix)
{
    const char *const names[] = {"cat", "a dog"};
    const int64_t confusion[] = {12, 0, 3, 4};

    expect_confusion(names, 2, confusion, "true class  cat  a dog\n"
                                          "----------  ---  -----\n"
                                          "cat          12      0\n"
                                          "a dog         3      4\n");
}
END_TEST

START_TEST(many_classes_are_their_most_frequent_mistakes)
{
    static int64_t confusion[MANY * MANY];
    const char *names[MANY];
    char name_bytes[MANY][8], expected[TEXT_BYTES] = "true class  predicted class  photos\n----------  ---------------  ------\n";

    for (size_t l = 0; l < MANY; l++) {
        snprintf(name_bytes[l], sizeof name_bytes[l], "c%02zu", l);
        names[l] = name_bytes[l];
        confusion[l * MANY + l] = 1000;
    }
    for (size_t k = 0; k < 30; k++) /* 30 kinds of mistakes, the later the more frequent, but for the last two */
        confusion[k * MANY + k + 1] = (int64_t)(k < 29 ? k + 1 : 29);
    for (size_t n = 0; n < TL_FIT_REPORT_MISTAKES; n++) {
        const size_t k = n == 0 ? 28 : n == 1 ? 29 : 29 - n;
        char line[64];
        snprintf(line, sizeof line, "c%02zu         c%02zu                  %2d\n", k, k + 1, (int)confusion[k * MANY + k + 1]);
        strcat(expected, line);
    }
    expect_confusion(names, MANY, confusion, expected);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("fit_report");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, epochs_read_as_kerass, 0, 2);
    tcase_add_test(core, a_few_classes_are_a_matrix);
    tcase_add_test(core, many_classes_are_their_most_frequent_mistakes);
    suite_add_tcase(suite, core);
    return suite;
}
