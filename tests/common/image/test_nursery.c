/* test_nursery.c - helper processes: they answer, end when they are told, and leave their place to others, whatever went wrong. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/nursery.h"
#include "tests/support/suite.h"

enum { HELPERS = 3 };

static tl_nursery *nursery;

struct answer {
    size_t index;
    int context;
    pid_t pid, parent;
};

/* Answers 'a', burns time at 'b', and ends of itself at 'e'. */
static void run(const void *context, size_t index, int socket)
{
    const struct answer answer = {index, *(const int *)context, getpid(), getppid()};
    const clock_t end = clock() + CLOCKS_PER_SEC / 10;
    char order;

    while (recv(socket, &order, sizeof order, 0) == (ssize_t)sizeof order) {
        while (order == 'b' && clock() < end)
            ;
        if (order == 'e')
            return;
        (void)send(socket, &answer, sizeof answer, MSG_NOSIGNAL);
    }
}

static void start_nursery(void)
{
    static const int context = 7;
    struct tl_error err;

    ck_assert_msg(tl_nursery_create(&nursery, HELPERS, run, &context, &err) == TL_OK, "%s", err.message);
}

static void end_nursery(void)
{
    tl_nursery_free(nursery);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static struct tl_nursery_child raise_well(size_t index)
{
    struct tl_nursery_child child;
    struct tl_error err;

    ck_assert_msg(tl_nursery_raise(nursery, &child, index, &err) == TL_OK, "%s", err.message);
    ck_assert_int_gt(child.pid, 0);
    ck_assert_int_gt(child.socket, STDERR_FILENO);
    return child;
}

static void expect_no_child(size_t index, enum tl_status status, const char *message)
{
    struct tl_nursery_child child = {.socket = 99, .pid = 99};
    struct tl_error err;

    ck_assert_int_eq(tl_nursery_raise(nursery, &child, index, &err), status);
    ck_assert_str_eq(err.message, message);
    ck_assert_int_eq(child.socket, -1);
    ck_assert_int_eq(child.pid, 0);
}

static struct answer ask(const struct tl_nursery_child *child, char order)
{
    struct answer answer = {.pid = 0};

    ck_assert_int_eq(send(child->socket, &order, sizeof order, MSG_NOSIGNAL), sizeof order);
    ck_assert_int_eq(recv(child->socket, &answer, sizeof answer, 0), sizeof answer);
    return answer;
}

static struct tl_nursery_end bury_well(struct tl_nursery_child *child)
{
    struct tl_nursery_end end;
    struct tl_error err;

    ck_assert_msg(tl_nursery_bury(nursery, &end, child, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(child->socket, -1);
    ck_assert_int_eq(child->pid, 0);
    return end;
}

/* Gone: the parents of these processes wait for their children. */
static void expect_gone(pid_t pid)
{
    const double end = tl_system_seconds() + 10;

    while (kill(pid, 0) == 0 && tl_system_seconds() < end)
        (void)usleep(1000);
    ck_assert_int_ne(kill(pid, 0), 0);
}

/* ---- Core ---- */

START_TEST(each_helper_answers_by_its_own_socket)
{
    struct tl_nursery_child children[HELPERS];
    pid_t parent = 0;

    for (size_t i = 0; i < HELPERS; i++)
        children[i] = raise_well(i);
    for (size_t i = 0; i < HELPERS; i++) {
        const struct answer answer = ask(&children[i], 'a');

        ck_assert_uint_eq(answer.index, i);
        ck_assert_int_eq(answer.context, 7);
        ck_assert_int_eq(answer.pid, children[i].pid);
        ck_assert_int_ne(answer.parent, getpid());
        ck_assert(i == 0 || answer.parent == parent);
        parent = answer.parent;
    }
    for (size_t i = 0; i < HELPERS; i++)
        (void)bury_well(&children[i]);
}
END_TEST

START_TEST(how_a_helper_ended_is_told)
{
    struct tl_nursery_child child = raise_well(0);
    struct tl_nursery_end end;
    char byte;

    ck_assert_int_eq(send(child.socket, "e", 1, MSG_NOSIGNAL), 1);
    ck_assert_int_eq(recv(child.socket, &byte, 1, 0), 0);
    end = bury_well(&child);
    ck_assert(WIFEXITED(end.wait_status) && WEXITSTATUS(end.wait_status) == 0);

    child = raise_well(0);
    ck_assert_int_eq(kill(child.pid, SIGUSR1), 0);
    ck_assert_int_eq(recv(child.socket, &byte, 1, 0), 0);
    end = bury_well(&child);
    ck_assert(WIFSIGNALED(end.wait_status) && WTERMSIG(end.wait_status) == SIGUSR1);

    child = raise_well(0);
    (void)ask(&child, 'b');
    end = bury_well(&child);
    ck_assert_double_ge(end.cpu_seconds, 0.09);
    ck_assert_double_le(end.cpu_seconds, 10);
}
END_TEST

START_TEST(a_buried_helper_leaves_its_place_to_another)
{
    for (int i = 0; i < 5; i++) {
        struct tl_nursery_child child = raise_well(1);
        const pid_t pid = child.pid;

        ck_assert_uint_eq(ask(&child, 'a').index, 1);
        (void)bury_well(&child);
        expect_gone(pid);
    }
}
END_TEST

START_TEST(helpers_that_are_left_end_with_the_nursery)
{
    const struct tl_nursery_child first = raise_well(0), last = raise_well(HELPERS - 1);

    tl_nursery_free(nursery);
    nursery = NULL;
    expect_gone(first.pid);
    expect_gone(last.pid);
    (void)close(first.socket);
    (void)close(last.socket);
}
END_TEST

/* ---- Limits ---- */

START_TEST(places_that_are_taken_or_not_there_are_refused)
{
    struct tl_nursery_child child = raise_well(1);

    expect_no_child(1, TL_NO_MEMORY, "no helper process can be started: Invalid argument");
    expect_no_child(HELPERS, TL_NO_MEMORY, "no helper process can be started: Invalid argument");
    expect_no_child(SIZE_MAX, TL_NO_MEMORY, "no helper process can be started: Invalid argument");
    ck_assert_uint_eq(ask(&child, 'a').index, 1);
    (void)bury_well(&child);
}
END_TEST

START_TEST(processes_of_others_are_not_buried)
{
    struct tl_nursery_child own = {.socket = -1, .pid = getpid()}, none = {.socket = -1};

    (void)bury_well(&own);
    (void)bury_well(&none);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_place_is_free_again_when_no_descriptor_was_left_for_its_socket)
{
    struct tl_nursery_child child;
    struct rlimit before, few;
    const int next = dup(STDERR_FILENO);

    ck_assert_int_ge(next, 0);
    (void)close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){(rlim_t)next, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 3; i++)
        expect_no_child(2, TL_NO_MEMORY, "no helper process can be started: Too many open files");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    child = raise_well(2);
    ck_assert_uint_eq(ask(&child, 'a').index, 2);
    (void)bury_well(&child);
}
END_TEST

START_TEST(a_nursery_that_is_gone_is_told)
{
    struct tl_nursery_child child = raise_well(0);
    struct tl_nursery_end end = {.wait_status = 1, .cpu_seconds = 1};
    struct tl_error err;

    ck_assert_int_eq(kill(ask(&child, 'a').parent, SIGKILL), 0);
    expect_no_child(1, TL_IO, "the helper process that starts others is gone");
    ck_assert_int_eq(tl_nursery_bury(nursery, &end, &child, &err), TL_IO);
    ck_assert_str_eq(err.message, "the helper process that starts others is gone");
    ck_assert_int_eq(child.socket, -1);
    ck_assert_int_eq(end.wait_status, 0);
    ck_assert_double_eq(end.cpu_seconds, 0);
}
END_TEST

START_TEST(each_failed_allocation_is_told)
{
    static const int context = 7;
    enum tl_status status = TL_NO_MEMORY;
    struct tl_error err;
    size_t n;

    end_nursery();
    for (n = 1; status != TL_OK; n++) {
        (void)tl_memory_fail_at(n);
        status = tl_nursery_create(&nursery, HELPERS, run, &context, &err);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && nursery == NULL));
    }
    (void)tl_memory_fail_at(0);
    ck_assert_uint_ge(n, 3);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("nursery");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, start_nursery, end_nursery);
    tcase_add_checked_fixture(limits, start_nursery, end_nursery);
    tcase_add_checked_fixture(faults, start_nursery, end_nursery);
    tcase_add_test(core, each_helper_answers_by_its_own_socket);
    tcase_add_test(core, how_a_helper_ended_is_told);
    tcase_add_test(core, a_buried_helper_leaves_its_place_to_another);
    tcase_add_test(core, helpers_that_are_left_end_with_the_nursery);
    tcase_add_test(limits, places_that_are_taken_or_not_there_are_refused);
    tcase_add_test(limits, processes_of_others_are_not_buried);
    tcase_add_test(faults, a_place_is_free_again_when_no_descriptor_was_left_for_its_socket);
    tcase_add_test(faults, a_nursery_that_is_gone_is_told);
    tcase_add_test(faults, each_failed_allocation_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
