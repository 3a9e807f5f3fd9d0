/* test_error.c - messages are one line, cut between characters, and prefixes stack. */
#include <string.h>

#include "common/base/error.h"
#include "tests/support/suite.h"

START_TEST(set_fills_the_error_and_returns_the_status)
{
    struct tl_error err;

    ck_assert_int_eq(tl_error_set(&err, TL_CORRUPT, "%d of %s", 3, "four"), TL_CORRUPT);
    ck_assert_int_eq(err.status, TL_CORRUPT);
    ck_assert_str_eq(err.message, "3 of four");
}
END_TEST

START_TEST(prefixes_stand_in_front_of_what_was_there)
{
    struct tl_error err;

    tl_error_set(&err, TL_BAD_INPUT, "empty");
    ck_assert_int_eq(tl_error_prefix(&err, "%s.jpg", "a"), TL_BAD_INPUT);
    ck_assert_int_eq(tl_error_prefix(&err, "scan"), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "scan: a.jpg: empty");
}
END_TEST

START_TEST(no_memory_tells_what_and_how_much)
{
    struct tl_error err;

    ck_assert_int_eq(tl_error_set_no_memory(&err, "pixels", 1ULL << 40), TL_NO_MEMORY);
    ck_assert_str_eq(err.message, "no memory for pixels (1099511627776 bytes)");
}
END_TEST

START_TEST(an_error_may_be_set_from_its_own_message)
{
    struct tl_error err;

    tl_error_set(&err, TL_IO, "inner");
    tl_error_set(&err, TL_CORRUPT, "outer (%s)", err.message);
    ck_assert_str_eq(err.message, "outer (inner)");
}
END_TEST

START_TEST(every_status_has_a_name)
{
    for (int status = TL_OK; status <= TL_STOPPED; status++)
        ck_assert_str_ne(tl_error_status_name((enum tl_status)status), "unknown");
    ck_assert_str_eq(tl_error_status_name(TL_BAD_INPUT), "bad input");
}
END_TEST

START_TEST(a_null_error_is_fine)
{
    ck_assert_int_eq(tl_error_set(NULL, TL_IO, "%s", "unheard"), TL_IO);
}
END_TEST

START_TEST(a_long_message_is_cut_and_ended)
{
    struct tl_error err;
    char text[3000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    tl_error_set(&err, TL_IO, "%s", text);
    ck_assert_uint_eq(strlen(err.message), TL_ERROR_MESSAGE_BYTES - 1);
}
END_TEST

START_TEST(the_cut_is_between_characters)
{
    struct tl_error err;
    char text[3000];

    /* 'a', then two-byte characters: the last byte of room would hold half of one. */
    for (int lead = 0; lead < 2; lead++) {
        size_t length;

        memset(text, 'a', sizeof text);
        for (size_t i = (size_t)lead; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xc3\xa9", 2);
        text[sizeof text - 1] = '\0';
        tl_error_set(&err, TL_IO, "%s", text);
        length = strlen(err.message);
        ck_assert_uint_ge(length, TL_ERROR_MESSAGE_BYTES - 2);
        ck_assert_str_eq(err.message + length - 2, "\xc3\xa9");
    }
}
END_TEST

START_TEST(a_prefix_on_a_full_message_cuts_its_end)
{
    struct tl_error err;
    char text[3000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    tl_error_set(&err, TL_IO, "%s", text);
    tl_error_prefix(&err, "name");
    ck_assert_uint_eq(strlen(err.message), TL_ERROR_MESSAGE_BYTES - 1);
    ck_assert_int_eq(strncmp(err.message, "name: xxx", 9), 0);
    tl_error_prefix(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.message), TL_ERROR_MESSAGE_BYTES - 1);
}
END_TEST

START_TEST(newlines_control_bytes_and_broken_utf8_are_made_visible)
{
    struct tl_error err;

    tl_error_set(&err, TL_IO, "a\nb\x1b[c\xff" "d\xc2\x9b" "e\x7f\xc3\xa9");
    ck_assert_str_eq(err.message, "a\\x0ab\\x1b[c\\xffd\\xc2\\x9be\\x7f\xc3\xa9");
}
END_TEST

START_TEST(an_escaped_message_is_not_escaped_again)
{
    struct tl_error err;

    tl_error_set(&err, TL_IO, "a\nb");
    tl_error_prefix(&err, "x\ty");
    tl_error_prefix(&err, "z");
    ck_assert_str_eq(err.message, "z: x\\x09y: a\\x0ab");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/error");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, set_fills_the_error_and_returns_the_status);
    tcase_add_test(core, prefixes_stand_in_front_of_what_was_there);
    tcase_add_test(core, no_memory_tells_what_and_how_much);
    tcase_add_test(core, an_error_may_be_set_from_its_own_message);
    tcase_add_test(core, every_status_has_a_name);
    tcase_add_test(limits, a_null_error_is_fine);
    tcase_add_test(limits, a_long_message_is_cut_and_ended);
    tcase_add_test(limits, the_cut_is_between_characters);
    tcase_add_test(limits, a_prefix_on_a_full_message_cuts_its_end);
    tcase_add_test(faults, newlines_control_bytes_and_broken_utf8_are_made_visible);
    tcase_add_test(faults, an_escaped_message_is_not_escaped_again);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
