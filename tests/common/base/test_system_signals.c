/* test_system_signals.c - system.c's part in signals: the first sets a flag, the second ends the process. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/system.h"
#include "tests/support/suite.h"

static const struct {
    int number;
    const char *name;
} SIGNALS[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

/* In a process of its own: the flag stays set for a process's life. */
START_TEST(the_first_signal_sets_the_flag)
{
    int outcome = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool is_early, is_errno_kept;

        tl_system_catch_signals();
        is_early = tl_system_is_interrupted() || tl_system_interruption() != NULL;
        errno = 1234;
        raise(SIGNALS[_i].number);
        is_errno_kept = errno == 1234;
        if (is_early || !is_errno_kept || !tl_system_is_interrupted())
            _exit(1);
        _exit(strcmp(tl_system_interruption(), SIGNALS[_i].name) == 0 ? 0 : 2);
    }
    ck_assert_int_eq(waitpid(child, &outcome, 0), child);
    ck_assert(WIFEXITED(outcome));
    ck_assert_int_eq(WEXITSTATUS(outcome), 0);
}
END_TEST

START_TEST(the_second_signal_ends_the_process)
{
    int outcome = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        tl_system_catch_signals();
        raise(SIGINT);
        raise(SIGTERM); /* another kind counts as well */
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &outcome, 0), child);
    ck_assert(WIFSIGNALED(outcome));
    ck_assert_int_eq(WTERMSIG(outcome), SIGTERM);
}
END_TEST

START_TEST(a_hangup_that_nohup_ignores_stays_ignored)
{
    int outcome = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        signal(SIGHUP, SIG_IGN);
        tl_system_catch_signals();
        raise(SIGHUP);
        if (tl_system_is_interrupted())
            _exit(1);
        raise(SIGINT);
        raise(SIGHUP);
        _exit(tl_system_is_interrupted() ? 0 : 2);
    }
    ck_assert_int_eq(waitpid(child, &outcome, 0), child);
    ck_assert(WIFEXITED(outcome));
    ck_assert_int_eq(WEXITSTATUS(outcome), 0);
}
END_TEST

START_TEST(a_closed_pipe_is_a_write_error)
{
    int ends[2];

    tl_system_catch_signals();
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    close(ends[1]);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/system_signals");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, the_first_signal_sets_the_flag, 0, sizeof SIGNALS / sizeof SIGNALS[0]);
    tcase_add_test(core, a_hangup_that_nohup_ignores_stays_ignored);
    tcase_add_test(core, the_second_signal_ends_the_process);
    tcase_add_test(core, a_closed_pipe_is_a_write_error);
    suite_add_tcase(suite, core);
    return suite;
}
