/* test_team.c - every task is done once, by whoever is free, and its effects are seen; nothing is left when it ends.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/team.h"
#include "tests/support/suite.h"

enum { TASK_COUNT_MAX = 1000, THREAD_COUNT_MAX = 7 };

static tl_team *create_team(size_t thread_count)
{
    struct tl_error err;
    tl_team *team;

    ck_assert_msg(tl_team_create(&team, thread_count, &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(tl_team_thread_count(team), thread_count);
    return team;
}

/* Plain counters on purpose: ThreadSanitizer sees when two tasks or two threads of one index meet. */
struct work {
    uint32_t done[TASK_COUNT_MAX];
    uint32_t by_thread[THREAD_COUNT_MAX];
};

static void count_task(void *context, size_t task, size_t thread_index)
{
    struct work *work = context;

    work->done[task]++;
    work->by_thread[thread_index]++;
}

START_TEST(every_task_is_done_once)
{
    static const size_t task_counts[] = {0, 1, 2, 3, 8, TASK_COUNT_MAX};
    struct work *work = tl_memory_alloc(1, sizeof *work);
    tl_team *team = create_team((size_t)_i);

    for (size_t round = 0; round < 120; round++) {
        const size_t count = task_counts[round % 6];
        size_t sum = 0;
        memset(work, 0, sizeof *work);
        tl_team_run(team, count, count_task, work);
        for (size_t i = 0; i < TASK_COUNT_MAX; i++)
            ck_assert_msg(work->done[i] == (i < count), "round %zu: task %zu of %zu was done %u times", round, i, count,
                          work->done[i]);
        for (size_t i = 0; i < THREAD_COUNT_MAX; i++)
            sum += work->by_thread[i];
        ck_assert_uint_eq(sum, count);
    }
    tl_team_free(team);
    tl_memory_free(work);
}
END_TEST

/* Both tasks wait for each other, which one thread alone would do for ever. */
static void meet(void *context, size_t task, size_t thread_index)
{
    atomic_size_t *arrived_count = context;

    (void)task;
    (void)thread_index;
    (*arrived_count)++;
    while (*arrived_count < 2)
        usleep(100);
}

START_TEST(tasks_run_at_the_same_time)
{
    tl_team *team = create_team(2);

    for (size_t round = 0; round < 20; round++) {
        atomic_size_t arrived_count = 0;
        tl_team_run(team, 2, meet, &arrived_count);
        ck_assert_uint_eq(arrived_count, 2);
        if (round % 5 == 4)
            usleep(20000); /* long enough for threads to fall asleep */
    }
    tl_team_free(team);
}
END_TEST

START_TEST(a_team_without_work_ends)
{
    for (size_t n = 1; n <= THREAD_COUNT_MAX; n++) {
        tl_team *team = create_team(n);
        if (n % 2 == 0)
            usleep(5000);
        tl_team_free(team);
    }
    tl_team_free(NULL);
}
END_TEST

static void note_thread(void *context, size_t task, size_t thread_index)
{
    pthread_t *thread = context;

    (void)task;
    ck_assert_uint_eq(thread_index, 0);
    *thread = pthread_self();
}

START_TEST(a_team_of_one_is_the_caller)
{
    tl_team *team = create_team(1);
    pthread_t thread;

    memset(&thread, 0, sizeof thread);
    tl_team_run(team, 1, note_thread, &thread);
    ck_assert(pthread_equal(thread, pthread_self()));
    tl_team_free(team);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    struct tl_error err;

    for (size_t n = 1; n <= 2; n++) {
        tl_team *team = (tl_team *)&err;
        tl_memory_fail_at(n);
        ck_assert_int_eq(tl_team_create(&team, 3, &err), TL_NO_MEMORY);
        ck_assert_ptr_null(team);
    }
    tl_memory_fail_at(0);
    tl_team_free(create_team(3));
    ck_assert_uint_eq(tl_memory_fail_at(0), 2);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("team");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, every_task_is_done_once, 1, THREAD_COUNT_MAX + 1);
    tcase_add_test(core, tasks_run_at_the_same_time);
    tcase_add_test(limits, a_team_without_work_ends);
    tcase_add_test(limits, a_team_of_one_is_the_caller);
    tcase_add_test(faults, every_failed_allocation_is_reported);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
