/* test_flat_json.c - objects of texts and numbers, read pair by pair. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/flat_json.h"
#include "common/base/memory.h"
#include "tests/support/suite.h"

/* "key=text;" of each pair, numbers in brackets; ends with the status where that is not the end. */
static void read_all(char *out, size_t out_bytes, const char *json)
{
    struct tl_flat_json reader;
    struct tl_flat_json_pair pair;
    struct tl_error err;
    enum tl_status status;
    size_t used = 0;

    out[0] = '\0';
    tl_flat_json_init(&reader, json);
    while ((status = tl_flat_json_next(&reader, &pair, &err)) == TL_OK) {
        ck_assert(pair.is_number == !isnan(pair.number));
        used += (size_t)snprintf(out + used, out_bytes - used, pair.is_number ? "%s=[%s];" : "%s=%s;", pair.key, pair.text);
    }
    if (status == TL_NOT_FOUND)
        ck_assert_int_eq(tl_flat_json_next(&reader, &pair, &err), TL_NOT_FOUND);
    else
        snprintf(out + used, out_bytes - used, "status %d", (int)status);
    tl_flat_json_release(&reader);
}

/* ---- Core ---- */

START_TEST(pairs_come_in_their_order)
{
    static const char *const cases[][2] = {
        {"{\"l2\":0.5,\"solver\":\"adam\"}", "l2=[0.5];solver=adam;"},
        {" { \"a\" : -1e-3 ,\n\"b\":\"\" } ", "a=[-1e-3];b=;"},
        {"{}", ""},
        {"{\"a\":true,\"b\":null}", "a=true;b=null;"},
        {"{\"q\\\"\\\\\\n\":\"\\u00e9\\ud83c\\udf05/\\/\"}", "q\"\\\n=\xc3\xa9\xf0\x9f\x8c\x85//;"},
    };
    char found[200];

    read_all(found, sizeof found, cases[_i][0]);
    ck_assert_str_eq(found, cases[_i][1]);
}
END_TEST

START_TEST(numbers_keep_their_last_bit)
{
    struct tl_flat_json reader;
    struct tl_flat_json_pair pair;
    const double values[] = {0.1, 1.0 / 3, 4.35e-5, 123456789.123456789};
    char json[200], number[TL_TEXT_NUMBER_BYTES];

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        tl_text_shortest_number(number, values[i]);
        snprintf(json, sizeof json, "{\"a\":%s}", number);
        tl_flat_json_init(&reader, json);
        ck_assert_int_eq(tl_flat_json_next(&reader, &pair, NULL), TL_OK);
        ck_assert(memcmp(&pair.number, &values[i], sizeof pair.number) == 0);
        tl_flat_json_release(&reader);
    }
}
END_TEST

/* ---- Faults ---- */

START_TEST(what_is_no_flat_object_is_corrupt)
{
    static const char *const cases[] = {
        "",           "[1]",       "{",           "{\"a\"",     "{\"a\":",     "{\"a\":1",        "{\"a\":1,}",
        "{\"a\":[1]}", "{\"a\":{}}", "{a:1}",       "{\"a\":1 2}", "{\"a\":\"",   "{\"a\":\"\\",     "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud83c\"}", "{\"a\":1e}", "{\"a\":tru}",  "{\"a\":\"\\u0000\"}", "{\"a\":\"\\udc00\"}",
        "{\"a\":--1}", "{\"a\":\"\\u00g0\"}",
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char found[200];
        const char *status;

        read_all(found, sizeof found, cases[i]);
        status = strstr(found, "status");
        ck_assert_msg(status && status[strlen("status ")] == '0' + (int)TL_CORRUPT, "%s: %s", cases[i], found);
    }
}
END_TEST

START_TEST(no_memory_is_told)
{
    size_t failures = 0;

    for (size_t n = 1; n < 10; n++) {
        struct tl_flat_json reader;
        struct tl_flat_json_pair pair;
        struct tl_error err;
        enum tl_status status;

        tl_flat_json_init(&reader, "{\"a\":\"some text\"}");
        tl_memory_fail_at(n);
        status = tl_flat_json_next(&reader, &pair, &err);
        tl_memory_fail_at(0);
        tl_flat_json_release(&reader);
        if (status == TL_OK)
            break;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        failures++;
    }
    ck_assert(failures > 0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("flat_json");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, pairs_come_in_their_order, 0, 5);
    tcase_add_test(core, numbers_keep_their_last_bit);
    suite_add_tcase(suite, core);
    tcase_add_test(faults, what_is_no_flat_object_is_corrupt);
    tcase_add_test(faults, no_memory_is_told);
    suite_add_tcase(suite, faults);
    return suite;
}
