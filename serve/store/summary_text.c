/* summary_text.c - a summary as JSON and as tables; see summary.h. */
#include <inttypes.h>
#include <string.h>

#include "common/base/digest.h"
#include "common/base/table.h"
#include "common/network/kernels.h"
#include "serve/store/summary.h"

enum { DIGEST_SHOWN = 12, RUNS_SHOWN = 10 };

struct count_row {
    const char *name, *title; /* in JSON, and for people */
    int64_t value;
};
enum { ROW_KINDS = 10, BYTE_KINDS = 6 };

static void fill_row_counts(struct count_row out[ROW_KINDS], const struct tl_store_counts *counts)
{
    const struct count_row rows[ROW_KINDS] = {
        {"sources", "sources", counts->sources},
        {"photos", "photos", counts->photos},
        {"photos_missing", "photos no longer there", counts->photos_missing},
        {"contents", "distinct contents", counts->contents},
        {"variants", "variants", counts->variants},
        {"features", "features", counts->features},
        {"failures", "failures", counts->failures},
        {"runs", "runs", counts->runs},
        {"heads", "heads", counts->heads},
        {"predictions", "predictions", counts->predictions},
    };

    memcpy(out, rows, sizeof rows);
}

static void fill_byte_counts(struct count_row out[BYTE_KINDS], const struct tl_summary *summary)
{
    const struct tl_store_counts *counts = &summary->counts;
    int64_t known = counts->blob_bytes + summary->thumbnail_bytes + summary->head_bytes + summary->gram_bytes;
    const struct count_row rows[BYTE_KINDS] = {
        {"features", "features", counts->blob_bytes},
        {"thumbnails", "thumbnails", summary->thumbnail_bytes},
        {"heads", "heads", summary->head_bytes},
        {"grams", "Gram matrices", summary->gram_bytes},
        {"other", "rows and indexes", counts->file_bytes > known ? counts->file_bytes - known : 0},
        {"file", "the whole file", counts->file_bytes},
    };

    memcpy(out, rows, sizeof rows);
}

static void append_counts(struct tl_text *text, const struct count_row *rows, size_t count)
{
    tl_text_append(text, "{");
    for (size_t i = 0; i < count; i++)
        tl_text_append_format(text, "%s\"%s\": %" PRId64, i == 0 ? "" : ", ", rows[i].name, rows[i].value);
    tl_text_append(text, "}");
}

static void append_digest(struct tl_text *text, const char *key, const uint8_t digest[TL_DIGEST_BYTES])
{
    char hex[TL_DIGEST_HEX_BYTES];

    tl_digest_to_hex(hex, digest);
    tl_text_append_format(text, "\"%s\": \"%s\"", key, hex);
}

static void append_key_string(struct tl_text *text, const char *key, const char *value)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    tl_text_append_json_string(text, value);
}

static void append_set(struct tl_text *text, const struct tl_store_feature_set *set, const struct tl_summary_set *of_set)
{
    tl_text_append(text, "{");
    append_digest(text, "digest", set->digest);
    append_key_string(text, "network", set->network);
    tl_text_append(text, ", ");
    append_digest(text, "tensors_sha256", set->tensors_sha256);
    append_key_string(text, "layer", set->layer);
    append_key_string(text, "arithmetic", set->arithmetic);
    append_key_string(text, "stored_type", set->stored_type);
    tl_text_append_format(text, ", \"shape\": [%u, %u, %u], \"input\": ", set->height, set->width, set->channels);
    tl_text_append(text, set->input_json);
    tl_text_append_format(text, ", \"features\": %" PRId64 ", \"augmentations\": [", set->feature_count);
    for (size_t i = 0; i < of_set->augmentation_count; i++) {
        const struct tl_store_augmentation *augmentation = &of_set->augmentations[i];

        tl_text_append(text, i == 0 ? "{" : ", {");
        append_digest(text, "digest", augmentation->digest);
        append_key_string(text, "name", augmentation->name);
        tl_text_append(text, ", \"ranges\": ");
        tl_text_append(text, augmentation->json);
        tl_text_append_format(text, ", \"features\": %" PRId64 "}", augmentation->variant_count);
    }
    tl_text_append(text, "]}");
}

static void append_kernels(struct tl_text *text)
{
    const struct tl_conv_kernel *chosen = tl_conv_kernel_default();
    bool is_first = true;

    tl_text_append(text, "{\"default\": ");
    tl_text_append_json_string(text, chosen ? chosen->arithmetic : "none");
    tl_text_append(text, ", \"kernel\": ");
    tl_text_append_json_string(text, chosen ? chosen->name : "none");
    tl_text_append(text, ", \"available\": [");
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        if (tl_conv_kernel_find(tl_conv_kernels[i]->arithmetic) != tl_conv_kernels[i])
            continue; /* not on this CPU, or another kernel of this arithmetic is better */
        tl_text_append(text, is_first ? "" : ", ");
        tl_text_append_json_string(text, tl_conv_kernels[i]->arithmetic);
        is_first = false;
    }
    tl_text_append(text, "]}");
}

static bool append_run(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct tl_text *text = context;

    (void)column_count;
    (void)names;
    if (!values[0])
        return true;
    if (text->length_bytes > 0 && text->bytes[text->length_bytes - 1] != '[')
        tl_text_append(text, ", ");
    tl_text_append(text, values[0]);
    return true;
}

enum tl_status tl_summary_append_json(struct tl_text *text, const struct tl_summary *summary, tl_store *store, struct tl_error *err)
{
    struct count_row rows[ROW_KINDS], bytes[BYTE_KINDS];
    enum tl_status status;

    fill_row_counts(rows, &summary->counts);
    fill_byte_counts(bytes, summary);
    tl_text_append(text, "{\"rows\": ");
    append_counts(text, rows, ROW_KINDS);
    tl_text_append(text, ", \"bytes\": ");
    append_counts(text, bytes, BYTE_KINDS);
    tl_text_append(text, ", \"nonzero_share\": ");
    tl_text_append_json_number(text, tl_summary_nonzero_share(summary));
    tl_text_append(text, ", \"compression\": ");
    tl_text_append_json_number(text, tl_summary_compression(summary));
    tl_text_append(text, ", ");
    tl_standing_append_json(text, &summary->standing);
    tl_text_append(text, ", \"feature_sets\": [");
    for (size_t i = 0; i < summary->set_count; i++) {
        tl_text_append(text, i == 0 ? "" : ", ");
        append_set(text, &summary->sets[i], &summary->of_sets[i]);
    }
    tl_text_append(text, "], \"runs\": [");
    status = tl_store_query(
        store,
        "SELECT json_object('place', place, 'run', run_id, 'name', name, 'val_loss', val_loss, 'val_accuracy', val_accuracy, "
        "'val_photos', val_photos, 'val_group', val_group, 'test_loss', test_loss, "
        "'test_accuracy', test_accuracy, 'pinned', json(iif(is_pinned, 'true', 'false'))) "
        "FROM leaderboard ORDER BY val_group IS NULL, val_group, place, run_id",
        append_run, text, err);
    if (status != TL_OK)
        return status;
    tl_text_append(text, "], \"arithmetic\": ");
    append_kernels(text);
    tl_text_append(text, "}\n");
    return tl_text_check(text, err);
}

static enum tl_status write_counts(const char *title, const char *unit, const struct count_row *rows, size_t count, FILE *file,
                                   struct tl_error *err)
{
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 2, err);

    if (status != TL_OK)
        return status;
    tl_table_add(table, title);
    tl_table_add(table, unit);
    for (size_t i = 0; i < count; i++) {
        tl_table_add(table, rows[i].title);
        tl_table_add_format(table, "%" PRId64, rows[i].value);
    }
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

static void add_short_digest(tl_table *table, const uint8_t digest[TL_DIGEST_BYTES])
{
    char hex[TL_DIGEST_HEX_BYTES];

    tl_digest_to_hex(hex, digest);
    tl_table_add_format(table, "%.*s", DIGEST_SHOWN, hex);
}

static enum tl_status write_sets(const struct tl_summary *summary, FILE *file, struct tl_error *err)
{
    static const char *const TITLES[] = {"feature set", "recipe", "network", "layer", "arithmetic", "augmentation", "features"};
    enum { COLUMNS = sizeof TITLES / sizeof TITLES[0] };
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, COLUMNS, err);

    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < COLUMNS; i++)
        tl_table_add(table, TITLES[i]);
    for (size_t i = 0; i < summary->set_count; i++) {
        const struct tl_store_feature_set *set = &summary->sets[i];
        const struct tl_summary_set *of_set = &summary->of_sets[i];
        int64_t plain_count = set->feature_count;

        for (size_t j = 0; j < of_set->augmentation_count; j++)
            plain_count -= of_set->augmentations[j].variant_count;
        add_short_digest(table, set->digest);
        tl_table_add(table, set->recipe);
        tl_table_add(table, set->network);
        tl_table_add(table, set->layer);
        tl_table_add(table, set->arithmetic);
        tl_table_add(table, "none");
        tl_table_add_format(table, "%" PRId64, plain_count);
        for (size_t j = 0; j < of_set->augmentation_count; j++) {
            for (size_t blank = 0; blank < 5; blank++)
                tl_table_add(table, "");
            tl_table_add(table, of_set->augmentations[j].name);
            tl_table_add_format(table, "%" PRId64, of_set->augmentations[j].variant_count);
        }
    }
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

struct run_table {
    tl_table *table;
    struct tl_error err;
    enum tl_status status;
};

static bool add_run(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct run_table *runs = context;

    if (!runs->table) {
        runs->status = tl_table_create(&runs->table, column_count, &runs->err);
        for (size_t i = 0; runs->table && i < column_count; i++)
            tl_table_add(runs->table, names[i]);
    }
    for (size_t i = 0; runs->table && i < column_count; i++)
        tl_table_add(runs->table, values[i] ? values[i] : "");
    return runs->table != NULL;
}

/* The best runs by validation, as many as are worth showing. */
static enum tl_status write_runs(const struct tl_summary *summary, tl_store *store, FILE *file, struct tl_error *err)
{
    struct run_table runs = {.status = TL_OK};
    char sql[1024];
    enum tl_status status;

    if (summary->counts.runs == 0)
        return TL_OK;
    (void)snprintf(
        sql, sizeof sql,
        "SELECT run_id AS run, name, iif(val_loss IS NULL, '', format('%%.4f', val_loss)) AS \"val loss\", "
        "iif(val_accuracy IS NULL, '', format('%%.4f', val_accuracy)) AS \"val accuracy\", "
        "coalesce(val_photos, '') AS \"val photos\", "
        "iif(test_loss IS NULL, '', format('%%.4f', test_loss)) AS \"test loss\", "
        "iif(test_accuracy IS NULL, '', format('%%.4f', test_accuracy)) AS \"test accuracy\", "
        "iif(is_pinned, 'yes', '') AS pinned FROM leaderboard ORDER BY val_group IS NULL, val_group, place, run_id LIMIT %d",
        RUNS_SHOWN);
    status = tl_store_query(store, sql, add_run, &runs, err);
    if (status == TL_OK && runs.status != TL_OK)
        status = tl_error_set(err, runs.status, "%s", runs.err.message);
    if (status == TL_OK && runs.table) {
        fputc('\n', file);
        status = tl_table_write(runs.table, file, err);
    }
    if (status == TL_OK && summary->counts.runs > RUNS_SHOWN)
        fprintf(file, "and %" PRId64 " runs more\n", summary->counts.runs - RUNS_SHOWN);
    tl_table_free(runs.table);
    return status;
}

enum tl_status tl_summary_write(const struct tl_summary *summary, tl_store *store, FILE *file, struct tl_error *err)
{
    struct count_row rows[ROW_KINDS], bytes[BYTE_KINDS];
    enum tl_status status;

    fill_row_counts(rows, &summary->counts);
    fill_byte_counts(bytes, summary);
    status = write_counts("rows", "count", rows, ROW_KINDS, file, err);
    if (status != TL_OK)
        return status;
    fputc('\n', file);
    status = write_counts("kept in it", "bytes", bytes, BYTE_KINDS, file, err);
    if (status != TL_OK)
        return status;
    if (summary->counts.feature_values > 0)
        fprintf(file, "\nOf the features' numbers %.1f %% are not zero; one takes %.2f bytes instead of 4, %.1f times fewer.\n",
                100 * tl_summary_nonzero_share(summary),
                (double)summary->counts.blob_bytes / (double)summary->counts.feature_values, tl_summary_compression(summary));
    tl_standing_write(&summary->standing, file);
    if (summary->set_count > 0) {
        fputc('\n', file);
        status = write_sets(summary, file, err);
    }
    if (status == TL_OK)
        status = write_runs(summary, store, file, err);
    if (status == TL_OK && tl_conv_kernel_default())
        fprintf(file, "\nThis machine computes with %s (%s) unless told otherwise.\n", tl_conv_kernel_default()->arithmetic,
                tl_conv_kernel_default()->name);
    return status;
}
