/* pipeline.h - photos through threads: read and decode, then augment, compute and compress, then to the caller.
 *
 *     agenda's jobs -> [reading threads] -> bounded queue -> [computing thread and its team] -> bounded queue -> sink, in the
 *     calling thread
 *
 * The team does a block of variants in three steps, each with all its threads: augment, network, compress. Were a step's work
 * done beside the network, it would take a core from a network that waits for its slowest thread; in turn, it costs what it costs.
 * Reading is beside it, because it waits for disks. Memory is bounded by the queues. What comes out depends neither on the number
 * of threads nor on their timing, but for its order. A photo that fails is a work with a failed_stage, and the rest goes on; out
 * of memory for the pipeline itself ends the run.
 */
#ifndef TL_EXTRACT_PIPELINE_H
#define TL_EXTRACT_PIPELINE_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/image/augmentation.h"
#include "extract/agenda.h"
#include "extract/effort.h"
#include "extract/engine.h"
#include "extract/work.h"

/* All three are called in the thread that called tl_pipeline_run(). */
struct tl_pipeline_sink {
    void *context;
    /* Takes ownership of the work, in any case. A failure ends the run. */
    enum tl_status (*take)(void *context, struct tl_work *work, struct tl_error *err);
    /* Called several times a second, whether works come or not. */
    enum tl_status (*tick)(void *context, struct tl_error *err);
    /* True to stop: photos not begun are left, what is being computed is still handed over. */
    bool (*should_stop)(void *context);
};

/* Does all the agenda's jobs. `augmentation` is what variants of an index above 0 are drawn from; it may be NULL when the
 * agenda has none. thread_count >= 1 threads compute, and as many read. *out, which may be NULL, says what it took, in any
 * case. Fails with: TL_STOPPED (should_stop), what the sink failed with, TL_NO_MEMORY (also for threads). */
TL_MUST_USE enum tl_status tl_pipeline_run(struct tl_effort *out, tl_agenda *agenda, const struct tl_augmentation *augmentation,
                                           const struct tl_engine *engine, unsigned thread_count,
                                           const struct tl_pipeline_sink *sink, struct tl_error *err);

#endif
