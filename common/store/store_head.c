/* store_head.c - heads: kept, chosen, pinned and read back; see store_run.h. */
#include "common/store/store_head.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/codec/codec.h"
#include "common/store/column.h"

static const size_t CLASS_NAMES_CEILING_BYTES = (size_t)1 << 28;

/* The layout is that of every float here: little-endian float32. */
static uint8_t *encode_floats(const float *values, size_t count)
{
    uint8_t *bytes = tl_memory_alloc(count, sizeof(float));
    for (size_t i = 0; bytes != NULL && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t k = 0; k < sizeof bits; k++)
            bytes[sizeof bits * i + k] = (uint8_t)(bits >> (8 * k));
    }
    return bytes;
}

static float *decode_floats(const uint8_t *bytes, size_t count)
{
    float *values = tl_memory_alloc(count, sizeof *values);
    for (size_t i = 0; values != NULL && i < count; i++) {
        const uint8_t *b = bytes + sizeof(float) * i;
        const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&values[i], &bits, sizeof bits);
    }
    return values;
}

static enum tl_status insert_tensor(tl_store *store, int64_t head_id, const char *name, const char *shape, const float *values,
                                    size_t count, struct tl_error *err)
{
    struct tl_statement s;
    uint8_t *bytes = encode_floats(values, count);
    if (bytes == NULL)
        return tl_error_set_no_memory(err, "a head's tensor", (unsigned long long)count * sizeof *values);
    tl_statement_begin(&s, store, "INSERT INTO head_tensor (head_id, name, shape, tensor_values) VALUES (?, ?, ?, ?)", err);
    tl_statement_bind_int(&s, head_id);
    tl_statement_bind_text(&s, name);
    tl_statement_bind_text(&s, shape);
    tl_statement_bind_blob(&s, bytes, count * sizeof *values);
    const enum tl_status status = tl_statement_finish(&s);
    tl_memory_free(bytes);
    return status;
}

static void append_class_names(struct tl_text *text, const struct tl_store_head *head)
{
    for (size_t i = 0; i < head->class_count; i++) {
        tl_text_append(text, i == 0 ? "[" : ",");
        tl_text_append_json_string(text, head->class_names[i]);
    }
    tl_text_append(text, "]");
}

static enum tl_status insert_head(tl_store *store, int64_t *out_head_id, int64_t run_id, const char *name, int64_t feature_set_id,
                                  const struct tl_store_head *head, const char *class_names, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "INSERT INTO head (run_id, name, feature_set_id, class_names, transform, scale, pool)"
        " VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?) RETURNING head_id",
        err);
    tl_statement_bind_int(&s, run_id);
    tl_statement_bind_text(&s, name);
    tl_statement_bind_int(&s, feature_set_id);
    tl_statement_bind_text(&s, class_names);
    tl_statement_bind_text(&s, head->transform);
    tl_statement_bind_double(&s, head->scale);
    tl_statement_bind_text(&s, head->pool ? head->pool : "none");
    if (tl_statement_step(&s))
        *out_head_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

/* A matrix, or with `columns` 0 a vector. */
static enum tl_status put_tensor(tl_store *store, int64_t head_id, const char *name, const float *values, size_t rows,
                                 size_t columns, struct tl_error *err)
{
    char shape[64];
    if (columns == 0)
        snprintf(shape, sizeof shape, "[%zu]", rows);
    else
        snprintf(shape, sizeof shape, "[%zu,%zu]", rows, columns);
    return insert_tensor(store, head_id, name, shape, values, columns == 0 ? rows : rows * columns, err);
}

enum tl_status tl_store_put_head(tl_store *store, int64_t *out_head_id, int64_t run_id, const char *name, int64_t feature_set_id,
                                 const struct tl_store_head *head, struct tl_error *err)
{
    const bool is_pooled = head->pool && strcmp(head->pool, "none") != 0;
    const size_t input_count = is_pooled ? head->channel_count : head->feature_count, hidden_count = head->hidden_count;
    struct tl_text class_names;
    *out_head_id = 0;
    tl_text_init(&class_names, CLASS_NAMES_CEILING_BYTES);
    append_class_names(&class_names, head);
    enum tl_status status = tl_text_check(&class_names, err);
    if (status == TL_OK)
        status = insert_head(store, out_head_id, run_id, name, feature_set_id, head, class_names.bytes, err);
    if (status == TL_OK && hidden_count > 0)
        status = put_tensor(store, *out_head_id, "hidden_kernel", head->hidden_kernel, input_count, hidden_count, err);
    if (status == TL_OK && hidden_count > 0)
        status = put_tensor(store, *out_head_id, "hidden_bias", head->hidden_bias, hidden_count, 0, err);
    if (status == TL_OK)
        status = put_tensor(store, *out_head_id, "kernel", head->kernel, hidden_count > 0 ? hidden_count : input_count,
                            head->class_count, err);
    if (status == TL_OK)
        status = put_tensor(store, *out_head_id, "bias", head->bias, head->class_count, 0, err);
    tl_text_free(&class_names);
    return status;
}

static enum tl_status set_pin(tl_store *store, int64_t head_id, struct tl_error *err)
{
    struct tl_statement s;
    /* At most one row may be pinned at any moment, so the old pin goes first. */
    tl_statement_begin(&s, store, "UPDATE head SET is_pinned = 0 WHERE is_pinned = 1", err);
    enum tl_status status = tl_statement_finish(&s);
    if (status != TL_OK)
        return status;
    tl_statement_begin(&s, store, "UPDATE head SET is_pinned = 1 WHERE head_id = ?", err);
    tl_statement_bind_int(&s, head_id);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_pin_head(tl_store *store, const char *wanted, struct tl_error *err)
{
    int64_t head_id;
    const bool is_own = !store->is_in_transaction;
    enum tl_status status = is_own ? tl_store_begin(store, err) : TL_OK;
    if (status != TL_OK)
        return status;
    status = tl_store_find_head(store, &head_id, NULL, wanted, err);
    if (status == TL_OK)
        status = set_pin(store, head_id, err);
    if (status == TL_OK && is_own)
        status = tl_store_commit(store, err);
    if (status != TL_OK && is_own)
        tl_store_rollback(store);
    return status;
}

enum { CLASSES_MAX = 65536 };

/* Everything but class names and tensors. */
static enum tl_status read_head_row(tl_store *store, struct tl_store_chosen_head *head, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "SELECT h.run_id, coalesce(r.name, h.name) AS name, h.transform, h.scale, json_array_length(h.class_names) AS classes,"
        " h.feature_set_id, fs.height, fs.width, fs.channels, i.json, b.network, fs.layer, fs.arithmetic, b.tensors_sha256,"
        " fs.stored_type, h.pool, coalesce((SELECT t.shape ->> '$[1]' FROM head_tensor t WHERE t.head_id = h.head_id"
        " AND t.name = 'hidden_kernel'), 0) AS hidden"
        " FROM head h LEFT JOIN run r USING (run_id) JOIN feature_set fs ON fs.feature_set_id = h.feature_set_id"
        " JOIN input i USING (input_id) JOIN backbone b USING (backbone_id) WHERE h.head_id = ?",
        err);
    tl_statement_bind_int(&s, head->head_id);
    if (tl_statement_step(&s)) {
        head->run_id = tl_column_is_null(&s, 0) ? 0 : tl_column_int(&s, 0);
        head->name = tl_column_copy_text(&s, 1);
        head->transform = tl_column_copy_text(&s, 2);
        head->scale = tl_column_double(&s, 3);
        head->class_count = (size_t)tl_column_int_within(&s, 4, 1, CLASSES_MAX);
        head->feature_set_id = tl_column_int(&s, 5);
        const uint64_t height = (uint64_t)tl_column_int_within(&s, 6, 1, INT16_MAX);
        const uint64_t width = (uint64_t)tl_column_int_within(&s, 7, 1, INT16_MAX);
        head->channel_count = (size_t)tl_column_int_within(&s, 8, 1, INT_MAX);
        const uint64_t feature_count = height * width * head->channel_count; /* below 2^61 */
        if (s.status == TL_OK && feature_count > TL_CODEC_COUNT_MAX)
            s.status = tl_error_set(err, TL_CORRUPT, "%s: features of %llu values; at most %d are possible", store->path,
                                    (unsigned long long)feature_count, TL_CODEC_COUNT_MAX);
        head->feature_count = (size_t)feature_count;
        head->input_json = tl_column_copy_text(&s, 9);
        head->network = tl_column_copy_text(&s, 10);
        head->layer = tl_column_copy_text(&s, 11);
        head->arithmetic = tl_column_copy_text(&s, 12);
        tl_column_digest(&s, 13, head->tensors_sha256);
        head->stored_type = tl_column_copy_text(&s, 14);
        head->pool = tl_column_copy_text(&s, 15);
        head->hidden_count = (size_t)tl_column_int_within(&s, 16, 0, TL_CODEC_COUNT_MAX);
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && (!head->pool || !head->transform || !head->input_json || !head->network || !head->layer ||
                            !head->arithmetic || !head->stored_type))
        return tl_error_set(err, TL_CORRUPT, "%s: head %lld lacks its feature set or recipe", store->path,
                            (long long)head->head_id);
    return status;
}

static enum tl_status read_class_names(tl_store *store, struct tl_store_chosen_head *head, struct tl_error *err)
{
    struct tl_statement s;
    size_t count = 0;
    head->class_names = tl_memory_alloc(head->class_count, sizeof *head->class_names);
    if (head->class_names == NULL)
        return tl_error_set_no_memory(err, "class names", (unsigned long long)head->class_count * sizeof *head->class_names);
    tl_statement_begin(
        &s, store, "SELECT j.value AS class_name FROM head h, json_each(h.class_names) j WHERE h.head_id = ? ORDER BY j.id", err);
    tl_statement_bind_int(&s, head->head_id);
    while (tl_statement_step(&s)) {
        size_t size_bytes;
        const char *name = tl_column_text(&s, 0, &size_bytes);
        if (name == NULL)
            break;
        if (count == head->class_count || size_bytes == 0 || strlen(name) != size_bytes) {
            s.status = tl_error_set(err, TL_CORRUPT, "%s: class names of head %lld that are none", store->path,
                                    (long long)head->head_id);
            break;
        }
        head->class_names[count] = tl_column_copy_text(&s, 0);
        if (head->class_names[count++] == NULL)
            break;
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && count != head->class_count)
        return tl_error_set(err, TL_CORRUPT, "%s: %zu class names of head %lld, not %zu", store->path, count,
                            (long long)head->head_id, head->class_count);
    return status;
}

/* columns 0: not a matrix but a vector of `rows`. */
static enum tl_status read_tensor(tl_store *store, float **out, int64_t head_id, const char *name, size_t rows, size_t columns,
                                  struct tl_error *err)
{
    struct tl_statement s;
    char expected_shape[64];
    const size_t count = columns == 0 ? rows : rows * columns; /* both at most 2^24, by read_head_row() */
    bool is_there = false;
    *out = NULL;
    if (columns == 0)
        snprintf(expected_shape, sizeof expected_shape, "[%zu]", rows);
    else
        snprintf(expected_shape, sizeof expected_shape, "[%zu,%zu]", rows, columns);
    tl_statement_begin(&s, store, "SELECT json(shape) AS shape, tensor_values FROM head_tensor WHERE head_id = ? AND name = ?",
                       err);
    tl_statement_bind_int(&s, head_id);
    tl_statement_bind_text(&s, name);
    if (tl_statement_step(&s)) {
        size_t size_bytes;
        const char *shape = tl_column_text(&s, 0, NULL);
        const uint8_t *bytes = tl_column_blob(&s, 1, &size_bytes);
        is_there = true;
        if (s.status == TL_OK &&
            (strcmp(shape, expected_shape) != 0 || size_bytes / sizeof(float) != count || size_bytes % sizeof(float) != 0))
            s.status = tl_error_set(err, TL_CORRUPT,
                                    "%s: the %s of head %lld has shape %s and %zu bytes; its feature set and classes make %s",
                                    store->path, name, (long long)head_id, shape, size_bytes, expected_shape);
        if (s.status == TL_OK) {
            *out = decode_floats(bytes, count);
            if (*out == NULL)
                s.status = tl_error_set_no_memory(err, "a head's tensor", size_bytes);
        }
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        return tl_error_set(err, TL_CORRUPT, "%s: head %lld has no %s", store->path, (long long)head_id, name);
    return status;
}

static enum tl_status read_tensors(tl_store *store, struct tl_store_chosen_head *head, struct tl_error *err)
{
    const size_t input_count = strcmp(head->pool, "none") == 0 ? head->feature_count : head->channel_count;
    const size_t hidden_count = head->hidden_count;
    enum tl_status status = TL_OK;
    if (hidden_count > 0)
        status = read_tensor(store, &head->hidden_kernel, head->head_id, "hidden_kernel", input_count, hidden_count, err);
    if (status == TL_OK && hidden_count > 0)
        status = read_tensor(store, &head->hidden_bias, head->head_id, "hidden_bias", hidden_count, 0, err);
    if (status == TL_OK)
        status = read_tensor(store, &head->kernel, head->head_id, "kernel", hidden_count > 0 ? hidden_count : input_count,
                             head->class_count, err);
    if (status == TL_OK)
        status = read_tensor(store, &head->bias, head->head_id, "bias", head->class_count, 0, err);
    return status;
}

enum tl_status tl_store_get_head(tl_store *store, struct tl_store_chosen_head *out, const char *wanted, struct tl_error *err)
{
    struct tl_store_chosen_head head;
    bool is_own;
    memset(&head, 0, sizeof head);
    memset(out, 0, sizeof *out);
    enum tl_status status = tl_connection_begin_reading(store, &is_own, err);
    if (status != TL_OK)
        return status;
    status = tl_store_find_head(store, &head.head_id, &head.chosen_because, wanted, err);
    if (status == TL_OK)
        status = read_head_row(store, &head, err);
    if (status == TL_OK)
        status = read_class_names(store, &head, err);
    if (status == TL_OK)
        status = read_tensors(store, &head, err);
    tl_connection_end_reading(store, is_own);
    if (status == TL_OK)
        *out = head;
    else
        tl_store_free_head(&head);
    return status;
}

void tl_store_free_head(struct tl_store_chosen_head *head)
{
    for (size_t i = 0; head->class_names != NULL && i < head->class_count; i++)
        tl_memory_free(head->class_names[i]);
    tl_memory_free(head->class_names);
    tl_memory_free(head->name);
    tl_memory_free(head->chosen_because);
    tl_memory_free(head->pool);
    tl_memory_free(head->transform);
    tl_memory_free(head->hidden_kernel);
    tl_memory_free(head->hidden_bias);
    tl_memory_free(head->kernel);
    tl_memory_free(head->bias);
    tl_memory_free(head->input_json);
    tl_memory_free(head->network);
    tl_memory_free(head->layer);
    tl_memory_free(head->arithmetic);
    tl_memory_free(head->stored_type);
    memset(head, 0, sizeof *head);
}
