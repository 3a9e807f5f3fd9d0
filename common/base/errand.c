/* errand.c - see errand.h. */
#include "common/base/errand.h"

#include <signal.h>
#include <stddef.h>

static void *run_errand(void *argument)
{
    const struct tl_errand *errand = argument;
    errand->run(errand->context);
    return NULL;
}

void tl_errand_start(struct tl_errand *errand, void (*run)(void *context), void *context)
{
    pthread_t thread;
    sigset_t all, before;

    *errand = (struct tl_errand){.run = run, .context = context};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool has_thread = pthread_create(&thread, NULL, run_errand, errand) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (has_thread) {
        errand->thread = thread;
        errand->is_under_way = true;
    } else {
        run(context);
    }
}

void tl_errand_wait(struct tl_errand *errand)
{
    if (errand->is_under_way)
        pthread_join(errand->thread, NULL);
    errand->is_under_way = false;
}
