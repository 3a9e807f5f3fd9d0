/* gallery.c - see gallery.h. */
#include "train/report/gallery.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "common/store/store_blob.h"
#include "common/store/store_sample.h"

/* A photo with a plain feature that takes part. */
struct part {
    int64_t feature_id;
    const struct tl_store_account_sample *sample;
};

/* The vectors of the gallery's photos, dense, and what is read beside them. */
struct comparison {
    struct tl_gallery *gallery;
    const struct tl_findings *findings;
    tl_codec *codec;
    size_t feature_count; /* F; 0: none was decoded yet */
    float *vectors;       /* (items, F) */
    double norms[TL_GALLERY_ITEMS];
    const struct part *parts; /* of the blobs being read */
    size_t *items;            /* (items) which item a wanted blob is of */
    enum tl_status status;
};

static size_t find_largest(const double *values, size_t count)
{
    size_t largest = 0;

    for (size_t l = 1; l < count; l++)
        if (values[l] > values[largest])
            largest = l;
    return largest;
}

static void choose_items(struct tl_gallery *out, const struct tl_store_account *account)
{
    for (size_t i = 0; i < account->told_count; i++) {
        const double *probabilities = account->probabilities + i * account->class_count;
        const size_t predicted = find_largest(probabilities, account->class_count);
        size_t at = out->item_count;

        if (predicted == account->told[i].class_index)
            continue;
        out->wrong_count++;
        while (at > 0 && out->items[at - 1].probability < probabilities[predicted])
            at--;
        if (at == TL_GALLERY_ITEMS)
            continue;
        if (out->item_count < TL_GALLERY_ITEMS)
            out->item_count++;
        for (size_t k = out->item_count - 1; k > at; k--)
            out->items[k] = out->items[k - 1];
        out->items[at] = (struct tl_gallery_item){.told = i, .predicted = predicted, .probability = probabilities[predicted]};
    }
}

static int compare_samples(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = ((const struct tl_store_account_sample *)b)->content_id;

    return (x > y) - (x < y);
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    return (x->feature_id > y->feature_id) - (x->feature_id < y->feature_id);
}

/* All photos of the data set that have a plain feature, by feature id. */
static enum tl_status list_parts(struct part **out, size_t *out_count, tl_store *store, const struct tl_store_account *account,
                                 struct tl_error *err)
{
    struct part *parts = tl_memory_alloc(account->sample_count, sizeof *parts);
    tl_store_features *features = NULL;
    struct tl_store_feature_row row;
    size_t count = 0;
    enum tl_status status;

    if (!parts)
        return tl_error_set_no_memory(err, "the photos", account->sample_count * sizeof *parts);
    status = tl_store_open_feature_rows(&features, store, account->feature_set_id, 0, err);
    while (status == TL_OK && (status = tl_store_next_feature(features, &row, err)) == TL_OK) {
        const struct tl_store_account_sample *sample =
            bsearch(&row.content_id, account->samples, account->sample_count, sizeof *sample, compare_samples);
        if (sample && count < account->sample_count)
            parts[count++] = (struct part){row.feature_id, sample};
    }
    tl_store_close_features(features);
    if (status != TL_NOT_FOUND) {
        tl_memory_free(parts);
        return status;
    }
    qsort(parts, count, sizeof *parts, compare_parts);
    *out = parts;
    *out_count = count;
    return TL_OK;
}

static enum tl_status keep_vector(struct comparison *comparison, size_t item, const uint32_t *indices, const float *values,
                                  size_t count, size_t feature_count)
{
    float *vector;

    if (!comparison->vectors) {
        comparison->vectors = tl_memory_alloc(TL_GALLERY_ITEMS * feature_count, sizeof *comparison->vectors);
        if (!comparison->vectors)
            return TL_NO_MEMORY;
        comparison->feature_count = feature_count;
    }
    if (feature_count != comparison->feature_count)
        return TL_OK;
    vector = comparison->vectors + item * feature_count;
    comparison->norms[item] = 0;
    for (size_t k = 0; k < count; k++) {
        vector[indices[k]] = values[k];
        comparison->norms[item] += (double)values[k] * (double)values[k];
    }
    comparison->norms[item] = sqrt(comparison->norms[item]);
    return TL_OK;
}

/* False: damaged, which is nobody's failure here, or no memory, which is remembered. */
static bool decode(struct comparison *comparison, const void *blob, size_t blob_bytes, const uint32_t **indices,
                   const float **values, size_t *count, size_t *feature_count)
{
    struct tl_codec_info info;
    struct tl_error err;
    enum tl_status status;

    if (!blob || tl_codec_inspect(&info, blob, blob_bytes, &err) != TL_OK)
        return false;
    *feature_count = info.count;
    status = tl_codec_decode_sparse(comparison->codec, indices, values, count, info.count, blob, blob_bytes, &err);
    if (status == TL_NO_MEMORY)
        comparison->status = status;
    return status == TL_OK;
}

static bool take_wrong(void *context, size_t i, const void *blob, size_t blob_bytes)
{
    struct comparison *comparison = context;
    const uint32_t *indices;
    const float *values;
    size_t count, feature_count;

    if (decode(comparison, blob, blob_bytes, &indices, &values, &count, &feature_count))
        comparison->status = keep_vector(comparison, comparison->items[i], indices, values, count, feature_count);
    return comparison->status == TL_OK;
}

static void offer(struct tl_gallery_item *item, const struct tl_gallery_neighbour *neighbour)
{
    size_t at = item->neighbour_count;

    while (at > 0 && (item->neighbours[at - 1].cosine < neighbour->cosine ||
                      (item->neighbours[at - 1].cosine == neighbour->cosine &&
                       item->neighbours[at - 1].content_id > neighbour->content_id)))
        at--;
    if (at == TL_GALLERY_NEIGHBOURS)
        return;
    if (item->neighbour_count < TL_GALLERY_NEIGHBOURS)
        item->neighbour_count++;
    for (size_t k = item->neighbour_count - 1; k > at; k--)
        item->neighbours[k] = item->neighbours[k - 1];
    item->neighbours[at] = *neighbour;
}

/* Whether the head that judged the photo learnt from the sample. */
static bool is_training(const struct tl_findings *findings, const struct tl_store_told *told,
                        const struct tl_store_account_sample *sample)
{
    if (sample->content_id == told->content_id)
        return false;
    if (told->role == TL_STORE_TOLD_FOLD)
        return sample->fold != told->fold && (sample->is_train || sample->fold != 0);
    return sample->is_train || (sample->is_validation && told->role == TL_STORE_TOLD_TEST && findings->account.is_refitted);
}

static bool take_training(void *context, size_t i, const void *blob, size_t blob_bytes)
{
    struct comparison *comparison = context;
    const struct tl_store_account_sample *sample = comparison->parts[i].sample;
    const uint32_t *indices;
    const float *values;
    size_t count, feature_count;
    double norm = 0;

    if (!decode(comparison, blob, blob_bytes, &indices, &values, &count, &feature_count) ||
        feature_count != comparison->feature_count)
        return comparison->status == TL_OK;
    for (size_t k = 0; k < count; k++)
        norm += (double)values[k] * (double)values[k];
    norm = sqrt(norm);
    for (size_t n = 0; n < comparison->gallery->item_count; n++) {
        struct tl_gallery_item *item = &comparison->gallery->items[n];
        const float *vector = comparison->vectors + n * feature_count;
        double product = 0;
        if (!is_training(comparison->findings, &comparison->findings->account.told[item->told], sample) || norm <= 0 ||
            comparison->norms[n] <= 0)
            continue;
        for (size_t k = 0; k < count; k++)
            product += (double)values[k] * (double)vector[indices[k]];
        offer(item, &(struct tl_gallery_neighbour){sample->content_id, sample->class_index,
                                                   product / (norm * comparison->norms[n])});
    }
    return true;
}

static enum tl_status read_parts(struct comparison *comparison, tl_store *store, const struct part *parts, size_t count,
                                 tl_store_take_blob *take, struct tl_error *err)
{
    int64_t *ids = tl_memory_alloc(count, sizeof *ids);
    enum tl_status status;

    if (!ids)
        return tl_error_set_no_memory(err, "the photos", count * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = parts[i].feature_id;
    comparison->parts = parts;
    status = tl_store_read_blobs(store, ids, count, take, comparison, err);
    if (status == TL_OK && comparison->status != TL_OK)
        status = tl_error_set_no_memory(err, "feature vectors", TL_GALLERY_ITEMS * comparison->feature_count * sizeof(float));
    tl_memory_free(ids);
    return status;
}

/* The wrong photos' own vectors. */
static enum tl_status read_wrong(struct comparison *comparison, tl_store *store, const struct part *parts, size_t count,
                                 struct tl_error *err)
{
    struct part wanted[TL_GALLERY_ITEMS];
    size_t items[TL_GALLERY_ITEMS], wanted_count = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < comparison->gallery->item_count; n++)
            if (comparison->findings->account.told[comparison->gallery->items[n].told].content_id == parts[i].sample->content_id &&
                wanted_count < TL_GALLERY_ITEMS) {
                items[wanted_count] = n;
                wanted[wanted_count++] = parts[i];
            }
    comparison->items = items;
    return read_parts(comparison, store, wanted, wanted_count, take_wrong, err);
}

/* Keeps those that any head learnt from, and of too many evenly some. Returns how many. */
static size_t thin_out(struct part *parts, size_t count, struct tl_gallery *gallery)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (parts[i].sample->is_train || parts[i].sample->is_validation || parts[i].sample->fold != 0)
            parts[kept++] = parts[i];
    gallery->training_count = gallery->compared_count = kept;
    if (kept <= TL_GALLERY_TRAINING_MAX)
        return kept;
    for (size_t i = 0; i < TL_GALLERY_TRAINING_MAX; i++)
        parts[i] = parts[i * kept / TL_GALLERY_TRAINING_MAX];
    gallery->compared_count = TL_GALLERY_TRAINING_MAX;
    return TL_GALLERY_TRAINING_MAX;
}

enum tl_status tl_gallery_choose(struct tl_gallery *out, tl_store *store, const struct tl_findings *findings, struct tl_error *err)
{
    struct comparison comparison = {.gallery = out, .findings = findings};
    struct part *parts = NULL;
    size_t count = 0;
    enum tl_status status;

    *out = (struct tl_gallery){0};
    choose_items(out, &findings->account);
    if (out->item_count == 0)
        return TL_OK;
    status = tl_codec_create(&comparison.codec, err);
    if (status == TL_OK)
        status = list_parts(&parts, &count, store, &findings->account, err);
    if (status == TL_OK)
        status = read_wrong(&comparison, store, parts, count, err);
    if (status == TL_OK) {
        count = thin_out(parts, count, out);
        if (comparison.vectors)
            status = read_parts(&comparison, store, parts, count, take_training, err);
    }
    tl_codec_free(comparison.codec);
    tl_memory_free(comparison.vectors);
    tl_memory_free(parts);
    return status;
}
