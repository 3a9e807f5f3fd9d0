/* stream_choice.c - see stream_choice.h. */
#include "train/experiment/stream_choice.h"

#include "common/base/headroom.h"

size_t tl_stream_choice_room(int64_t memory_bytes)
{
    const int64_t headroom = tl_headroom_bytes();
    const int64_t allowed = memory_bytes > 0 ? memory_bytes : headroom / 4 * 3;

    return (size_t)(allowed >= 2 * (int64_t)TL_STREAM_CHOICE_ASIDE_BYTES ? allowed - TL_STREAM_CHOICE_ASIDE_BYTES : allowed / 2);
}

enum tl_status tl_stream_choice_load(struct tl_samples **out, struct tl_store_damages *damages, tl_store *store,
                                     const struct tl_selection *selection, const struct tl_samples_source *source,
                                     const struct tl_stream_wish *wish, struct tl_error *err)
{
    int64_t need_bytes;
    enum tl_status status = tl_stream_measure(&need_bytes, store, source, err);

    *out = NULL;
    if (status != TL_OK)
        return status;
    if ((uint64_t)need_bytes <= wish->memory_bytes)
        return tl_samples_load(out, damages, store, selection, source, err);
    return tl_stream_load(out, store, selection, source, wish, err);
}
