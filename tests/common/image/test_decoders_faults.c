/* test_decoders_faults.c - decoders that crash, hang, lie or do not start: that photo fails, or the run is told why it cannot go
 * on. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/common/image/crafty_reader.h"

static void start_one(void)
{
    start_decoders(1);
}

static void end_decoders(void)
{
    expect_read("good 5", 5); /* whatever came before */
    ck_assert_int_eq(tl_decoders_check(decoders, NULL), TL_OK);
    tl_decoders_free(decoders);
}

/* ---- photos that break their decoder ---- */

static const struct {
    const char *path, *message;
} CRASHES[] = {
    {"abort", "decoding it crashed twice (SIGABRT)"},
    {"kill", "decoding it crashed twice (SIGKILL, perhaps for want of memory)"},
    {"exit", "decoding it crashed twice (exit code 3)"},
    {"memory", "decoding it crashed twice ("}, /* sanitizers end a process in their own way */
    {"spoil width", "decoding it crashed twice (a nonsensical answer)"},
    {"spoil size", "nonsensical"},
    {"spoil orientation", "nonsensical"},
    {"spoil format", "nonsensical"},
    {"spoil strange format", "nonsensical"},
    {"spoil time", "nonsensical"},
    {"spoil letters", "nonsensical"},
    {"spoil camera", "nonsensical"},
    {"spoil camera's bytes", "nonsensical"},
    {"spoil everything", "nonsensical"},
    {"status 6", "nonsensical"}, /* TL_STOPPED, which would leave the photo out */
    {"status 7", "nonsensical"}, /* TL_CRASHED */
    {"status 3", "nonsensical"}, /* TL_CORRUPT */
    {"status 9", "nonsensical"},
    {"status -1", "nonsensical"},
    {"message", "nonsensical"}, /* that never ends */
    {"forge 1", "nonsensical"},
    {"forge 6", "nonsensical"},
};

START_TEST(a_photo_that_breaks_its_decoder_fails_alone)
{
    ck_assert_int_eq(TL_STOPPED, 6);
    ck_assert_int_eq(TL_CRASHED, 7);
    ck_assert_int_eq(TL_CORRUPT, 3);
    expect_read("good 1", 1);
    expect_failure(CRASHES[_i].path, TL_CRASHED, CRASHES[_i].message);
    expect_read("good 2", 2);
    expect_failure(CRASHES[_i].path, TL_CRASHED, CRASHES[_i].message);
}
END_TEST

START_TEST(what_a_reader_says_is_passed_on)
{
    expect_failure("status 4", TL_IO, "said");
    expect_failure("status 8", TL_TOO_SLOW, "said");
    expect_failure("bad", TL_BAD_INPUT, "no photo");
}
END_TEST

/* Machines kill processes for other reasons than their photo. */
START_TEST(one_crash_is_forgiven)
{
    const char *folder = tl_test_make_folder();
    char path[256];

    (void)snprintf(path, sizeof path, "once %s", tl_test_path(folder, "crashed"));
    expect_read(path, 0);
    ck_assert_int_eq(access(tl_test_path(folder, "crashed"), F_OK), 0);
}
END_TEST

START_TEST(a_decoder_that_was_killed_while_idle_costs_no_try)
{
    const char *folder = tl_test_make_folder();
    pid_t decoder, nursery;
    char path[256];

    ask_pids(&decoder, &nursery);
    ck_assert_int_eq(kill(decoder, SIGKILL), 0);
    expect_gone(decoder);
    (void)snprintf(path, sizeof path, "once %s", tl_test_path(folder, "crashed"));
    expect_read(path, 0);
}
END_TEST

START_TEST(a_photo_that_takes_too_long_is_given_up)
{
    const double start = tl_system_seconds();

    expect_failure("loop", TL_TOO_SLOW, "decoding took longer than 0.5 seconds and was stopped");
    expect_failure("sleep", TL_TOO_SLOW, "decoding took longer than 0.5 seconds and was stopped");
    ck_assert_double_ge(tl_system_seconds() - start, 0.9);
    ck_assert_double_le(tl_system_seconds() - start, 30);
}
END_TEST

START_TEST(a_path_that_is_too_long_for_any_file_fails)
{
    char path[10000];

    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    expect_failure(path, TL_IO, "cannot be opened: File name too long");
}
END_TEST

/* The seats of two decoders lie side by side. */
START_TEST(a_decoder_cannot_write_to_another_s_photo)
{
    tl_decoders_free(decoders);
    start_decoders(3);
    expect_failure("beyond", TL_CRASHED, "crashed twice");
    expect_read("good 3", 3);
}
END_TEST

/* ---- the end of all decoding ---- */

static enum tl_status start_badly(struct tl_error *err)
{
    return tl_error_set(err, TL_IO, "no libvips today");
}

static enum tl_status start_dead(struct tl_error *err)
{
    (void)err;
    abort();
}

static void expect_breakdown(const char *message)
{
    struct tl_error err;

    expect_failure("good 1", TL_IO, message);
    ck_assert_int_eq(tl_decoders_check(decoders, &err), TL_IO);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    expect_failure("good 2", TL_IO, message); /* at once */
    tl_decoders_free(decoders);
}

START_TEST(decoders_that_cannot_start_end_the_run)
{
    terms.start = start_badly;
    start_decoders(2);
    expect_breakdown("photos cannot be decoded any more: no libvips today");
}
END_TEST

START_TEST(decoders_that_die_at_their_start_end_the_run)
{
    terms.start = start_dead;
    start_decoders(2);
    expect_breakdown("photos cannot be decoded any more: helper processes die at their start (SIGABRT)");
}
END_TEST

static enum tl_status start_late(struct tl_error *err)
{
    static const struct timespec later = {.tv_sec = 1};

    (void)err;
    (void)nanosleep(&later, NULL);
    return TL_OK;
}

/* As where the machine swaps: the time is not the photo's. */
START_TEST(a_photo_s_time_begins_when_its_decoder_is_ready)
{
    terms.start = start_late;
    terms.photo_ms_max = 500;
    start_decoders(1);
    expect_read("good 1", 1);
    expect_failure("sleep", TL_TOO_SLOW, "decoding took longer than 0.5 seconds and was stopped");
    tl_decoders_free(decoders);
}
END_TEST

START_TEST(decoders_that_start_too_late_end_the_run)
{
    terms.start = start_late;
    terms.start_ms_max = 200;
    start_decoders(2);
    expect_breakdown("photos cannot be decoded any more: helper processes take longer than 0.2 seconds to start");
}
END_TEST

START_TEST(a_nursery_that_was_killed_ends_the_run)
{
    pid_t decoder, nursery;

    start_decoders(2);
    ask_pids(&decoder, &nursery);
    ck_assert_int_eq(kill(nursery, SIGKILL), 0);
    expect_gone(decoder); /* its helpers go with it */
    expect_breakdown("photos cannot be decoded any more: the helper process that starts others is gone");
}
END_TEST

START_TEST(a_system_without_processes_is_told)
{
    struct rlimit before, none;
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(65534, 65534, 65534), 0); /* the limit does not bind root */
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
    decoders = (tl_decoders *)&recipe;
    ck_assert_int_eq(tl_decoders_create(&decoders, 1, &recipe, &terms, &err), TL_IO);
    ck_assert_str_eq(err.message, "no helper process can be started: Resource temporarily unavailable");
    ck_assert_ptr_null(decoders);
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &before), 0); /* sanitizers fork at the end */
}
END_TEST

START_TEST(each_failed_allocation_is_told)
{
    struct tl_recipe recipe;
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    tl_recipe_init(&recipe);
    for (n = 1; status != TL_OK; n++) {
        (void)tl_memory_fail_at(n);
        status = tl_decoders_create(&decoders, 2, &recipe, &terms, &err);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && decoders == NULL));
    }
    (void)tl_memory_fail_at(0);
    ck_assert_uint_ge(n, 4);
    expect_read("good 1", 1);
    tl_decoders_free(decoders);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

static void hurry(void)
{
    terms.photo_ms_max = 500;
    start_one();
}

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("decoders_faults");
    TCase *photos = tcase_create("Photos"), *limits = tcase_create("Limits"), *ends = tcase_create("Ends");

    tcase_add_checked_fixture(photos, start_one, end_decoders);
    tcase_add_checked_fixture(limits, hurry, end_decoders);
    tcase_add_loop_test(photos, a_photo_that_breaks_its_decoder_fails_alone, 0, sizeof CRASHES / sizeof *CRASHES);
    tcase_add_test(photos, what_a_reader_says_is_passed_on);
    tcase_add_test(photos, one_crash_is_forgiven);
    tcase_add_test(photos, a_decoder_that_was_killed_while_idle_costs_no_try);
    tcase_add_test(photos, a_path_that_is_too_long_for_any_file_fails);
    tcase_add_test(photos, a_decoder_cannot_write_to_another_s_photo);
    tcase_add_test(limits, a_photo_that_takes_too_long_is_given_up);
    tcase_add_test(ends, decoders_that_cannot_start_end_the_run);
    tcase_add_test(ends, decoders_that_die_at_their_start_end_the_run);
    tcase_add_test(ends, a_photo_s_time_begins_when_its_decoder_is_ready);
    tcase_add_test(ends, decoders_that_start_too_late_end_the_run);
    tcase_add_test(ends, a_nursery_that_was_killed_ends_the_run);
    tcase_add_test(ends, a_system_without_processes_is_told);
    tcase_add_test(ends, each_failed_allocation_is_told);
    suite_add_tcase(suite, photos);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, ends);
    return suite;
}
