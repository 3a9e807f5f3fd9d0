/* reading.c - the pipeline's reading thread: paths to decoded photos, and what of each is to be computed. */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "extract/stage.h"

/* Hands a work over; it is freed where the pipeline has ended. */
static void push(tl_queue *queue, struct tl_work *work)
{
    if (!tl_queue_push(queue, work))
        tl_work_free(work);
}

/* Divides the variants into works that share the photo. */
static enum tl_status push_parts(struct tl_stage *stage, size_t photo_index, tl_work_photo *photo, const uint32_t *indices,
                                 size_t count, struct tl_error *err)
{
    size_t part_count = (count + TL_WORK_VARIANTS - 1) / TL_WORK_VARIANTS;

    for (size_t done = 0; done < count; done += TL_WORK_VARIANTS) {
        struct tl_work *work = NULL;
        enum tl_status status = tl_work_create(&work, photo_index, photo, err);

        if (status != TL_OK)
            return status;
        work->part_count = part_count;
        work->index_count = count - done < TL_WORK_VARIANTS ? count - done : TL_WORK_VARIANTS;
        memcpy(work->indices, indices + done, work->index_count * sizeof *indices);
        push(stage->decoded, work);
    }
    return TL_OK;
}

/* A photo that needs no network: it failed, or all of it is there. */
static enum tl_status push_finished(struct tl_stage *stage, size_t photo_index, tl_work_photo *photo,
                                    const struct tl_error *failure, struct tl_error *err)
{
    struct tl_work *work = NULL;
    enum tl_status status = tl_work_create(&work, photo_index, photo, err);

    if (status != TL_OK)
        return status;
    if (failure) {
        work->failed_stage = "read";
        work->failure = *failure;
    }
    push(stage->finished, work);
    return TL_OK;
}

/* Reads one photo; only the pipeline's own failures are failures here. `indices` has room for all variants. */
static enum tl_status read_job(struct tl_stage *stage, size_t job, uint32_t *indices, struct tl_error *err)
{
    size_t photo_index = tl_agenda_job(stage->agenda, job), count = 0;
    const struct tl_agenda_photo *place = tl_agenda_photo(stage->agenda, photo_index);
    char *path = tl_system_join_path(place->scan->root, place->entry->path);
    tl_work_photo *photo = tl_work_photo_create();
    const struct tl_engine_reader *reader = &stage->engine->reader;
    struct tl_error failure;
    enum tl_status status, read_status;
    bool is_read = false;

    if (!path || !photo) {
        status = tl_error_set_no_memory(err, "a photo", sizeof(struct tl_photo));
        goto done;
    }
    read_status = reader->read(reader, tl_work_photo_get(photo), path, &failure);
    is_read = read_status == TL_OK;
    if (is_read)
        status = tl_agenda_claim(stage->agenda, indices, &count, photo_index, tl_work_photo_get(photo)->sha256, err);
    else
        status = reader->check ? reader->check(reader, err) : TL_OK;
    tl_stage_note_read(stage, job);
    if (status != TL_OK || read_status == TL_STOPPED) /* a photo whose reading was interrupted is one that was not begun */
        goto done;
    if (count > 0)
        status = push_parts(stage, photo_index, photo, indices, count, err);
    else
        status = push_finished(stage, photo_index, is_read ? photo : NULL, is_read ? NULL : &failure, err);

done:
    tl_work_photo_release(photo);
    tl_memory_free(path);
    return status;
}

void *tl_reading_run(void *argument)
{
    struct tl_stage *stage = argument;
    size_t variants_max = tl_agenda_variants_max(stage->agenda), job;
    uint32_t *indices = tl_memory_alloc(variants_max, sizeof *indices);
    struct tl_error err;
    enum tl_status status = TL_OK;

    if (!indices)
        status = tl_error_set_no_memory(&err, "the indices of variants", variants_max * sizeof *indices);
    while (status == TL_OK && tl_stage_take_job(stage, &job))
        status = read_job(stage, job, indices, &err);
    if (status != TL_OK)
        tl_stage_fail(stage, &err);
    tl_memory_free(indices);
    stage->engine->reader.end_thread();
    tl_stage_end_reader(stage, tl_effort_thread_seconds());
    return NULL;
}
