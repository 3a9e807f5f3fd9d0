/* stream_choice.h - whether features are loaded at once or streamed: what they need against what may be taken.
 */
#ifndef TL_TRAIN_STREAM_CHOICE_H
#define TL_TRAIN_STREAM_CHOICE_H

#include "train/data/samples.h"
#include "train/data/stream_load.h"

/* Of the memory allowed, this much is for everything but feature vectors; where little is allowed, half of it. */
enum { TL_STREAM_CHOICE_ASIDE_BYTES = 64 << 20 };

/* Memory for feature vectors, of `memory_bytes` in all; 0: three quarters of what the machine can give. */
size_t tl_stream_choice_room(int64_t memory_bytes);

/* tl_samples_load(), or where that might take more than wish->memory_bytes, tl_stream_load(). Fails with: as these. */
TL_MUST_USE enum tl_status tl_stream_choice_load(struct tl_samples **out, struct tl_store_damages *damages, tl_store *store,
                                                 const struct tl_selection *selection, const struct tl_samples_source *source,
                                                 const struct tl_stream_wish *wish, struct tl_error *err);

#endif
