/* run_table.c - see run_table.h. */
#include "train/report/run_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/table.h"
#include "train/experiment/course_json.h"
#include "train/experiment/setting.h"

static const size_t SETTINGS_CEILING_BYTES = 400; /* a cell of the table holds as much */

void tl_run_table_append_settings(struct tl_text *text, const char *options_json)
{
    struct tl_course course, usual;
    char value[TL_COURSE_VALUE_BYTES], usual_value[TL_COURSE_VALUE_BYTES], *words = NULL;
    const size_t start = text->length_bytes;

    tl_course_init(&course);
    tl_course_init(&usual);
    if (!options_json || tl_course_json_read(&course, &words, options_json, NULL) != TL_OK) {
        tl_text_append(text, "?");
        return;
    }
    for (size_t i = 0; i < TL_SETTING_COUNT; i++) {
        tl_course_get(value, &course, i);
        tl_course_get(usual_value, &usual, i);
        if (strcmp(value, usual_value) != 0)
            tl_text_append_format(text, "%s%s=%s", text->length_bytes > start ? " " : "", tl_settings[i].name, value);
    }
    tl_memory_free(words);
}

static void add_number(tl_table *table, double value)
{
    if (isnan(value))
        tl_table_add(table, "");
    else
        tl_table_add_format(table, "%.4f", value);
}

static void add_count(tl_table *table, int64_t count)
{
    if (count == 0)
        tl_table_add(table, "");
    else
        tl_table_add_format(table, "%" PRId64, count);
}

static void add_row(tl_table *table, const struct tl_store_run_row *row, struct tl_text *settings)
{
    add_count(table, row->place);
    tl_table_add_format(table, "%" PRId64, row->run_id);
    tl_table_add(table, row->name ? row->name : "");
    add_number(table, row->val_loss);
    add_number(table, row->val_accuracy);
    add_count(table, row->val_photos);
    add_number(table, row->test_loss);
    add_number(table, row->test_accuracy);
    add_count(table, row->fold_count);
    add_count(table, row->sweep_id);
    tl_table_add(table, row->head_id == 0 ? "none" : row->answers ? "answers" : "kept");
    tl_text_clear(settings);
    tl_run_table_append_settings(settings, row->options_json);
    tl_table_add(table, tl_text_check(settings, NULL) == TL_OK ? settings->bytes : "...");
}

enum tl_status tl_run_table_write(FILE *file, const struct tl_store_run_row *rows, size_t count, struct tl_error *err)
{
    static const char *const titles[] = {"place",     "run",           "name",  "val_loss", "val_accuracy", "val_photos",
                                         "test_loss", "test_accuracy", "folds", "sweep",    "head",         "options"};
    const size_t column_count = sizeof titles / sizeof titles[0];
    struct tl_text settings;
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, column_count, err);

    if (status != TL_OK)
        return status;
    tl_text_init(&settings, SETTINGS_CEILING_BYTES);
    for (size_t c = 0; c < column_count; c++)
        tl_table_add(table, titles[c]);
    for (size_t i = 0; i < count; i++)
        add_row(table, &rows[i], &settings);
    status = tl_table_write(table, file, err);
    tl_text_free(&settings);
    tl_table_free(table);
    return status;
}

static void append_string(struct tl_text *text, const char *key, const char *value)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    tl_text_append_json_string(text, value);
}

static void append_number(struct tl_text *text, const char *key, double value)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    tl_text_append_json_number(text, value);
}

/* Counted from 1; 0 is null. */
static void append_ordinal(struct tl_text *text, const char *key, int64_t value)
{
    append_number(text, key, value > 0 ? (double)value : (double)NAN);
}

void tl_run_table_append_json(struct tl_text *text, const struct tl_store_run_row *row)
{
    tl_text_append_format(text, "{\"run\": %" PRId64, row->run_id);
    append_string(text, "uuid", row->uuid);
    append_string(text, "name", row->name);
    append_ordinal(text, "place", row->place);
    append_ordinal(text, "val_group", row->val_group);
    append_number(text, "val_photos", (double)row->val_photos);
    append_number(text, "val_loss", row->val_loss);
    append_number(text, "val_accuracy", row->val_accuracy);
    append_number(text, "test_loss", row->test_loss);
    append_number(text, "test_accuracy", row->test_accuracy);
    append_string(text, "augmentation", row->augmentation_id > 0 ? row->augmentation : NULL);
    append_ordinal(text, "sweep", row->sweep_id);
    append_number(text, "folds", (double)row->fold_count);
    tl_text_append_format(text, ", \"options\": %s", row->options_json ? row->options_json : "null");
    append_string(text, "program_version", row->program_version);
    append_number(text, "train_ms", (double)row->train_ms);
    tl_text_append_format(text, ", \"has_head\": %s, \"pinned\": %s, \"answers\": %s", row->head_id > 0 ? "true" : "false",
                          row->is_pinned ? "true" : "false", row->answers ? "true" : "false");
    append_string(text, "started_at", row->started_at);
    tl_text_append(text, "}");
}
