/* sample_rows.c - see sample_rows.h. */
#include "train/data/sample_rows.h"

#include <string.h>

#include "common/base/memory.h"

enum { FIRST_ROWS = 1024 };

struct listing {
    const struct tl_selection *selection;
    const struct tl_samples_source *source;
    struct tl_samples *samples;
    struct tl_sample_rows *rows;
    struct tl_digest digest; /* over the rows */
    size_t next; /* of the samples, the first that may still meet its features */
    bool has_plain;
};

/* Whether the row is of a sample of the selection; moves on to it. A sample that is passed without a plain feature shows at the
 * end. */
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

static enum tl_status reserve(struct tl_sample_rows *rows, struct tl_error *err)
{
    const size_t capacity = rows->capacity == 0 ? FIRST_ROWS : 2 * rows->capacity;
    struct tl_sample_row *items;

    if (rows->count < rows->capacity)
        return TL_OK;
    items = capacity > UINT32_MAX ? NULL : tl_memory_resize(rows->items, capacity, sizeof *items);
    if (!items)
        return tl_error_set_no_memory(err, "the list of features", capacity * sizeof *items);
    rows->items = items;
    rows->capacity = capacity;
    return TL_OK;
}

/* Of test photos only the plain one is of use; a limit is what a run of the past saw. */
static bool is_wanted(const struct listing *listing, const struct tl_store_feature_row *row)
{
    if (row->variant_index == 0)
        return true;
    return listing->has_plain && listing->selection->samples[listing->next].role != TL_ROLE_TEST &&
           (listing->source->variant_limit == 0 || row->variant_index <= listing->source->variant_limit);
}

static enum tl_status add_row(struct listing *listing, const struct tl_store_feature_row *row, struct tl_error *err)
{
    const struct tl_selected *selected;
    struct tl_sample *sample;
    enum tl_status status;

    if (!find_sample(listing, row) || !is_wanted(listing, row))
        return TL_OK;
    status = reserve(listing->rows, err);
    if (status != TL_OK)
        return status;
    selected = &listing->selection->samples[listing->next];
    sample = &listing->samples->items[listing->next];
    if (row->variant_index > 0)
        sample->variant_count++;
    else
        *sample = (struct tl_sample){selected->class_index, selected->role, listing->rows->count, 0};
    if (row->variant_index > listing->samples->variant_max)
        listing->samples->variant_max = row->variant_index;
    listing->has_plain = true;
    tl_digest_update(&listing->digest, row->sha256, sizeof row->sha256);
    tl_digest_update_u32(&listing->digest, row->variant_index);
    tl_digest_update(&listing->digest, row->values_digest, sizeof row->values_digest);
    listing->rows->items[listing->rows->count++] = (struct tl_sample_row){row->feature_id, (uint32_t)row->nonzero_count,
                                                                          (uint32_t)listing->next, row->variant_index};
    return TL_OK;
}

static enum tl_status check_complete(const struct listing *listing, struct tl_error *err)
{
    const size_t found = listing->next + listing->has_plain;

    if (found < listing->selection->sample_count)
        return tl_error_set(err, TL_CORRUPT, "%s: its features are not in the store",
                            listing->selection->samples[found].label->path);
    return TL_OK;
}

enum tl_status tl_sample_rows_list(struct tl_sample_rows *out, struct tl_samples *samples, tl_store *store,
                                   const struct tl_selection *selection, const struct tl_samples_source *source,
                                   struct tl_error *err)
{
    struct listing listing = {.selection = selection, .source = source, .samples = samples, .rows = out};
    tl_store_features *features = NULL;
    struct tl_store_feature_row row;
    enum tl_status status;

    *out = (struct tl_sample_rows){.items = NULL};
    tl_digest_init(&listing.digest);
    status = source->has_missing
                 ? tl_store_open_recorded_rows(&features, store, source->feature_set_id, source->augmentation_id, err)
                 : tl_store_open_feature_rows(&features, store, source->feature_set_id, source->augmentation_id, err);
    if (status != TL_OK)
        return status;
    while ((status = tl_store_next_feature(features, &row, err)) == TL_OK) {
        status = add_row(&listing, &row, err);
        if (status != TL_OK)
            break;
    }
    tl_store_close_features(features);
    tl_digest_finish(&listing.digest, samples->rows_digest);
    return status == TL_NOT_FOUND ? check_complete(&listing, err) : status;
}

void tl_sample_rows_free(struct tl_sample_rows *rows)
{
    tl_memory_free(rows->items);
    *rows = (struct tl_sample_rows){.items = NULL};
}
