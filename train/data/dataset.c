/* dataset.c - see dataset.h. */
#include "train/data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "train/data/grouping_read.h"
#include "train/data/label_edits.h"

static const double DEFAULT_FRACTION = 0.2, DEFAULT_HASH_SHARE = 0.15;
static const size_t RECIPE_CEILING_BYTES = (size_t)1 << 20;

void tl_dataset_wish_init(struct tl_dataset_wish *out)
{
    *out = (struct tl_dataset_wish){.label_set = "default", .validation = TL_SELECT_AUTO, .fraction = DEFAULT_FRACTION};
}

static bool read_share(double *out, const char **text, char after)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    *out = strtod(*text, &end);
    if (*end != after || !(*out >= 0 && *out < 1))
        return false;
    *text = end + 1;
    return true;
}

static enum tl_status read_split(struct tl_select_wish *out, const char *text, struct tl_error *err)
{
    static const char hash[] = "hash:";

    out->hash_validation = out->hash_test = DEFAULT_HASH_SHARE;
    out->split = TL_SELECT_HASH;
    if (!text || strcmp(text, "folder") == 0) {
        out->split = TL_SELECT_FOLDERS;
        return TL_OK;
    }
    if (strcmp(text, "none") == 0) {
        out->split = TL_SELECT_NO_SPLIT;
        return TL_OK;
    }
    if (strcmp(text, "hash") == 0)
        return TL_OK;
    if (strncmp(text, hash, strlen(hash)) == 0) {
        const char *shares = text + strlen(hash);

        if (read_share(&out->hash_validation, &shares, ',') && read_share(&out->hash_test, &shares, '\0') &&
            out->hash_validation + out->hash_test < 1)
            return TL_OK;
    }
    return tl_error_set(err, TL_BAD_INPUT, "--split takes folder, none, hash or hash:VAL,TEST with two shares that are together "
                        "below 1, as hash:0.1,0.2, not '%s'", text);
}

/* The names of --merge new=a,b: the first is the new one. */
static enum tl_status cut_merge(const char **out, size_t *out_count, char *words, struct tl_error *err)
{
    char *equals = strchr(words, '=');
    enum tl_status status;

    if (!equals || equals == words)
        return tl_error_set(err, TL_BAD_INPUT, "--merge takes new=a,b: a name and the classes that are of it from now on, not '%s'",
                            words);
    *equals = '\0';
    out[0] = words;
    status = tl_label_edits_cut(out + 1, out_count, equals + 1, "merge", err);
    ++*out_count;
    return status;
}

static size_t count_words(const char *text)
{
    size_t count = 2;

    for (const char *comma = text; (comma = strchr(comma, ',')) != NULL; comma++)
        count++;
    return count;
}

/* Memory for the words of merges and classes, cut. */
static enum tl_status allocate_words(struct tl_dataset *dataset, const struct tl_dataset_wish *wish, struct tl_error *err)
{
    size_t bytes = wish->classes ? strlen(wish->classes) + 1 : 1, count = wish->classes ? count_words(wish->classes) : 1;

    for (size_t m = 0; m < wish->merge_count; m++) {
        bytes += strlen(wish->merges[m]) + 1;
        count += count_words(wish->merges[m]);
    }
    dataset->words = tl_memory_alloc(bytes, 1);
    dataset->names = tl_memory_alloc(count, sizeof *dataset->names);
    return dataset->words && dataset->names ? TL_OK : tl_error_set_no_memory(err, "the classes", bytes);
}

/* Cuts the words, and with labels applies them: merges in their order, then the choice of classes. */
static enum tl_status edit_classes(struct tl_dataset *dataset, struct tl_select_wish *select, const struct tl_dataset_wish *wish,
                                   size_t *label_count, struct tl_error *err)
{
    enum tl_status status = allocate_words(dataset, wish, err);
    char *words = dataset->words;
    const char **names = dataset->names;

    for (size_t m = 0; m < wish->merge_count && status == TL_OK; m++) {
        size_t count;

        strcpy(words, wish->merges[m]);
        status = cut_merge(names, &count, words, err);
        if (status == TL_OK && dataset->labels)
            status = tl_label_edits_merge(dataset->labels, *label_count, names[0], names + 1, count - 1, err);
        words += strlen(wish->merges[m]) + 1;
        names += count;
    }
    if (status != TL_OK || !wish->classes)
        return status;
    strcpy(words, wish->classes);
    select->class_names = names;
    status = tl_label_edits_cut(names, &select->class_count, words, "classes", err);
    if (status == TL_OK && select->class_count < 2)
        return tl_error_set(err, TL_BAD_INPUT, "--classes %s: a head needs at least two classes", wish->classes);
    if (status == TL_OK && dataset->labels) {
        const size_t before = *label_count;

        status = tl_label_edits_choose(dataset->labels, label_count, names, select->class_count, err);
        dataset->other_count = before - *label_count;
    }
    return status;
}

/* The words of the command line, with defaults said, and what came of them where it depends on the labels. */
static enum tl_status write_recipe(struct tl_dataset *dataset, const struct tl_dataset_wish *wish, struct tl_error *err)
{
    const struct tl_selection *selection = dataset->selection;
    const bool has_share = tl_selection_count(selection, TL_ROLE_VALIDATION) > 0;
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, RECIPE_CEILING_BYTES);
    tl_text_append(&text, "{\"label-set\":");
    tl_text_append_json_string(&text, wish->label_set);
    tl_text_append(&text, ",\"split\":");
    tl_text_append_json_string(&text, wish->split ? wish->split : "folder");
    tl_text_append(&text, ",\"group-by\":");
    tl_text_append_json_string(&text, dataset->group_by);
    tl_text_append_format(&text, ",\"validation\":\"%s\"",
                          selection->has_validation_split ? "val" : has_share ? "share" : "none");
    if (has_share && !selection->has_validation_split) {
        tl_text_append(&text, ",\"fraction\":");
        tl_text_append_json_number(&text, wish->fraction);
    }
    if (wish->classes) {
        tl_text_append(&text, ",\"classes\":");
        tl_text_append_json_string(&text, wish->classes);
    }
    for (size_t m = 0; m < wish->merge_count; m++) {
        tl_text_append(&text, m == 0 ? ",\"merge\":[" : ",");
        tl_text_append_json_string(&text, wish->merges[m]);
    }
    if (wish->merge_count > 0)
        tl_text_append(&text, "]");
    if (wish->exclude_where) {
        tl_text_append(&text, ",\"exclude-where\":");
        tl_text_append_json_string(&text, wish->exclude_where);
    }
    if (wish->fold_count > 0)
        tl_text_append_format(&text, ",\"folds\":%zu,\"fold-seed\":%llu", wish->fold_count, (unsigned long long)wish->fold_seed);
    tl_text_append(&text, "}");
    status = tl_text_check(&text, err);
    if (status == TL_OK) {
        dataset->recipe = tl_memory_copy_string(text.bytes);
        if (!dataset->recipe)
            status = tl_error_set_no_memory(err, "the recipe of the data set", text.length_bytes);
    }
    tl_text_free(&text);
    return status;
}

static enum tl_status check_words(struct tl_select_wish *select, struct tl_grouping_wish *grouping,
                                  const struct tl_dataset_wish *wish, struct tl_error *err)
{
    enum tl_status status = read_split(select, wish->split, err);

    if (status == TL_OK && wish->split && select->split != TL_SELECT_FOLDERS && wish->validation == TL_SELECT_SPLIT &&
        (select->split == TL_SELECT_NO_SPLIT || select->hash_validation == 0))
        return tl_error_set(err, TL_BAD_INPUT, "--validation val: --split %s makes no val split", wish->split);
    return status == TL_OK ? tl_grouping_wish_read(grouping, wish->group_by, err) : status;
}

enum tl_status tl_dataset_wish_check(const struct tl_dataset_wish *wish, struct tl_error *err)
{
    struct tl_select_wish select = {.class_count = 0};
    struct tl_grouping_wish grouping;
    struct tl_dataset dataset = {.labels = NULL};
    enum tl_status status = check_words(&select, &grouping, wish, err);

    if (status == TL_OK)
        status = edit_classes(&dataset, &select, wish, NULL, err);
    tl_dataset_release(&dataset);
    return status;
}

static enum tl_status select_samples(struct tl_dataset *dataset, tl_store *store, size_t label_count,
                                     const struct tl_select_wish *select, const struct tl_grouping_wish *grouping_wish,
                                     int64_t feature_set_id, size_t feature_count, struct tl_error *err)
{
    struct tl_grouping *grouping = NULL;
    enum tl_status status = tl_grouping_read(&grouping, store, dataset->labels, label_count, feature_set_id, feature_count,
                                             grouping_wish, err);

    if (status == TL_OK)
        status = tl_select_samples(&dataset->selection, dataset->labels, label_count, grouping, select, err);
    tl_grouping_free(grouping);
    return status;
}

enum tl_status tl_dataset_read(struct tl_dataset *out, tl_store *store, const struct tl_dataset_wish *wish, int64_t feature_set_id,
                               size_t feature_count, struct tl_error *err)
{
    struct tl_select_wish select = {.validation = wish->validation, .fraction = wish->fraction, .fold_count = wish->fold_count,
                                    .fold_seed = wish->fold_seed};
    struct tl_grouping_wish grouping;
    size_t label_count = 0;
    enum tl_status status;

    *out = (struct tl_dataset){.selection = NULL};
    status = check_words(&select, &grouping, wish, err);
    if (status == TL_OK)
        status = tl_store_list_labels(store, &out->labels, &label_count, wish->label_set, feature_set_id, err);
    if (status != TL_OK)
        return status;
    out->group_by = tl_memory_copy_string(wish->group_by ? wish->group_by : "near-duplicates");
    if (!out->group_by)
        return tl_error_set_no_memory(err, "the data set", 0);
    if (wish->exclude_where && label_count > 0) {
        const size_t before = label_count;

        status = tl_label_edits_exclude(out->labels, &label_count, store, wish->label_set, wish->exclude_where, err);
        out->excluded_count = before - label_count;
        if (status == TL_OK && label_count == 0)
            return tl_error_set(err, TL_BAD_INPUT, "--exclude-where '%.300s' leaves no photo", wish->exclude_where);
    }
    if (status == TL_OK && label_count > 0)
        status = edit_classes(out, &select, wish, &label_count, err);
    if (status == TL_OK)
        status = select_samples(out, store, label_count, &select, &grouping, feature_set_id, feature_count, err);
    if (status == TL_OK)
        status = write_recipe(out, wish, err);
    if (status == TL_OK) {
        out->selection->group_by = out->group_by;
        out->selection->recipe_json = out->recipe;
    }
    return status == TL_NOT_FOUND ? tl_error_prefix(err, "label set '%s'", wish->label_set) : status;
}

void tl_dataset_release(struct tl_dataset *dataset)
{
    tl_selection_free(dataset->selection);
    tl_store_free_labels(dataset->labels);
    tl_memory_free(dataset->words);
    tl_memory_free(dataset->names);
    tl_memory_free(dataset->recipe);
    tl_memory_free(dataset->group_by);
    tl_store_free_recorded(&dataset->recorded);
    *dataset = (struct tl_dataset){.selection = NULL};
}
