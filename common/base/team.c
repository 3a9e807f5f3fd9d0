/* team.c - see team.h.
 *
 * A step is open from the caller's start until no task is left to take. Threads that wake in time join it, under the lock; the
 * caller waits for those that joined, not for those still asleep.
 */
#include "common/base/team.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/memory.h"

/* Looks at a counter before a thread sleeps; about as long as a thread takes to wake. */
enum { SPIN_COUNT = 2000 };

struct member {
    tl_team *team;
    size_t index;
    pthread_t thread;
};

struct tl_team {
    size_t thread_count, started_count; /* started: without the caller's */
    struct member *members;

    /* Of the open step; constant while anybody has joined. */
    void (*do_task)(void *context, size_t task, size_t thread_index);
    void *context;
    size_t count;
    atomic_size_t next_task;

    /* Changed under the lock; read without it only to see whether waiting is over. */
    pthread_mutex_t mutex;
    pthread_cond_t has_step, is_left;
    atomic_size_t step_index;
    atomic_size_t joined_count;
    bool is_open, is_ending;
};

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* True when the counter no longer has the value; false after a while. */
static bool await_change(atomic_size_t *counter, size_t value)
{
    for (size_t i = 0; i < SPIN_COUNT; i++) {
        if (atomic_load_explicit(counter, memory_order_acquire) != value)
            return true;
        pause_briefly();
    }
    return false;
}

static void do_tasks(tl_team *team, size_t thread_index)
{
    for (;;) {
        const size_t task = atomic_fetch_add_explicit(&team->next_task, 1, memory_order_relaxed);
        if (task >= team->count)
            return;
        team->do_task(team->context, task, thread_index);
    }
}

/* Waits for a step after `last_step`. True when the caller has joined it, false when it is over already or the team ends. */
static bool join_step(tl_team *team, size_t *last_step, bool *is_ending)
{
    bool has_joined;

    (void)await_change(&team->step_index, *last_step);
    pthread_mutex_lock(&team->mutex);
    while (team->step_index == *last_step && !team->is_ending)
        pthread_cond_wait(&team->has_step, &team->mutex);
    *last_step = team->step_index;
    *is_ending = team->is_ending;
    has_joined = team->is_open;
    if (has_joined)
        team->joined_count++;
    pthread_mutex_unlock(&team->mutex);
    return has_joined;
}

static void leave_step(tl_team *team)
{
    pthread_mutex_lock(&team->mutex);
    team->joined_count--;
    if (team->joined_count == 0)
        pthread_cond_signal(&team->is_left);
    pthread_mutex_unlock(&team->mutex);
}

static void *run_member(void *argument)
{
    const struct member *member = argument;
    tl_team *team = member->team;
    size_t last_step = 0;
    bool is_ending = false;

    while (!is_ending) {
        if (!join_step(team, &last_step, &is_ending))
            continue;
        do_tasks(team, member->index);
        leave_step(team);
    }
    return NULL;
}

static enum tl_status start_members(tl_team *team, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i + 1 < team->thread_count && status == TL_OK; i++) {
        team->members[i] = (struct member){.team = team, .index = i + 1};
        if (pthread_create(&team->members[i].thread, NULL, run_member, &team->members[i]) == 0)
            team->started_count++;
        else
            status = tl_error_set(err, TL_NO_MEMORY, "the system gives only %zu of %zu threads", i + 1, team->thread_count);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

enum tl_status tl_team_create(tl_team **out, size_t thread_count, struct tl_error *err)
{
    tl_team *team = tl_memory_alloc(1, sizeof *team);
    enum tl_status status;

    assert(thread_count >= 1);
    *out = NULL;
    if (team != NULL)
        team->members = tl_memory_alloc(thread_count, sizeof *team->members);
    if (team == NULL || team->members == NULL) {
        tl_memory_free(team);
        return tl_error_set_no_memory(err, "a team of threads", (unsigned long long)thread_count * sizeof *team->members);
    }
    team->thread_count = thread_count;
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->has_step, NULL);
    pthread_cond_init(&team->is_left, NULL);
    status = start_members(team, err);
    if (status == TL_OK)
        *out = team;
    else
        tl_team_free(team);
    return status;
}

void tl_team_free(tl_team *team)
{
    if (team == NULL)
        return;
    pthread_mutex_lock(&team->mutex);
    team->is_ending = true;
    team->step_index++;
    pthread_cond_broadcast(&team->has_step);
    pthread_mutex_unlock(&team->mutex);
    for (size_t i = 0; i < team->started_count; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_cond_destroy(&team->is_left);
    pthread_cond_destroy(&team->has_step);
    pthread_mutex_destroy(&team->mutex);
    tl_memory_free(team->members);
    tl_memory_free(team);
}

size_t tl_team_thread_count(const tl_team *team)
{
    return team->thread_count;
}

/* Closes the step to those still asleep, and waits for those in it. */
static void close_step(tl_team *team)
{
    pthread_mutex_lock(&team->mutex);
    team->is_open = false;
    pthread_mutex_unlock(&team->mutex);
    for (size_t i = 0; i < SPIN_COUNT && atomic_load_explicit(&team->joined_count, memory_order_acquire) > 0; i++)
        pause_briefly();
    pthread_mutex_lock(&team->mutex);
    while (team->joined_count > 0)
        pthread_cond_wait(&team->is_left, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}

void tl_team_run(tl_team *team, size_t count, void (*do_task)(void *context, size_t task, size_t thread_index), void *context)
{
    if (team->started_count == 0 || count <= 1) {
        for (size_t task = 0; task < count; task++)
            do_task(context, task, 0);
        return;
    }
    pthread_mutex_lock(&team->mutex);
    team->do_task = do_task;
    team->context = context;
    team->count = count;
    atomic_store_explicit(&team->next_task, 0, memory_order_relaxed);
    team->is_open = true;
    team->step_index++;
    pthread_cond_broadcast(&team->has_step);
    pthread_mutex_unlock(&team->mutex);
    do_tasks(team, 0);
    close_step(team);
}
