/* ordered_work.h - items computed by several threads and handed on in the order they came.
 *
 * The calling thread fills slots and hands finished ones on; worker threads compute. No more than `slot_count` items
 * are under way, so memory is bounded by the slots and not by how many items there are.
 */
#ifndef TL_SERVE_CLASSIFY_ORDERED_WORK_H
#define TL_SERVE_CLASSIFY_ORDERED_WORK_H

#include <stddef.h>

#include "common/base/error.h"

struct tl_ordered_work {
    void *context; /* given to fill and hand_on */
    /* Calling thread: makes *slot the next item. Fails with: TL_NOT_FOUND (no more items), anything else ends the work. */
    enum tl_status (*fill)(void *context, void *slot, struct tl_error *err);
    /* A worker thread: computes in place; what goes wrong is part of the item. */
    void (*compute)(void *worker, void *slot);
    /* A worker thread, before it ends; may be NULL. */
    void (*end_worker)(void *worker);
    /* Calling thread, in the order of fill. A failure ends the work. */
    enum tl_status (*hand_on)(void *context, void *slot, struct tl_error *err);
};

/* Runs until fill has no more and all is handed on. workers: one context a thread; slots: reused in turn; both counts >= 1.
 * After a failure what was filled is still computed but not handed on. Fails with: what fill or hand_on gave, TL_IO (no
 * threads), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_ordered_work_run(const struct tl_ordered_work *work, void *const *workers, size_t worker_count,
                                               void *const *slots, size_t slot_count, struct tl_error *err);

#endif
