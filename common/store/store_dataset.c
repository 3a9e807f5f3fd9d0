/* store_dataset.c - see store_dataset.h. */
#include "common/store/store_dataset.h"

#include <string.h>

#include "common/store/column.h"

static enum tl_status check_samples(const struct tl_store_dataset *dataset, struct tl_error *err)
{
    for (size_t i = 0; i < dataset->sample_count; i++) {
        if (dataset->samples[i].class_index >= dataset->class_count)
            return tl_error_set(err, TL_BAD_INPUT, "sample %zu is of class %u; the data set has %zu", i,
                                dataset->samples[i].class_index, dataset->class_count);
        if (i > 0 && memcmp(dataset->samples[i - 1].sha256, dataset->samples[i].sha256, TL_DIGEST_BYTES) >= 0)
            return tl_error_set(err, TL_BAD_INPUT, "sample %zu of the data set is not behind its predecessor by sha256", i);
    }
    return TL_OK;
}

/* Whether a loss is measured on it before a head is chosen: validation photos, and in cross-validation those of the folds. */
static bool is_measured(const struct tl_store_sample *sample)
{
    return sample->fold > 0 || strcmp(sample->role, "validation") == 0;
}

static size_t count_measured(const struct tl_store_dataset *dataset)
{
    size_t count = 0;
    for (size_t i = 0; i < dataset->sample_count; i++)
        count += is_measured(&dataset->samples[i]);
    return count;
}

static bool has_folds_or_groups(const struct tl_store_dataset *dataset)
{
    for (size_t i = 0; i < dataset->sample_count; i++)
        if (dataset->samples[i].fold > 0 || dataset->samples[i].group > 0)
            return true;
    return false;
}

static void digest_classes(struct tl_digest *digest, const char *kind, const struct tl_store_dataset *dataset)
{
    tl_digest_init(digest);
    tl_digest_update_string(digest, kind);
    tl_digest_update_u64(digest, dataset->class_count);
    for (size_t i = 0; i < dataset->class_count; i++)
        tl_digest_update_string(digest, dataset->class_names[i]);
}

/* schema/README.md has the recipes. A data set without folds and groups has the digest that it had before there were any. */
static void compute_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_store_dataset *dataset)
{
    const bool is_grouped = has_folds_or_groups(dataset);
    struct tl_digest digest;
    digest_classes(&digest, is_grouped ? "tl-dataset-2" : "tl-dataset-1", dataset);
    tl_digest_update_u64(&digest, dataset->sample_count);
    for (size_t i = 0; i < dataset->sample_count; i++) {
        tl_digest_update(&digest, dataset->samples[i].sha256, TL_DIGEST_BYTES);
        tl_digest_update_u32(&digest, dataset->samples[i].class_index);
        tl_digest_update_string(&digest, dataset->samples[i].role);
        if (is_grouped) {
            tl_digest_update_u32(&digest, dataset->samples[i].group);
            tl_digest_update_u32(&digest, dataset->samples[i].fold);
        }
    }
    tl_digest_finish(&digest, out);
}

static void compute_validation_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_store_dataset *dataset)
{
    struct tl_digest digest;
    digest_classes(&digest, "tl-dataset-1", dataset);
    tl_digest_update_u64(&digest, count_measured(dataset));
    for (size_t i = 0; i < dataset->sample_count; i++) {
        if (!is_measured(&dataset->samples[i]))
            continue;
        tl_digest_update(&digest, dataset->samples[i].sha256, TL_DIGEST_BYTES);
        tl_digest_update_u32(&digest, dataset->samples[i].class_index);
        tl_digest_update_string(&digest, "validation");
    }
    tl_digest_finish(&digest, out);
}

static enum tl_status insert_class(tl_store *store, int64_t dataset_id, size_t class_index, const char *class_name,
                                   struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "INSERT INTO dataset_class (dataset_id, class_index, class) VALUES (?, ?, ?)", err);
    tl_statement_bind_int(&s, dataset_id);
    tl_statement_bind_int(&s, (int64_t)class_index);
    tl_statement_bind_text(&s, class_name);
    return tl_statement_finish(&s);
}

static enum tl_status insert_sample(tl_store *store, int64_t dataset_id, const struct tl_store_sample *sample,
                                    struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store,
                       "INSERT INTO dataset_sample (dataset_id, content_id, class_index, role, photo_group, fold, has_copy)"
                       " VALUES (?, ?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, -1))",
                       err);
    tl_statement_bind_int(&s, dataset_id);
    tl_statement_bind_int(&s, sample->content_id);
    tl_statement_bind_int(&s, sample->class_index);
    tl_statement_bind_text(&s, sample->role);
    tl_statement_bind_int(&s, sample->group);
    tl_statement_bind_int(&s, sample->fold);
    tl_statement_bind_int(&s, sample->has_copy);
    return tl_statement_finish(&s);
}

static enum tl_status insert_dataset(tl_store *store, int64_t *out_dataset_id, const uint8_t digest[TL_DIGEST_BYTES],
                                     const struct tl_store_dataset *dataset, struct tl_error *err)
{
    struct tl_statement s;
    uint8_t validation_digest[TL_DIGEST_BYTES];
    compute_validation_digest(validation_digest, dataset);
    tl_statement_begin(&s, store,
                       "INSERT INTO dataset (digest, label_set, validation_photos, validation_digest, recipe)"
                       " VALUES (?, ?, ?, ?, ?) RETURNING dataset_id",
                       err);
    tl_statement_bind_blob(&s, digest, TL_DIGEST_BYTES);
    tl_statement_bind_text(&s, dataset->label_set);
    tl_statement_bind_int(&s, (int64_t)count_measured(dataset));
    tl_statement_bind_blob(&s, validation_digest, sizeof validation_digest);
    tl_statement_bind_text(&s, dataset->recipe_json);
    if (tl_statement_step(&s))
        *out_dataset_id = tl_column_int(&s, 0);
    enum tl_status status = tl_statement_finish(&s);
    for (size_t i = 0; status == TL_OK && i < dataset->class_count; i++)
        status = insert_class(store, *out_dataset_id, i, dataset->class_names[i], err);
    for (size_t i = 0; status == TL_OK && i < dataset->sample_count; i++)
        status = insert_sample(store, *out_dataset_id, &dataset->samples[i], err);
    return status;
}

enum tl_status tl_store_put_dataset(tl_store *store, int64_t *out_dataset_id, const struct tl_store_dataset *dataset,
                                    struct tl_error *err)
{
    struct tl_statement s;
    uint8_t digest[TL_DIGEST_BYTES];
    bool is_there = false;
    *out_dataset_id = 0;
    enum tl_status status = check_samples(dataset, err);
    if (status != TL_OK)
        return status;
    compute_digest(digest, dataset);
    tl_statement_begin(&s, store, "SELECT dataset_id FROM dataset WHERE digest = ?", err);
    tl_statement_bind_blob(&s, digest, sizeof digest);
    if (tl_statement_step(&s)) {
        is_there = true;
        *out_dataset_id = tl_column_int(&s, 0);
    }
    status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        status = insert_dataset(store, out_dataset_id, digest, dataset, err);
    if (status != TL_OK)
        *out_dataset_id = 0;
    return status;
}
