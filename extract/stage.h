/* stage.h - what the threads of one pipeline share: its queues, whose turn it is, how it ends, and where the time went.
 *
 * Reading threads push into `decoded` (failures straight into `finished`), the computing thread pops there and pushes into
 * `finished`, which the calling thread empties. Three ways to end: the jobs run out and the queues close one after the
 * other; a stop leaves what is not begun and keeps what is computed; a failure throws away what is under way.
 */
#ifndef TL_EXTRACT_STAGE_H
#define TL_EXTRACT_STAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/queue.h"
#include "common/network/plan.h"
#include "extract/effort.h"
#include "extract/pipeline.h"

/* Variants that go through the network at once: as many as it takes together. More would make a stop wait longer and a crash
 * cost more. */
enum { TL_STAGE_BLOCK = TL_PLAN_GROUP };

struct tl_stage {
    /* Constant while threads run. */
    tl_agenda *agenda;
    const struct tl_augmentation *augmentation;
    const struct tl_engine *engine;
    tl_queue *decoded, *finished; /* of struct tl_work */
    unsigned thread_count;        /* that read, and that compute */

    /* Guarded by the mutex. */
    pthread_mutex_t mutex;
    pthread_cond_t evaluation_is_read;
    size_t next_job;
    size_t evaluation_left_count; /* jobs on an evaluation side that are not read yet */
    size_t reader_count; /* threads that have not ended */
    bool is_computing;   /* the computing thread has not ended */
    bool is_stopping;
    struct tl_effort effort;
    enum tl_status status; /* the first failure */
    struct tl_error failure;
};

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stage_init(struct tl_stage *stage, tl_agenda *agenda, const struct tl_augmentation *augmentation,
                                         const struct tl_engine *engine, unsigned thread_count, struct tl_error *err);
void tl_stage_clear(struct tl_stage *stage); /* no thread may still use it */

/* The next job to read; false when there is none, or it is time to stop. Waits where evaluation photos come first. */
bool tl_stage_take_job(struct tl_stage *stage, size_t *out_job);
/* The job was claimed for, or has failed. */
void tl_stage_note_read(struct tl_stage *stage, size_t job);
/* Reads that are under way are given up. */
void tl_stage_stop(struct tl_stage *stage);
/* Keeps the error, if it is the first, and ends everything. */
void tl_stage_fail(struct tl_stage *stage, const struct tl_error *failure);
/* A thread ends, and says what its work took; the last of its kind closes the queue it fills. */
void tl_stage_end_reader(struct tl_stage *stage, double cpu_seconds);
void tl_stage_end_computing(struct tl_stage *stage, const struct tl_effort *effort);

/* The threads, many that read and one that computes: both take a struct tl_stage and return NULL. */
void *tl_reading_run(void *stage);   /* reading.c */
void *tl_computing_run(void *stage); /* computing.c */

#endif
