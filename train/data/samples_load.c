/* samples_load.c - see samples.h. Selection and features come in the same order, so that one pass joins them. */
#include "train/data/samples.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"

struct loading {
    struct tl_samples *samples;
    struct tl_store_damages *damages;
    const struct tl_selection *selection;
    size_t feature_count;
    tl_codec *codec;
    size_t next; /* of the samples, the first that may still meet its features */
    bool has_plain; /* samples[next] has its plain row, or has met it damaged */
};

/* Whether the row is of a sample of the selection; moves on to it. A sample that is passed without a plain feature shows at the
 * end. */
static bool find_sample(struct loading *loading, const struct tl_store_feature_row *row)
{
    const struct tl_selection *selection = loading->selection;

    while (loading->next < selection->sample_count) {
        int order = memcmp(selection->samples[loading->next].label->sha256, row->sha256, TL_DIGEST_BYTES);

        if (order == 0)
            return true;
        if (order > 0 || !loading->has_plain)
            return false;
        loading->next++;
        loading->has_plain = false;
    }
    return false;
}

static enum tl_status add_values(struct loading *loading, const struct tl_store_feature_row *row, struct tl_error *err)
{
    const uint32_t *indices;
    const float *values;
    size_t count;
    enum tl_status status;

    if (!row->blob)
        return tl_error_set(err, TL_CORRUPT, "its values are lost");
    status =
        tl_codec_decode_sparse(loading->codec, &indices, &values, &count, loading->feature_count, row->blob, row->blob_bytes, err);
    if (status == TL_OK)
        status = tl_matrix_add(loading->samples->matrix, indices, values, count, err);
    return status;
}

static enum tl_status add_row(struct loading *loading, const struct tl_store_feature_row *row, struct tl_error *err)
{
    const struct tl_selected *selected;
    struct tl_sample *sample;
    struct tl_error failure;
    enum tl_status status;

    if (!find_sample(loading, row))
        return TL_OK;
    selected = &loading->selection->samples[loading->next];
    sample = &loading->samples->items[loading->next];
    if (row->variant_index > 0 && (selected->role == TL_ROLE_TEST || !loading->has_plain))
        return TL_OK;
    status = add_values(loading, row, &failure);
    if (status != TL_OK)
        (void)tl_error_prefix(&failure, "the stored feature of %s, variant %u%s", selected->label->path, row->variant_index,
                              status == TL_CORRUPT ? ", is damaged" : "");
    loading->has_plain = true;
    if (status == TL_CORRUPT) /* the samples are of no use any more, but the other damage is to be found too */
        return tl_store_note_damage(loading->damages, row->sha256, &failure, err);
    if (status != TL_OK)
        *err = failure;
    else if (row->variant_index > 0)
        sample->variant_count++;
    else
        *sample = (struct tl_sample){selected->class_index, selected->role, loading->samples->matrix->row_count - 1, 0};
    return status;
}

static enum tl_status check_complete(const struct loading *loading, struct tl_error *err)
{
    const size_t found = loading->next + loading->has_plain;

    if (loading->damages->count > 0) {
        *err = loading->damages->items[0].failure;
        return err->status;
    }
    if (found < loading->selection->sample_count)
        return tl_error_set(err, TL_CORRUPT, "%s: its features are not in the store",
                            loading->selection->samples[found].label->path);
    return TL_OK;
}

static enum tl_status read_features(struct loading *loading, tl_store *store, const struct tl_samples_source *source,
                                    struct tl_error *err)
{
    tl_store_features *features = NULL;
    struct tl_store_feature_row row;
    enum tl_status status = tl_store_open_features(&features, store, source->feature_set_id, source->augmentation_id, err);

    if (status != TL_OK)
        return status;
    while ((status = tl_store_next_feature(features, &row, err)) == TL_OK) {
        status = add_row(loading, &row, err);
        if (status != TL_OK)
            break;
    }
    tl_store_close_features(features);
    return status == TL_NOT_FOUND ? check_complete(loading, err) : status;
}

enum tl_status tl_samples_load(struct tl_samples **out, struct tl_store_damages *damages, tl_store *store,
                               const struct tl_selection *selection, const struct tl_samples_source *source, struct tl_error *err)
{
    struct loading loading = {.damages = damages, .selection = selection, .feature_count = source->feature_count};
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
    loading.samples = samples;
    status = tl_matrix_create(&samples->matrix, source->feature_count, source->transform, err);
    if (status == TL_OK)
        status = tl_codec_create(&loading.codec, err);
    if (status == TL_OK)
        status = read_features(&loading, store, source, err);
    if (status != TL_OK)
        goto done;
    *out = samples;
    samples = NULL;
done:
    tl_codec_free(loading.codec);
    tl_samples_free(samples);
    return status;
}
