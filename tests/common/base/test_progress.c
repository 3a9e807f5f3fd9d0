/* test_progress.c - plain lines in a log, one renewed line on a terminal. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/progress.h"
#include "tests/support/suite.h"

struct duration_case {
    double seconds;
    const char *expected;
};

static const struct duration_case DURATIONS[] = {
    {0.0, "0.0 s"},
    {-3.0, "0.0 s"},
    {0.44, "0.4 s"},
    {9.94, "9.9 s"},
    {9.96, "10 s"},
    {12.4, "12 s"},
    {59.6, "1 min 00 s"},
    {200.0, "3 min 20 s"},
    {3599.4, "59 min 59 s"},
    {3599.6, "1 h 00 min"},
    {3900.0, "1 h 05 min"},
    {360000.0, "100 h 00 min"},
};

START_TEST(durations_are_told_in_two_units)
{
    char text[32];

    tl_progress_format_duration(text, sizeof text, DURATIONS[_i].seconds);
    ck_assert_str_eq(text, DURATIONS[_i].expected);
}
END_TEST

START_TEST(a_duration_is_cut_to_its_room_and_never_nonsense)
{
    char text[5];

    tl_progress_format_duration(text, sizeof text, 200.0);
    ck_assert_str_eq(text, "3 mi");
    tl_progress_format_duration(text, sizeof text, (double)NAN);
    ck_assert_str_eq(text, "0.0 ");
}
END_TEST

START_TEST(a_log_has_a_first_and_a_last_line)
{
    char *text = NULL, *end;
    size_t text_bytes;
    FILE *log = open_memstream(&text, &text_bytes);
    tl_progress *progress = NULL;

    ck_assert_ptr_nonnull(log);
    ck_assert_int_eq(tl_progress_create(&progress, log, "extract", "variants", 500, NULL), TL_OK);
    for (uint64_t done = 0; done <= 499; done++)
        tl_progress_set(progress, done, done > 100 ? 3 : 0);
    tl_progress_hide(progress); /* a log has nothing to hide */
    tl_progress_finish(progress);
    fclose(log);
    end = strchr(text, '\n');
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    ck_assert_str_eq(text, "extract: 0 of 500 variants");
    ck_assert_int_eq(strncmp(end + 1, "extract: 499 of 500 variants, 3 failed", 38), 0);
    ck_assert_ptr_eq(strchr(end + 1, '\n'), text + text_bytes - 1);
    free(text);
}
END_TEST

START_TEST(a_line_that_was_shown_is_not_shown_again_at_the_end)
{
    char *text = NULL;
    size_t text_bytes;
    FILE *log = open_memstream(&text, &text_bytes);
    tl_progress *progress = NULL;

    ck_assert_int_eq(tl_progress_create(&progress, log, "scan", "files", 0, NULL), TL_OK);
    tl_progress_set(progress, 0, 0);
    tl_progress_set(progress, 0, 0);
    tl_progress_finish(progress);
    fclose(log);
    ck_assert_str_eq(text, "scan: 0 files\n");
    free(text);
}
END_TEST

/* A terminal of `columns`: *out_master reads what is written to the file. NULL, said, where there is none. */
static FILE *open_terminal(int *out_master, unsigned short columns)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    FILE *file;

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        printf("skipped: no pseudo-terminal on this machine\n");
        return NULL;
    }
    file = fopen(ptsname(master), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(ioctl(master, TIOCSWINSZ, &size), 0);
    *out_master = master;
    return file;
}

static void check_master(int master, const char *expected)
{
    char text[512];
    ssize_t count = read(master, text, sizeof text - 1);

    ck_assert_int_gt(count, 0);
    text[count] = '\0';
    ck_assert_str_eq(text, expected);
}

START_TEST(a_terminal_line_is_hidden_and_drawn_again)
{
    int master = -1;
    FILE *terminal = open_terminal(&master, 80);
    tl_progress *progress = NULL;

    if (!terminal)
        return;
    ck_assert_int_eq(tl_progress_create(&progress, terminal, "scan", "files", 9, NULL), TL_OK);
    tl_progress_set(progress, 0, 0);
    check_master(master, "\rscan: 0 of 9 files");
    tl_progress_hide(progress);
    check_master(master, "\r                  \r");
    tl_progress_hide(progress);
    tl_progress_set(progress, 0, 1);
    check_master(master, "\rscan: 0 of 9 files, 1 failed");
    tl_progress_finish(progress);
    check_master(master, "\r\n"); /* the terminal puts the \r in */
    fclose(terminal);
    close(master);
}
END_TEST

START_TEST(a_line_is_cut_to_a_narrow_terminal)
{
    int master = -1;
    FILE *terminal = open_terminal(&master, 12);
    tl_progress *progress = NULL;

    if (!terminal)
        return;
    ck_assert_int_eq(tl_progress_create(&progress, terminal, "extract", "variants", 9, NULL), TL_OK);
    tl_progress_set(progress, 0, 0);
    check_master(master, "\rextract: 0 ");
    tl_progress_finish(progress);
    fclose(terminal);
    close(master);
}
END_TEST

START_TEST(no_memory_leaves_no_progress)
{
    tl_progress *progress = (tl_progress *)&progress;
    struct tl_error err;

    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_progress_create(&progress, stderr, "a", "b", 1, &err), TL_NO_MEMORY);
    ck_assert_ptr_null(progress);
    tl_progress_finish(NULL);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/progress");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, durations_are_told_in_two_units, 0, (int)(sizeof DURATIONS / sizeof DURATIONS[0]));
    tcase_add_test(core, a_log_has_a_first_and_a_last_line);
    tcase_add_test(core, a_terminal_line_is_hidden_and_drawn_again);
    tcase_add_test(limits, a_duration_is_cut_to_its_room_and_never_nonsense);
    tcase_add_test(limits, a_line_that_was_shown_is_not_shown_again_at_the_end);
    tcase_add_test(limits, a_line_is_cut_to_a_narrow_terminal);
    tcase_add_test(faults, no_memory_leaves_no_progress);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
