/* test_errand.c - work beside the caller's, and without a thread to be had. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "common/base/errand.h"
#include "tests/support/suite.h"

struct work {
    pthread_t thread;
    bool is_done, has_signals;
};

static void do_work(void *context)
{
    struct work *work = context;
    sigset_t mask;

    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    work->has_signals = sigismember(&mask, SIGINT) == 0;
    work->thread = pthread_self();
    work->is_done = true;
}

START_TEST(an_errand_is_done_when_it_was_waited_for)
{
    struct tl_errand errand;
    struct work work = {.is_done = false};

    for (int i = 0; i < 50; i++) {
        work.is_done = false;
        tl_errand_start(&errand, do_work, &work);
        tl_errand_wait(&errand);
        ck_assert(work.is_done && !work.has_signals);
        ck_assert(!pthread_equal(work.thread, pthread_self()));
    }
}
END_TEST

START_TEST(waiting_for_nothing_or_twice_is_fine)
{
    struct tl_errand none = {.is_under_way = false}, errand;
    struct work work = {.is_done = false};

    tl_errand_wait(&none);
    tl_errand_start(&errand, do_work, &work);
    tl_errand_wait(&errand);
    tl_errand_wait(&errand);
    ck_assert(work.is_done);
}
END_TEST

/* A stack larger than what addresses reach stands for a system that has no thread left. */
START_TEST(without_a_thread_the_caller_does_the_work)
{
    pthread_attr_t huge;
    struct tl_errand errand;
    struct work work = {.is_done = false};

    ck_assert_int_eq(pthread_attr_init(&huge), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
    ck_assert_int_eq(pthread_setattr_default_np(&huge), 0);
    tl_errand_start(&errand, do_work, &work);
    ck_assert(work.is_done && work.has_signals);
    ck_assert(pthread_equal(work.thread, pthread_self()));
    tl_errand_wait(&errand);
    pthread_attr_destroy(&huge);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("errand");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, an_errand_is_done_when_it_was_waited_for);
    tcase_add_test(core, waiting_for_nothing_or_twice_is_fine);
    tcase_add_test(faults, without_a_thread_the_caller_does_the_work);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
