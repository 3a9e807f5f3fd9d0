/* samples.c - see samples.h. Loading is in samples_load.c. */
#include "train/data/samples.h"

#include "common/base/memory.h"
#include "train/data/stream.h"

void tl_samples_free(struct tl_samples *samples)
{
    if (!samples)
        return;
    tl_stream_free(samples->stream);
    tl_matrix_free(samples->matrix);
    tl_memory_free(samples->items);
    tl_memory_free(samples);
}

size_t tl_samples_count(const struct tl_samples *samples, enum tl_role role)
{
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++)
        count += samples->items[i].role == role;
    return count;
}

void tl_samples_train_on_validation(struct tl_samples *samples)
{
    for (size_t i = 0; i < samples->count; i++)
        if (samples->items[i].role == TL_ROLE_VALIDATION)
            samples->items[i].role = TL_ROLE_TRAIN;
}
