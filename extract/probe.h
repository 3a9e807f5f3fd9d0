/* probe.h - how fast this machine extracts, and how large features become: a few real photos through the real pipeline, kept
 * nowhere.
 */
#ifndef TL_EXTRACT_PROBE_H
#define TL_EXTRACT_PROBE_H

#include "extract/agenda.h"
#include "extract/engine.h"
#include "extract/settings.h"

static const double TL_PROBE_SECONDS = 5.0; /* of computing, at most */

struct tl_probe {
    double photo_count; /* that went through; of the last one perhaps a part */
    size_t failed_count;
    uint64_t feature_count, blob_bytes;
    double read_seconds;    /* CPU time of a photo */
    double feature_seconds; /* CPU time of a vector, all but reading */
    double busy_cores;      /* CPU seconds of each second by the clock */
};

/* Takes photos from all over the agenda's jobs; the agenda is not changed. Stops early when tl_system_is_interrupted(). Fails with:
 * as tl_pipeline_run(), TL_STOPPED (interrupted). */
TL_MUST_USE enum tl_status tl_probe_run(struct tl_probe *out, tl_agenda *agenda, const struct tl_settings *settings,
                                        const struct tl_engine *engine, struct tl_error *err);

/* Seconds by the clock that so much takes here; 0 where nothing went through. */
double tl_probe_estimate_seconds(const struct tl_probe *probe, size_t photo_count, uint64_t feature_count);

#endif
