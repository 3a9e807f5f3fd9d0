/* label_edits.c - see label_edits.h. */
#include "train/data/label_edits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/store/store_expression.h"

enum { SHOWN_CLASSES = 20 };
/* A store of a million photos takes a second for a plain condition; one that never ends is stopped. */
static const double EXPRESSION_SECONDS = 10;
static const size_t LIST_CEILING_BYTES = 4096;

enum tl_status tl_label_edits_cut(const char **out, size_t *out_count, char *words, const char *option, struct tl_error *err)
{
    *out_count = 0;
    for (char *word = words, *comma; word; word = comma ? comma + 1 : NULL) {
        comma = strchr(word, ',');
        if (comma)
            *comma = '\0';
        if (*word == '\0')
            return tl_error_set(err, TL_BAD_INPUT, "--%s: a class without a name", option);
        for (size_t i = 0; i < *out_count; i++)
            if (strcmp(out[i], word) == 0)
                return tl_error_set(err, TL_BAD_INPUT, "--%s: the class '%s' stands there twice", option, word);
        out[(*out_count)++] = word;
    }
    return TL_OK;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The classes there are, each at its first label, for a message. */
static void list_classes(struct tl_text *text, const struct tl_store_label *labels, size_t count)
{
    const char *shown[SHOWN_CLASSES];
    size_t shown_count = 0;

    for (size_t i = 0; i < count && shown_count < SHOWN_CLASSES; i++) {
        if (is_among(labels[i].class_name, shown, shown_count))
            continue;
        tl_text_append(text, shown_count == 0 ? "" : ", ");
        tl_text_append(text, labels[i].class_name);
        shown[shown_count++] = labels[i].class_name;
    }
}

/* Each class that an option names has to have a photo. */
static enum tl_status check_classes(const struct tl_store_label *labels, size_t count, const char *const *classes,
                                    size_t class_count, const char *option, struct tl_error *err)
{
    for (size_t l = 0; l < class_count; l++) {
        struct tl_text text;
        size_t i = 0;

        while (i < count && strcmp(labels[i].class_name, classes[l]) != 0)
            i++;
        if (i < count)
            continue;
        tl_text_init(&text, LIST_CEILING_BYTES);
        list_classes(&text, labels, count);
        (void)tl_error_set(err, TL_BAD_INPUT, "--%s: no photo is of the class '%s'; there are %s", option, classes[l],
                           tl_text_check(&text, NULL) == TL_OK ? text.bytes : "others");
        tl_text_free(&text);
        return TL_BAD_INPUT;
    }
    return TL_OK;
}

enum tl_status tl_label_edits_merge(struct tl_store_label *labels, size_t count, const char *merged, const char *const *old,
                                    size_t old_count, struct tl_error *err)
{
    enum tl_status status = check_classes(labels, count, old, old_count, "merge", err);

    for (size_t i = 0; status == TL_OK && i < count; i++)
        if (is_among(labels[i].class_name, old, old_count))
            labels[i].class_name = merged;
    return status;
}

enum tl_status tl_label_edits_choose(struct tl_store_label *labels, size_t *count, const char *const *classes, size_t class_count,
                                     struct tl_error *err)
{
    enum tl_status status = check_classes(labels, *count, classes, class_count, "classes", err);
    size_t kept = 0;

    for (size_t i = 0; status == TL_OK && i < *count; i++)
        if (is_among(labels[i].class_name, classes, class_count))
            labels[kept++] = labels[i];
    if (status == TL_OK)
        *count = kept;
    return status;
}

struct placed {
    int64_t photo_id;
    size_t index;
};
struct exclusion {
    const struct tl_store_label *labels;
    struct placed *placed; /* by photo */
    size_t count;
    bool *is_excluded;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *first = a, *second = b;

    if (first->photo_id != second->photo_id)
        return first->photo_id < second->photo_id ? -1 : 1;
    return first->index < second->index ? -1 : first->index > second->index;
}

static void exclude(void *context, int64_t photo_id, const char *class_name)
{
    struct exclusion *exclusion = context;
    size_t low = 0, high = exclusion->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (exclusion->placed[middle].photo_id < photo_id)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < exclusion->count && exclusion->placed[low].photo_id == photo_id; low++)
        if (strcmp(exclusion->labels[exclusion->placed[low].index].class_name, class_name) == 0)
            exclusion->is_excluded[exclusion->placed[low].index] = true;
}

enum tl_status tl_label_edits_exclude(struct tl_store_label *labels, size_t *count, tl_store *store, const char *label_set,
                                      const char *expression, struct tl_error *err)
{
    struct exclusion exclusion = {labels, tl_memory_alloc(*count, sizeof(struct placed)), *count,
                                  tl_memory_alloc(*count, sizeof(bool))};
    enum tl_status status = TL_OK;
    size_t kept = 0;

    if (!exclusion.placed || !exclusion.is_excluded)
        status = tl_error_set_no_memory(err, "the labels", *count * sizeof(struct placed));
    for (size_t i = 0; status == TL_OK && i < *count; i++)
        exclusion.placed[i] = (struct placed){labels[i].photo_id, i};
    if (status == TL_OK) {
        qsort(exclusion.placed, *count, sizeof *exclusion.placed, compare_placed);
        status = tl_store_visit_matches(store, label_set, expression, exclude, &exclusion, EXPRESSION_SECONDS, err);
    }
    for (size_t i = 0; status == TL_OK && i < *count; i++)
        if (!exclusion.is_excluded[i])
            labels[kept++] = labels[i];
    if (status == TL_OK)
        *count = kept;
    else if (status == TL_BAD_INPUT)
        (void)tl_error_prefix(err, "--exclude-where '%.300s'", expression);
    tl_memory_free(exclusion.placed);
    tl_memory_free(exclusion.is_excluded);
    return status;
}
