/* store_sweep.h - rows of sweeps: one command that tries several courses, each of them a run that names it.
 *
 *     tl_store_put_sweep(store, &sweep_id, &sweep, err);
 *     ... tl_store_put_run() with run.sweep_id = sweep_id, many in a transaction ...
 *     tl_store_end_sweep(store, sweep_id, tl_system_time_ms(), err);
 *
 * A sweep that was killed has no end; its runs up to the last commit are there.
 */
#ifndef TL_STORE_STORE_SWEEP_H
#define TL_STORE_STORE_SWEEP_H

#include "common/store/store.h"

struct tl_store_sweep {
    const char *kind;         /* "grid", "random", "auto" */
    const char *command_json; /* the words it was started with, a JSON array */
    const char *program_version;
    int64_t seed, planned_runs, started_ms;
};

/* In the open transaction or one of its own. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_sweep(tl_store *store, int64_t *out_sweep_id, const struct tl_store_sweep *sweep,
                                              struct tl_error *err);
/* Likewise. */
TL_MUST_USE enum tl_status tl_store_end_sweep(tl_store *store, int64_t sweep_id, int64_t ended_ms, struct tl_error *err);

#endif
