/* summary.c - gathering a summary; summary_text.c writes it. */
#include "serve/store/summary.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_gram.h"
#include "common/store/store_photo.h"

static bool take_head_bytes(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    int64_t *head_bytes = context;

    (void)column_count;
    (void)names;
    *head_bytes = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return false;
}

static enum tl_status read_sets(struct tl_summary *out, tl_store *store, struct tl_error *err)
{
    enum tl_status status = tl_store_list_feature_sets(store, &out->sets, &out->set_count, err);

    if (status != TL_OK)
        return status;
    out->of_sets = tl_memory_alloc(out->set_count, sizeof *out->of_sets);
    if (!out->of_sets)
        return tl_error_set_no_memory(err, "feature sets", out->set_count * sizeof *out->of_sets);
    for (size_t i = 0; status == TL_OK && i < out->set_count; i++)
        status = tl_store_list_augmentations(store, out->sets[i].feature_set_id, &out->of_sets[i].augmentations,
                                             &out->of_sets[i].augmentation_count, err);
    return status;
}

enum tl_status tl_summary_read(struct tl_summary *out, tl_store *store, struct tl_error *err)
{
    enum tl_status status;
    int64_t gram_count;

    memset(out, 0, sizeof *out);
    status = tl_store_count(store, &out->counts, err);
    if (status == TL_OK)
        status =
            tl_store_query(store, "SELECT sum(length(tensor_values)) FROM head_tensor", take_head_bytes, &out->head_bytes, err);
    if (status == TL_OK)
        status = tl_store_measure_grams(store, &gram_count, &out->gram_bytes, err);
    out->thumbnail_bytes = out->counts.contents * TL_STORE_THUMBNAIL_BYTES; /* which the schema makes sure of */
    if (status == TL_OK)
        status = read_sets(out, store, err);
    if (status == TL_OK)
        status = tl_standing_read(&out->standing, store, err);
    if (status != TL_OK)
        tl_summary_free(out);
    return status;
}

void tl_summary_free(struct tl_summary *summary)
{
    for (size_t i = 0; summary->of_sets && i < summary->set_count; i++)
        tl_store_free_augmentations(summary->of_sets[i].augmentations, summary->of_sets[i].augmentation_count);
    tl_memory_free(summary->of_sets);
    tl_store_free_feature_sets(summary->sets, summary->set_count);
    tl_standing_free(&summary->standing);
    memset(summary, 0, sizeof *summary);
}

double tl_summary_nonzero_share(const struct tl_summary *summary)
{
    if (summary->counts.feature_values == 0)
        return 0;
    return (double)summary->counts.feature_nonzeros / (double)summary->counts.feature_values;
}

double tl_summary_compression(const struct tl_summary *summary)
{
    if (summary->counts.blob_bytes == 0)
        return 0;
    return (double)summary->counts.feature_values * sizeof(float) / (double)summary->counts.blob_bytes;
}
