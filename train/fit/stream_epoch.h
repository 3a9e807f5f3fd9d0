/* stream_epoch.h - training, evaluation and scale where the vectors are a stream: passes over its windows.
 *
 * An epoch is shuffled over a window: vectors that lie next to each other in the store are up to 64 a block, blocks come in
 * an order drawn anew each epoch, and what is in a window is trained on in the order in which a training in memory would come
 * by it. Where a window holds all, that is the very order, and the head the same, byte for byte. What windows there are
 * depends on the memory given and on how features lie in the store.
 */
#ifndef TL_TRAIN_STREAM_EPOCH_H
#define TL_TRAIN_STREAM_EPOCH_H

#include "train/data/samples.h"
#include "train/data/stream.h"
#include "train/fit/stepper.h"

struct tl_stream_epoch {
    const struct tl_pick *picks; /* (count) in the order of the samples; rows are the stream's */
    const uint32_t *order;       /* (count): how a training in memory comes by them */
    size_t count;
    uint64_t seed; /* of the blocks' order, with epoch_index */
    long epoch_index;
    size_t batch_size;
    bool keeps_order; /* no shuffles: the stream goes through the picks as they are */
};

/* `sums` is added to. Fails with: as tl_stream_next() and tl_stepper_run(), and TL_BAD_INPUT where the memory holds no two windows
 * of a batch. */
TL_MUST_USE enum tl_status tl_stream_epoch_run(tl_stepper *stepper, struct tl_stepper_sums *sums, tl_stream *stream,
                                               const struct tl_stream_epoch *epoch, struct tl_error *err);

/* Calls `take` for each plain photo of the role, in the order of the samples. Fails with: as tl_stream_next(). */
typedef void tl_stream_take_photo(void *context, const struct tl_sample *sample, const struct tl_matrix *matrix, size_t row);
TL_MUST_USE enum tl_status tl_stream_epoch_visit(const struct tl_samples *samples, enum tl_role role, tl_stream_take_photo *take,
                                                 void *context, struct tl_error *err);

/* Sum of the square norms of rows and how many there are: of all, where a window holds them, else of a window of them, drawn
 * one by one. Fails with: as tl_stream_next(). */
TL_MUST_USE enum tl_status tl_stream_epoch_sum_norms(double *out_sum, size_t *out_count, tl_stream *stream, const uint32_t *rows,
                                                     size_t count, struct tl_error *err);

#endif
