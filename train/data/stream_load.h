/* stream_load.h - samples whose vectors stay in the store: which photos and features there are is read at once, their values as a
 * stream.
 */
#ifndef TL_TRAIN_STREAM_LOAD_H
#define TL_TRAIN_STREAM_LOAD_H

#include "train/data/samples.h"
#include "train/data/stream.h"

struct tl_stream_wish {
    size_t channel_count;
    enum tl_head_pool pool;
    size_t memory_bytes; /* for the windows */
    size_t thread_count; /* that decode */
};

/* What tl_samples_load() would take in memory for all features of a set, at most. Fails with: TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_stream_measure(int64_t *out_bytes, tl_store *store, const struct tl_samples_source *source,
                                             struct tl_error *err);

/* As tl_samples_load(), but that a damaged feature shows only when its vector is read. `store` and `selection` are borrowed as long
 * as the samples live. Fails with: TL_BAD_INPUT (too little memory), TL_CORRUPT (a selected photo without features), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stream_load(struct tl_samples **out, tl_store *store, const struct tl_selection *selection,
                                          const struct tl_samples_source *source, const struct tl_stream_wish *wish,
                                          struct tl_error *err);

/* Streamed samples are read so from now on. Not while others use them. Fails with: as tl_stream_read_as(). */
TL_MUST_USE enum tl_status tl_stream_turn(struct tl_samples *samples, size_t column_count, enum tl_head_pool pool,
                                          enum tl_head_transform transform, struct tl_error *err);

/* For what works on all vectors at once, named by the option ("--solver lbfgs"). Fails with: TL_BAD_INPUT (the samples are
 * streamed). */
TL_MUST_USE enum tl_status tl_stream_refuse(const struct tl_samples *samples, const char *option, struct tl_error *err);

#endif
