/* test_answer_text.c - the lines of tl-classify, to the byte: other programs read them. */
#include <string.h>

#include "common/base/memory.h"
#include "serve/classify/answer_text.h"
#include "tests/support/suite.h"

static const char *const CLASSES[] = {"cloudy", "rain, heavy", "sun\"rise"};
enum { CLASS_COUNT = 3 };

static struct tl_answer_style make_style(enum tl_answer_format format, size_t top_count)
{
    struct tl_answer_style style = {format, CLASSES, CLASS_COUNT, top_count, 3, NULL};

    return style;
}

/* An answer that names class 1, then 2, then 0. */
static struct tl_answer *make_answer(const char *path)
{
    static const double PROBABILITIES[] = {0.0625, 0.75, 0.1875};
    static const size_t ORDER[] = {1, 2, 0};
    struct tl_answer *answer = NULL;

    ck_assert_int_eq(tl_answer_create(&answer, CLASS_COUNT, NULL), TL_OK);
    answer->path = tl_memory_copy_string(path);
    memcpy(answer->probabilities, PROBABILITIES, sizeof PROBABILITIES);
    memcpy(answer->order, ORDER, sizeof ORDER);
    return answer;
}

static struct tl_answer *make_failure(const char *path)
{
    struct tl_answer *answer = make_answer(path);

    (void)tl_error_set(&answer->problem, TL_BAD_INPUT, "not a \"photo\"");
    return answer;
}

/* The line is `expected`; frees the answer. */
static void check_line(const struct tl_answer_style *style, struct tl_answer *answer, const char *expected)
{
    struct tl_text text;

    tl_text_init(&text, TL_ANSWER_LINE_BYTES);
    tl_answer_text_append_line(&text, style, answer);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    ck_assert_str_eq(text.bytes, expected);
    tl_text_free(&text);
    tl_answer_free(answer);
}

static void check_head(const struct tl_answer_style *style, const char *expected)
{
    struct tl_text text;

    tl_text_init(&text, TL_ANSWER_LINE_BYTES);
    tl_answer_text_append_head(&text, style);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    ck_assert_str_eq(text.bytes, expected);
    tl_text_free(&text);
}

START_TEST(json_has_the_keys_that_do_not_change_in_falling_order)
{
    struct tl_answer_style style = make_style(TL_ANSWER_JSON, CLASS_COUNT);

    check_head(&style, "");
    check_line(&style, make_answer("a/b.jpg"),
               "{\"photo\": \"a/b.jpg\", \"class\": \"rain, heavy\", \"probability\": 0.75, \"classes\": {\"rain, heavy\": 0.75, "
               "\"sun\\\"rise\": 0.1875, \"cloudy\": 0.0625}, \"run\": 3}\n");
}
END_TEST

START_TEST(json_of_a_photo_that_failed_has_the_photo_and_the_error_alone)
{
    struct tl_answer_style style = make_style(TL_ANSWER_JSON, CLASS_COUNT);

    check_line(&style, make_failure("b.jpg"), "{\"photo\": \"b.jpg\", \"error\": \"not a \\\"photo\\\"\"}\n");
}
END_TEST

START_TEST(csv_has_a_column_for_each_class_in_the_order_of_the_head)
{
    struct tl_answer_style style = make_style(TL_ANSWER_CSV, 1);

    check_head(&style, "photo,class,probability,cloudy,\"rain, heavy\",\"sun\"\"rise\"\n");
    check_line(&style, make_answer("a.jpg"), "a.jpg,\"rain, heavy\",0.75,0.0625,0.75,0.1875\n");
    check_line(&style, make_failure("b.jpg"), "");
}
END_TEST

START_TEST(a_table_line_stands_in_columns)
{
    struct tl_answer_style style = make_style(TL_ANSWER_TABLE, 1);

    check_head(&style, "class        probability  photo\n");
    check_line(&style, make_answer("a.jpg"), "rain, heavy       0.7500  a.jpg\n");
    check_line(&style, make_failure("b.jpg"), "");
}
END_TEST

START_TEST(a_table_line_goes_on_with_further_classes)
{
    struct tl_answer_style style = make_style(TL_ANSWER_TABLE, 2);

    check_head(&style, "class        probability  class        probability  photo\n");
    check_line(&style, make_answer("a.jpg"), "rain, heavy       0.7500  sun\"rise          0.1875  a.jpg\n");
    style.top_count = 100;
    check_line(&style, make_answer("a.jpg"),
               "rain, heavy       0.7500  sun\"rise          0.1875  cloudy            0.0625  a.jpg\n");
}
END_TEST

START_TEST(top_limits_the_classes_of_json)
{
    struct tl_answer_style style = make_style(TL_ANSWER_JSON, 1);

    check_line(&style, make_answer("a.jpg"),
               "{\"photo\": \"a.jpg\", \"class\": \"rain, heavy\", \"probability\": 0.75, \"classes\": {\"rain, heavy\": 0.75}, "
               "\"run\": 3}\n");
}
END_TEST

START_TEST(a_head_without_a_run_goes_by_its_name)
{
    struct tl_answer_style style = make_style(TL_ANSWER_JSON, 1);

    style.run_id = 0;
    style.run_name = "imported";
    check_line(&style, make_answer("a.jpg"),
               "{\"photo\": \"a.jpg\", \"class\": \"rain, heavy\", \"probability\": 0.75, \"classes\": {\"rain, heavy\": 0.75}, "
               "\"run\": \"imported\"}\n");
}
END_TEST

START_TEST(a_newline_and_bytes_that_are_not_utf8_keep_to_one_line)
{
    struct tl_answer_style json = make_style(TL_ANSWER_JSON, 1), csv = make_style(TL_ANSWER_CSV, 1),
                           table = make_style(TL_ANSWER_TABLE, 1);

    check_line(&json, make_answer("a\nb\xff.jpg"),
               "{\"photo\": \"a\\nb\\\\xff.jpg\", \"class\": \"rain, heavy\", \"probability\": 0.75, \"classes\": {\"rain, "
               "heavy\": 0.75}, "
               "\"run\": 3}\n");
    check_line(&csv, make_answer("a\nb.jpg"), "\"a\nb.jpg\",\"rain, heavy\",0.75,0.0625,0.75,0.1875\n");
    check_line(&table, make_answer("a\nb\xff\x1b[2J.jpg"), "rain, heavy       0.7500  a\\x0ab\\xff\\x1b[2J.jpg\n");
}
END_TEST

START_TEST(a_long_path_moves_no_column)
{
    struct tl_answer_style style = make_style(TL_ANSWER_TABLE, 1);

    check_line(&style, make_answer("photographs/of/the/year/1998/in/the/mountains.jpg"),
               "rain, heavy       0.7500  photographs/of/the/year/1998/in/the/mountains.jpg\n");
}
END_TEST

START_TEST(a_line_beyond_the_ceiling_is_refused)
{
    struct tl_answer_style style = make_style(TL_ANSWER_JSON, 1);
    struct tl_answer *answer = make_answer("a.jpg");
    struct tl_error err;
    struct tl_text text;

    tl_text_init(&text, 20);
    tl_answer_text_append_line(&text, &style, answer);
    ck_assert_int_eq(tl_text_check(&text, &err), TL_NO_MEMORY);
    tl_text_free(&text);
    tl_answer_free(answer);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("answer_text");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, json_has_the_keys_that_do_not_change_in_falling_order);
    tcase_add_test(core, json_of_a_photo_that_failed_has_the_photo_and_the_error_alone);
    tcase_add_test(core, csv_has_a_column_for_each_class_in_the_order_of_the_head);
    tcase_add_test(core, a_table_line_stands_in_columns);
    tcase_add_test(core, a_table_line_goes_on_with_further_classes);
    tcase_add_test(limits, top_limits_the_classes_of_json);
    tcase_add_test(limits, a_head_without_a_run_goes_by_its_name);
    tcase_add_test(limits, a_newline_and_bytes_that_are_not_utf8_keep_to_one_line);
    tcase_add_test(limits, a_long_path_moves_no_column);
    tcase_add_test(faults, a_line_beyond_the_ceiling_is_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
