/* test_metadata.c - what a file says of itself is believed only when it makes sense. */
#include <string.h>

#include "common/image/metadata.h"
#include "tests/support/suite.h"

static const struct {
    const char *exif, *expected;
} TIMES[] = {
    {"2015:03:01 12:30:00", "2015-03-01 12:30:00"},
    {"1999:12:31 23:59:60", "1999-12-31 23:59:60"},
    {"2016:02:29 00:00:00", "2016-02-29 00:00:00"},
    {"0000:00:00 00:00:00", ""},
    {"2015:13:01 12:30:00", ""},
    {"2015:02:30 12:30:00", ""},
    {"2015:03:01 24:30:00", ""},
    {"2015-03-01 12:30:00", ""},
    {"2015:03:01 12:30", ""},
    {"2015:03:01 12:30:00 ", ""},
    {"    :  :     :  :  ", ""},
    {"+015:03:01 12:30:00", ""},
    {"", ""},
};

START_TEST(a_time_is_a_time_or_nothing)
{
    char out[20] = "untouched";

    ck_assert_int_eq(tl_metadata_parse_time(out, TIMES[_i].exif), TIMES[_i].expected[0] != '\0');
    ck_assert_str_eq(out, TIMES[_i].expected);
}
END_TEST

static const struct {
    const char *rendered, *expected;
} TEXTS[] = {
    {"Canon (Canon, ASCII, 6 components, 6 bytes)", "Canon"},
    {"Model (7) (Model (7), ASCII, 10 components, 10 bytes)", "Model (7)"},
    {" NIKON   ( NIKON  , ASCII, 9 components, 9 bytes)", "NIKON"},
    {"a, ASCII, b (a, ASCII, b, ASCII, 12 components, 12 bytes)", "a, ASCII, b"},
    {"caf\xc3\xa9 (caf\xc3\xa9, ASCII, 6 components, 6 bytes)", "caf\xc3\xa9"},
    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 (\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9, ASCII, "
     "15 components, 15 bytes)",
     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"}, /* cut between characters */
    {"bad \xff (bad \xff, ASCII, 6 components, 6 bytes)", ""},
    {"bell \a (bell \a, ASCII, 7 components, 7 bytes)", ""},
    {"two\nlines (two\nlines, ASCII, 10 components, 10 bytes)", ""},
    {" (, ASCII, 0 components, 0 bytes)", ""},
    {"6 (6, Short, 1 components, 2 bytes)", ""},
    {"one (two, ASCII, 4 components, 4 bytes)", ""},
    {"one (other, ASCII, 4 components, 4 bytes)", ""},
    {", ASCII, ", ""},
    {"x, ASCII, ", ""},
    {"", ""},
};

START_TEST(a_text_is_plain_and_fits_or_is_nothing)
{
    char out[12];

    tl_metadata_parse_text(out, sizeof out, TEXTS[_i].rendered);
    ck_assert_str_eq(out, TEXTS[_i].expected);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("metadata");
    TCase *limits = tcase_create("Limits");

    tcase_add_loop_test(limits, a_time_is_a_time_or_nothing, 0, sizeof TIMES / sizeof *TIMES);
    tcase_add_loop_test(limits, a_text_is_plain_and_fits_or_is_nothing, 0, sizeof TEXTS / sizeof *TEXTS);
    suite_add_tcase(suite, limits);
    return suite;
}
