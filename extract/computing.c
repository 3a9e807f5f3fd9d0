/* computing.c - the pipeline's computing thread: variants of decoded photos to compressed features, a block at a time.
 *
 * A block is what comes without much waiting: a full one where reading is faster than the network, a single photo where
 * it is slower. Features do not depend on what else is in the block.
 */
#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "extract/stage.h"

enum { FILL_WAIT_MS = 10 };

/* What one thread owns. */
struct worker {
    struct tl_stage *stage;
    tl_codec *codec;
    float *inputs, *vectors; /* TL_STAGE_BLOCK of each */
    struct tl_work *works[TL_STAGE_BLOCK];
    size_t work_count;
    struct tl_work *next_work; /* popped, but too large for the block */
};

static enum tl_status open_worker(struct worker *worker, struct tl_stage *stage, struct tl_error *err)
{
    const struct tl_engine *engine = stage->engine;

    *worker = (struct worker){.stage = stage};
    worker->inputs = tl_memory_alloc_aligned(TL_STAGE_BLOCK * engine->input_count, sizeof *worker->inputs);
    worker->vectors = tl_memory_alloc_aligned(TL_STAGE_BLOCK * engine->vector_count, sizeof *worker->vectors);
    if (!worker->inputs || !worker->vectors)
        return tl_error_set_no_memory(err, "a block of photos",
                                      TL_STAGE_BLOCK * (engine->input_count + engine->vector_count) * sizeof(float));
    return tl_codec_create(&worker->codec, err);
}

static void close_worker(struct worker *worker)
{
    for (size_t i = 0; i < worker->work_count; i++)
        tl_work_free(worker->works[i]);
    tl_work_free(worker->next_work);
    tl_codec_free(worker->codec);
    tl_memory_free(worker->inputs);
    tl_memory_free(worker->vectors);
}

/* False when there is nothing more to do. */
static bool fill_block(struct worker *worker)
{
    size_t row_count = 0;

    while (row_count < TL_STAGE_BLOCK) {
        struct tl_work *work = worker->next_work;
        bool is_over;

        worker->next_work = NULL;
        if (!work && worker->work_count == 0)
            work = tl_queue_pop(worker->stage->decoded);
        else if (!work)
            work = tl_queue_pop_within(worker->stage->decoded, FILL_WAIT_MS, &is_over);
        if (!work)
            break;
        if (row_count + work->index_count > TL_STAGE_BLOCK) {
            worker->next_work = work;
            break;
        }
        worker->works[worker->work_count++] = work;
        row_count += work->index_count;
    }
    return worker->work_count > 0;
}

/* A variant that cannot be made is the work's failure; its others go on. Returns the rows used. */
static size_t prepare_work(struct worker *worker, struct tl_work *work, size_t first_row)
{
    const struct tl_engine *engine = worker->stage->engine;

    for (size_t i = 0; i < work->index_count; i++) {
        float *input = worker->inputs + (first_row + work->feature_count) * engine->input_count;
        struct tl_variant variant;
        struct tl_error err;

        tl_variant_init_plain(&variant);
        if (work->indices[i] > 0)
            tl_variant_draw(&variant, worker->stage->augmentation, work->photo->sha256, work->indices[i]);
        if (engine->prepare(engine->context, input, work->photo->pixels, &variant, &err) == TL_OK) {
            work->features[work->feature_count++].variant = variant;
        } else if (!work->failed_stage) {
            (void)tl_error_prefix(&err, "variant %u", (unsigned)work->indices[i]);
            work->failed_stage = "augment";
            work->failure = err;
        }
    }
    return work->feature_count;
}

static enum tl_status encode_feature(struct worker *worker, struct tl_work_feature *feature, const float *vector, struct tl_error *err)
{
    size_t count = worker->stage->engine->vector_count;
    const uint8_t *blob = NULL;
    struct tl_codec_info info;
    struct tl_digest digest;
    enum tl_status status = tl_codec_encode(worker->codec, &blob, &feature->blob_bytes, &info, vector, count, err);

    if (status != TL_OK)
        return status;
    feature->blob = tl_memory_copy(blob, feature->blob_bytes);
    if (!feature->blob)
        return tl_error_set_no_memory(err, "a feature", feature->blob_bytes);
    feature->nonzero_count = info.nonzero_count;
    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, vector, count);
    tl_digest_finish(&digest, feature->values_digest);
    return TL_OK;
}

/* The network takes one block at a time; with all its threads, it is done with it the sooner. */
static void compute_rows(struct worker *worker, size_t row_count)
{
    struct tl_stage *stage = worker->stage;

    pthread_mutex_lock(&stage->network);
    stage->engine->run(stage->session, worker->vectors, worker->inputs, row_count);
    pthread_mutex_unlock(&stage->network);
}

static enum tl_status compute_block(struct worker *worker, struct tl_error *err)
{
    const size_t vector_count = worker->stage->engine->vector_count;
    enum tl_status status = TL_OK;
    size_t row_count = 0, row = 0;

    for (size_t i = 0; i < worker->work_count; i++)
        row_count += prepare_work(worker, worker->works[i], row_count);
    if (row_count > 0)
        compute_rows(worker, row_count);
    for (size_t i = 0; i < worker->work_count; i++)
        for (size_t j = 0; j < worker->works[i]->feature_count && status == TL_OK; j++, row++)
            status = encode_feature(worker, &worker->works[i]->features[j], worker->vectors + row * vector_count, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < worker->work_count; i++)
        if (!tl_queue_push(worker->stage->finished, worker->works[i]))
            tl_work_free(worker->works[i]);
    worker->work_count = 0;
    return TL_OK;
}

static bool is_stopping(struct tl_stage *stage)
{
    bool answer;

    pthread_mutex_lock(&stage->mutex);
    answer = stage->is_stopping;
    pthread_mutex_unlock(&stage->mutex);
    return answer;
}

void *tl_computing_run(void *argument)
{
    struct tl_stage *stage = argument;
    struct worker worker;
    struct tl_error err;
    enum tl_status status = open_worker(&worker, stage, &err);

    while (status == TL_OK && !is_stopping(stage) && fill_block(&worker))
        status = compute_block(&worker, &err);
    if (status != TL_OK)
        tl_stage_fail(stage, &err);
    close_worker(&worker);
    stage->engine->end_thread();
    tl_stage_end_worker(stage);
    return NULL;
}
