/* test_utf8.c - well-formed is what the Unicode standard's table 3-7 says, on all its edges. */
#include <string.h>

#include "common/base/utf8.h"
#include "tests/support/suite.h"

struct utf8_case {
    const char *bytes;
    size_t character_bytes, visible_bytes;
};

static const struct utf8_case CASES[] = {
    {"a", 1, 1},
    {"\x1f", 1, 0},
    {" ", 1, 1},
    {"~", 1, 1},
    {"\x7f", 1, 0},
    {"\x80", 0, 0},
    {"\xbf", 0, 0},
    {"\xc0\x80", 0, 0}, /* overlong */
    {"\xc1\xbf", 0, 0},
    {"\xc2\x80", 2, 0}, /* U+0080 */
    {"\xc2\x9f", 2, 0},
    {"\xc2\xa0", 2, 2},
    {"\xdf\xbf", 2, 2},
    {"\xdf\xc0", 0, 0},
    {"\xe0\x9f\xbf", 0, 0}, /* overlong */
    {"\xe0\xa0\x80", 3, 3},
    {"\xed\x9f\xbf", 3, 3},
    {"\xed\xa0\x80", 0, 0}, /* a surrogate */
    {"\xed\xbf\xbf", 0, 0},
    {"\xee\x80\x80", 3, 3},
    {"\xef\xbf\xbf", 3, 3},
    {"\xe2\x82", 0, 0}, /* cut */
    {"\xe2\x82\x28", 0, 0},
    {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
    {"\xf0\x90\x80\x80", 4, 4},
    {"\xf4\x8f\xbf\xbf", 4, 4},
    {"\xf4\x90\x80\x80", 0, 0}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", 0, 0},
    {"\xff", 0, 0},
    {"", 0, 0},
};

START_TEST(the_first_character_is_recognised)
{
    const struct utf8_case *c = &CASES[_i];

    ck_assert_uint_eq(tl_utf8_character_bytes(c->bytes, strlen(c->bytes)), c->character_bytes);
    ck_assert_uint_eq(tl_utf8_visible_bytes(c->bytes, strlen(c->bytes)), c->visible_bytes);
    if (c->character_bytes > 1)
        ck_assert_uint_eq(tl_utf8_character_bytes(c->bytes, c->character_bytes - 1), 0);
}
END_TEST

START_TEST(count_counts_characters_and_stray_bytes)
{
    ck_assert_uint_eq(tl_utf8_count(""), 0);
    ck_assert_uint_eq(tl_utf8_count("abc"), 3);
    ck_assert_uint_eq(tl_utf8_count("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3);
    ck_assert_uint_eq(tl_utf8_count("a\xff\xe2\x82"), 4);
}
END_TEST

START_TEST(the_visible_form_is_cut_between_characters)
{
    static const char *const FORMS[] = {
        "", "a", "a", "a", "a", "a\\x07", "a\\x07", "a\\x07\xc3\xa9", "a\\x07\xc3\xa9", "a\\x07\xc3\xa9"};
    char out[16];

    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        memset(out, '?', sizeof out);
        tl_utf8_write_visible(out, i + 1, "a\x07\xc3\xa9");
        ck_assert_str_eq(out, FORMS[i]);
        ck_assert_int_eq(out[i + 1], '?');
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/utf8");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_test(core, count_counts_characters_and_stray_bytes);
    tcase_add_loop_test(limits, the_first_character_is_recognised, 0, (int)(sizeof CASES / sizeof CASES[0]));
    tcase_add_test(limits, the_visible_form_is_cut_between_characters);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
