/* store_recorded.c - see store_recorded.h. */
#include "common/store/store_recorded.h"

#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"

static void note_no_memory(struct tl_statement *s)
{
    s->status = tl_error_set_no_memory(s->err, "the recorded data set", 0);
}

static enum tl_status read_recipe(tl_store *store, struct tl_store_recorded *out, int64_t dataset_id, struct tl_error *err)
{
    struct tl_statement s;
    bool is_there = false;
    tl_statement_begin(&s, store,
                       "SELECT label_set, recipe, recipe ->> 'group-by', coalesce(recipe ->> 'validation', '') = 'val',"
                       " (SELECT count(*) FROM dataset_class c WHERE c.dataset_id = d.dataset_id),"
                       " (SELECT count(*) FROM dataset_sample c WHERE c.dataset_id = d.dataset_id)"
                       " FROM dataset d WHERE dataset_id = ?",
                       err);
    tl_statement_bind_int(&s, dataset_id);
    if (tl_statement_step(&s)) {
        is_there = true;
        out->label_set = tl_column_copy_text(&s, 0);
        out->recipe_json = tl_column_copy_text(&s, 1);
        out->group_by = tl_column_copy_text(&s, 2);
        out->has_validation_split = tl_column_int(&s, 3) != 0;
        out->class_count = (size_t)tl_column_int_within(&s, 4, 0, UINT32_MAX);
        out->sample_count = (size_t)tl_column_int_within(&s, 5, 0, UINT32_MAX);
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        return tl_error_set(err, TL_NOT_FOUND, "the store has no data set %lld", (long long)dataset_id);
    if (status != TL_OK)
        return status;
    out->class_names = tl_memory_alloc(out->class_count, sizeof *out->class_names);
    out->samples = tl_memory_alloc(out->sample_count, sizeof *out->samples);
    out->labels = tl_memory_alloc(out->sample_count, sizeof *out->labels);
    if (out->class_names == NULL || out->samples == NULL || out->labels == NULL)
        return tl_error_set_no_memory(err, "the recorded data set",
                                      (unsigned long long)out->sample_count * (sizeof *out->samples + sizeof *out->labels));
    return TL_OK;
}

static enum tl_status read_classes(tl_store *store, struct tl_store_recorded *out, int64_t dataset_id, struct tl_error *err)
{
    struct tl_statement s;
    size_t count = 0;
    tl_statement_begin(&s, store, "SELECT class_index, class FROM dataset_class WHERE dataset_id = ? ORDER BY class_index", err);
    tl_statement_bind_int(&s, dataset_id);
    while (tl_statement_step(&s) && count < out->class_count) {
        const char *name = tl_column_text(&s, 1, NULL);
        if (tl_column_int(&s, 0) != (int64_t)count && s.status == TL_OK)
            s.status = tl_error_set(err, TL_CORRUPT, "data set %lld has no class of number %zu", (long long)dataset_id, count);
        if (s.status == TL_OK && (out->class_names[count] = tl_arena_copy_string(&out->strings, name)) == NULL)
            note_no_memory(&s);
        count++;
    }
    return tl_statement_end(&s);
}

/* One of the words that struct tl_store_sample knows. */
static const char *read_role(struct tl_statement *s, int column)
{
    static const char *const ROLES[] = {"train", "validation", "test"};
    const char *word = tl_column_text(s, column, NULL);
    for (size_t i = 0; word != NULL && i < sizeof ROLES / sizeof ROLES[0]; i++)
        if (strcmp(word, ROLES[i]) == 0)
            return ROLES[i];
    if (s->status == TL_OK)
        s->status = tl_error_set(s->err, TL_CORRUPT, "a photo of a data set has the role '%s'", word != NULL ? word : "");
    return NULL;
}

/* A photo that is nowhere any more is named by its bytes. */
static void read_place(struct tl_statement *s, struct tl_store_recorded *out, struct tl_store_label *label)
{
    char hex[TL_DIGEST_HEX_BYTES], nowhere[48];
    const char *path = nowhere, *source = "";
    tl_digest_to_hex(hex, label->sha256);
    (void)snprintf(nowhere, sizeof nowhere, "photo %.16s", hex);
    if (!tl_column_is_null(s, 7)) {
        source = tl_column_text(s, 6, NULL);
        path = tl_column_text(s, 7, NULL);
    }
    if (s->status != TL_OK)
        return;
    label->source = tl_arena_copy_string(&out->strings, source);
    label->path = tl_arena_copy_string(&out->strings, path);
    if (label->source == NULL || label->path == NULL)
        note_no_memory(s);
}

static void read_sample(struct tl_statement *s, struct tl_store_recorded *out, size_t index)
{
    struct tl_store_sample *sample = &out->samples[index];
    struct tl_store_label *label = &out->labels[index];
    sample->content_id = label->content_id = tl_column_int(s, 0);
    tl_column_digest(s, 1, sample->sha256);
    memcpy(label->sha256, sample->sha256, TL_DIGEST_BYTES);
    sample->class_index = (uint32_t)tl_column_int_within(s, 2, 0, (int64_t)out->class_count - 1);
    sample->role = read_role(s, 3);
    sample->group = (uint32_t)tl_column_int_within(s, 4, 0, UINT32_MAX - 1);
    sample->fold = (uint32_t)tl_column_int_within(s, 5, 0, UINT32_MAX - 1);
    sample->has_copy = tl_column_is_null(s, 8) ? -1 : (int)tl_column_int_within(s, 8, 0, 1);
    label->split = "";
    if (s->status == TL_OK)
        label->class_name = out->class_names[sample->class_index];
    read_place(s, out, label);
}

static enum tl_status read_samples(tl_store *store, struct tl_store_recorded *out, int64_t dataset_id, struct tl_error *err)
{
    struct tl_statement s;
    size_t count = 0;
    tl_statement_begin(
        &s, store,
        "SELECT ds.content_id, c.sha256, ds.class_index, ds.role, coalesce(ds.photo_group, 0), coalesce(ds.fold, 0), s.name,"
        " p.path, ds.has_copy"
        " FROM dataset_sample ds JOIN content c USING (content_id)"
        " LEFT JOIN photo p ON p.photo_id = (SELECT q.photo_id FROM photo q JOIN source t USING (source_id)"
        "                                   WHERE q.content_id = ds.content_id"
        "                                   ORDER BY q.missing_since_ms IS NOT NULL, t.name, q.path LIMIT 1)"
        " LEFT JOIN source s ON s.source_id = p.source_id"
        " WHERE ds.dataset_id = ? ORDER BY c.sha256",
        err);
    tl_statement_bind_int(&s, dataset_id);
    while (tl_statement_step(&s) && count < out->sample_count)
        read_sample(&s, out, count++);
    out->sample_count = count;
    return tl_statement_end(&s);
}

enum tl_status tl_store_get_recorded(tl_store *store, struct tl_store_recorded *out, int64_t dataset_id, struct tl_error *err)
{
    *out = (struct tl_store_recorded){.label_set = NULL};
    enum tl_status status = read_recipe(store, out, dataset_id, err);
    if (status == TL_OK)
        status = read_classes(store, out, dataset_id, err);
    if (status == TL_OK)
        status = read_samples(store, out, dataset_id, err);
    return status;
}

void tl_store_free_recorded(struct tl_store_recorded *recorded)
{
    tl_memory_free(recorded->label_set);
    tl_memory_free(recorded->recipe_json);
    tl_memory_free(recorded->group_by);
    tl_memory_free(recorded->class_names);
    tl_memory_free(recorded->samples);
    tl_memory_free(recorded->labels);
    tl_arena_free(&recorded->strings);
    *recorded = (struct tl_store_recorded){.label_set = NULL};
}
