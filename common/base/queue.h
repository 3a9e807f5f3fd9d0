/* queue.h - a bounded queue of pointers between threads; what bounds the memory of a pipeline.
 *
 * Any number of threads push and pop. A full queue blocks the pushers, an empty one the poppers.
 * tl_queue_close() ends it: pushes are refused from then on, pops give what is left and then NULL.
 * tl_queue_abort() is for failure: pushes are refused, pops give NULL at once, and what was left is handed to
 * `release` by tl_queue_free().
 */
#ifndef TL_BASE_QUEUE_H
#define TL_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct tl_queue tl_queue;

/* `capacity` >= 1. `release` frees an item nobody popped; may be NULL when there can be none. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_queue_create(tl_queue **out, size_t capacity, void (*release)(void *item),
                                           struct tl_error *err);
void tl_queue_free(tl_queue *queue); /* no other thread may still use it */

/* True when the queue took the item (not NULL); false when it was closed, and the item is still the caller's. */
TL_MUST_USE bool tl_queue_push(tl_queue *queue, void *item);
/* The oldest item, now the caller's; NULL at the end. */
void *tl_queue_pop(tl_queue *queue);
/* As pop, but gives NULL at once (with *is_over false) when the queue is merely empty for `wait_ms`. */
void *tl_queue_pop_within(tl_queue *queue, unsigned wait_ms, bool *is_over);
void tl_queue_close(tl_queue *queue);
void tl_queue_abort(tl_queue *queue);

#endif
