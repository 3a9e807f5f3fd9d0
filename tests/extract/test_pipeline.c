/* test_pipeline.c - threads, stops and failures of the pipeline: what comes out depends on none of them. */
#include "tests/extract/numbers.h"

START_TEST(any_number_of_threads_gives_the_same_store)
{
    static const char *const NAMES[] = {"1.db", "2.db", "4.db"};

    add_many(60);
    for (unsigned i = 0; i < 3; i++)
        (void)extract_well(NAMES[i], 1U << i, 11); /* 12 variants are three works */
    expect_equal_stores("1.db", "2.db");
    expect_equal_stores("1.db", "4.db");
    ck_assert_str_eq(ask("4.db", "SELECT count(*) FROM variant JOIN photo USING (content_id) JOIN label USING (photo_id)"
                                 " WHERE split = 'test' AND variant_index > 0"), "0");
}
END_TEST

START_TEST(a_stopped_run_goes_on_to_the_same_store)
{
    size_t stop_count = 0, computed_count = 0;
    enum tl_status status = TL_STOPPED;

    add_many(120); /* more than the queues hold, so that a stop always leaves some */
    computed_count = extract_well("whole.db", 2, 3).computed_count;
    while (status == TL_STOPPED) {
        struct course course = {.store_name = "parts.db", .thread_count = 2, .variant_count = 3, .stop_after = 3};
        struct tl_error err;

        status = extract(&course, &err);
        ck_assert_uint_lt(course.taken_count, 80); /* a stop leaves what is not begun */
        computed_count -= course.computed_count;
        stop_count++;
        ck_assert_uint_lt(stop_count, 100);
    }
    ck_assert_int_eq(status, TL_OK);
    ck_assert_uint_gt(stop_count, 1);
    ck_assert_uint_eq(computed_count, 0); /* what was computed before a stop was kept */
    expect_equal_stores("whole.db", "parts.db");
}
END_TEST

START_TEST(what_a_killed_run_had_gathered_is_computed_again)
{
    struct course course = {.store_name = "killed.db", .thread_count = 2, .variant_count = 3, .stop_after = 20,
                            .skips_flush = true};
    struct tl_error err;

    add_many(40);
    (void)extract_well("whole.db", 2, 3);
    ck_assert_int_eq(extract(&course, &err), TL_STOPPED);
    (void)extract_well("killed.db", 1, 3);
    expect_equal_stores("whole.db", "killed.db");
}
END_TEST

START_TEST(a_run_tells_where_its_time_went)
{
    struct course course;

    add_many(40);
    course = extract_well("s.db", 2, 3);
    ck_assert_double_gt(course.effort.read_cpu_seconds, 60); /* a minute elsewhere, the rest here */
    ck_assert_double_lt(course.effort.read_cpu_seconds, 120);
    ck_assert_double_lt(course.effort.network_cpu_seconds, 60);
    ck_assert_double_gt(course.effort.augment_cpu_seconds, 0);
    ck_assert_double_gt(course.effort.network_cpu_seconds, 0);
    ck_assert_double_gt(course.effort.compress_cpu_seconds, 0);
    ck_assert_double_gt(course.effort.store_cpu_seconds, 0);
    ck_assert_double_gt(course.effort.network_busy_seconds, 0);
    ck_assert_double_gt(course.effort.photos_awaited_seconds, 0);
    ck_assert_ptr_nonnull(strstr(course.json, "\"cpu_seconds\": {\"read\": "));
}
END_TEST

/* Variants that cannot be made leave gaps in a block, which the others fill. */
START_TEST(the_variants_beside_a_failed_one_are_as_alone)
{
    for (size_t i = 0; i < 12; i++) {
        char path[64], text[64];

        (void)snprintf(path, sizeof path, "train/a/%zu.jpg", i);
        (void)snprintf(text, sizeof text, "%s %zu", i % 3 == 1 ? "odd" : "photo", i);
        add_photo(path, text);
    }
    (void)extract_well("odd.db", 2, 6);
    ck_assert_str_eq(ask("odd.db", "SELECT count(*) FROM feature"), "80");
    engine_state.is_even = true;
    (void)extract_well("even.db", 1, 6);
    (void)extract_well("odd.db", 1, 6); /* only what is missing */
    expect_equal_stores("even.db", "odd.db");
}
END_TEST

START_TEST(a_failing_writer_ends_the_run)
{
    add_many(60);
    for (unsigned thread_count = 1; thread_count <= 4; thread_count++) {
        struct course course = {.store_name = "s.db", .thread_count = thread_count, .variant_count = 11, .fail_after = 2};
        struct tl_error err;

        ck_assert_int_eq(extract(&course, &err), TL_IO);
        ck_assert_str_eq(err.message, "disk full");
        ck_assert_uint_eq(course.taken_count, 2);
    }
}
END_TEST

START_TEST(a_thread_that_cannot_start_its_network_ends_the_run)
{
    struct course course = {.store_name = "s.db", .thread_count = 3};
    struct tl_error err;

    add_many(60);
    engine_state.refuses_sessions = true;
    ck_assert_int_eq(extract(&course, &err), TL_NO_MEMORY);
    ck_assert_str_eq(err.message, "no session");
}
END_TEST

START_TEST(every_failed_allocation_ends_cleanly)
{
    bool has_failed = true;
    struct tl_error err;

    add_photo("train/a/1.jpg", "one");
    add_photo("train/a/2.jpg", "two");
    add_photo("test/a/3.jpg", "one");
    (void)extract_well("whole.db", 1, 9);
    for (size_t n = 1; has_failed; n++) {
        struct course course = {.store_name = "memory.db", .thread_count = 1, .variant_count = 9};
        enum tl_status status;

        (void)unlink(tl_test_path(root, "memory.db"));
        (void)tl_memory_fail_at(n);
        status = extract(&course, &err);
        has_failed = tl_memory_fail_at(0) >= n;
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "call %zu: %s", n, err.message);
        if (status == TL_OK && course.totals.failed_count == 0)
            expect_equal_stores("whole.db", "memory.db");
        ck_assert_uint_lt(n, 2000);
    }
}
END_TEST

/* As by a decoder that would take its 30 seconds. */
START_TEST(a_stop_does_not_wait_for_a_photo_that_is_being_read)
{
    struct course course = {.store_name = "s.db", .thread_count = 3, .variant_count = 3, .stop_after = 3};
    struct tl_error err;

    add_many(40);
    add_photo("train/a/endless.jpg", "endless");
    ck_assert_int_eq(extract(&course, &err), TL_STOPPED);
    ck_assert_uint_eq(course.totals.failed_count, 0); /* it was not begun, rather than failed */
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE path LIKE '%endless%'"), "0");
}
END_TEST

START_TEST(a_run_ends_where_nothing_can_be_read_any_more)
{
    struct course course = {.store_name = "s.db", .thread_count = 3};
    struct tl_error err;

    add_many(60);
    engine_state.is_over = true;
    ck_assert_int_eq(extract(&course, &err), TL_IO);
    ck_assert_str_eq(err.message, "nothing can be read");
    ck_assert_uint_eq(course.taken_count, 0); /* no photo is blamed */
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("pipeline");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");
    TCase *cases[] = {core, limits, faults};

    tcase_add_test(core, any_number_of_threads_gives_the_same_store);
    tcase_add_test(core, a_run_tells_where_its_time_went);
    tcase_add_test(limits, a_stopped_run_goes_on_to_the_same_store);
    tcase_add_test(limits, what_a_killed_run_had_gathered_is_computed_again);
    tcase_add_test(faults, the_variants_beside_a_failed_one_are_as_alone);
    tcase_add_test(limits, a_stop_does_not_wait_for_a_photo_that_is_being_read);
    tcase_add_test(faults, a_run_ends_where_nothing_can_be_read_any_more);
    tcase_add_test(faults, a_failing_writer_ends_the_run);
    tcase_add_test(faults, a_thread_that_cannot_start_its_network_ends_the_run);
    tcase_add_test(faults, every_failed_allocation_ends_cleanly);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcase_add_checked_fixture(cases[i], make_root, NULL);
        tcase_set_timeout(cases[i], 120);
        suite_add_tcase(suite, cases[i]);
    }
    return suite;
}
