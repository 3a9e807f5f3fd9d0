/* computing.c - the pipeline's computing thread: variants of decoded photos to compressed features, a block at a time.
 *
 * A block is what comes without much waiting: a full one where reading is faster than the network, a single photo where
 * it is slower. Features do not depend on what else is in the block. A team of threads shares each step's rows.
 */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/team.h"
#include "common/codec/codec.h"
#include "extract/stage.h"

enum { FILL_WAIT_MS = 10 };

_Static_assert((int)TL_WORK_VARIANTS <= (int)TL_STAGE_BLOCK, "a work fits into an empty block");

/* One variant of the block, while a thread of the team has it. */
struct row {
    struct tl_work *work;
    uint32_t index;
    struct tl_work_feature feature;
    enum tl_status status;
    struct tl_error failure;
};

/* What one thread of the team owns. */
struct lane {
    tl_codec *codec;
    double augment_cpu_seconds, compress_cpu_seconds;
};

struct computing {
    struct tl_stage *stage;
    tl_team *team;
    struct lane *lanes; /* one a thread */
    void *session;      /* the network's, with threads of its own */
    float *inputs, *vectors; /* TL_STAGE_BLOCK of each */
    struct row rows[TL_STAGE_BLOCK];
    size_t row_count;
    struct tl_work *works[TL_STAGE_BLOCK];
    size_t work_count;
    struct tl_work *next_work; /* popped, but too large for the block */
    struct tl_effort effort;
};

static enum tl_status open_computing(struct computing **out, struct tl_stage *stage, struct tl_error *err)
{
    const struct tl_engine *engine = stage->engine;
    struct computing *computing = *out = tl_memory_alloc(1, sizeof *computing);
    enum tl_status status;

    if (!computing)
        return tl_error_set_no_memory(err, "a block of photos", sizeof *computing);
    computing->stage = stage;
    computing->inputs = tl_memory_alloc_large(TL_STAGE_BLOCK * engine->input_count, sizeof *computing->inputs);
    computing->vectors = tl_memory_alloc_large(TL_STAGE_BLOCK * engine->vector_count, sizeof *computing->vectors);
    computing->lanes = tl_memory_alloc(stage->thread_count, sizeof *computing->lanes);
    if (!computing->inputs || !computing->vectors || !computing->lanes)
        return tl_error_set_no_memory(err, "a block of photos",
                                      TL_STAGE_BLOCK * (engine->input_count + engine->vector_count) * sizeof(float));
    status = tl_team_create(&computing->team, stage->thread_count, err);
    for (unsigned i = 0; i < stage->thread_count && status == TL_OK; i++)
        status = tl_codec_create(&computing->lanes[i].codec, err);
    if (status == TL_OK)
        status = engine->open_session(&computing->session, engine->context, stage->thread_count, err);
    return status;
}

static void close_computing(struct computing *computing)
{
    if (!computing)
        return;
    for (size_t i = 0; i < computing->work_count; i++)
        tl_work_free(computing->works[i]);
    tl_work_free(computing->next_work);
    tl_team_free(computing->team);
    for (unsigned i = 0; computing->lanes && i < computing->stage->thread_count; i++)
        tl_codec_free(computing->lanes[i].codec);
    if (computing->session)
        computing->stage->engine->close_session(computing->session);
    tl_memory_free(computing->lanes);
    tl_memory_free(computing->inputs);
    tl_memory_free(computing->vectors);
    tl_memory_free(computing);
}

static void add_work(struct computing *computing, struct tl_work *work)
{
    computing->works[computing->work_count++] = work;
    for (size_t i = 0; i < work->index_count; i++) {
        struct row *row = &computing->rows[computing->row_count++];

        row->work = work;
        row->index = work->indices[i];
        row->feature = (struct tl_work_feature){.blob = NULL};
    }
}

/* False when there is nothing more to do. */
static bool fill_block(struct computing *computing)
{
    tl_queue *decoded = computing->stage->decoded;
    const double start = tl_system_seconds();

    computing->work_count = computing->row_count = 0;
    while (computing->row_count < TL_STAGE_BLOCK) {
        struct tl_work *work = computing->next_work;
        bool is_over;

        computing->next_work = NULL;
        if (!work && computing->work_count == 0)
            work = tl_queue_pop(decoded);
        else if (!work)
            work = tl_queue_pop_within(decoded, FILL_WAIT_MS, &is_over);
        if (!work)
            break;
        if (computing->row_count + work->index_count > TL_STAGE_BLOCK) {
            computing->next_work = work;
            break;
        }
        add_work(computing, work);
    }
    computing->effort.photos_awaited_seconds += tl_system_seconds() - start;
    return computing->work_count > 0;
}

static void prepare_row(void *context, size_t row_index, size_t thread_index)
{
    struct computing *computing = context;
    const struct tl_stage *stage = computing->stage;
    struct row *row = &computing->rows[row_index];
    struct tl_variant *variant = &row->feature.variant;
    const double start = tl_effort_thread_seconds();

    tl_variant_init_plain(variant);
    if (row->index > 0)
        tl_variant_draw(variant, stage->augmentation, row->work->photo->sha256, row->index);
    row->status = stage->engine->prepare(stage->engine->context, computing->inputs + row_index * stage->engine->input_count,
                                         row->work->photo->pixels, variant, &row->failure);
    computing->lanes[thread_index].augment_cpu_seconds += tl_effort_thread_seconds() - start;
}

/* A variant that cannot be made is the work's failure; the rows after it move up. */
static void drop_failed_rows(struct computing *computing)
{
    const size_t input_count = computing->stage->engine->input_count;
    size_t kept_count = 0;

    for (size_t i = 0; i < computing->row_count; i++) {
        struct row *row = &computing->rows[i];

        if (row->status == TL_OK) {
            if (kept_count < i) {
                computing->rows[kept_count] = *row;
                memcpy(computing->inputs + kept_count * input_count, computing->inputs + i * input_count,
                       input_count * sizeof(float));
            }
            kept_count++;
        } else if (!row->work->failed_stage) {
            (void)tl_error_prefix(&row->failure, "variant %u", (unsigned)row->index);
            row->work->failed_stage = "augment";
            row->work->failure = row->failure;
        }
    }
    computing->row_count = kept_count;
}

static enum tl_status encode_feature(struct tl_work_feature *feature, tl_codec *codec, const struct tl_engine *engine,
                                     const float *vector, struct tl_error *err)
{
    const uint8_t *blob = NULL;
    struct tl_codec_info info;
    struct tl_digest digest;
    enum tl_status status;

    if (engine->is_half)
        status = tl_codec_encode_halves(codec, &blob, &feature->blob_bytes, &info, vector, engine->vector_count, err);
    else
        status = tl_codec_encode(codec, &blob, &feature->blob_bytes, &info, vector, engine->vector_count, err);
    if (status != TL_OK)
        return status;
    feature->blob = tl_memory_copy(blob, feature->blob_bytes);
    if (!feature->blob)
        return tl_error_set_no_memory(err, "a feature", feature->blob_bytes);
    feature->nonzero_count = info.nonzero_count;
    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, vector, engine->vector_count);
    tl_digest_finish(&digest, feature->values_digest);
    return TL_OK;
}

static void encode_row(void *context, size_t row_index, size_t thread_index)
{
    struct computing *computing = context;
    struct lane *lane = &computing->lanes[thread_index];
    struct row *row = &computing->rows[row_index];
    const struct tl_engine *engine = computing->stage->engine;
    const double start = tl_effort_thread_seconds();

    row->status =
        encode_feature(&row->feature, lane->codec, engine, computing->vectors + row_index * engine->vector_count, &row->failure);
    lane->compress_cpu_seconds += tl_effort_thread_seconds() - start;
}

static void compute_rows(struct computing *computing)
{
    const double start = tl_system_seconds();

    computing->stage->engine->run(computing->session, computing->vectors, computing->inputs, computing->row_count);
    computing->effort.network_busy_seconds += tl_system_seconds() - start;
}

/* The features become their works', which free them from here on. Fails with the first row's failure. */
static enum tl_status give_features(struct computing *computing, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < computing->row_count; i++) {
        struct row *row = &computing->rows[i];

        row->work->features[row->work->feature_count++] = row->feature;
        if (row->status != TL_OK && status == TL_OK) {
            status = row->status;
            *err = row->failure;
        }
    }
    return status;
}

static enum tl_status compute_block(struct computing *computing, struct tl_error *err)
{
    enum tl_status status;

    tl_team_run(computing->team, computing->row_count, prepare_row, computing);
    drop_failed_rows(computing);
    if (computing->row_count > 0)
        compute_rows(computing);
    tl_team_run(computing->team, computing->row_count, encode_row, computing);
    status = give_features(computing, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < computing->work_count; i++)
        if (!tl_queue_push(computing->stage->finished, computing->works[i]))
            tl_work_free(computing->works[i]);
    computing->work_count = 0;
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
    struct computing *computing = NULL;
    struct tl_effort effort = {.read_cpu_seconds = 0};
    struct tl_error err;
    enum tl_status status = open_computing(&computing, stage, &err);

    while (status == TL_OK && !is_stopping(stage) && fill_block(computing))
        status = compute_block(computing, &err);
    if (status != TL_OK)
        tl_stage_fail(stage, &err);
    if (computing)
        effort = computing->effort;
    for (unsigned i = 0; computing && computing->lanes && i < stage->thread_count; i++) {
        effort.augment_cpu_seconds += computing->lanes[i].augment_cpu_seconds;
        effort.compress_cpu_seconds += computing->lanes[i].compress_cpu_seconds;
    }
    close_computing(computing);
    tl_stage_end_computing(stage, &effort);
    return NULL;
}
