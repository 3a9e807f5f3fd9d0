/* test_quantity.c - durations and sizes of the command line. */
#include <string.h>

#include "common/base/quantity.h"
#include "tests/support/suite.h"

static const struct {
    const char *text;
    double seconds;
} TIMES[] = {{"90s", 90},    {"45m", 2700}, {"8h", 28800}, {"2d", 172800},
             {"1.5h", 5400}, {".5m", 30},   {"10.s", 10},  {"0.001s", 0.001}};

START_TEST(a_time_is_a_number_with_its_unit)
{
    struct tl_error err;
    double seconds;

    ck_assert_int_eq(tl_quantity_read_seconds(&seconds, "stop-after", TIMES[_i].text, &err), TL_OK);
    ck_assert_double_eq_tol(seconds, TIMES[_i].seconds, 1e-9 * TIMES[_i].seconds);
}
END_TEST

static const struct {
    const char *text;
    int64_t bytes;
} SIZES[] = {{"1K", 1000}, {"500M", 500000000}, {"50G", 50000000000}, {"1.5T", 1500000000000}, {"0.001K", 1}};

START_TEST(a_size_is_a_number_with_its_unit)
{
    struct tl_error err;
    int64_t bytes;

    ck_assert_int_eq(tl_quantity_read_bytes(&bytes, "max-size", SIZES[_i].text, &err), TL_OK);
    ck_assert_int_eq(bytes, SIZES[_i].bytes);
}
END_TEST

static const struct {
    int64_t bytes;
    const char *words;
} WORDS[] = {{0, "0 bytes"},        {999, "999 bytes"},           {1000, "1.0 kB"},
             {7123, "7.1 kB"},      {999949, "999.9 kB"},         {999951, "1.0 MB"},
             {1500000, "1.5 MB"},   {50000000000, "50.0 GB"},     {1234567890123, "1.2 TB"},
             {-2500000, "-2.5 MB"}, {5000000000000000, "5000.0 TB"}};

START_TEST(a_size_is_told_in_its_largest_unit)
{
    char words[TL_QUANTITY_BYTES_WORDS];

    tl_quantity_format_bytes(words, WORDS[_i].bytes);
    ck_assert_str_eq(words, WORDS[_i].words);
}
END_TEST

static const char *const WRONG[] = {"",     "8",    "h",    "8 h",  " 8h", "8hh",     "-8h",         "0h",
                                    "0.0s", "1e3h", "infs", "nans", "8H",  "8.h.",    "1..5h",       "8G",
                                    "0x8h", ".s",   "G",    "5g",   "0K",  "0.0001K", "9999999999T", "99999999999d"};

START_TEST(anything_else_is_refused_by_name)
{
    struct tl_error err;
    double seconds = 7.0;
    int64_t bytes = 7;

    ck_assert_int_eq(tl_quantity_read_seconds(&seconds, "stop-after", WRONG[_i], &err), TL_BAD_INPUT);
    ck_assert(strstr(err.message, "--stop-after takes") != NULL);
    ck_assert(seconds >= 0.0 && seconds <= 0.0);
    if (strcmp(WRONG[_i], "8G") == 0)
        return;
    ck_assert_int_eq(tl_quantity_read_bytes(&bytes, "max-size", WRONG[_i], &err), TL_BAD_INPUT);
    ck_assert(strstr(err.message, "--max-size takes") != NULL);
    ck_assert_int_eq(bytes, 0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("quantity");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_loop_test(core, a_time_is_a_number_with_its_unit, 0, sizeof TIMES / sizeof TIMES[0]);
    tcase_add_loop_test(core, a_size_is_a_number_with_its_unit, 0, sizeof SIZES / sizeof SIZES[0]);
    tcase_add_loop_test(core, a_size_is_told_in_its_largest_unit, 0, sizeof WORDS / sizeof WORDS[0]);
    suite_add_tcase(suite, core);
    tcase_add_loop_test(faults, anything_else_is_refused_by_name, 0, sizeof WRONG / sizeof WRONG[0]);
    suite_add_tcase(suite, faults);
    return suite;
}
