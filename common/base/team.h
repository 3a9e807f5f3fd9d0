/* team.h - a few threads that do the same kind of work together, over and over.
 *
 *     tl_team_create(&team, 4, err);                        three threads beside the caller's
 *     tl_team_run(team, task_count, do_task, context);      again and again; returns when all tasks are done
 *     tl_team_free(team);
 *
 * For work in short steps of some milliseconds: a step begins within microseconds where threads are still awake from the last
 * one, nothing is allocated, and whoever is free takes the next task, so a thread that the system delays delays only its
 * own. Threads wait awake for a moment, then sleep. One caller at a time.
 */
#ifndef TL_BASE_TEAM_H
#define TL_BASE_TEAM_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct tl_team tl_team;

/* thread_count >= 1 counts the caller: a team of one starts no thread and cannot fail for want of one. Signals stay the
 * caller's affair: the threads block all. Fails with: TL_NO_MEMORY (also for threads). */
TL_MUST_USE enum tl_status tl_team_create(tl_team **out, size_t thread_count, struct tl_error *err);
void tl_team_free(tl_team *team); /* NULL is fine; not while it runs */

size_t tl_team_thread_count(const tl_team *team);

/* Calls do_task once for each task below `count`, in any order and several at once; thread_index is below the thread count, and
 * tasks of one index never run at once. What the tasks wrote, the caller sees. */
void tl_team_run(tl_team *team, size_t count, void (*do_task)(void *context, size_t task, size_t thread_index), void *context);

#endif
