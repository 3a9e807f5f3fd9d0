/* stage.c - see stage.h. */
#include "extract/stage.h"

#include <string.h>

enum { FINISHED_CAPACITY = 32 };

static void release_work(void *work)
{
    tl_work_free(work);
}

enum tl_status tl_stage_init(struct tl_stage *stage, tl_agenda *agenda, const struct tl_augmentation *augmentation,
                             const struct tl_engine *engine, unsigned thread_count, struct tl_error *err)
{
    enum tl_status status;

    memset(stage, 0, sizeof *stage);
    stage->agenda = agenda;
    stage->augmentation = augmentation;
    stage->engine = engine;
    stage->evaluation_left_count = tl_agenda_evaluation_job_count(agenda);
    stage->thread_count = thread_count;
    stage->reader_count = thread_count;
    stage->is_computing = true;
    if (pthread_mutex_init(&stage->mutex, NULL) != 0)
        return tl_error_set(err, TL_NO_MEMORY, "the system has no lock left for the pipeline");
    if (pthread_cond_init(&stage->evaluation_is_read, NULL) != 0) {
        pthread_mutex_destroy(&stage->mutex);
        return tl_error_set(err, TL_NO_MEMORY, "the system has no lock left for the pipeline");
    }
    status = tl_queue_create(&stage->decoded, thread_count + (size_t)TL_STAGE_BLOCK, release_work, err);
    if (status == TL_OK)
        status = tl_queue_create(&stage->finished, FINISHED_CAPACITY + thread_count, release_work, err);
    if (status != TL_OK)
        tl_stage_clear(stage);
    return status;
}

void tl_stage_clear(struct tl_stage *stage)
{
    tl_queue_free(stage->decoded);
    tl_queue_free(stage->finished);
    pthread_cond_destroy(&stage->evaluation_is_read);
    pthread_mutex_destroy(&stage->mutex);
}

bool tl_stage_take_job(struct tl_stage *stage, size_t *out_job)
{
    bool has_job = false;

    pthread_mutex_lock(&stage->mutex);
    if (!stage->is_stopping && stage->next_job < tl_agenda_job_count(stage->agenda)) {
        *out_job = stage->next_job++;
        if (*out_job >= tl_agenda_evaluation_job_count(stage->agenda))
            while (stage->evaluation_left_count > 0 && !stage->is_stopping)
                pthread_cond_wait(&stage->evaluation_is_read, &stage->mutex);
        has_job = !stage->is_stopping;
    }
    pthread_mutex_unlock(&stage->mutex);
    return has_job;
}

void tl_stage_note_read(struct tl_stage *stage, size_t job)
{
    if (job >= tl_agenda_evaluation_job_count(stage->agenda))
        return;
    pthread_mutex_lock(&stage->mutex);
    stage->evaluation_left_count--;
    if (stage->evaluation_left_count == 0)
        pthread_cond_broadcast(&stage->evaluation_is_read);
    pthread_mutex_unlock(&stage->mutex);
}

void tl_stage_stop(struct tl_stage *stage)
{
    pthread_mutex_lock(&stage->mutex);
    stage->is_stopping = true;
    pthread_cond_broadcast(&stage->evaluation_is_read);
    pthread_mutex_unlock(&stage->mutex);
    if (stage->engine->reader.interrupt)
        stage->engine->reader.interrupt(&stage->engine->reader);
    tl_queue_abort(stage->decoded);
}

void tl_stage_fail(struct tl_stage *stage, const struct tl_error *failure)
{
    pthread_mutex_lock(&stage->mutex);
    if (stage->status == TL_OK) {
        stage->status = failure->status;
        stage->failure = *failure;
    }
    pthread_mutex_unlock(&stage->mutex);
    tl_stage_stop(stage);
    tl_queue_abort(stage->finished);
}

void tl_stage_end_reader(struct tl_stage *stage, double cpu_seconds)
{
    bool is_last, is_last_of_all;

    pthread_mutex_lock(&stage->mutex);
    stage->effort.read_cpu_seconds += cpu_seconds;
    is_last = --stage->reader_count == 0;
    is_last_of_all = is_last && !stage->is_computing;
    pthread_mutex_unlock(&stage->mutex);
    if (is_last)
        tl_queue_close(stage->decoded);
    if (is_last_of_all)
        tl_queue_close(stage->finished);
}

void tl_stage_end_computing(struct tl_stage *stage, const struct tl_effort *effort)
{
    bool is_last_of_all;

    pthread_mutex_lock(&stage->mutex);
    stage->effort.augment_cpu_seconds = effort->augment_cpu_seconds;
    stage->effort.compress_cpu_seconds = effort->compress_cpu_seconds;
    stage->effort.network_busy_seconds = effort->network_busy_seconds;
    stage->effort.photos_awaited_seconds = effort->photos_awaited_seconds;
    stage->is_computing = false;
    is_last_of_all = stage->reader_count == 0;
    pthread_mutex_unlock(&stage->mutex);
    if (is_last_of_all)
        tl_queue_close(stage->finished);
}
