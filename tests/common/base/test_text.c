/* test_text.c - the escapes of JSON, CSV and terminals, and the ceiling. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "tests/support/suite.h"

enum { CEILING = 1 << 16 };

static void check_text(struct tl_text *text, const char *expected)
{
    struct tl_error err;

    ck_assert_int_eq(tl_text_check(text, &err), TL_OK);
    ck_assert_str_eq(text->bytes, expected);
    ck_assert_uint_eq(text->length_bytes, strlen(expected));
    tl_text_clear(text);
}

START_TEST(pieces_append_in_order)
{
    struct tl_text text;

    tl_text_init(&text, CEILING);
    tl_text_append(&text, "a");
    tl_text_append_bytes(&text, "bcd", 2);
    tl_text_append_format(&text, "%d-%s", 7, "x");
    check_text(&text, "abc7-x");
    tl_text_free(&text);
}
END_TEST

START_TEST(json_strings_are_escaped)
{
    struct tl_text text;

    tl_text_init(&text, CEILING);
    tl_text_append_json_string(&text, "a\"b\\c/\n\t\r\x01\x7f");
    check_text(&text, "\"a\\\"b\\\\c/\\n\\t\\u000d\\u0001\\u007f\"");
    tl_text_append_json_string(&text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    check_text(&text, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    tl_text_append_json_string(&text, "\xc2\x9b");
    check_text(&text, "\"\\u009b\"");
    tl_text_append_json_string(&text, "a\xff" "b\xc3");
    check_text(&text, "\"a\\\\xffb\\\\xc3\"");
    tl_text_append_json_string(&text, "");
    check_text(&text, "\"\"");
    tl_text_free(&text);
}
END_TEST

START_TEST(csv_fields_are_quoted_only_where_needed)
{
    struct tl_text text;

    tl_text_init(&text, CEILING);
    tl_text_append_csv_field(&text, "plain text");
    check_text(&text, "plain text");
    tl_text_append_csv_field(&text, "a,b");
    check_text(&text, "\"a,b\"");
    tl_text_append_csv_field(&text, "say \"hi\"");
    check_text(&text, "\"say \"\"hi\"\"\"");
    tl_text_append_csv_field(&text, "\"");
    check_text(&text, "\"\"\"\"");
    tl_text_append_csv_field(&text, "a\r\nb");
    check_text(&text, "\"a\r\nb\"");
    tl_text_append_csv_field(&text, "");
    check_text(&text, "");
    tl_text_free(&text);
}
END_TEST

START_TEST(visible_text_shows_bytes_and_can_be_told_from_a_name_like_it)
{
    struct tl_text text;

    tl_text_init(&text, CEILING);
    tl_text_append_visible(&text, "a\nb\xff\xc3\xa9", 6);
    check_text(&text, "a\\x0ab\\xff\xc3\xa9");
    tl_text_append_visible(&text, "\\xff \\y \\", 9);
    check_text(&text, "\\x5cxff \\y \\");
    tl_text_append_visible(&text, "\0", 1);
    check_text(&text, "\\x00");
    tl_text_append_visible(&text, "", 0);
    check_text(&text, "");
    tl_text_free(&text);
}
END_TEST

START_TEST(the_visible_form_can_be_had_by_itself)
{
    char *form = tl_text_copy_visible("a\n\\x0a\xff");

    ck_assert_str_eq(form, "a\\x0a\\x5cx0a\\xff");
    tl_memory_free(form);
    form = tl_text_copy_visible("");
    ck_assert_str_eq(form, "");
    tl_memory_free(form);
    tl_memory_fail_at(1);
    ck_assert_ptr_null(tl_text_copy_visible("a"));
    tl_memory_fail_at(0);
}
END_TEST

START_TEST(no_json_string_is_null)
{
    struct tl_text text;

    tl_text_init(&text, CEILING);
    tl_text_append_json_string(&text, NULL);
    check_text(&text, "null");
    tl_text_free(&text);
}
END_TEST

START_TEST(plain_text_is_told_from_the_rest)
{
    ck_assert(tl_text_is_plain("", 0));
    ck_assert(tl_text_is_plain("caf\xc3\xa9 \\x", 8));
    ck_assert(!tl_text_is_plain("a\n", 2));
    ck_assert(!tl_text_is_plain("a\0", 2));
    ck_assert(!tl_text_is_plain("\xff", 1));
    ck_assert(!tl_text_is_plain("\xc3\xa9", 1));
}
END_TEST

struct number_case {
    double value;
    const char *expected;
};

static const struct number_case NUMBERS[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {20.0, "20"},
    {-1000000.0, "-1000000"},
    {0.1, "0.1"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3.0, "0.3333333333333333"},
    {12.5, "12.5"},
    {1e-7, "1e-07"},
    {1e15, "1e+15"},
    {123456789012345678.0, "1.2345678901234568e+17"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {5e-324, "5e-324"},
    {(double)NAN, "null"},
    {HUGE_VAL, "null"},
    {-HUGE_VAL, "null"},
};

START_TEST(json_numbers_are_the_shortest_that_read_back)
{
    const struct number_case *c = &NUMBERS[_i];
    struct tl_text text;

    tl_text_init(&text, CEILING);
    tl_text_append_json_number(&text, c->value);
    if (isfinite(c->value)) {
        double back = strtod(text.bytes, NULL);

        ck_assert_mem_eq(&back, &c->value, sizeof back);
    }
    check_text(&text, c->expected);
    tl_text_free(&text);
}
END_TEST

START_TEST(an_empty_text_is_an_empty_string)
{
    struct tl_text text;

    tl_text_init(&text, 0);
    check_text(&text, "");
    tl_text_free(&text);
    tl_text_free(&text);
}
END_TEST

START_TEST(formats_of_any_length_fit)
{
    char long_text[5000];
    struct tl_text text;

    memset(long_text, 'y', sizeof long_text);
    tl_text_init(&text, CEILING);
    for (int length = 250; length <= 260; length++) {
        tl_text_append_format(&text, "%.*s|", length, long_text);
        ck_assert_uint_eq(text.length_bytes, (size_t)length + 1);
        ck_assert_uint_eq(strlen(text.bytes), text.length_bytes);
        ck_assert_int_eq(text.bytes[length], '|');
        tl_text_clear(&text);
    }
    tl_text_append_format(&text, "%.*s", (int)sizeof long_text, long_text);
    ck_assert_uint_eq(strlen(text.bytes), sizeof long_text);
    tl_text_free(&text);
}
END_TEST

START_TEST(the_ceiling_itself_is_reached_and_not_passed)
{
    struct tl_error err;
    struct tl_text text;

    for (size_t ceiling = 1; ceiling < 600; ceiling += 37) {
        tl_text_init(&text, ceiling);
        for (size_t i = 0; i < ceiling; i++)
            tl_text_append(&text, "z");
        ck_assert_int_eq(tl_text_check(&text, &err), TL_OK);
        ck_assert_uint_eq(strlen(text.bytes), ceiling);
        ck_assert_uint_le(text.capacity_bytes, ceiling + 1);
        tl_text_append(&text, "z");
        ck_assert_int_eq(tl_text_check(&text, &err), TL_NO_MEMORY);
        tl_text_free(&text);
    }
}
END_TEST

START_TEST(after_a_failure_nothing_is_appended_until_cleared)
{
    struct tl_error err;
    struct tl_text text;

    tl_text_init(&text, 4);
    tl_text_append(&text, "abc");
    tl_text_append(&text, "de");
    tl_text_append(&text, "f"); /* would fit */
    tl_text_append_format(&text, "%d", 1);
    ck_assert_int_eq(tl_text_check(&text, &err), TL_NO_MEMORY);
    ck_assert_str_eq(err.message, "no memory for a text after 3 bytes (at most 4)");
    tl_text_clear(&text);
    tl_text_append(&text, "f");
    check_text(&text, "f");
    tl_text_free(&text);
}
END_TEST

static void append_everything(struct tl_text *text)
{
    for (int i = 0; i < 100; i++) {
        tl_text_append_json_string(text, "k\n\xff");
        tl_text_append_json_number(text, i / 7.0);
        tl_text_append_csv_field(text, "a,\"b\"");
        tl_text_append_visible(text, "\x01z", 2);
        tl_text_append_format(text, "%300d", i);
    }
}

START_TEST(running_out_of_memory_is_told_at_the_end)
{
    struct tl_error err;
    struct tl_text text;
    size_t call_count;

    tl_text_init(&text, CEILING);
    tl_memory_fail_at(0);
    append_everything(&text);
    call_count = tl_memory_fail_at(0);
    tl_text_free(&text);
    ck_assert_uint_gt(call_count, 2);
    for (size_t n = 1; n <= call_count; n++) {
        tl_text_init(&text, CEILING);
        tl_memory_fail_at(n);
        append_everything(&text);
        tl_memory_fail_at(0);
        ck_assert_int_eq(tl_text_check(&text, &err), TL_NO_MEMORY);
        tl_text_free(&text);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/text");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, pieces_append_in_order);
    tcase_add_test(core, json_strings_are_escaped);
    tcase_add_test(core, csv_fields_are_quoted_only_where_needed);
    tcase_add_test(core, visible_text_shows_bytes_and_can_be_told_from_a_name_like_it);
    tcase_add_test(core, the_visible_form_can_be_had_by_itself);
    tcase_add_test(core, no_json_string_is_null);
    tcase_add_test(core, plain_text_is_told_from_the_rest);
    tcase_add_loop_test(core, json_numbers_are_the_shortest_that_read_back, 0, (int)(sizeof NUMBERS / sizeof NUMBERS[0]));
    tcase_add_test(limits, an_empty_text_is_an_empty_string);
    tcase_add_test(limits, formats_of_any_length_fit);
    tcase_add_test(limits, the_ceiling_itself_is_reached_and_not_passed);
    tcase_add_test(faults, after_a_failure_nothing_is_appended_until_cleared);
    tcase_add_test(faults, running_out_of_memory_is_told_at_the_end);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
