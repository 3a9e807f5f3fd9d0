/* pipeline.c - see pipeline.h. Starts the threads, empties the last queue, ends the threads. */
#include "extract/pipeline.h"

#include <assert.h>
#include <math.h>
#include <signal.h>

#include "common/base/memory.h"
#include "extract/stage.h"

enum { TICK_MS = 100 };

/* Signals are the calling thread's affair, so threads are started with all of them blocked. Returns how many run. */
static size_t start_threads(pthread_t *threads, size_t count, struct tl_stage *stage)
{
    sigset_t all, before;
    size_t started_count = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started_count < count &&
           pthread_create(&threads[started_count], NULL, started_count == 0 ? tl_computing_run : tl_reading_run, stage) == 0)
        started_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started_count;
}

/* Hands works over until the threads are through. */
static void empty_queue(struct tl_stage *stage, const struct tl_pipeline_sink *sink, bool *was_stopped)
{
    bool is_over = false;

    while (!is_over) {
        struct tl_work *work = tl_queue_pop_within(stage->finished, TICK_MS, &is_over);
        enum tl_status status = TL_OK;
        struct tl_error err;

        if (work)
            status = sink->take(sink->context, work, &err);
        if (status == TL_OK)
            status = sink->tick(sink->context, &err);
        if (status != TL_OK) {
            tl_stage_fail(stage, &err);
            return;
        }
        if (!*was_stopped && sink->should_stop(sink->context)) {
            *was_stopped = true;
            tl_stage_stop(stage);
        }
    }
}

/* What reading took in other processes than this one. */
static double measure_elsewhere(const struct tl_engine *engine)
{
    return engine->reader.measure_cpu_seconds ? engine->reader.measure_cpu_seconds(&engine->reader) : 0;
}

enum tl_status tl_pipeline_run(struct tl_effort *out, tl_agenda *agenda, const struct tl_augmentation *augmentation,
                               const struct tl_engine *engine, unsigned thread_count, const struct tl_pipeline_sink *sink,
                               struct tl_error *err)
{
    size_t count = (size_t)thread_count + 1, started_count;
    const double thread_start = tl_effort_thread_seconds(), process_start = tl_effort_process_seconds();
    const double elsewhere_start = measure_elsewhere(engine);
    pthread_t *threads = NULL;
    struct tl_stage stage;
    bool was_stopped = false;
    enum tl_status status;

    assert(thread_count >= 1);
    if (out)
        *out = (struct tl_effort){.read_cpu_seconds = 0};
    status = tl_stage_init(&stage, agenda, augmentation, engine, thread_count, err);
    if (status != TL_OK)
        return status;
    threads = tl_memory_alloc(count, sizeof *threads);
    if (!threads) {
        status = tl_error_set_no_memory(err, "the list of threads", count * sizeof *threads);
        goto done;
    }
    started_count = start_threads(threads, count, &stage);
    if (started_count < count) {
        struct tl_error failure;

        (void)tl_error_set(&failure, TL_NO_MEMORY, "the system gives only %zu of %zu threads", started_count, count);
        tl_stage_fail(&stage, &failure);
    } else {
        empty_queue(&stage, sink, &was_stopped);
    }
    for (size_t i = 0; i < started_count; i++)
        pthread_join(threads[i], NULL);
    status = stage.status;
    if (status != TL_OK)
        (void)tl_error_set(err, status, "%s", stage.failure.message);
    else if (was_stopped)
        status = tl_error_set(err, TL_STOPPED, "stopped on request");
    if (out) {
        *out = stage.effort;
        out->store_cpu_seconds = tl_effort_thread_seconds() - thread_start;
        /* The clocks of threads and of the process are not read at one moment. */
        const double other_seconds =
            out->store_cpu_seconds + out->read_cpu_seconds + out->augment_cpu_seconds + out->compress_cpu_seconds;
        out->network_cpu_seconds = fmax(0, tl_effort_process_seconds() - process_start - other_seconds);
        out->read_cpu_seconds += measure_elsewhere(engine) - elsewhere_start;
    }

done:
    tl_memory_free(threads);
    tl_stage_clear(&stage);
    return status;
}
