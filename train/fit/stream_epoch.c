/* stream_epoch.c - see stream_epoch.h. */
#include "train/fit/stream_epoch.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "common/base/random.h"

enum { BLOCK_ROWS_MAX = 64, WINDOW_BLOCKS = 128 };

/* A pick and where it comes: by the store, then by the order of training. */
struct ranked {
    int64_t key;
    uint32_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *first = a, *second = b;

    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return first->index < second->index ? -1 : first->index > second->index;
}

/* Many blocks a window, so that it has of everything what the store has; long ones, so that what is read lies together. */
static size_t choose_block_rows(const tl_stream *stream)
{
    const size_t rows = tl_stream_window_size(stream) / WINDOW_BLOCKS;

    return rows < 1 ? 1 : rows < BLOCK_ROWS_MAX ? rows : BLOCK_ROWS_MAX;
}

/* indices: 0 to count - 1 in blocks of those whose rows lie next to each other in the store, the blocks in a drawn order. */
static enum tl_status shuffle_blocks(uint32_t *indices, const tl_stream *stream, const uint32_t *rows, size_t count, uint64_t seed,
                                     long epoch_index, struct tl_error *err)
{
    const size_t block_rows = choose_block_rows(stream), block_count = (count + block_rows - 1) / block_rows;
    struct ranked *ranked = tl_memory_alloc(count, sizeof *ranked);
    uint32_t *blocks = tl_memory_alloc(block_count, sizeof *blocks);
    struct tl_random random;
    enum tl_status status = TL_OK;
    char name[32];
    size_t at = 0;

    if (!ranked || !blocks) {
        status = tl_error_set_no_memory(err, "the order of training", count * sizeof *ranked);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){tl_stream_row_at(stream, rows[i])->feature_id, (uint32_t)i};
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    for (size_t b = 0; b < block_count; b++)
        blocks[b] = (uint32_t)b;
    (void)snprintf(name, sizeof name, "blocks %ld", epoch_index);
    tl_random_init(&random, seed, name);
    tl_random_shuffle(&random, blocks, block_count);
    for (size_t b = 0; b < block_count; b++)
        for (size_t i = blocks[b] * block_rows; i < count && i < (blocks[b] + 1) * block_rows; i++)
            indices[at++] = ranked[i].index;
done:
    tl_memory_free(ranked);
    tl_memory_free(blocks);
    return status;
}

/* What an epoch needs beside its picks. */
struct passing {
    uint32_t *rows;         /* (count): the pass's order */
    uint32_t *indices;      /* (count): of the picks, in the pass's order */
    uint32_t *ranks;        /* (count): of the picks, in the order of training */
    struct ranked *ranked;  /* (largest window) */
    struct tl_pick *window; /* likewise */
};

static void release(struct passing *passing)
{
    tl_memory_free(passing->rows);
    tl_memory_free(passing->indices);
    tl_memory_free(passing->ranks);
    tl_memory_free(passing->ranked);
    tl_memory_free(passing->window);
}

static enum tl_status prepare(struct passing *passing, const tl_stream *stream, const struct tl_stream_epoch *epoch,
                              struct tl_error *err)
{
    const size_t count = epoch->count, size = tl_stream_window_size(stream);
    enum tl_status status = TL_OK;

    passing->rows = tl_memory_alloc(count, sizeof *passing->rows);
    passing->indices = tl_memory_alloc(count, sizeof *passing->indices);
    passing->ranks = tl_memory_alloc(count, sizeof *passing->ranks);
    passing->ranked = tl_memory_alloc(size, sizeof *passing->ranked);
    passing->window = tl_memory_alloc(size, sizeof *passing->window);
    if (!passing->rows || !passing->indices || !passing->ranks || !passing->ranked || !passing->window)
        return tl_error_set_no_memory(err, "an epoch", count * sizeof *passing->rows);
    for (size_t i = 0; i < count; i++) {
        passing->ranks[epoch->order[i]] = (uint32_t)i;
        passing->indices[i] = (uint32_t)i;
        passing->rows[i] = (uint32_t)epoch->picks[i].row;
    }
    if (!epoch->keeps_order)
        status = shuffle_blocks(passing->indices, stream, passing->rows, count, epoch->seed, epoch->epoch_index, err);
    for (size_t i = 0; i < count; i++)
        passing->rows[i] = (uint32_t)epoch->picks[passing->indices[i]].row;
    return status;
}

/* The window's picks in the order of training, by their rows in its matrix. */
static void arrange_window(struct passing *passing, const struct tl_stream_epoch *epoch, const struct tl_stream_window *window)
{
    for (size_t i = 0; i < window->count; i++)
        passing->ranked[i] = (struct ranked){passing->ranks[passing->indices[window->first + i]], (uint32_t)i};
    qsort(passing->ranked, window->count, sizeof *passing->ranked, compare_ranked);
    for (size_t i = 0; i < window->count; i++) {
        const uint32_t at = passing->ranked[i].index;

        passing->window[i] = (struct tl_pick){at, epoch->picks[passing->indices[window->first + at]].class_index};
    }
}

enum tl_status tl_stream_epoch_run(tl_stepper *stepper, struct tl_stepper_sums *sums, tl_stream *stream,
                                   const struct tl_stream_epoch *epoch, struct tl_error *err)
{
    struct passing passing = {NULL, NULL, NULL, NULL, NULL};
    struct tl_stream_window window;
    enum tl_status status = prepare(&passing, stream, epoch, err);

    if (status == TL_OK)
        status = tl_stream_begin(stream, passing.rows, epoch->count, epoch->batch_size, err);
    while (status == TL_OK) {
        status = tl_stream_next(stream, &window, err);
        if (status != TL_OK || window.count == 0)
            break;
        arrange_window(&passing, epoch, &window);
        status = tl_stepper_run(stepper, window.matrix, passing.window, window.count, sums, err);
    }
    tl_stream_end(stream);
    release(&passing);
    return status;
}

enum tl_status tl_stream_epoch_visit(const struct tl_samples *samples, enum tl_role role, tl_stream_take_photo *take, void *context,
                                     struct tl_error *err)
{
    uint32_t *rows = tl_memory_alloc(samples->count, sizeof *rows), *items = tl_memory_alloc(samples->count, sizeof *items);
    struct tl_stream_window window;
    size_t count = 0;
    enum tl_status status;

    if (!rows || !items) {
        status = tl_error_set_no_memory(err, "the evaluation", samples->count * sizeof *rows);
        goto done;
    }
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->items[i].role != role)
            continue;
        items[count] = (uint32_t)i;
        rows[count++] = (uint32_t)samples->items[i].row;
    }
    status = tl_stream_begin(samples->stream, rows, count, 1, err);
    while (status == TL_OK) {
        status = tl_stream_next(samples->stream, &window, err);
        if (status != TL_OK || window.count == 0)
            break;
        for (size_t i = 0; i < window.count; i++)
            take(context, &samples->items[items[window.first + i]], window.matrix, i);
    }
    tl_stream_end(samples->stream);
done:
    tl_memory_free(rows);
    tl_memory_free(items);
    return status;
}

/* Summed in the order in which the rows were given, so that one window gives the bits of a matrix. */
static enum tl_status sum_window(double *out_sum, const struct tl_stream_window *window, const uint32_t *indices,
                                 struct tl_error *err)
{
    struct ranked *ranked = tl_memory_alloc(window->count, sizeof *ranked);

    if (!ranked)
        return tl_error_set_no_memory(err, "the scale", window->count * sizeof *ranked);
    for (size_t i = 0; i < window->count; i++)
        ranked[i] = (struct ranked){indices[i], (uint32_t)i};
    qsort(ranked, window->count, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < window->count; i++)
        *out_sum += tl_matrix_square_norm(window->matrix, ranked[i].index);
    tl_memory_free(ranked);
    return TL_OK;
}

enum tl_status tl_stream_epoch_sum_norms(double *out_sum, size_t *out_count, tl_stream *stream, const uint32_t *rows, size_t count,
                                         struct tl_error *err)
{
    uint32_t *indices = tl_memory_alloc(count, sizeof *indices), *arranged = tl_memory_alloc(count, sizeof *arranged);
    struct tl_stream_window window;
    struct tl_random random;
    enum tl_status status;

    *out_sum = 0;
    *out_count = 0;
    if (!indices || !arranged) {
        status = tl_error_set_no_memory(err, "the scale", count * sizeof *indices);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        indices[i] = (uint32_t)i;
    tl_random_init(&random, 0, "scale");
    tl_random_shuffle(&random, indices, count);
    for (size_t i = 0; i < count; i++)
        arranged[i] = rows[indices[i]];
    status = tl_stream_begin(stream, arranged, count, 1, err);
    if (status == TL_OK)
        status = tl_stream_next(stream, &window, err);
    if (status == TL_OK && window.count > 0) {
        *out_count = window.count;
        status = sum_window(out_sum, &window, indices, err);
    }
    tl_stream_end(stream);
done:
    tl_memory_free(indices);
    tl_memory_free(arranged);
    return status;
}
