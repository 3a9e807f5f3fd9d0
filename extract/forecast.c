/* forecast.c - finding out what a run would do; forecast_text.c tells. */
#include "extract/forecast.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/base/memory.h"

static const char NETWORK[] = "vgg16";
/* Measured on stores of 888 photos and 7,400 vectors: what a page of 65,536 bytes has for blobs, what rows and indexes take for
 * each vector and for each photo, and an empty store. */
static const double PAGE_BYTES = 65536, PAGE_ROOM_BYTES = 65480, BLOB_HEAD_BYTES = 16;
static const double FEATURE_ROW_BYTES = 240, PHOTO_ROWS_BYTES = 1100, EMPTY_STORE_BYTES = 3.6e6;

static void count_photo(struct tl_forecast *forecast, const struct tl_agenda_photo *photo)
{
    if (photo->is_known_failure || !photo->is_job) {
        forecast->there_count += !photo->is_known_failure;
        return;
    }
    forecast->job_bytes += (uint64_t)photo->entry->size_bytes;
    switch (photo->state) {
    case TL_AGENDA_UNKNOWN:
        forecast->new_count++;
        break;
    case TL_AGENDA_KNOWN:
        forecast->incomplete_count++;
        break;
    case TL_AGENDA_UNREADABLE:
        forecast->retried_count++;
        break;
    case TL_AGENDA_CHANGED:
        if (photo->has_other_size)
            forecast->resized_count++;
        else
            forecast->touched_count++;
        break;
    }
}

/* Features that jobs will need. Of bytes that are known it can be told exactly, by claiming them, in this agenda of our own. */
static enum tl_status count_features(struct tl_forecast *forecast, tl_agenda *agenda, struct tl_error *err)
{
    uint32_t *indices = tl_memory_alloc(tl_agenda_variants_max(agenda), sizeof *indices);
    enum tl_status status = TL_OK;

    if (!indices)
        return tl_error_set_no_memory(err, "the indices of variants", tl_agenda_variants_max(agenda) * sizeof *indices);
    for (size_t i = 0; i < tl_agenda_job_count(agenda) && status == TL_OK; i++) {
        const size_t photo_index = tl_agenda_job(agenda, i);
        const struct tl_agenda_photo *photo = tl_agenda_photo(agenda, photo_index);
        size_t count = 0;

        if (photo->content_id == 0) {
            forecast->expected_features += tl_agenda_variant_count(agenda, photo_index);
            continue;
        }
        status = tl_agenda_claim(agenda, indices, &count, photo_index, photo->sha256, err);
        forecast->known_features += count;
    }
    tl_memory_free(indices);
    return status;
}

static bool take_number(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count;
    (void)names;
    *(int64_t *)context = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return false;
}

/* The photos of a source that are there by its rows, less those that the scan met. */
static enum tl_status count_missing(struct tl_forecast *forecast, const struct tl_outlook *outlook, tl_agenda *agenda,
                                    struct tl_error *err)
{
    const struct tl_known *known = tl_agenda_known(agenda);
    enum tl_status status = TL_OK;
    char sql[128];

    for (size_t i = 0; i < forecast->sources->count && status == TL_OK && outlook->store; i++) {
        int64_t present = 0;

        if (forecast->sources->scans[i]->unlisted_count > 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM photo WHERE source_id = %" PRId64 " AND missing_since_ms IS NULL",
                 outlook->source_ids[i]);
        status = tl_store_query(outlook->store, sql, take_number, &present, err);
        forecast->missing_count += present;
    }
    for (size_t i = 0; i < known->count_count; i++)
        if (known->counts[i].scan->unlisted_count == 0)
            forecast->missing_count -= (int64_t)known->counts[i].photo_count;
    for (size_t i = 0; i < tl_agenda_photo_count(agenda); i++) {
        const struct tl_agenda_photo *photo = tl_agenda_photo(agenda, i);

        forecast->missing_count -= photo->photo_id != 0 && !photo->is_missing && photo->scan->unlisted_count == 0;
    }
    return status;
}

static bool take_stale(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct tl_forecast *forecast = context;
    const int64_t count = values[1] ? strtoll(values[1], NULL, 10) : 0;

    (void)column_count;
    (void)names;
    if (!values[0])
        return true;
    if (strcmp(values[0], "missing") == 0)
        forecast->stale_missing = count;
    else if (strcmp(values[0], "changed") == 0)
        forecast->stale_changed = count;
    else if (strcmp(values[0], "recipe") == 0)
        forecast->stale_recipe = count;
    else if (strcmp(values[0], "draw") == 0)
        forecast->stale_draw = count;
    return true;
}

/* What the agenda tells, before it is claimed from. */
static enum tl_status count_all(struct tl_forecast *forecast, const struct tl_outlook *outlook, tl_agenda *agenda,
                                struct tl_error *err)
{
    struct tl_tally tally;
    enum tl_status status = tl_tally_count(&tally, agenda, outlook->store, forecast->sources->scans, outlook->source_ids,
                                           forecast->sources->count, err);

    if (status != TL_OK)
        return status;
    forecast->copy_count = tally.copy_count;
    for (size_t i = 0; i < tally.clash_count; i++) {
        forecast->class_clash_count += !tally.clashes[i].is_of_split;
        forecast->split_clash_count += tally.clashes[i].is_of_split;
    }
    tl_tally_free(&tally);
    forecast->photo_count = tl_agenda_scanned_count(agenda);
    forecast->there_count = tl_agenda_known(agenda)->photo_count;
    forecast->job_count = tl_agenda_job_count(agenda);
    forecast->known_failure_count = tl_agenda_known_failure_count(agenda);
    for (size_t i = 0; i < tl_agenda_photo_count(agenda); i++)
        count_photo(forecast, tl_agenda_photo(agenda, i));
    status = count_missing(forecast, outlook, agenda, err);
    if (status == TL_OK && outlook->store)
        status = tl_store_get_file_bytes(outlook->store, &forecast->store_bytes, err);
    if (status == TL_OK && outlook->store)
        status = tl_store_query(outlook->store, "SELECT reason, count(*) FROM stale GROUP BY reason", take_stale, forecast, err);
    return status;
}

static void measure_disk(struct tl_forecast *forecast)
{
    char resolved[PATH_MAX], *slash;
    struct statvfs disk;

    snprintf(resolved, sizeof resolved, "%s", forecast->settings->store_path);
    slash = strrchr(resolved, '/');
    if (slash)
        slash[slash == resolved] = '\0';
    else
        strcpy(resolved, ".");
    forecast->free_bytes = statvfs(resolved, &disk) == 0 ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : -1;
}

static void expect_bytes(struct tl_forecast *forecast)
{
    const double features = (double)(forecast->known_features + forecast->expected_features);
    const double blob =
        forecast->probe.feature_count > 0 ? (double)forecast->probe.blob_bytes / (double)forecast->probe.feature_count : 0;
    const double in_page = fmax(floor(PAGE_ROOM_BYTES / (blob + BLOB_HEAD_BYTES)), 1);

    if (forecast->job_count > 0 && blob > 0)
        forecast->new_bytes =
            (int64_t)(features * (PAGE_BYTES / in_page + FEATURE_ROW_BYTES) + (double)forecast->new_count * PHOTO_ROWS_BYTES);
    if (!forecast->has_store)
        forecast->new_bytes += (int64_t)EMPTY_STORE_BYTES;
}

/* The weights, by the arithmetic that the run would go on in. */
static enum tl_status load_features(tl_features **out, const struct tl_forecast *forecast, const struct tl_outlook *outlook,
                                    struct tl_error *err)
{
    const struct tl_settings *settings = forecast->settings;
    const bool is_following = !settings->has_precision && outlook->arithmetic[0] != '\0';
    const struct tl_features_wish wish = {.arithmetic = is_following ? outlook->arithmetic : settings->arithmetic,
                                          .kernels = settings->kernels};
    const char *stored_type = settings->stored_type ? settings->stored_type : outlook->stored_type;
    char *path = NULL;
    enum tl_status status = tl_features_find_weights(&path, settings->weights_path, NETWORK, err);

    if (status == TL_OK)
        status = tl_features_create(out, &settings->recipe, NETWORK, path, &wish, err);
    if (status == TL_OK && stored_type[0] != '\0')
        status = tl_features_set_stored_type(*out, stored_type, err);
    tl_memory_free(path);
    return status;
}

static enum tl_status look(tl_agenda **agenda, const struct tl_forecast *forecast, const struct tl_outlook *outlook,
                           struct tl_error *err)
{
    tl_agenda_free(*agenda);
    *agenda = NULL;
    return tl_agenda_create(agenda, outlook->store, &outlook->wish, forecast->sources->scans, outlook->source_ids,
                            forecast->sources->count, err);
}

/* Reads the weights where there is work, or where only they can tell which features are meant. */
static enum tl_status consult_weights(tl_features **features, tl_agenda **agenda, const struct tl_forecast *forecast,
                                      struct tl_outlook *outlook, struct tl_error *err)
{
    bool is_other = false;
    enum tl_status status = TL_OK;

    if (tl_agenda_job_count(*agenda) == 0 && outlook->network_count < 2 && !forecast->settings->weights_path)
        return TL_OK;
    status = load_features(features, forecast, outlook, err);
    if (status == TL_OK)
        status = tl_outlook_confirm(outlook, &is_other, forecast->settings, tl_features_identify(*features).tensors_sha256, err);
    if (status == TL_OK && is_other) {
        tl_features_free(*features);
        *features = NULL;
        status = load_features(features, forecast, outlook, err);
        if (status == TL_OK)
            status = look(agenda, forecast, outlook, err);
    }
    return status;
}

enum tl_status tl_forecast_make(struct tl_forecast *out, const struct tl_settings *settings, const struct tl_sources *sources,
                                tl_decoders *decoders, struct tl_error *err)
{
    struct tl_forecast forecast = {.settings = settings, .sources = sources};
    struct tl_outlook outlook;
    struct tl_engine engine;
    tl_features *features = NULL;
    tl_agenda *agenda = NULL;
    enum tl_status status = tl_outlook_open(&outlook, settings, sources, err);

    *out = (struct tl_forecast){.settings = settings};
    forecast.has_store = outlook.store != NULL;
    if (status == TL_OK)
        status = look(&agenda, &forecast, &outlook, err);
    if (status == TL_OK)
        status = consult_weights(&features, &agenda, &forecast, &outlook, err);
    if (status == TL_OK)
        status = count_all(&forecast, &outlook, agenda, err);
    if (status == TL_OK && forecast.job_count > 0) {
        tl_engine_init(&engine, features, decoders);
        status = tl_probe_run(&forecast.probe, agenda, settings, &engine, err);
    }
    if (status == TL_OK)
        status = count_features(&forecast, agenda, err);
    if (status == TL_OK) {
        snprintf(forecast.arithmetic, sizeof forecast.arithmetic, "%s",
                 features ? tl_features_identify(features).arithmetic : outlook.arithmetic);
        forecast.seconds =
            tl_probe_estimate_seconds(&forecast.probe, forecast.job_count, forecast.known_features + forecast.expected_features);
        expect_bytes(&forecast);
        measure_disk(&forecast);
        *out = forecast;
    }
    tl_agenda_free(agenda);
    if (features)
        tl_photo_stop();
    tl_features_free(features);
    tl_outlook_close(&outlook);
    return status;
}

bool tl_forecast_fits(const struct tl_forecast *forecast)
{
    return forecast->free_bytes < 0 || forecast->new_bytes <= forecast->free_bytes;
}
