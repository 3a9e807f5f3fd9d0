/* agenda.c - see agenda.h. */
#include "extract/agenda.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_failure.h"
#include "common/store/store_photo.h"
#include "extract/keyset.h"

enum { QUERY_BYTES = 1024 };

struct tl_agenda {
    struct tl_agenda_photo *photos;
    size_t photo_count;
    size_t *jobs;
    size_t job_count, evaluation_job_count, known_failure_count;
    struct tl_agenda_wish wish;
    bool has_splits;       /* somewhere in the label set */
    tl_keyset *known;      /* features by variant index: those there, and those claimed */
    tl_keyset *evaluation; /* contents on an evaluation side, number 0 */
};

static bool is_evaluation_split(const char *split)
{
    return split && strcmp(split, "train") != 0;
}

/* What a query's rows go into; a callback cannot return an error, so the first is kept here. */
struct loading {
    tl_agenda *agenda;
    const int64_t *source_ids;
    size_t source_count;
    enum tl_status status;
    struct tl_error *err;
};

static bool load_feature(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct loading *loading = context;
    uint8_t sha256[TL_DIGEST_BYTES];

    (void)names;
    assert(column_count == 2);
    (void)column_count;
    if (!values[0] || !values[1] || !tl_digest_from_hex(sha256, values[0])) {
        loading->status = tl_error_set(loading->err, TL_CORRUPT, "the store has a content whose sha256 is none");
        return false;
    }
    loading->status = tl_keyset_add(loading->agenda->known, NULL, sha256, (uint32_t)strtoul(values[1], NULL, 10), loading->err);
    return loading->status == TL_OK;
}

/* Features that are there whole. Those that verification found damaged, and those whose blob is gone or of another length, are
 * computed again. */
static enum tl_status load_features(tl_agenda *agenda, tl_store *store, struct tl_error *err)
{
    struct loading loading = {.agenda = agenda, .status = TL_OK, .err = err};
    char sql[QUERY_BYTES];
    enum tl_status status;

    (void)snprintf(sql, sizeof sql,
                   "SELECT lower(hex(c.sha256)), v.variant_index FROM feature f"
                   " JOIN feature_blob b ON b.feature_id = f.feature_id AND length(b.blob) = f.stored_bytes"
                   " JOIN variant v USING (variant_id) JOIN content c USING (content_id)"
                   " WHERE f.feature_set_id = %" PRId64 " AND v.augmentation_id IN (0, %" PRId64 ")"
                   " AND c.content_id NOT IN (SELECT p.content_id FROM failure JOIN photo p USING (photo_id)"
                   " WHERE failure.feature_set_id = %" PRId64 " AND p.content_id IS NOT NULL)",
                   agenda->wish.feature_set_id, agenda->wish.augmentation_id, agenda->wish.feature_set_id);
    status = tl_store_query(store, sql, load_feature, &loading, err);
    return status != TL_OK ? status : loading.status;
}

static bool load_split(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct loading *loading = context;
    const char *label_set = values[0], *split = values[1], *source = values[2], *origin = values[3], *hex = values[4];
    uint8_t sha256[TL_DIGEST_BYTES];

    (void)names;
    assert(column_count == 5);
    (void)column_count;
    if (!label_set || strcmp(label_set, loading->agenda->wish.label_set) != 0)
        return true;
    /* What a scanned folder says now counts, not what it said last time. */
    for (size_t i = 0; i < loading->source_count && source && origin && strcmp(origin, "folder") == 0; i++)
        if (strtoll(source, NULL, 10) == loading->source_ids[i])
            return true;
    loading->agenda->has_splits = true;
    if (!is_evaluation_split(split) || !hex || !tl_digest_from_hex(sha256, hex))
        return true;
    loading->status = tl_keyset_add(loading->agenda->evaluation, NULL, sha256, 0, loading->err);
    return loading->status == TL_OK;
}

/* Splits that other sources, tables or hands have given. */
static enum tl_status load_splits(tl_agenda *agenda, tl_store *store, const int64_t *source_ids, size_t source_count, struct tl_error *err)
{
    struct loading loading = {agenda, source_ids, source_count, TL_OK, err};
    enum tl_status status = tl_store_query(store,
                                           "SELECT l.label_set, l.split, p.source_id, l.origin, lower(hex(c.sha256)) FROM label l"
                                           " JOIN photo p USING (photo_id) LEFT JOIN content c USING (content_id)"
                                           " WHERE l.split IS NOT NULL AND p.missing_since_ms IS NULL",
                                           load_split, &loading, err);

    return status != TL_OK ? status : loading.status;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

/* Photos that failed by a cause that lasts, by id. */
struct failures {
    int64_t *ids;
    size_t count;
};

/* What the store knows of a photo; its content only where the file is as it was. */
static enum tl_status load_photo(struct tl_agenda_photo *photo, tl_store *store, const struct failures *failures,
                                 struct tl_error *err)
{
    struct tl_store_photo row;
    bool is_unchanged;
    enum tl_status status = tl_store_get_photo(store, &row, photo->source_id, photo->entry->path, err);

    if (status == TL_NOT_FOUND)
        return TL_OK;
    if (status != TL_OK)
        return status;
    photo->photo_id = row.photo_id;
    photo->is_missing = row.is_missing;
    is_unchanged = row.size_bytes == photo->entry->size_bytes && row.mtime_ns == photo->entry->mtime_ns;
    photo->has_other_size = row.size_bytes != photo->entry->size_bytes;
    photo->state = row.content_id == 0 ? TL_AGENDA_UNREADABLE : is_unchanged ? TL_AGENDA_KNOWN : TL_AGENDA_CHANGED;
    photo->is_known_failure = is_unchanged && failures->count > 0 &&
                              bsearch(&row.photo_id, failures->ids, failures->count, sizeof *failures->ids, compare_ids) != NULL;
    if (row.content_id == 0 || !is_unchanged)
        return TL_OK;
    photo->content_id = row.content_id;
    memcpy(photo->sha256, row.sha256, sizeof photo->sha256);
    photo->exif_orientation = row.exif_orientation;
    photo->is_as_stored = !row.is_missing;
    return TL_OK;
}

static enum tl_status load_photos(tl_agenda *agenda, tl_store *store, struct tl_scan *const *scans, const int64_t *source_ids,
                                  size_t scan_count, struct tl_error *err)
{
    struct failures failures = {.ids = NULL};
    enum tl_status status = TL_OK;
    size_t total = 0;

    for (size_t i = 0; i < scan_count; i++)
        total += scans[i]->entry_count;
    agenda->photos = tl_memory_alloc(total, sizeof *agenda->photos);
    agenda->jobs = tl_memory_alloc(total, sizeof *agenda->jobs);
    if (!agenda->photos || !agenda->jobs)
        return tl_error_set_no_memory(err, "the list of photos", total * sizeof *agenda->photos);
    if (store && !agenda->wish.is_retrying)
        status = tl_store_list_lasting_failures(store, &failures.ids, &failures.count, err);
    for (size_t i = 0; i < scan_count && status == TL_OK; i++) {
        agenda->has_splits = agenda->has_splits || scans[i]->has_splits;
        for (size_t j = 0; j < scans[i]->entry_count && status == TL_OK; j++) {
            struct tl_agenda_photo *photo = &agenda->photos[agenda->photo_count++];

            photo->scan = scans[i];
            photo->entry = &scans[i]->entries[j];
            photo->source_id = source_ids[i];
            photo->outcome = TL_AGENDA_LEFT;
            if (store)
                status = load_photo(photo, store, &failures, err);
            if (status == TL_OK && photo->content_id && is_evaluation_split(photo->entry->split))
                status = tl_keyset_add(agenda->evaluation, NULL, photo->sha256, 0, err);
        }
    }
    tl_memory_free(failures.ids);
    return status;
}

/* How many augmented variants a photo with these bytes gets. */
static uint32_t count_augmented(tl_agenda *agenda, const struct tl_agenda_photo *photo, const uint8_t *sha256)
{
    bool is_training = photo->entry->split ? !is_evaluation_split(photo->entry->split) : !agenda->has_splits;

    return is_training && !tl_keyset_has(agenda->evaluation, sha256, 0) ? agenda->wish.variant_count : 0;
}

static bool is_complete(tl_agenda *agenda, const struct tl_agenda_photo *photo)
{
    uint32_t augmented_count;

    if (photo->content_id == 0)
        return false;
    augmented_count = count_augmented(agenda, photo, photo->sha256);
    for (uint32_t i = 0; i <= augmented_count; i++)
        if (!tl_keyset_has(agenda->known, photo->sha256, i))
            return false;
    return true;
}

static void choose_jobs(tl_agenda *agenda, bool is_evaluation)
{
    for (size_t i = 0; i < agenda->photo_count; i++) {
        struct tl_agenda_photo *photo = &agenda->photos[i];

        if (is_evaluation_split(photo->entry->split) != is_evaluation)
            continue;
        photo->is_job = !is_complete(agenda, photo);
        photo->is_known_failure = photo->is_known_failure && photo->is_job;
        if (photo->is_known_failure) {
            photo->is_job = false;
            agenda->known_failure_count++;
        }
        if (photo->is_job)
            agenda->jobs[agenda->job_count++] = i;
    }
}

enum tl_status tl_agenda_create(tl_agenda **out, tl_store *store, const struct tl_agenda_wish *wish, struct tl_scan *const *scans,
                              const int64_t *source_ids, size_t scan_count, struct tl_error *err)
{
    tl_agenda *agenda = tl_memory_alloc(1, sizeof *agenda);
    enum tl_status status;

    *out = NULL;
    if (!agenda)
        return tl_error_set_no_memory(err, "the agenda", sizeof *agenda);
    agenda->wish = *wish;
    status = tl_keyset_create(&agenda->known, err);
    if (status == TL_OK)
        status = tl_keyset_create(&agenda->evaluation, err);
    if (status == TL_OK && store)
        status = load_features(agenda, store, err);
    if (status == TL_OK && store)
        status = load_splits(agenda, store, source_ids, scan_count, err);
    if (status == TL_OK)
        status = load_photos(agenda, store, scans, source_ids, scan_count, err);
    if (status != TL_OK) {
        tl_agenda_free(agenda);
        return status;
    }
    choose_jobs(agenda, true);
    agenda->evaluation_job_count = agenda->job_count;
    choose_jobs(agenda, false);
    *out = agenda;
    return TL_OK;
}

void tl_agenda_free(tl_agenda *agenda)
{
    if (!agenda)
        return;
    tl_keyset_free(agenda->known);
    tl_keyset_free(agenda->evaluation);
    tl_memory_free(agenda->photos);
    tl_memory_free(agenda->jobs);
    tl_memory_free(agenda);
}

const struct tl_agenda_wish *tl_agenda_wish(const tl_agenda *agenda)
{
    return &agenda->wish;
}

size_t tl_agenda_photo_count(const tl_agenda *agenda)
{
    return agenda->photo_count;
}

struct tl_agenda_photo *tl_agenda_photo(tl_agenda *agenda, size_t photo_index)
{
    assert(photo_index < agenda->photo_count);
    return &agenda->photos[photo_index];
}

size_t tl_agenda_job_count(const tl_agenda *agenda)
{
    return agenda->job_count;
}

size_t tl_agenda_evaluation_job_count(const tl_agenda *agenda)
{
    return agenda->evaluation_job_count;
}

size_t tl_agenda_job(const tl_agenda *agenda, size_t job_index)
{
    assert(job_index < agenda->job_count);
    return agenda->jobs[job_index];
}

size_t tl_agenda_known_failure_count(const tl_agenda *agenda)
{
    return agenda->known_failure_count;
}

size_t tl_agenda_variant_count(const tl_agenda *agenda, size_t photo_index)
{
    const char *split = agenda->photos[photo_index].entry->split;
    bool is_training = split ? !is_evaluation_split(split) : !agenda->has_splits;

    return is_training ? tl_agenda_variants_max(agenda) : 1;
}

size_t tl_agenda_variants_max(const tl_agenda *agenda)
{
    return (size_t)agenda->wish.variant_count + 1;
}

enum tl_status tl_agenda_claim(tl_agenda *agenda, uint32_t *indices, size_t *out_count, size_t photo_index,
                             const uint8_t sha256[TL_DIGEST_BYTES], struct tl_error *err)
{
    const struct tl_agenda_photo *photo = tl_agenda_photo(agenda, photo_index);
    enum tl_status status = TL_OK;
    uint32_t augmented_count;

    *out_count = 0;
    if (is_evaluation_split(photo->entry->split))
        status = tl_keyset_add(agenda->evaluation, NULL, sha256, 0, err);
    augmented_count = count_augmented(agenda, photo, sha256);
    for (uint32_t i = 0; i <= augmented_count && status == TL_OK; i++) {
        bool is_new = false;

        status = tl_keyset_add(agenda->known, &is_new, sha256, i, err);
        if (status == TL_OK && is_new)
            indices[(*out_count)++] = i;
    }
    return status;
}
