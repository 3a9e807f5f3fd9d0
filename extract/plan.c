/* plan.c - finding out what a run would do; plan_text.c tells. */
#include "extract/plan.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/base/memory.h"

static const char NETWORK[] = "vgg16";
/* Measured on stores of 888 photos and 7,400 vectors: what a page of 65,536 bytes has for blobs, what rows and indexes take for each
 * vector and for each photo, and an empty store. */
static const double PAGE_BYTES = 65536, PAGE_ROOM_BYTES = 65480, BLOB_HEAD_BYTES = 16;
static const double FEATURE_ROW_BYTES = 240, PHOTO_ROWS_BYTES = 1100, EMPTY_STORE_BYTES = 3.6e6;

static void count_photo(struct tl_plan *plan, const struct tl_agenda_photo *photo)
{
    if (photo->is_known_failure || !photo->is_job) {
        plan->there_count += !photo->is_known_failure;
        return;
    }
    plan->job_bytes += (uint64_t)photo->entry->size_bytes;
    switch (photo->state) {
    case TL_AGENDA_UNKNOWN:
        plan->new_count++;
        break;
    case TL_AGENDA_KNOWN:
        plan->incomplete_count++;
        break;
    case TL_AGENDA_UNREADABLE:
        plan->retried_count++;
        break;
    case TL_AGENDA_CHANGED:
        if (photo->has_other_size)
            plan->resized_count++;
        else
            plan->touched_count++;
        break;
    }
}

/* Features that jobs will need. Of bytes that are known it can be told exactly, by claiming them, in this agenda of our own. */
static enum tl_status count_features(struct tl_plan *plan, tl_agenda *agenda, struct tl_error *err)
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
            plan->expected_features += tl_agenda_variant_count(agenda, photo_index);
            continue;
        }
        status = tl_agenda_claim(agenda, indices, &count, photo_index, photo->sha256, err);
        plan->known_features += count;
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
static enum tl_status count_missing(struct tl_plan *plan, const struct tl_outlook *outlook, tl_agenda *agenda, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    char sql[128];

    for (size_t i = 0; i < plan->sources->count && status == TL_OK && outlook->store; i++) {
        int64_t present = 0;

        if (plan->sources->scans[i]->unlisted_count > 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM photo WHERE source_id = %" PRId64 " AND missing_since_ms IS NULL",
                 outlook->source_ids[i]);
        status = tl_store_query(outlook->store, sql, take_number, &present, err);
        plan->missing_count += present;
    }
    for (size_t i = 0; i < tl_agenda_photo_count(agenda); i++) {
        const struct tl_agenda_photo *photo = tl_agenda_photo(agenda, i);

        plan->missing_count -= photo->photo_id != 0 && !photo->is_missing && photo->scan->unlisted_count == 0;
    }
    return status;
}

static bool take_stale(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct tl_plan *plan = context;
    const int64_t count = values[1] ? strtoll(values[1], NULL, 10) : 0;

    (void)column_count;
    (void)names;
    if (!values[0])
        return true;
    if (strcmp(values[0], "missing") == 0)
        plan->stale_missing = count;
    else if (strcmp(values[0], "changed") == 0)
        plan->stale_changed = count;
    else if (strcmp(values[0], "recipe") == 0)
        plan->stale_recipe = count;
    else if (strcmp(values[0], "draw") == 0)
        plan->stale_draw = count;
    return true;
}

/* What the agenda tells, before it is claimed from. */
static enum tl_status count_all(struct tl_plan *plan, const struct tl_outlook *outlook, tl_agenda *agenda, struct tl_error *err)
{
    struct tl_tally tally;
    enum tl_status status = tl_tally_count(&tally, agenda, plan->sources->scans, plan->sources->count, err);

    if (status != TL_OK)
        return status;
    plan->copy_count = tally.copy_count;
    for (size_t i = 0; i < tally.clash_count; i++) {
        plan->class_clash_count += !tally.clashes[i].is_of_split;
        plan->split_clash_count += tally.clashes[i].is_of_split;
    }
    tl_tally_free(&tally);
    plan->photo_count = tl_agenda_photo_count(agenda);
    plan->job_count = tl_agenda_job_count(agenda);
    plan->known_failure_count = tl_agenda_known_failure_count(agenda);
    for (size_t i = 0; i < plan->photo_count; i++)
        count_photo(plan, tl_agenda_photo(agenda, i));
    status = count_missing(plan, outlook, agenda, err);
    if (status == TL_OK && outlook->store)
        status = tl_store_get_file_bytes(outlook->store, &plan->store_bytes, err);
    if (status == TL_OK && outlook->store)
        status = tl_store_query(outlook->store, "SELECT reason, count(*) FROM stale GROUP BY reason", take_stale, plan, err);
    return status;
}

static void measure_disk(struct tl_plan *plan)
{
    char resolved[PATH_MAX], *slash;
    struct statvfs disk;

    snprintf(resolved, sizeof resolved, "%s", plan->settings->store_path);
    slash = strrchr(resolved, '/');
    if (slash)
        slash[slash == resolved] = '\0';
    else
        strcpy(resolved, ".");
    plan->free_bytes = statvfs(resolved, &disk) == 0 ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : -1;
}

static void expect_bytes(struct tl_plan *plan)
{
    const double features = (double)(plan->known_features + plan->expected_features);
    const double blob = plan->probe.feature_count > 0 ? (double)plan->probe.blob_bytes / (double)plan->probe.feature_count : 0;
    const double in_page = fmax(floor(PAGE_ROOM_BYTES / (blob + BLOB_HEAD_BYTES)), 1);

    if (plan->job_count > 0 && blob > 0)
        plan->new_bytes = (int64_t)(features * (PAGE_BYTES / in_page + FEATURE_ROW_BYTES) + (double)plan->new_count * PHOTO_ROWS_BYTES);
    if (!plan->has_store)
        plan->new_bytes += (int64_t)EMPTY_STORE_BYTES;
}

/* The weights, by the arithmetic that the run would go on in. */
static enum tl_status load_features(tl_features **out, const struct tl_plan *plan, const struct tl_outlook *outlook, struct tl_error *err)
{
    const struct tl_settings *settings = plan->settings;
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

static enum tl_status look(tl_agenda **agenda, const struct tl_plan *plan, const struct tl_outlook *outlook, struct tl_error *err)
{
    tl_agenda_free(*agenda);
    *agenda = NULL;
    return tl_agenda_create(agenda, outlook->store, &outlook->wish, plan->sources->scans, outlook->source_ids, plan->sources->count, err);
}

/* Reads the weights where there is work, or where only they can tell which features are meant. */
static enum tl_status consult_weights(tl_features **features, tl_agenda **agenda, const struct tl_plan *plan, struct tl_outlook *outlook,
                                      struct tl_error *err)
{
    bool is_other = false;
    enum tl_status status = TL_OK;

    if (tl_agenda_job_count(*agenda) == 0 && outlook->network_count < 2 && !plan->settings->weights_path)
        return TL_OK;
    status = load_features(features, plan, outlook, err);
    if (status == TL_OK)
        status = tl_outlook_confirm(outlook, &is_other, plan->settings, tl_features_identify(*features).tensors_sha256, err);
    if (status == TL_OK && is_other) {
        tl_features_free(*features);
        *features = NULL;
        status = load_features(features, plan, outlook, err);
        if (status == TL_OK)
            status = look(agenda, plan, outlook, err);
    }
    return status;
}

enum tl_status tl_plan_make(struct tl_plan *out, const struct tl_settings *settings, const struct tl_sources *sources,
                            tl_decoders *decoders, struct tl_error *err)
{
    struct tl_plan plan = {.settings = settings, .sources = sources};
    struct tl_outlook outlook;
    struct tl_engine engine;
    tl_features *features = NULL;
    tl_agenda *agenda = NULL;
    enum tl_status status = tl_outlook_open(&outlook, settings, sources, err);

    *out = (struct tl_plan){.settings = settings};
    plan.has_store = outlook.store != NULL;
    if (status == TL_OK)
        status = look(&agenda, &plan, &outlook, err);
    if (status == TL_OK)
        status = consult_weights(&features, &agenda, &plan, &outlook, err);
    if (status == TL_OK)
        status = count_all(&plan, &outlook, agenda, err);
    if (status == TL_OK && plan.job_count > 0) {
        tl_engine_init(&engine, features, decoders);
        status = tl_probe_run(&plan.probe, agenda, settings, &engine, err);
    }
    if (status == TL_OK)
        status = count_features(&plan, agenda, err);
    if (status == TL_OK) {
        snprintf(plan.arithmetic, sizeof plan.arithmetic, "%s",
                 features ? tl_features_identify(features).arithmetic : outlook.arithmetic);
        plan.seconds = tl_probe_estimate_seconds(&plan.probe, plan.job_count, plan.known_features + plan.expected_features);
        expect_bytes(&plan);
        measure_disk(&plan);
        *out = plan;
    }
    tl_agenda_free(agenda);
    if (features)
        tl_photo_stop();
    tl_features_free(features);
    tl_outlook_close(&outlook);
    return status;
}

bool tl_plan_fits(const struct tl_plan *plan)
{
    return plan->free_bytes < 0 || plan->new_bytes <= plan->free_bytes;
}
