/* writer.c - see writer.h. */
#include "extract/writer.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/store_damage.h"
#include "common/store/store_failure.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "extract/batch.h"

enum {
    WORKS_MAX = 256,   /* gathered at once; works without features count too */
    KNOWN_BATCH = 1000 /* known photos renewed in one transaction */
};

/* How far a photo is. */
struct progress {
    uint32_t taken_count, part_count; /* works taken, and written */
    bool has_failed, has_features;
};

struct tl_writer {
    tl_store *store;
    tl_agenda *agenda;
    tl_writer_report *report;
    void *context;
    struct progress *progress; /* a photo each */
    struct tl_work *works[WORKS_MAX];
    size_t work_count, gathered_count, photo_count; /* gathered works, features in them, photos that began with them */
    int64_t content_count;                          /* the store's, about: the greatest id that a photo was given */
    double first_seconds;              /* when the oldest of them came */
    struct tl_writer_totals totals;
    struct tl_store_extraction *row; /* NULL: none */
};

enum tl_status tl_writer_create(tl_writer **out, tl_store *store, tl_agenda *agenda, tl_writer_report *report, void *context,
                                struct tl_error *err)
{
    size_t photo_count = tl_agenda_photo_count(agenda);
    tl_writer *writer = tl_memory_alloc(1, sizeof *writer);

    *out = NULL;
    if (writer)
        writer->progress = tl_memory_alloc(photo_count, sizeof *writer->progress);
    if (!writer || !writer->progress) {
        tl_memory_free(writer);
        return tl_error_set_no_memory(err, "the writer", sizeof *writer + photo_count * sizeof *writer->progress);
    }
    writer->store = store;
    writer->agenda = agenda;
    writer->report = report;
    writer->context = context;
    *out = writer;
    return TL_OK;
}

void tl_writer_keep_row(tl_writer *writer, struct tl_store_extraction *row)
{
    writer->row = row;
}

static enum tl_status renew_row(tl_writer *writer, struct tl_error *err)
{
    struct tl_store_extraction *row = writer->row;

    if (!row)
        return TL_OK;
    row->photos_done = (int64_t)writer->totals.done_count;
    row->photos_failed = (int64_t)writer->totals.failed_count;
    row->features_made = (int64_t)writer->totals.feature_count;
    return tl_store_renew_extraction(writer->store, row, err);
}

static void free_works(tl_writer *writer)
{
    for (size_t i = 0; i < writer->work_count; i++)
        tl_work_free(writer->works[i]);
    writer->work_count = 0;
    writer->gathered_count = 0;
    writer->photo_count = 0;
}

void tl_writer_free(tl_writer *writer)
{
    if (!writer)
        return;
    free_works(writer);
    tl_memory_free(writer->progress);
    tl_memory_free(writer);
}

struct tl_writer_totals tl_writer_totals(const tl_writer *writer)
{
    return writer->totals;
}

/* The photo's place with its content (0 for none) and its label. */
static enum tl_status put_place(tl_writer *writer, struct tl_agenda_photo *photo, int64_t content_id, struct tl_error *err)
{
    const struct tl_scan_entry *entry = photo->entry;
    int64_t photo_id = photo->photo_id;
    enum tl_status status = TL_OK;

    if (!photo->is_as_stored || content_id != photo->content_id)
        status = tl_store_put_photo(writer->store, &photo_id, photo->source_id, entry->path, entry->size_bytes, entry->mtime_ns,
                                    content_id, err);
    if (status == TL_OK)
        status = tl_store_put_folder_label(writer->store, photo_id, tl_agenda_wish(writer->agenda)->label_set, entry->class_name,
                                           entry->split, err);
    if (status == TL_OK) {
        photo->photo_id = photo_id;
        photo->content_id = content_id;
        if (content_id > writer->content_count)
            writer->content_count = content_id;
    }
    return status;
}

static enum tl_status put_content(tl_writer *writer, int64_t *out_content_id, const struct tl_photo *photo, struct tl_error *err)
{
    struct tl_store_content content = {
        .width_px = photo->width_px,
        .height_px = photo->height_px,
        .format = photo->format,
        .exif_orientation = photo->exif_orientation,
        .captured_at = photo->captured_at,
        .camera = photo->camera,
        .thumbnail = photo->thumbnail,
    };

    memcpy(content.sha256, photo->sha256, sizeof content.sha256);
    return tl_store_put_content(writer->store, out_content_id, &content, err);
}

static enum tl_status put_first_part(tl_writer *writer, struct tl_agenda_photo *photo, const struct tl_work *work,
                                     struct tl_error *err)
{
    int64_t content_id = 0;
    enum tl_status status;

    if (!work->photo)
        return put_place(writer, photo, 0, err);
    status = put_content(writer, &content_id, work->photo, err);
    if (status == TL_OK)
        status = put_place(writer, photo, content_id, err);
    if (status == TL_OK) {
        memcpy(photo->sha256, work->photo->sha256, sizeof photo->sha256);
        photo->exif_orientation = work->photo->exif_orientation;
    }
    return status;
}

static enum tl_status put_feature(tl_writer *writer, const struct tl_agenda_photo *photo, const struct tl_work *work,
                                  const struct tl_work_feature *computed, struct tl_error *err)
{
    const struct tl_agenda_wish *wish = tl_agenda_wish(writer->agenda);
    const struct tl_variant *drawn = &computed->variant;
    const struct tl_store_variant variant = {drawn->index,      drawn->shear_degrees, drawn->zoom_x,          drawn->zoom_y,
                                             drawn->shift_x_px, drawn->shift_y_px,    drawn->flip_horizontal, drawn->flip_vertical};
    struct tl_store_feature feature = {
        .nonzero_count = computed->nonzero_count, .blob = computed->blob, .blob_bytes = computed->blob_bytes};
    int64_t variant_id = 0;
    enum tl_status status = tl_store_put_variant(writer->store, &variant_id, photo->content_id,
                                                 drawn->index > 0 ? wish->augmentation_id : 0, &variant, err);

    if (status != TL_OK)
        return status;
    memcpy(feature.pixels_digest, work->photo->pixels_digest, sizeof feature.pixels_digest);
    memcpy(feature.values_digest, computed->values_digest, sizeof feature.values_digest);
    status = tl_store_put_feature(writer->store, wish->feature_set_id, variant_id, &feature, err);
    writer->totals.feature_count++;
    writer->totals.blob_bytes += computed->blob_bytes;
    return status;
}

static enum tl_status end_photo(tl_writer *writer, struct tl_agenda_photo *photo, const struct progress *progress,
                                struct tl_error *err)
{
    enum tl_status status;

    if (progress->has_failed) {
        photo->outcome = TL_AGENDA_FAILED;
        return TL_OK;
    }
    photo->outcome = progress->has_features ? TL_AGENDA_NEW : TL_AGENDA_THERE;
    status = tl_store_clear_failures(writer->store, photo->photo_id, err);
    if (status == TL_OK && progress->has_features)
        status = tl_store_clear_damage(writer->store, photo->content_id, tl_agenda_wish(writer->agenda)->feature_set_id, err);
    return status;
}

static enum tl_status put_work(tl_writer *writer, const struct tl_work *work, struct tl_error *err)
{
    struct tl_agenda_photo *photo = tl_agenda_photo(writer->agenda, work->photo_index);
    struct progress *progress = &writer->progress[work->photo_index];
    enum tl_status status = TL_OK;

    if (progress->part_count == 0 && photo->is_other_file) /* its tries begin anew */
        status = tl_store_clear_failures(writer->store, photo->photo_id, err);
    if (progress->part_count == 0 && status == TL_OK)
        status = put_first_part(writer, photo, work, err);
    for (size_t i = 0; i < work->feature_count && status == TL_OK; i++)
        status = put_feature(writer, photo, work, &work->features[i], err);
    if (status == TL_OK && work->failed_stage)
        status = tl_store_put_failure(writer->store, photo->photo_id, work->failed_stage, &work->failure, err);
    progress->has_features = progress->has_features || work->feature_count > 0;
    progress->part_count++;
    if (status == TL_OK && progress->part_count == work->part_count)
        status = end_photo(writer, photo, progress, err);
    return status;
}

enum tl_status tl_writer_flush(tl_writer *writer, struct tl_error *err)
{
    enum tl_status status;

    if (writer->work_count == 0)
        return TL_OK;
    status = tl_store_begin(writer->store, err);
    for (size_t i = 0; i < writer->work_count && status == TL_OK; i++)
        status = put_work(writer, writer->works[i], err);
    if (status == TL_OK)
        status = renew_row(writer, err);
    if (status == TL_OK)
        status = tl_store_commit(writer->store, err);
    if (status != TL_OK)
        tl_store_rollback(writer->store);
    free_works(writer);
    return status;
}

enum tl_status tl_writer_take(tl_writer *writer, struct tl_work *work, struct tl_error *err)
{
    struct progress *progress = &writer->progress[work->photo_index];

    progress->taken_count++;
    writer->photo_count += progress->taken_count == 1;
    progress->has_failed = progress->has_failed || work->failed_stage;
    if (progress->taken_count == work->part_count) {
        writer->totals.done_count++;
        writer->totals.failed_count += progress->has_failed;
    }
    if (work->failed_stage)
        writer->report(writer->context, tl_agenda_photo(writer->agenda, work->photo_index), &work->failure);
    if (writer->work_count == 0)
        writer->first_seconds = tl_system_seconds();
    writer->works[writer->work_count++] = work;
    writer->gathered_count += work->feature_count;
    if (writer->gathered_count >= tl_batch_feature_count(writer->content_count) || writer->photo_count >= TL_BATCH_PHOTOS ||
        writer->work_count == WORKS_MAX)
        return tl_writer_flush(writer, err);
    return TL_OK;
}

enum tl_status tl_writer_tick(tl_writer *writer, struct tl_error *err)
{
    if (writer->work_count > 0 && tl_system_seconds() - writer->first_seconds >= TL_WRITER_SECONDS)
        return tl_writer_flush(writer, err);
    return TL_OK;
}

enum tl_status tl_writer_put_known(tl_writer *writer, struct tl_error *err)
{
    size_t photo_count = tl_agenda_photo_count(writer->agenda), index = 0;
    enum tl_status status = TL_OK;

    while (index < photo_count && status == TL_OK) {
        status = tl_store_begin(writer->store, err);
        for (size_t i = 0; i < KNOWN_BATCH && index < photo_count && status == TL_OK; i++, index++) {
            struct tl_agenda_photo *photo = tl_agenda_photo(writer->agenda, index);

            if (photo->is_job)
                continue;
            status = put_place(writer, photo, photo->content_id, err);
            photo->outcome = photo->is_known_failure ? TL_AGENDA_FAILED : TL_AGENDA_THERE;
        }
        if (status == TL_OK)
            status = tl_store_commit(writer->store, err);
    }
    if (status != TL_OK)
        tl_store_rollback(writer->store);
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

enum tl_status tl_writer_mark_missing(tl_writer *writer, int64_t source_id, int64_t *out_count, struct tl_error *err)
{
    const struct tl_known *known = tl_agenda_known(writer->agenda);
    size_t photo_count = tl_agenda_photo_count(writer->agenda), seen_count = known->photo_count;
    int64_t *seen = tl_memory_alloc(seen_count + photo_count, sizeof *seen);
    enum tl_status status;

    *out_count = 0;
    if (!seen)
        return tl_error_set_no_memory(err, "the list of photos", (seen_count + photo_count) * sizeof *seen);
    if (seen_count > 0)
        memcpy(seen, known->photo_ids, seen_count * sizeof *seen); /* of all sources; those of others do no harm */
    for (size_t i = 0; i < photo_count; i++) {
        const struct tl_agenda_photo *photo = tl_agenda_photo(writer->agenda, i);

        if (photo->source_id == source_id)
            seen[seen_count++] = photo->photo_id;
    }
    qsort(seen, seen_count, sizeof *seen, compare_ids);
    status = tl_store_begin(writer->store, err);
    if (status == TL_OK)
        status = tl_store_mark_missing(writer->store, source_id, seen, seen_count, out_count, err);
    if (status == TL_OK)
        status = tl_store_commit(writer->store, err);
    if (status != TL_OK)
        tl_store_rollback(writer->store);
    tl_memory_free(seen);
    return status;
}
