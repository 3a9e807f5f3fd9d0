/* run_comparison_words.c - a comparison for people and for programs. See run_comparison.h. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/table.h"
#include "common/base/utf8.h"
#include "train/experiment/course_json.h"
#include "train/experiment/setting.h"
#include "train/report/run_comparison.h"

enum { NAME_BYTES = 256, SHOWN_DISAGREEMENTS = 20 };

static const char *const PART_NAMES[TL_RUN_PARTS] = {"validation", "test"};
static const char *const PART_WORDS[TL_RUN_PARTS] = {"validation or out-of-fold photos", "test photos"};

/* What differs: a row of both values, NULL where a run has none. */
typedef void row_callback(void *context, const char *name, const char *first, const char *second);

static bool are_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void each_differing_setting(const struct tl_run_comparison *comparison, row_callback *each, void *context)
{
    struct tl_course courses[2];
    char values[2][TL_COURSE_VALUE_BYTES], *words[2] = {NULL, NULL};
    bool are_known = true;

    for (size_t r = 0; r < 2; r++) {
        tl_course_init(&courses[r]);
        are_known = are_known && comparison->runs[r]->options_json &&
                    tl_course_json_read(&courses[r], &words[r], comparison->runs[r]->options_json, NULL) == TL_OK;
    }
    for (size_t i = 0; i < TL_SETTING_COUNT && are_known; i++) {
        tl_course_get(values[0], &courses[0], i);
        tl_course_get(values[1], &courses[1], i);
        if (strcmp(values[0], values[1]) != 0)
            each(context, tl_settings[i].name, values[0], values[1]);
    }
    tl_memory_free(words[0]);
    tl_memory_free(words[1]);
}

/* Options first, then what else a run depends on. */
static void each_difference(const struct tl_run_comparison *comparison, row_callback *each, void *context)
{
    const struct tl_store_run_row *a = comparison->runs[0], *b = comparison->runs[1];
    char first[TL_TEXT_NUMBER_BYTES], second[TL_TEXT_NUMBER_BYTES];

    each_differing_setting(comparison, each, context);
    if (!are_equal(a->augmentation, b->augmentation))
        each(context, "augment", a->augmentation, b->augmentation);
    if (!are_equal(a->label_set, b->label_set))
        each(context, "label-set", a->label_set, b->label_set);
    if (!are_equal(a->group_by, b->group_by))
        each(context, "group-by", a->group_by, b->group_by);
    if (!are_equal(a->program_version, b->program_version))
        each(context, "program version", a->program_version, b->program_version);
    if (a->fold_count != b->fold_count) {
        tl_text_shortest_number(first, (double)a->fold_count);
        tl_text_shortest_number(second, (double)b->fold_count);
        each(context, "folds", first, second);
    }
    if (a->dataset_id != b->dataset_id)
        each(context, "data set", "one", "another");
    if (a->feature_set_id != b->feature_set_id)
        each(context, "features", "one", "another");
}

static void add_texts(void *context, const char *name, const char *first, const char *second)
{
    tl_table *table = context;

    tl_table_add(table, name);
    tl_table_add(table, first ? first : "");
    tl_table_add(table, second ? second : "");
}

static void add_numbers(tl_table *table, const char *name, double first, double second)
{
    if (isnan(first) && isnan(second))
        return;
    tl_table_add(table, name);
    for (size_t r = 0; r < 2; r++) {
        const double value = r == 0 ? first : second;

        if (isnan(value))
            tl_table_add(table, "");
        else
            tl_table_add_format(table, "%.4f", value);
    }
}

static void format_run(char out[NAME_BYTES], const struct tl_store_run_row *run)
{
    char name[NAME_BYTES / 2];

    tl_utf8_write_visible(name, sizeof name, run->name ? run->name : "");
    (void)snprintf(out, NAME_BYTES, run->name ? "run %" PRId64 " '%s'" : "run %" PRId64, run->run_id, name);
}

static enum tl_status write_figures(FILE *file, const struct tl_run_comparison *comparison, struct tl_error *err)
{
    const struct tl_store_run_row *a = comparison->runs[0], *b = comparison->runs[1];
    char names[2][NAME_BYTES];
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 3, err);

    if (status != TL_OK)
        return status;
    format_run(names[0], a);
    format_run(names[1], b);
    add_texts(table, "what differs", names[0], names[1]);
    each_difference(comparison, add_texts, table);
    add_numbers(table, "val_loss", a->val_loss, b->val_loss);
    add_numbers(table, "val_accuracy", a->val_accuracy, b->val_accuracy);
    add_numbers(table, "test_loss", a->test_loss, b->test_loss);
    add_numbers(table, "test_accuracy", a->test_accuracy, b->test_accuracy);
    add_numbers(table, "trained in seconds", (double)a->train_ms / 1000, (double)b->train_ms / 1000);
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

static bool is_within_chance(const struct tl_bootstrap_interval *interval)
{
    return interval->low <= 0 && interval->high >= 0;
}

static void write_difference(FILE *file, const char *what, const double values[2], double difference,
                             const struct tl_bootstrap_interval *interval)
{
    fprintf(file, "  %s %.4f and %.4f, a difference of %+.4f (95%% interval %+.4f to %+.4f): %s.\n", what, values[0], values[1],
            difference, interval->low, interval->high,
            is_within_chance(interval) ? "chance alone makes as much" : "more than chance makes");
}

static enum tl_status write_disagreements(FILE *file, const struct tl_run_comparison *comparison, const struct tl_run_part *part,
                                          struct tl_error *err)
{
    const size_t shown = part->disagreement_count < SHOWN_DISAGREEMENTS ? part->disagreement_count : SHOWN_DISAGREEMENTS;
    char names[2][NAME_BYTES];
    tl_table *table = NULL;
    enum tl_status status;

    if (shown == 0)
        return TL_OK;
    status = tl_table_create(&table, 4, err);
    if (status != TL_OK)
        return status;
    format_run(names[0], comparison->runs[0]);
    format_run(names[1], comparison->runs[1]);
    add_texts(table, "photo", "true class", names[0]);
    tl_table_add(table, names[1]);
    for (size_t i = 0; i < shown; i++) {
        const struct tl_run_disagreement *disagreement = &part->disagreements[i];

        add_texts(table, disagreement->path ? disagreement->path : "(no place)", disagreement->true_class,
                  disagreement->first_says);
        tl_table_add(table, disagreement->second_says);
    }
    fprintf(file, "\n");
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    if (shown < part->disagreement_count)
        fprintf(file, "... and %zu more (--json has all).\n", part->disagreement_count - shown);
    return status;
}

static enum tl_status write_part(FILE *file, const struct tl_run_comparison *comparison, size_t index, struct tl_error *err)
{
    const struct tl_run_part *part = &comparison->parts[index];
    const struct tl_comparison *measured = &part->comparison;

    if (part->photo_count == 0)
        return TL_OK;
    fprintf(file, "\nOn the %zu %s that both have judged:\n", part->photo_count, PART_WORDS[index]);
    write_difference(file, "accuracy", part->accuracies, measured->accuracy_difference, &measured->accuracy_interval);
    write_difference(file, "loss", part->losses, measured->loss_difference, &measured->loss_interval);
    fprintf(file, "  right by the first alone: %zu, by the second alone: %zu\n", measured->first_right, measured->second_right);
    return write_disagreements(file, comparison, part, err);
}

enum tl_status tl_run_comparison_write(FILE *file, const struct tl_run_comparison *comparison, struct tl_error *err)
{
    enum tl_status status = write_figures(file, comparison, err);

    for (size_t part = 0; part < TL_RUN_PARTS && status == TL_OK; part++)
        status = write_part(file, comparison, part, err);
    for (size_t r = 0; r < 2 && status == TL_OK; r++)
        if (comparison->judgement_counts[r] == 0)
            fprintf(file, "\nRun %" PRId64 " kept no predictions: there is nothing to compare photo by photo.\n",
                    comparison->runs[r]->run_id);
    return status;
}

struct listing {
    struct tl_text *text;
    bool has_any;
};

static void append_difference(void *context, const char *name, const char *first, const char *second)
{
    struct listing *listing = context;

    tl_text_append(listing->text, listing->has_any ? ", " : "");
    listing->has_any = true;
    tl_text_append_json_string(listing->text, name);
    tl_text_append(listing->text, ": [");
    tl_text_append_json_string(listing->text, first);
    tl_text_append(listing->text, ", ");
    tl_text_append_json_string(listing->text, second);
    tl_text_append(listing->text, "]");
}

static void append_numbers(struct tl_text *text, const char *key, const double *values, size_t count)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    for (size_t i = 0; i < count; i++) {
        tl_text_append(text, count == 1 ? "" : i == 0 ? "[" : ", ");
        tl_text_append_json_number(text, values[i]);
    }
    tl_text_append(text, count == 1 ? "" : "]");
}

static void append_disagreements(struct tl_text *text, const struct tl_run_part *part)
{
    tl_text_append(text, ", \"disagreements\": [");
    for (size_t i = 0; i < part->disagreement_count; i++) {
        const struct tl_run_disagreement *disagreement = &part->disagreements[i];

        tl_text_append(text, i == 0 ? "{\"photo\": " : ", {\"photo\": ");
        tl_text_append_json_string(text, disagreement->path);
        tl_text_append(text, ", \"true_class\": ");
        tl_text_append_json_string(text, disagreement->true_class);
        tl_text_append(text, ", \"says\": [");
        tl_text_append_json_string(text, disagreement->first_says);
        tl_text_append(text, ", ");
        tl_text_append_json_string(text, disagreement->second_says);
        tl_text_append(text, "]}");
    }
    tl_text_append(text, "]");
}

static void append_part(struct tl_text *text, const struct tl_run_part *part, const char *name)
{
    const struct tl_comparison *measured = &part->comparison;
    const double accuracy_interval[] = {measured->accuracy_interval.low, measured->accuracy_interval.high};
    const double loss_interval[] = {measured->loss_interval.low, measured->loss_interval.high};

    tl_text_append_format(text, ", \"%s\": ", name);
    if (part->photo_count == 0) {
        tl_text_append(text, "null");
        return;
    }
    tl_text_append_format(text, "{\"photos\": %zu", part->photo_count);
    append_numbers(text, "accuracy", part->accuracies, 2);
    append_numbers(text, "accuracy_difference", &measured->accuracy_difference, 1);
    append_numbers(text, "accuracy_interval", accuracy_interval, 2);
    append_numbers(text, "loss", part->losses, 2);
    append_numbers(text, "loss_difference", &measured->loss_difference, 1);
    append_numbers(text, "loss_interval", loss_interval, 2);
    tl_text_append_format(text, ", \"right_alone\": [%zu, %zu]", measured->first_right, measured->second_right);
    append_disagreements(text, part);
    tl_text_append(text, "}");
}

void tl_run_comparison_append_json(struct tl_text *text, const struct tl_run_comparison *comparison)
{
    struct listing listing = {text, false};

    tl_text_append_format(text, "{\"runs\": [%" PRId64 ", %" PRId64 "], \"options\": {", comparison->runs[0]->run_id,
                          comparison->runs[1]->run_id);
    each_difference(comparison, append_difference, &listing);
    tl_text_append(text, "}");
    for (size_t part = 0; part < TL_RUN_PARTS; part++)
        append_part(text, &comparison->parts[part], PART_NAMES[part]);
    tl_text_append(text, "}");
}
