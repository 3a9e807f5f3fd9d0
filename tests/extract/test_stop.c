/* test_stop.c - when a run ends before all is done, and what it says then. */
#include <signal.h>
#include <string.h>

#include "common/base/system.h"
#include "extract/stop.h"
#include "tests/support/suite.h"

static struct tl_settings settings;
static struct tl_stop stop;
static tl_store *store;

static void set_up(void)
{
    struct tl_error err;

    settings = (struct tl_settings){.label_set = "default"};
    ck_assert_int_eq(tl_store_open(&store, tl_test_path(tl_test_make_folder(), "s.tl"), TL_STORE_CREATE, &err), TL_OK);
}

static void tear_down(void)
{
    struct tl_error err;

    ck_assert_int_eq(tl_store_close(&store, &err), TL_OK);
}

static void expect(const char *name, const char *words)
{
    char told[TL_STOP_WORDS_BYTES];

    ck_assert_str_eq(tl_stop_name(&stop), name);
    tl_stop_describe(told, &stop);
    ck_assert_msg(strstr(told, words) != NULL, "'%s' is not in '%s'", words, told);
}

START_TEST(nothing_stops_a_run_without_limits)
{
    tl_stop_init(&stop, &settings);
    ck_assert(!tl_stop_is_due(&stop, store));
    ck_assert_ptr_null(tl_stop_name(&stop));
}
END_TEST

START_TEST(a_time_that_is_over_stops_it_for_good)
{
    settings.stop_after_seconds = 1000;
    settings.stop_after = "1000s";
    tl_stop_init(&stop, &settings);
    ck_assert(!tl_stop_is_due(&stop, store));
    stop.started_seconds -= 1000;
    ck_assert(tl_stop_is_due(&stop, NULL));
    stop.started_seconds += 1000;
    ck_assert(tl_stop_is_due(&stop, store));
    expect("stop-after", "stopped after 1000s (--stop-after)");
}
END_TEST

START_TEST(a_store_that_is_large_enough_stops_it)
{
    int64_t bytes = 0;
    struct tl_error err;

    ck_assert_int_eq(tl_store_get_file_bytes(store, &bytes, &err), TL_OK);
    ck_assert_int_gt(bytes, 0);
    ck_assert_int_eq(bytes % 65536, 0);
    settings.max_size_bytes = bytes + 1;
    settings.max_size = "3M";
    tl_stop_init(&stop, &settings);
    ck_assert(!tl_stop_is_due(&stop, store));
    settings.max_size_bytes = bytes;
    ck_assert(!tl_stop_is_due(&stop, store)); /* asked a moment ago */
    stop.measured_seconds -= 10;
    ck_assert(!tl_stop_is_due(&stop, NULL));
    ck_assert(tl_stop_is_due(&stop, store));
    expect("max-size", "MB (--max-size 3M)");
}
END_TEST

START_TEST(a_signal_stops_it_and_is_named)
{
    tl_system_catch_signals();
    settings.stop_after_seconds = 1e-9;
    settings.stop_after = "1s";
    tl_stop_init(&stop, &settings);
    raise(_i == 0 ? SIGINT : SIGTERM);
    ck_assert(tl_stop_is_due(&stop, store));
    expect(_i == 0 ? "SIGINT" : "SIGTERM", _i == 0 ? "stopped by Ctrl-C (SIGINT)" : "stopped by SIGTERM");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("stop");
    TCase *core = tcase_create("Core");

    tcase_add_checked_fixture(core, set_up, tear_down);
    tcase_add_test(core, nothing_stops_a_run_without_limits);
    tcase_add_test(core, a_time_that_is_over_stops_it_for_good);
    tcase_add_test(core, a_store_that_is_large_enough_stops_it);
    tcase_add_loop_test(core, a_signal_stops_it_and_is_named, 0, 2);
    suite_add_tcase(suite, core);
    return suite;
}
