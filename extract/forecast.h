/* forecast.h - what a run would do, how long it would take and how large the store would become; nothing is changed.
 *
 *     tl_forecast_make(&forecast, &settings, &sources, decoders, err);
 *     tl_forecast_append_text(&text, &forecast);      or _json
 *
 * Photos whose size and time are as stored are not opened. The weights are read only where something is to be computed, and a few
 * of the photos then go through the pipeline, for five seconds at most.
 */
#ifndef TL_EXTRACT_FORECAST_H
#define TL_EXTRACT_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "extract/agenda.h"
#include "extract/outlook.h"
#include "extract/probe.h"
#include "extract/settings.h"
#include "extract/sources.h"
#include "extract/tally.h"

struct tl_forecast {
    const struct tl_settings *settings;
    const struct tl_sources *sources;
    bool has_store;
    char arithmetic[64];
    size_t photo_count, there_count, known_failure_count;
    size_t job_count; /* of which: */
    size_t new_count, resized_count, touched_count, retried_count, incomplete_count;
    uint64_t job_bytes;                                      /* of their files */
    uint64_t known_features;                                 /* to compute for photos whose content is known */
    uint64_t expected_features;                              /* and for the others, were none of them a copy of another */
    size_t copy_count, class_clash_count, split_clash_count; /* among known contents */
    int64_t missing_count; /* photos of the store that are not there any more; -1: not all folders could be listed */
    int64_t stale_missing, stale_changed, stale_recipe, stale_draw; /* features in the store that nothing uses */
    struct tl_probe probe;                                          /* where there are jobs */
    double seconds;                                                 /* expected; 0: unknown */
    int64_t new_bytes;                                              /* expected, of the store */
    int64_t store_bytes, free_bytes;                                /* of its file now; of the disk it is on, -1: unknown */
};

/* Fails with: as tl_outlook_open(), tl_features_create(), tl_probe_run(). The forecast is empty then. */
TL_MUST_USE enum tl_status tl_forecast_make(struct tl_forecast *out, const struct tl_settings *settings,
                                            const struct tl_sources *sources, tl_decoders *decoders, struct tl_error *err);

/* Whether the disk has room for what is to come. */
bool tl_forecast_fits(const struct tl_forecast *forecast);

/* For people, several lines; for programs, one object on one line. (forecast_text.c) */
void tl_forecast_append_text(struct tl_text *text, const struct tl_forecast *forecast);
void tl_forecast_append_json(struct tl_text *text, const struct tl_forecast *forecast);

#endif
