/* stream_load.c - see stream_load.h. */
#include "train/data/stream_load.h"

#include "common/base/memory.h"
#include "common/base/quantity.h"
#include "common/store/store_blob.h"

enum tl_status tl_stream_measure(int64_t *out_bytes, tl_store *store, const struct tl_samples_source *source, struct tl_error *err)
{
    struct tl_store_feature_sum sum;
    enum tl_status status = tl_store_sum_features(store, &sum, source->feature_set_id, err);

    *out_bytes = tl_stream_matrix_bytes(sum.feature_count, sum.nonzero_count, source->feature_count);
    return status;
}

/* Takes the rows. */
static enum tl_status create_stream(struct tl_samples *samples, struct tl_sample_rows *rows, tl_store *store,
                                    const struct tl_selection *selection, const struct tl_samples_source *source,
                                    const struct tl_stream_wish *wish, struct tl_error *err)
{
    const struct tl_stream_setup setup = {.store = store,
                                          .selection = selection,
                                          .rows = *rows,
                                          .feature_count = source->feature_count,
                                          .channel_count = wish->channel_count,
                                          .pool = wish->pool,
                                          .transform = source->transform,
                                          .memory_bytes = wish->memory_bytes,
                                          .thread_count = wish->thread_count};

    *rows = (struct tl_sample_rows){.items = NULL};
    return tl_stream_create(&samples->stream, &setup, err);
}

enum tl_status tl_stream_load(struct tl_samples **out, tl_store *store, const struct tl_selection *selection,
                              const struct tl_samples_source *source, const struct tl_stream_wish *wish, struct tl_error *err)
{
    const size_t column_count = wish->pool == TL_HEAD_POOL_AVG ? wish->channel_count : source->feature_count;
    struct tl_sample_rows rows = {.items = NULL};
    struct tl_samples *samples = tl_memory_alloc(1, sizeof *samples);
    enum tl_status status;

    *out = NULL;
    if (samples)
        samples->items = tl_memory_alloc(selection->sample_count, sizeof *samples->items);
    if (!samples || !samples->items) {
        status = tl_error_set_no_memory(err, "the samples", selection->sample_count * sizeof *samples->items);
        goto done;
    }
    samples->count = selection->sample_count;
    status = tl_matrix_create(&samples->matrix, column_count, source->transform, err);
    if (status == TL_OK)
        status = tl_sample_rows_list(&rows, samples, store, selection, source, err);
    if (status == TL_OK)
        status = create_stream(samples, &rows, store, selection, source, wish, err);
    if (status != TL_OK)
        goto done;
    *out = samples;
    samples = NULL;
done:
    tl_sample_rows_free(&rows);
    tl_samples_free(samples);
    return status;
}

enum tl_status tl_stream_turn(struct tl_samples *samples, size_t column_count, enum tl_head_pool pool,
                              enum tl_head_transform transform, struct tl_error *err)
{
    struct tl_matrix *matrix = NULL;
    enum tl_status status = tl_stream_read_as(samples->stream, pool, transform, err);

    if (status == TL_OK && (samples->matrix->feature_count != column_count || samples->matrix->transform != transform))
        status = tl_matrix_create(&matrix, column_count, transform, err);
    if (!matrix)
        return status;
    tl_matrix_free(samples->matrix);
    samples->matrix = matrix;
    return TL_OK;
}

enum tl_status tl_stream_refuse(const struct tl_samples *samples, const char *option, struct tl_error *err)
{
    char need[TL_QUANTITY_BYTES_WORDS];

    if (!samples->stream)
        return TL_OK;
    tl_quantity_format_bytes(need, tl_stream_need_bytes(samples->stream));
    return tl_error_set(err, TL_BAD_INPUT, "%s works on all features at once, and their %s are more than --memory allows", option,
                        need);
}
