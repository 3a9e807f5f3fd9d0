/* stream.h - more feature vectors than fit in memory, as windows: read from the store and decoded while the last one is
 * worked on.
 *
 *     tl_stream_create(&stream, &setup, err);
 *     tl_stream_begin(stream, order, count, batch_size, err);         a pass over rows by number; `order` stays
 *     while ((status = tl_stream_next(stream, &window, err)) == TL_OK && window.count > 0)
 *         ... row i of window.matrix is the vector order[window.first + i] ...
 *     tl_stream_end(stream);                                          also before the pass is over
 *     tl_stream_free(stream);
 *
 * There are two windows: one is worked on while threads fill the other, which takes its blobs from the store in the order in
 * which they lie there. How large windows are follows from the memory given and the numbers of values in the rows alone, so
 * that the same pass has the same windows, whatever the threads.
 *
 * One thread uses a stream, and between begin and end nobody else its store. Nothing is locked in the store between reads of
 * a few hundred kilobytes. What the blobs say is checked as when they are loaded at once.
 */
#ifndef TL_TRAIN_STREAM_H
#define TL_TRAIN_STREAM_H

#include "common/store/store.h"
#include "train/data/sample_rows.h"

typedef struct tl_stream tl_stream;

struct tl_stream_setup {
    tl_store *store;                      /* borrowed */
    const struct tl_selection *selection; /* borrowed, for the names of photos in messages */
    struct tl_sample_rows rows;           /* the stream's own from tl_stream_create() on, also where that fails */
    size_t feature_count, channel_count;
    enum tl_head_pool pool;
    enum tl_head_transform transform;
    size_t memory_bytes; /* of both windows together */
    size_t thread_count; /* that decode, at least 1 */
};

/* Fails with: TL_BAD_INPUT (the memory does not suffice for two windows of one vector), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stream_create(tl_stream **out, const struct tl_stream_setup *setup, struct tl_error *err);
void tl_stream_free(tl_stream *stream); /* NULL is fine */

/* Ends a pass; from now on rows are pooled and transformed so. Fails with: as tl_stream_create(); the stream can then only be
 * freed, or read in a way that succeeds. */
TL_MUST_USE enum tl_status tl_stream_read_as(tl_stream *stream, enum tl_head_pool pool, enum tl_head_transform transform,
                                             struct tl_error *err);

/* All windows but the last have a multiple of `quantum` vectors. Fails with: TL_BAD_INPUT (the memory does not suffice for
 * that). */
TL_MUST_USE enum tl_status tl_stream_begin(tl_stream *stream, const uint32_t *order, size_t count, size_t quantum,
                                           struct tl_error *err);

struct tl_stream_window {
    const struct tl_matrix *matrix; /* good until the next call */
    size_t first, count;            /* of the pass's order; count 0: the pass is over */
};
/* Fails with: TL_CORRUPT (a feature is damaged or gone; the photo is named), TL_IO, TL_NO_MEMORY; the pass is then over. */
TL_MUST_USE enum tl_status tl_stream_next(tl_stream *stream, struct tl_stream_window *out, struct tl_error *err);
void tl_stream_end(tl_stream *stream);

/* Vectors that a window holds, if they are about as long as the mean of all rows. */
size_t tl_stream_window_size(const tl_stream *stream);
const struct tl_sample_row *tl_stream_row_at(const tl_stream *stream, size_t row);
size_t tl_stream_row_count(const tl_stream *stream);

/* What the matrix of all rows would take. */
int64_t tl_stream_need_bytes(const tl_stream *stream);
/* What a matrix of rows takes in memory: for who decides between a matrix and a stream. */
int64_t tl_stream_matrix_bytes(int64_t row_count, int64_t entry_count, size_t column_count);

#endif
