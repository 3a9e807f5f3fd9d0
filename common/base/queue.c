/* queue.c - see queue.h. A ring under one mutex; what passes through (photos, blocks) is rare and large. */
#include "common/base/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "common/base/memory.h"

struct tl_queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_items, has_room;
    void (*release)(void *item);
    size_t capacity, first_index, count;
    bool is_closed, is_aborted;
    void *items[];
};

/* On the monotonic clock, so that a changed wall clock neither stretches nor cuts a wait. */
static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int failure = pthread_condattr_init(&attributes);

    if (failure)
        return failure;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    failure = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return failure;
}

enum tl_status tl_queue_create(tl_queue **out, size_t capacity, void (*release)(void *item), struct tl_error *err)
{
    tl_queue *queue = NULL;
    size_t item_count = capacity + (sizeof *queue + sizeof(void *) - 1) / sizeof(void *);

    assert(capacity >= 1);
    *out = NULL;
    if (item_count > capacity)
        queue = tl_memory_alloc(item_count, sizeof(void *));
    if (!queue)
        return tl_error_set(err, TL_NO_MEMORY, "no memory for a queue of %zu items", capacity);
    queue->capacity = capacity;
    queue->release = release;
    if (pthread_mutex_init(&queue->mutex, NULL))
        goto no_mutex;
    if (init_condition(&queue->has_items))
        goto no_items_condition;
    if (init_condition(&queue->has_room))
        goto no_room_condition;
    *out = queue;
    return TL_OK;

no_room_condition:
    pthread_cond_destroy(&queue->has_items);
no_items_condition:
    pthread_mutex_destroy(&queue->mutex);
no_mutex:
    tl_memory_free(queue);
    return tl_error_set(err, TL_NO_MEMORY, "the system has no lock left for a queue");
}

static void *take_first(tl_queue *queue)
{
    void *item = queue->items[queue->first_index];

    queue->first_index = (queue->first_index + 1) % queue->capacity;
    queue->count--;
    return item;
}

void tl_queue_free(tl_queue *queue)
{
    if (!queue)
        return;
    while (queue->count > 0) {
        void *item = take_first(queue);

        assert(queue->release);
        queue->release(item);
    }
    pthread_cond_destroy(&queue->has_room);
    pthread_cond_destroy(&queue->has_items);
    pthread_mutex_destroy(&queue->mutex);
    tl_memory_free(queue);
}

bool tl_queue_push(tl_queue *queue, void *item)
{
    bool is_taken = false;

    assert(item);
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == queue->capacity && !queue->is_closed)
        pthread_cond_wait(&queue->has_room, &queue->mutex);
    if (!queue->is_closed) {
        queue->items[(queue->first_index + queue->count) % queue->capacity] = item;
        queue->count++;
        is_taken = true;
        pthread_cond_signal(&queue->has_items);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

/* NULL when there is none to give now; call with the mutex held. */
static void *pop_now(tl_queue *queue)
{
    void *item;

    if (queue->count == 0 || queue->is_aborted)
        return NULL;
    item = take_first(queue);
    pthread_cond_signal(&queue->has_room);
    return item;
}

void *tl_queue_pop(tl_queue *queue)
{
    void *item;

    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && !queue->is_closed)
        pthread_cond_wait(&queue->has_items, &queue->mutex);
    item = pop_now(queue);
    pthread_mutex_unlock(&queue->mutex);
    return item;
}

static struct timespec time_in(unsigned wait_ms)
{
    struct timespec when;

    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += wait_ms / 1000;
    when.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

void *tl_queue_pop_within(tl_queue *queue, unsigned wait_ms, bool *is_over)
{
    struct timespec end = time_in(wait_ms);
    int outcome = 0;
    void *item;

    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && !queue->is_closed && outcome != ETIMEDOUT)
        outcome = pthread_cond_timedwait(&queue->has_items, &queue->mutex, &end);
    item = pop_now(queue);
    *is_over = !item && queue->is_closed;
    pthread_mutex_unlock(&queue->mutex);
    return item;
}

static void end_queue(tl_queue *queue, bool is_abort)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    queue->is_aborted = queue->is_aborted || is_abort;
    pthread_cond_broadcast(&queue->has_items);
    pthread_cond_broadcast(&queue->has_room);
    pthread_mutex_unlock(&queue->mutex);
}

void tl_queue_close(tl_queue *queue)
{
    end_queue(queue, false);
}

void tl_queue_abort(tl_queue *queue)
{
    end_queue(queue, true);
}
