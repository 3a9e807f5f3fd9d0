/* nursery.h - a small process that starts helper processes on demand, so that a process with threads never forks.
 *
 *     tl_nursery_create(&nursery, count, run, context, err);   before the first thread, and before files that no helper may hold
 *     tl_nursery_raise(nursery, &child, index, err);           a helper: run(context, index, its end of child.socket)
 *     tl_nursery_bury(nursery, &end, &child, err);             ends it if it still lives, and tells how it ended
 *     tl_nursery_free(nursery);                                ends all that are left
 *
 * The nursery is a copy of the process as it was at the start, and helpers are copies of the nursery: they hold no descriptors of
 * ours but their socket (streams 0 to 2 are /dev/null), and none of the locks and memory that came later. Ctrl-C, which a terminal
 * sends to all of them, is for the owner alone. They end with it, however it ends. One thread at a time calls a nursery; it has to
 * be created by the process's first thread, because Linux ends a helper with the thread that forked it.
 */
#ifndef TL_IMAGE_NURSERY_H
#define TL_IMAGE_NURSERY_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/error.h"

typedef struct tl_nursery tl_nursery;

/* A helper; whole messages go through its socket (SOCK_SEQPACKET), and reading 0 bytes says that it is dead or dying. */
struct tl_nursery_child {
    int socket; /* the owner's end */
    pid_t pid;
};

struct tl_nursery_end {
    int wait_status;    /* as waitpid()'s; 0 too where it could not be waited for */
    double cpu_seconds; /* of all its life */
};

/* What a helper does: it answers until its socket is closed, and ends when it returns. `index` is raise's. */
typedef void tl_nursery_run(const void *context, size_t index, int socket);

/* At most `count` helpers live at once, of indices 0 to count - 1; `run` and `context` as they are now are what helpers get.
 * Fails with: TL_IO (no process to be had, with strerror), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_nursery_create(tl_nursery **out, size_t count, tl_nursery_run *run, const void *context,
                                             struct tl_error *err);
/* NULL is fine. Returns when no helper is left. */
void tl_nursery_free(tl_nursery *nursery);

/* Fails with: TL_NO_MEMORY (no process or descriptor to be had just now, with strerror), TL_IO (the nursery itself is gone). */
TL_MUST_USE enum tl_status tl_nursery_raise(tl_nursery *nursery, struct tl_nursery_child *out, size_t index, struct tl_error *err);
/* Closes the socket, kills and waits; *out is filled in any case. Fails with: TL_IO (the nursery itself is gone). */
TL_MUST_USE enum tl_status tl_nursery_bury(tl_nursery *nursery, struct tl_nursery_end *out, struct tl_nursery_child *child,
                                           struct tl_error *err);

#endif
