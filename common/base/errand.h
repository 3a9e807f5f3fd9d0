/* errand.h - one piece of work done beside the caller's own, on a thread that ends with it.
 *
 *     tl_errand_start(&errand, read_weights, &reading);     never fails: where the system gives no thread the work is done at once
 *     ...                                                   something else meanwhile
 *     tl_errand_wait(&errand);                              what the work wrote, the caller sees
 *
 * Each start needs one wait, by one thread.
 */
#ifndef TL_BASE_ERRAND_H
#define TL_BASE_ERRAND_H

#include <pthread.h>
#include <stdbool.h>

struct tl_errand {
    void (*run)(void *context);
    void *context;
    pthread_t thread;
    bool is_under_way; /* on a thread that nobody has waited for */
};

/* `errand` stays where it is until the wait. Signals stay the caller's affair: the thread blocks all. */
void tl_errand_start(struct tl_errand *errand, void (*run)(void *context), void *context);
/* Nothing to wait for, or an errand of all zero, is fine. */
void tl_errand_wait(struct tl_errand *errand);

#endif
