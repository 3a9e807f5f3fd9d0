/* agenda.c - see agenda.h. */
#include "extract/agenda.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/memory.h"
#include "common/store/store_failure.h"
#include "common/store/store_inventory.h"
#include "common/store/store_photo.h"
#include "extract/keyset.h"

struct tl_agenda {
    struct tl_known counted; /* photos that are only counted */
    struct tl_agenda_photo *photos;
    struct tl_scan_entry *entries; /* a photo each */
    size_t photo_count, photo_capacity;
    struct tl_arena paths; /* of the entries */
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

static enum tl_status load_feature(void *context, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t variant_index,
                                   struct tl_error *err)
{
    return tl_keyset_add(((tl_agenda *)context)->known, NULL, sha256, variant_index, err);
}

/* What making an agenda needs. */
struct making {
    tl_agenda *agenda;
    tl_store *store; /* NULL: none */
    const int64_t *source_ids;
    size_t source_count;
    int64_t *failure_ids; /* of photos that failed by a cause that lasts, ascending */
    size_t failure_count;
};

static enum tl_status load_split(void *context, int64_t source_id, bool is_of_folder, const uint8_t *sha256, struct tl_error *err)
{
    const struct making *making = context;

    /* What a scanned folder says now counts, not what it said last time. */
    for (size_t i = 0; i < making->source_count && is_of_folder; i++)
        if (source_id == making->source_ids[i])
            return TL_OK;
    making->agenda->has_splits = true;
    return sha256 ? tl_keyset_add(making->agenda->evaluation, NULL, sha256, 0, err) : TL_OK;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

/* What the store knows of a photo; its content only where the file is as it was. */
static enum tl_status load_photo(struct tl_agenda_photo *photo, const struct making *making, struct tl_error *err)
{
    struct tl_store_photo row;
    bool is_unchanged;
    enum tl_status status = tl_store_get_photo(making->store, &row, photo->source_id, photo->entry->path, err);

    if (status == TL_NOT_FOUND)
        return TL_OK;
    if (status != TL_OK)
        return status;
    photo->photo_id = row.photo_id;
    photo->is_missing = row.is_missing;
    is_unchanged = row.size_bytes == photo->entry->size_bytes && row.mtime_ns == photo->entry->mtime_ns;
    photo->is_other_file = !is_unchanged;
    photo->has_other_size = row.size_bytes != photo->entry->size_bytes;
    photo->state = row.content_id == 0 ? TL_AGENDA_UNREADABLE : is_unchanged ? TL_AGENDA_KNOWN : TL_AGENDA_CHANGED;
    photo->is_known_failure =
        is_unchanged && making->failure_count > 0 &&
        bsearch(&row.photo_id, making->failure_ids, making->failure_count, sizeof row.photo_id, compare_ids) != NULL;
    if (row.content_id == 0 || !is_unchanged)
        return TL_OK;
    photo->content_id = row.content_id;
    memcpy(photo->sha256, row.sha256, sizeof photo->sha256);
    photo->exif_orientation = row.exif_orientation;
    photo->is_as_stored = !row.is_missing;
    return TL_OK;
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

/* One more photo of the agenda. Its entry points into the scan until the list is whole. */
static enum tl_status add_photo(tl_agenda *agenda, const struct tl_agenda_photo *photo, struct tl_error *err)
{
    struct tl_scan_entry entry = *photo->entry;

    if (agenda->photo_count == agenda->photo_capacity) {
        size_t wanted = agenda->photo_capacity ? agenda->photo_capacity * 2 : 64;
        struct tl_agenda_photo *photos = tl_memory_resize(agenda->photos, wanted, sizeof *photos);
        struct tl_scan_entry *entries = photos ? tl_memory_resize(agenda->entries, wanted, sizeof *entries) : NULL;

        if (photos)
            agenda->photos = photos;
        if (entries)
            agenda->entries = entries;
        if (!photos || !entries)
            return tl_error_set_no_memory(err, "the list of photos", wanted * (sizeof *photos + sizeof *entries));
        agenda->photo_capacity = wanted;
    }
    entry.path = tl_arena_copy_string(&agenda->paths, entry.path);
    if (!entry.path)
        return tl_error_set_no_memory(err, "a path", strlen(photo->entry->path) + 1);
    agenda->photos[agenda->photo_count] = *photo;
    agenda->entries[agenda->photo_count++] = entry;
    agenda->job_count += photo->is_job;
    return TL_OK;
}

static enum tl_status take_entry(const struct making *making, const struct tl_scan *scan, const struct tl_scan_entry *entry,
                                 int64_t source_id, struct tl_error *err)
{
    tl_agenda *agenda = making->agenda;
    struct tl_agenda_photo photo = {.scan = scan, .entry = entry, .source_id = source_id, .outcome = TL_AGENDA_LEFT};
    bool is_missing_something, is_labelled = false;
    enum tl_status status = making->store ? load_photo(&photo, making, err) : TL_OK;

    if (status != TL_OK)
        return status;
    is_missing_something = !is_complete(agenda, &photo);
    photo.is_known_failure = photo.is_known_failure && is_missing_something;
    photo.is_job = is_missing_something && !photo.is_known_failure;
    if (!is_missing_something && photo.is_as_stored)
        status = tl_store_has_folder_label(making->store, &is_labelled, photo.photo_id, agenda->wish.label_set, entry->class_name,
                                           entry->split, err);
    if (status != TL_OK)
        return status;
    if (is_labelled)
        return tl_known_add(&agenda->counted, scan, entry, photo.photo_id, photo.exif_orientation > 1, err);
    agenda->known_failure_count += photo.is_known_failure;
    return add_photo(agenda, &photo, err);
}

/* Contents that the store has and this scan finds on an evaluation side: before any photo is judged. */
static enum tl_status load_evaluation(const struct making *making, const struct tl_scan *scan, int64_t source_id,
                                      struct tl_error *err)
{
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < scan->entry_count && status == TL_OK; i++) {
        struct tl_agenda_photo photo = {.entry = &scan->entries[i], .source_id = source_id};

        if (!is_evaluation_split(photo.entry->split))
            continue;
        status = load_photo(&photo, making, err);
        if (status == TL_OK && photo.content_id)
            status = tl_keyset_add(making->agenda->evaluation, NULL, photo.sha256, 0, err);
    }
    return status;
}

static enum tl_status load_store(struct making *making, struct tl_scan *const *scans, struct tl_error *err)
{
    tl_agenda *agenda = making->agenda;
    const struct tl_agenda_wish *wish = &agenda->wish;
    enum tl_status status =
        tl_store_each_feature(making->store, wish->feature_set_id, wish->augmentation_id, load_feature, agenda, err);

    if (status == TL_OK)
        status = tl_store_each_split(making->store, wish->label_set, load_split, making, err);
    if (status == TL_OK && !wish->is_retrying)
        status = tl_store_list_lasting_failures(making->store, &making->failure_ids, &making->failure_count, err);
    for (size_t i = 0; i < making->source_count && status == TL_OK; i++)
        status = load_evaluation(making, scans[i], making->source_ids[i], err);
    return status;
}

/* The jobs in their order, once all photos are there. */
static enum tl_status list_jobs(tl_agenda *agenda, struct tl_error *err)
{
    size_t count = 0;

    agenda->jobs = tl_memory_alloc(agenda->job_count, sizeof *agenda->jobs);
    if (!agenda->jobs)
        return tl_error_set_no_memory(err, "the list of jobs", agenda->job_count * sizeof *agenda->jobs);
    for (size_t i = 0; i < agenda->photo_count; i++)
        agenda->photos[i].entry = &agenda->entries[i];
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < agenda->photo_count; i++)
            if (agenda->photos[i].is_job && is_evaluation_split(agenda->entries[i].split) == (pass == 0))
                agenda->jobs[count++] = i;
        if (pass == 0)
            agenda->evaluation_job_count = count;
    }
    return TL_OK;
}

enum tl_status tl_agenda_create(tl_agenda **out, tl_store *store, const struct tl_agenda_wish *wish, struct tl_scan *const *scans,
                              const int64_t *source_ids, size_t scan_count, struct tl_error *err)
{
    tl_agenda *agenda = tl_memory_alloc(1, sizeof *agenda);
    struct making making = {.agenda = agenda, .store = store, .source_ids = source_ids, .source_count = scan_count};
    enum tl_status status;

    *out = NULL;
    if (!agenda)
        return tl_error_set_no_memory(err, "the agenda", sizeof *agenda);
    agenda->wish = *wish;
    for (size_t i = 0; i < scan_count; i++)
        agenda->has_splits = agenda->has_splits || scans[i]->has_splits;
    status = tl_keyset_create(&agenda->known, err);
    if (status == TL_OK)
        status = tl_keyset_create(&agenda->evaluation, err);
    if (status == TL_OK && store)
        status = load_store(&making, scans, err);
    for (size_t i = 0; i < scan_count && status == TL_OK; i++)
        for (size_t j = 0; j < scans[i]->entry_count && status == TL_OK; j++)
            status = take_entry(&making, scans[i], &scans[i]->entries[j], source_ids[i], err);
    if (status == TL_OK)
        status = list_jobs(agenda, err);
    tl_memory_free(making.failure_ids);
    if (status != TL_OK) {
        tl_agenda_free(agenda);
        return status;
    }
    *out = agenda;
    return TL_OK;
}

void tl_agenda_free(tl_agenda *agenda)
{
    if (!agenda)
        return;
    tl_keyset_free(agenda->known);
    tl_keyset_free(agenda->evaluation);
    tl_known_free(&agenda->counted);
    tl_memory_free(agenda->photos);
    tl_memory_free(agenda->entries);
    tl_arena_free(&agenda->paths);
    tl_memory_free(agenda->jobs);
    tl_memory_free(agenda);
}

const struct tl_agenda_wish *tl_agenda_wish(const tl_agenda *agenda)
{
    return &agenda->wish;
}

const struct tl_known *tl_agenda_known(const tl_agenda *agenda)
{
    return &agenda->counted;
}

size_t tl_agenda_scanned_count(const tl_agenda *agenda)
{
    return agenda->counted.photo_count + agenda->photo_count;
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
