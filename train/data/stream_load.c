/* stream_load.c - see stream_load.h. Selection and rows come in the same order, so that one pass joins them. */
#include "train/data/stream_load.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_blob.h"

enum { FIRST_ROWS = 1024 };

struct listing {
    const struct tl_selection *selection;
    struct tl_samples *samples;
    struct tl_stream_row *rows;
    size_t row_count, row_capacity;
    size_t next; /* of the samples, the first that may still meet its features */
    bool has_plain;
};

enum tl_status tl_stream_measure(int64_t *out_bytes, tl_store *store, const struct tl_samples_source *source, struct tl_error *err)
{
    struct tl_store_feature_sum sum;
    enum tl_status status = tl_store_sum_features(store, &sum, source->feature_set_id, err);

    *out_bytes = tl_stream_matrix_bytes(sum.feature_count, sum.nonzero_count, source->feature_count);
    return status;
}

/* Whether the row is of a sample of the selection; moves on to it. */
static bool find_sample(struct listing *listing, const struct tl_store_feature_row *row)
{
    const struct tl_selection *selection = listing->selection;

    while (listing->next < selection->sample_count) {
        const int order = memcmp(selection->samples[listing->next].label->sha256, row->sha256, TL_DIGEST_BYTES);

        if (order == 0)
            return true;
        if (order > 0 || !listing->has_plain)
            return false;
        listing->next++;
        listing->has_plain = false;
    }
    return false;
}

static enum tl_status reserve(struct listing *listing, struct tl_error *err)
{
    const size_t capacity = listing->row_capacity == 0 ? FIRST_ROWS : 2 * listing->row_capacity;
    struct tl_stream_row *rows;

    if (listing->row_count < listing->row_capacity)
        return TL_OK;
    rows = capacity > UINT32_MAX ? NULL : tl_memory_resize(listing->rows, capacity, sizeof *rows);
    if (!rows)
        return tl_error_set_no_memory(err, "the list of features", capacity * sizeof *rows);
    listing->rows = rows;
    listing->row_capacity = capacity;
    return TL_OK;
}

static enum tl_status add_row(struct listing *listing, const struct tl_store_feature_row *row, struct tl_error *err)
{
    const struct tl_selected *selected;
    enum tl_status status;

    if (!find_sample(listing, row))
        return TL_OK;
    selected = &listing->selection->samples[listing->next];
    if (row->variant_index > 0 && (selected->role == TL_ROLE_TEST || !listing->has_plain))
        return TL_OK;
    status = reserve(listing, err);
    if (status != TL_OK)
        return status;
    if (row->variant_index > 0)
        listing->samples->items[listing->next].variant_count++;
    else
        listing->samples->items[listing->next] = (struct tl_sample){selected->class_index, selected->role, listing->row_count, 0};
    listing->has_plain = true;
    listing->rows[listing->row_count++] =
        (struct tl_stream_row){row->feature_id, (uint32_t)row->nonzero_count, (uint32_t)listing->next};
    return TL_OK;
}

static enum tl_status list_rows(struct listing *listing, tl_store *store, const struct tl_samples_source *source,
                                struct tl_error *err)
{
    tl_store_features *features = NULL;
    struct tl_store_feature_row row;
    enum tl_status status = tl_store_open_feature_rows(&features, store, source->feature_set_id, source->augmentation_id, err);

    if (status != TL_OK)
        return status;
    while ((status = tl_store_next_feature(features, &row, err)) == TL_OK) {
        status = add_row(listing, &row, err);
        if (status != TL_OK)
            break;
    }
    tl_store_close_features(features);
    if (status != TL_NOT_FOUND)
        return status;
    if (listing->next + listing->has_plain < listing->selection->sample_count)
        return tl_error_set(err, TL_CORRUPT, "%s: its features are not in the store",
                            listing->selection->samples[listing->next + listing->has_plain].label->path);
    return TL_OK;
}

static enum tl_status create_stream(struct listing *listing, tl_store *store, const struct tl_samples_source *source,
                                    const struct tl_stream_wish *wish, struct tl_error *err)
{
    const struct tl_stream_setup setup = {.store = store,
                                          .selection = listing->selection,
                                          .rows = listing->rows,
                                          .row_count = listing->row_count,
                                          .feature_count = source->feature_count,
                                          .channel_count = wish->channel_count,
                                          .pool = wish->pool,
                                          .transform = source->transform,
                                          .memory_bytes = wish->memory_bytes,
                                          .thread_count = wish->thread_count};

    listing->rows = NULL;
    return tl_stream_create(&listing->samples->stream, &setup, err);
}

enum tl_status tl_stream_load(struct tl_samples **out, tl_store *store, const struct tl_selection *selection,
                              const struct tl_samples_source *source, const struct tl_stream_wish *wish, struct tl_error *err)
{
    const size_t column_count = wish->pool == TL_HEAD_POOL_AVG ? wish->channel_count : source->feature_count;
    struct listing listing = {.selection = selection};
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
    listing.samples = samples;
    status = tl_matrix_create(&samples->matrix, column_count, source->transform, err);
    if (status == TL_OK)
        status = list_rows(&listing, store, source, err);
    if (status == TL_OK)
        status = create_stream(&listing, store, source, wish, err);
    if (status != TL_OK)
        goto done;
    *out = samples;
    samples = NULL;
done:
    tl_memory_free(listing.rows);
    tl_samples_free(samples);
    return status;
}
