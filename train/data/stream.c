/* stream.c - see stream.h. One errand fills a window, a team of threads beneath it decodes. */
#include "train/data/stream.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/errand.h"
#include "common/base/memory.h"
#include "common/base/team.h"
#include "train/data/stream_decoder.h"

enum { WINDOWS = 2, CHUNK_ROWS = 32 }; /* rows that a thread reads at once */

/* A place in a window. */
struct place {
    int64_t feature_id;
    uint32_t row, at; /* of the stream, of the window's matrix */
};

struct window {
    struct tl_matrix *matrix;
    struct place *places;  /* by feature id */
    uint32_t *capacities;
    size_t first, count;
};

struct tl_stream {
    struct tl_stream_setup setup;
    size_t column_count;
    bool is_readable; /* windows and decoders are there */
    size_t row_capacity, entry_capacity; /* of a window */
    struct window windows[WINDOWS];
    tl_team *team;
    struct tl_stream_decoder *decoders; /* one a thread */
    pthread_mutex_t store_mutex;
    /* The pass. */
    const uint32_t *order;
    size_t order_count, quantum, planned_count; /* of the order, laid into windows so far */
    size_t filling;                             /* which of the windows the errand fills */
    struct tl_errand errand;
};

int64_t tl_stream_matrix_bytes(int64_t row_count, int64_t entry_count, size_t column_count)
{
    const int64_t block_count = (int64_t)((column_count + TL_MATRIX_BLOCK - 1) / TL_MATRIX_BLOCK);
    const int64_t row_bytes = (int64_t)sizeof(size_t) + (block_count + 1) * (int64_t)sizeof(uint32_t);

    return row_count * row_bytes + entry_count * (int64_t)(sizeof(uint16_t) + sizeof(float));
}

static size_t capacity_of(const tl_stream *stream, uint32_t row)
{
    const size_t nonzero_count = stream->setup.rows.items[row].nonzero_count;

    return nonzero_count < stream->column_count ? nonzero_count : stream->column_count;
}

/* As many vectors of mean length as half of the memory takes. */
static void measure_windows(tl_stream *stream)
{
    const int64_t side_bytes = (int64_t)(sizeof(struct place) + sizeof(uint32_t));
    const int64_t empty_bytes = tl_stream_matrix_bytes(1, 0, stream->column_count) + side_bytes;
    const int64_t window_bytes = (int64_t)(stream->setup.memory_bytes / WINDOWS);
    int64_t entry_count = 0, vector_bytes, row_capacity;

    for (size_t r = 0; r < stream->setup.rows.count; r++)
        entry_count += (int64_t)capacity_of(stream, (uint32_t)r);
    vector_bytes = empty_bytes + tl_stream_matrix_bytes(0, entry_count, stream->column_count) /
                                     (int64_t)(stream->setup.rows.count > 0 ? stream->setup.rows.count : 1);
    row_capacity = window_bytes / vector_bytes;
    if (row_capacity > (int64_t)stream->setup.rows.count)
        row_capacity = (int64_t)stream->setup.rows.count;
    stream->row_capacity = (size_t)row_capacity;
    stream->entry_capacity = (size_t)((window_bytes - row_capacity * empty_bytes) / (int64_t)(sizeof(uint16_t) + sizeof(float)));
}

static enum tl_status create_decoders(tl_stream *stream, struct tl_error *err)
{
    const struct tl_stream_setup *setup = &stream->setup;
    enum tl_status status = TL_OK;

    stream->decoders = tl_memory_alloc(setup->thread_count, sizeof *stream->decoders);
    if (!stream->decoders)
        return tl_error_set_no_memory(err, "the decoders", setup->thread_count * sizeof *stream->decoders);
    for (size_t i = 0; i < setup->thread_count && status == TL_OK; i++)
        status = tl_stream_decoder_open(&stream->decoders[i], setup, stream->column_count, err);
    return status;
}

static enum tl_status create_windows(tl_stream *stream, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    for (size_t w = 0; w < WINDOWS && status == TL_OK; w++) {
        struct window *window = &stream->windows[w];

        status = tl_matrix_create(&window->matrix, stream->column_count, stream->setup.transform, err);
        window->places = tl_memory_alloc(stream->row_capacity, sizeof *window->places);
        window->capacities = tl_memory_alloc(stream->row_capacity, sizeof *window->capacities);
        if (status == TL_OK && (!window->places || !window->capacities))
            status = tl_error_set_no_memory(err, "a window of features", stream->row_capacity * sizeof *window->places);
    }
    return status;
}

static void release_reading(tl_stream *stream)
{
    for (size_t i = 0; stream->decoders && i < stream->setup.thread_count; i++)
        tl_stream_decoder_close(&stream->decoders[i]);
    tl_memory_free(stream->decoders);
    stream->decoders = NULL;
    for (size_t w = 0; w < WINDOWS; w++) {
        tl_matrix_free(stream->windows[w].matrix);
        tl_memory_free(stream->windows[w].places);
        tl_memory_free(stream->windows[w].capacities);
        stream->windows[w] = (struct window){.matrix = NULL};
    }
}

enum tl_status tl_stream_read_as(tl_stream *stream, enum tl_head_pool pool, enum tl_head_transform transform, struct tl_error *err)
{
    enum tl_status status;

    tl_stream_end(stream);
    if (stream->is_readable && stream->setup.pool == pool && stream->setup.transform == transform)
        return TL_OK;
    release_reading(stream);
    stream->is_readable = false;
    stream->setup.pool = pool;
    stream->setup.transform = transform;
    stream->column_count = pool == TL_HEAD_POOL_AVG ? stream->setup.channel_count : stream->setup.feature_count;
    measure_windows(stream);
    if (stream->row_capacity == 0 && stream->setup.rows.count > 0)
        return tl_error_set(err, TL_BAD_INPUT, "%zu bytes of memory do not suffice for two feature vectors",
                            stream->setup.memory_bytes);
    status = create_decoders(stream, err);
    if (status == TL_OK)
        status = create_windows(stream, err);
    stream->is_readable = status == TL_OK;
    return status;
}

enum tl_status tl_stream_create(tl_stream **out, const struct tl_stream_setup *setup, struct tl_error *err)
{
    tl_stream *stream = tl_memory_alloc(1, sizeof *stream);
    enum tl_status status;

    *out = NULL;
    if (!stream) {
        tl_memory_free(setup->rows.items);
        return tl_error_set_no_memory(err, "the stream of features", sizeof *stream);
    }
    stream->setup = *setup;
    pthread_mutex_init(&stream->store_mutex, NULL);
    status = tl_team_create(&stream->team, setup->thread_count, err);
    if (status == TL_OK)
        status = tl_stream_read_as(stream, setup->pool, setup->transform, err);
    if (status == TL_OK)
        *out = stream;
    else
        tl_stream_free(stream);
    return status;
}

void tl_stream_free(tl_stream *stream)
{
    if (!stream)
        return;
    tl_stream_end(stream);
    release_reading(stream);
    tl_team_free(stream->team);
    tl_sample_rows_free(&stream->setup.rows);
    pthread_mutex_destroy(&stream->store_mutex);
    tl_memory_free(stream);
}

/* How many vectors of the order, from `first` on, the next window takes. */
static size_t plan_window(const tl_stream *stream, size_t first)
{
    size_t count = 0, entry_count = 0;

    while (first + count < stream->order_count && count < stream->row_capacity) {
        entry_count += capacity_of(stream, stream->order[first + count]);
        if (entry_count > stream->entry_capacity)
            break;
        count++;
    }
    return first + count < stream->order_count ? count - count % stream->quantum : count;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *first = a, *second = b;

    if (first->feature_id != second->feature_id)
        return first->feature_id < second->feature_id ? -1 : 1;
    return first->at < second->at ? -1 : first->at > second->at;
}

static void list_places(const tl_stream *stream, struct window *window)
{
    for (size_t i = 0; i < window->count; i++) {
        const uint32_t row = stream->order[window->first + i];

        window->places[i] = (struct place){stream->setup.rows.items[row].feature_id, row, (uint32_t)i};
        window->capacities[i] = (uint32_t)capacity_of(stream, row);
    }
    qsort(window->places, window->count, sizeof *window->places, compare_places);
}

/* A task: a few rows that lie next to each other in the store. */
static void fill_chunk(void *context, size_t task, size_t thread_index)
{
    tl_stream *stream = context;
    struct tl_stream_decoder *decoder = &stream->decoders[thread_index];
    const struct window *window = &stream->windows[stream->filling];
    const size_t first = task * CHUNK_ROWS;
    const size_t count = window->count - first < CHUNK_ROWS ? window->count - first : CHUNK_ROWS;
    int64_t ids[CHUNK_ROWS];
    enum tl_status status;

    if (decoder->status != TL_OK)
        return;
    for (size_t i = 0; i < count; i++)
        ids[i] = window->places[first + i].feature_id;
    pthread_mutex_lock(&stream->store_mutex);
    status = tl_stream_decoder_read(decoder, ids, count);
    pthread_mutex_unlock(&stream->store_mutex);
    for (size_t i = 0; i < count && status == TL_OK; i++)
        status = tl_stream_decoder_decode(decoder, i, window->matrix, window->places[first + i].at,
                                          window->places[first + i].row);
}

static void fill_window(void *context)
{
    tl_stream *stream = context;
    struct window *window = &stream->windows[stream->filling];
    struct tl_stream_decoder *first = &stream->decoders[0];

    list_places(stream, window);
    first->status = tl_matrix_lay_out(window->matrix, window->capacities, window->count, &first->err);
    if (first->status == TL_OK)
        tl_team_run(stream->team, (window->count + CHUNK_ROWS - 1) / CHUNK_ROWS, fill_chunk, stream);
}

/* Lays the next part of the order into a window and has it filled. */
static void start_filling(tl_stream *stream, size_t w)
{
    struct window *window = &stream->windows[w];

    window->first = stream->planned_count;
    window->count = plan_window(stream, window->first);
    stream->planned_count += window->count;
    stream->filling = w;
    if (window->count > 0)
        tl_errand_start(&stream->errand, fill_window, stream);
}

enum tl_status tl_stream_begin(tl_stream *stream, const uint32_t *order, size_t count, size_t quantum, struct tl_error *err)
{
    tl_stream_end(stream);
    stream->order = order;
    stream->order_count = count;
    stream->quantum = quantum;
    stream->planned_count = 0;
    for (size_t i = 0; i < stream->setup.thread_count; i++)
        stream->decoders[i].status = TL_OK;
    for (size_t first = 0, planned; first < count; first += planned) {
        planned = plan_window(stream, first);
        if (planned == 0)
            return tl_error_set(err, TL_BAD_INPUT, "%zu bytes of memory do not suffice for two windows of %zu feature vectors",
                                stream->setup.memory_bytes, quantum);
    }
    start_filling(stream, 0);
    return TL_OK;
}

/* The first thread's failure; which photo is told may differ from time to time where several are damaged. */
static enum tl_status take_failure(const tl_stream *stream, struct tl_error *err)
{
    for (size_t i = 0; i < stream->setup.thread_count; i++) {
        const struct tl_stream_decoder *decoder = &stream->decoders[i];

        if (decoder->status == TL_OK)
            continue;
        if (err)
            *err = decoder->err;
        return decoder->status;
    }
    return TL_OK;
}

enum tl_status tl_stream_next(tl_stream *stream, struct tl_stream_window *out, struct tl_error *err)
{
    struct window *filled = &stream->windows[stream->filling];
    enum tl_status status;

    *out = (struct tl_stream_window){.matrix = NULL};
    tl_errand_wait(&stream->errand);
    status = take_failure(stream, err);
    if (status != TL_OK || filled->count == 0)
        return status;
    *out = (struct tl_stream_window){filled->matrix, filled->first, filled->count};
    start_filling(stream, (stream->filling + 1) % WINDOWS);
    return TL_OK;
}

void tl_stream_end(tl_stream *stream)
{
    tl_errand_wait(&stream->errand);
}

size_t tl_stream_window_size(const tl_stream *stream)
{
    return stream->row_capacity;
}

int64_t tl_stream_need_bytes(const tl_stream *stream)
{
    int64_t entry_count = 0;

    for (size_t r = 0; r < stream->setup.rows.count; r++)
        entry_count += (int64_t)capacity_of(stream, (uint32_t)r);
    return tl_stream_matrix_bytes((int64_t)stream->setup.rows.count, entry_count, stream->column_count);
}

size_t tl_stream_row_count(const tl_stream *stream)
{
    return stream->setup.rows.count;
}

const struct tl_sample_row *tl_stream_row_at(const tl_stream *stream, size_t row)
{
    return &stream->setup.rows.items[row];
}
