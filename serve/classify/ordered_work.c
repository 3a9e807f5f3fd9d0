/* ordered_work.c - see ordered_work.h. Slots are a ring: item i lies in slot i modulo their count. */
#include "serve/classify/ordered_work.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/memory.h"

struct ring {
    const struct tl_ordered_work *work;
    void *const *slots;
    size_t slot_count;
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t has_changed;
    uint64_t filled, taken; /* items; filled >= taken */
    bool *is_done;          /* by slot */
    bool is_over;           /* nothing more will be filled */
};

struct worker {
    struct ring *ring;
    void *context;
    pthread_t thread;
};

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct ring *ring = worker->ring;

    pthread_mutex_lock(&ring->mutex);
    for (;;) {
        size_t slot;

        while (ring->taken == ring->filled && !ring->is_over)
            pthread_cond_wait(&ring->has_changed, &ring->mutex);
        if (ring->taken == ring->filled)
            break;
        slot = (size_t)(ring->taken++ % ring->slot_count);
        pthread_mutex_unlock(&ring->mutex);
        ring->work->compute(worker->context, ring->slots[slot]);
        pthread_mutex_lock(&ring->mutex);
        ring->is_done[slot] = true;
        pthread_cond_broadcast(&ring->has_changed);
    }
    pthread_mutex_unlock(&ring->mutex);
    if (ring->work->end_worker)
        ring->work->end_worker(worker->context);
    return NULL;
}

static void tell_over(struct ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    ring->is_over = true;
    pthread_cond_broadcast(&ring->has_changed);
    pthread_mutex_unlock(&ring->mutex);
}

/* Fills while there is room, hands on what is finished; the oldest item is waited for only when nothing can be filled. */
static enum tl_status feed(struct ring *ring, struct tl_error *err)
{
    const struct tl_ordered_work *work = ring->work;
    uint64_t filled = 0, handed_on = 0;
    bool has_more = true;

    for (;;) {
        size_t oldest = (size_t)(handed_on % ring->slot_count);
        bool can_fill = has_more && filled - handed_on < ring->slot_count, is_ready;
        enum tl_status status;

        if (!can_fill && filled == handed_on)
            return TL_OK;
        pthread_mutex_lock(&ring->mutex);
        while (!can_fill && !ring->is_done[oldest])
            pthread_cond_wait(&ring->has_changed, &ring->mutex);
        is_ready = filled > handed_on && ring->is_done[oldest];
        if (is_ready)
            ring->is_done[oldest] = false;
        pthread_mutex_unlock(&ring->mutex);

        if (is_ready) {
            status = work->hand_on(work->context, ring->slots[oldest], err);
            if (status != TL_OK)
                return status;
            handed_on++;
            continue;
        }
        status = work->fill(work->context, ring->slots[filled % ring->slot_count], err);
        if (status == TL_NOT_FOUND) {
            has_more = false;
            continue;
        }
        if (status != TL_OK)
            return status;
        filled++;
        pthread_mutex_lock(&ring->mutex);
        ring->filled = filled;
        pthread_cond_broadcast(&ring->has_changed);
        pthread_mutex_unlock(&ring->mutex);
    }
}

enum tl_status tl_ordered_work_run(const struct tl_ordered_work *work, void *const *workers, size_t worker_count,
                                   void *const *slots, size_t slot_count, struct tl_error *err)
{
    struct ring ring = {.work = work, .slots = slots, .slot_count = slot_count};
    struct worker *threads = NULL;
    size_t started = 0;
    enum tl_status status = TL_OK;

    assert(worker_count >= 1 && slot_count >= 1);
    pthread_mutex_init(&ring.mutex, NULL);
    pthread_cond_init(&ring.has_changed, NULL);
    ring.is_done = tl_memory_alloc(slot_count, sizeof *ring.is_done);
    threads = tl_memory_alloc(worker_count, sizeof *threads);
    if (!ring.is_done || !threads) {
        status = tl_error_set_no_memory(err, "worker threads", worker_count * sizeof *threads + slot_count);
        goto done;
    }
    for (; started < worker_count; started++) {
        int failure;

        threads[started].ring = &ring;
        threads[started].context = workers[started];
        failure = pthread_create(&threads[started].thread, NULL, run_worker, &threads[started]);
        if (failure != 0) {
            status = tl_error_set(err, TL_IO, "cannot start thread %zu of %zu: %s", started + 1, worker_count, strerror(failure));
            goto done;
        }
    }
    status = feed(&ring, err);
done:
    tell_over(&ring);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i].thread, NULL);
    tl_memory_free(threads);
    tl_memory_free(ring.is_done);
    pthread_cond_destroy(&ring.has_changed);
    pthread_mutex_destroy(&ring.mutex);
    return status;
}
