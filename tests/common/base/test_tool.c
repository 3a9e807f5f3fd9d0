/* test_tool.c - what a tool says on which stream, and with which code it ends. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/tool.h"
#include "tests/support/suite.h"

static const struct tl_command COMMAND = {"tl-try", "tl-try [options] FILE", "Tries.", NULL, 0, NULL};

/* What the case's process has written to the file behind a stream. */
static void check_file(const char *path, const char *expected)
{
    char text[4096];
    FILE *file = fopen(path, "r");
    size_t size_bytes;

    ck_assert_ptr_nonnull(file);
    size_bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size_bytes] = '\0';
    ck_assert_str_eq(text, expected);
}

/* Sends a stream's descriptor to a new file; gives the old descriptor, for restore_stream(). */
static int redirect_stream(FILE *stream, const char *path)
{
    int saved, descriptor;
    FILE *file = fopen(path, "w");

    fflush(stream);
    saved = dup(fileno(stream));
    ck_assert_ptr_nonnull(file);
    descriptor = dup2(fileno(file), fileno(stream));
    ck_assert_int_ge(descriptor, 0);
    fclose(file);
    return saved;
}

static void restore_stream(FILE *stream, int saved)
{
    fflush(stream);
    ck_assert_int_ge(dup2(saved, fileno(stream)), 0);
    close(saved);
}

START_TEST(good_options_begin_a_run)
{
    char program[] = "tl-try", word[] = "a";
    char *argv[] = {program, word, NULL};
    struct tl_operands operands;
    enum tl_exit exit_code = TL_EXIT_STOPPED;

    ck_assert(tl_tool_begin(&operands, &exit_code, &COMMAND, 2, argv));
    ck_assert_uint_eq(operands.count, 1);
    ck_assert_str_eq(operands.items[0], "a");
}
END_TEST

START_TEST(version_goes_to_standard_output)
{
    const char *path = tl_test_path(tl_test_make_folder(), "out");
    char program[] = "tl-try", word[] = "--version";
    char *argv[] = {program, word, NULL};
    struct tl_operands operands;
    enum tl_exit exit_code = TL_EXIT_STOPPED;
    int saved = redirect_stream(stdout, path);
    bool is_run = tl_tool_begin(&operands, &exit_code, &COMMAND, 2, argv);

    restore_stream(stdout, saved);
    ck_assert(!is_run);
    ck_assert_int_eq(exit_code, TL_EXIT_OK);
    check_file(path, "tl-try (tl) " TL_VERSION "\n");
}
END_TEST

START_TEST(a_wrong_option_goes_to_standard_error)
{
    const char *path = tl_test_path(tl_test_make_folder(), "err");
    char program[] = "tl-try", word[] = "--wrong";
    char *argv[] = {program, word, NULL};
    struct tl_operands operands;
    enum tl_exit exit_code = TL_EXIT_OK;
    int saved = redirect_stream(stderr, path);
    bool is_run = tl_tool_begin(&operands, &exit_code, &COMMAND, 2, argv);

    restore_stream(stderr, saved);
    ck_assert(!is_run);
    ck_assert_int_eq(exit_code, TL_EXIT_NOTHING);
    check_file(path, "tl-try: there is no option --wrong (see --help)\n");
}
END_TEST

START_TEST(a_message_cannot_command_a_terminal)
{
    const char *path = tl_test_path(tl_test_make_folder(), "err");
    int saved = redirect_stream(stderr, path);

    tl_tool_say(&COMMAND, "run '%s' has caf\xc3\xa9 and \\x1b", "a\x1b[31mred\nline\xff");
    restore_stream(stderr, saved);
    check_file(path, "tl-try: run 'a\\x1b[31mred\\x0aline\\xff' has caf\xc3\xa9 and \\x1b\n");
}
END_TEST

START_TEST(an_end_without_trouble_keeps_the_exit_code)
{
    ck_assert_int_eq(tl_tool_end(&COMMAND, TL_EXIT_SKIPPED), TL_EXIT_SKIPPED);
}
END_TEST

START_TEST(a_result_that_cannot_be_written_is_a_failure)
{
    const char *path = tl_test_path(tl_test_make_folder(), "err");
    int saved_error, saved_output;
    enum tl_exit exit_code;

    if (access("/dev/full", W_OK) != 0) {
        printf("skipped: there is no /dev/full\n");
        return;
    }
    saved_error = redirect_stream(stderr, path);
    saved_output = redirect_stream(stdout, "/dev/full");
    fputs("result", stdout); /* no newline: it waits for the flush */
    exit_code = tl_tool_end(&COMMAND, TL_EXIT_OK);
    dup2(saved_output, fileno(stdout));
    restore_stream(stderr, saved_error);
    ck_assert_int_eq(exit_code, TL_EXIT_NOTHING);
    check_file(path, "tl-try: standard output: No space left on device\n");
}
END_TEST

START_TEST(a_closed_pipe_is_no_error)
{
    int ends[2], saved = dup(fileno(stdout));
    enum tl_exit exit_code;

    signal(SIGPIPE, SIG_IGN);
    fflush(stdout);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[1], fileno(stdout)), 0);
    close(ends[0]);
    close(ends[1]);
    fputs("result", stdout);
    exit_code = tl_tool_end(&COMMAND, TL_EXIT_SKIPPED);
    dup2(saved, fileno(stdout));
    ck_assert_int_eq(exit_code, TL_EXIT_SKIPPED);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/tool");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, good_options_begin_a_run);
    tcase_add_test(core, version_goes_to_standard_output);
    tcase_add_test(core, a_message_cannot_command_a_terminal);
    tcase_add_test(core, an_end_without_trouble_keeps_the_exit_code);
    tcase_add_test(faults, a_wrong_option_goes_to_standard_error);
    tcase_add_test(faults, a_result_that_cannot_be_written_is_a_failure);
    tcase_add_test(faults, a_closed_pipe_is_no_error);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
