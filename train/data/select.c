/* select.c - see select.h. Contents are gathered first, judged one rule after the other, then written out in order.
 * select_groups.c tells what groups mean for what was selected. */
#include "train/data/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/data/draw.h"

const char *const tl_role_names[] = {"train", "validation", "test", NULL};

/* One content while it is judged. */
struct candidate {
    const struct tl_store_label *labels;
    size_t label_count;
    size_t class_index;
    enum tl_role role;
    bool is_in_several_splits;
    bool is_left_out;
    enum tl_left_out_reason reason; /* when it is left out */
};

struct candidates {
    struct candidate *items;
    size_t count;
};

static enum tl_role role_of_split(const char *split)
{
    if (strcmp(split, "test") == 0)
        return TL_ROLE_TEST;
    return strcmp(split, "val") == 0 ? TL_ROLE_VALIDATION : TL_ROLE_TRAIN;
}

static void leave_out(struct candidate *candidate, enum tl_left_out_reason reason)
{
    candidate->is_left_out = true;
    candidate->reason = reason;
}

static bool is_training(const struct candidate *candidate)
{
    return !candidate->is_left_out && candidate->role == TL_ROLE_TRAIN;
}

/* Joins the labels of one content; roles are in rising order of what they keep out of training. */
static void add_label(struct candidate *candidate, const struct tl_store_label *label)
{
    const enum tl_role role = role_of_split(label->split);

    if (candidate->label_count == 0) {
        candidate->labels = label;
        candidate->role = role;
    } else if (role != candidate->role) {
        candidate->is_in_several_splits = true;
        if (role > candidate->role)
            candidate->role = role;
    }
    if (strcmp(label->class_name, candidate->labels->class_name) != 0)
        leave_out(candidate, TL_LEFT_OUT_CONFLICT);
    candidate->label_count++;
}

/* `items` has room for a candidate a label, zeroed. */
static void gather(struct candidates *candidates, const struct tl_store_label *labels, size_t label_count)
{
    for (size_t i = 0; i < label_count; i++) {
        if (i == 0 || memcmp(labels[i].sha256, labels[i - 1].sha256, TL_DIGEST_BYTES) != 0)
            candidates->count++;
        add_label(&candidates->items[candidates->count - 1], &labels[i]);
    }
}

static size_t count_role(const struct candidates *candidates, enum tl_role role)
{
    size_t count = 0;

    for (size_t i = 0; i < candidates->count; i++)
        count += !candidates->items[i].is_left_out && candidates->items[i].role == role;
    return count;
}

static size_t count_conflicts(const struct candidates *candidates)
{
    size_t count = 0;

    for (size_t i = 0; i < candidates->count; i++)
        count += candidates->items[i].is_left_out && candidates->items[i].reason == TL_LEFT_OUT_CONFLICT;
    return count;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The classes of what trains, sorted by bytes, or those that are wished for; `names` has room for one a candidate and those. */
static size_t list_classes(const char **names, const struct candidates *candidates, const struct tl_select_wish *wish)
{
    size_t count = 0, unique_count = 0;

    for (size_t l = 0; wish->class_names && l < wish->class_count; l++)
        names[l] = wish->class_names[l];
    if (wish->class_names)
        return wish->class_count;
    for (size_t i = 0; i < candidates->count; i++)
        if (is_training(&candidates->items[i]))
            names[count++] = candidates->items[i].labels->class_name;
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            names[unique_count++] = names[i];
    return unique_count;
}

/* SIZE_MAX where it is none of them. */
static size_t find_class(const char *const *names, size_t class_count, const char *name, bool is_sorted)
{
    const char *const *found = is_sorted ? bsearch(&name, names, class_count, sizeof *names, compare_names) : NULL;

    if (found)
        return (size_t)(found - names);
    for (size_t l = 0; !is_sorted && l < class_count; l++)
        if (strcmp(names[l], name) == 0)
            return l;
    return SIZE_MAX;
}

static void assign_classes(struct candidates *candidates, const char *const *names, size_t class_count, bool is_sorted)
{
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->items[i];

        if (candidate->is_left_out)
            continue;
        candidate->class_index = find_class(names, class_count, candidate->labels->class_name, is_sorted);
        if (candidate->class_index == SIZE_MAX)
            leave_out(candidate, TL_LEFT_OUT_UNTRAINED_CLASS);
    }
}

/* Classes that were wished for may have nobody. */
static enum tl_status check_classes(const struct candidates *candidates, const char *const *names, size_t class_count,
                                    struct tl_error *err)
{
    for (size_t l = 0; l < class_count; l++) {
        size_t count = 0;

        for (size_t i = 0; i < candidates->count; i++)
            count += is_training(&candidates->items[i]) && candidates->items[i].class_index == l;
        if (count == 0)
            return tl_error_set(err, TL_BAD_INPUT, "no photo to train on is of the class '%s'", names[l]);
    }
    return TL_OK;
}

/* What is left out at this point is so for being under two classes. */
static enum tl_status report_one_class(const char *name, size_t training_count, size_t conflict_count, struct tl_error *err)
{
    char left_out[80] = "";

    if (conflict_count > 0)
        (void)snprintf(left_out, sizeof left_out, " (%zu left out: the same bytes are under two classes)", conflict_count);
    if (training_count == 1)
        return tl_error_set(err, TL_BAD_INPUT,
                            "the only photo to train on is of the class '%s'; a head needs at least two classes%s", name, left_out);
    return tl_error_set(err, TL_BAD_INPUT, "all %zu photos to train on are of the class '%s'; a head needs at least two classes%s",
                        training_count, name, left_out);
}

static enum tl_status check_trainable(const struct candidates *candidates, const char *const *names, size_t class_count,
                                      struct tl_error *err)
{
    const size_t training_count = count_role(candidates, TL_ROLE_TRAIN);

    if (training_count == 0)
        return tl_error_set(err, TL_BAD_INPUT, "there is no photo to train on: of %zu, %zu are for validation, %zu for test, "
                            "%zu are left out", candidates->count, count_role(candidates, TL_ROLE_VALIDATION),
                            count_role(candidates, TL_ROLE_TEST),
                            candidates->count - count_role(candidates, TL_ROLE_VALIDATION) - count_role(candidates, TL_ROLE_TEST));
    if (class_count < 2)
        return report_one_class(names[0], training_count, count_conflicts(candidates), err);
    return TL_OK;
}

static size_t root_of(const struct tl_grouping *grouping, size_t content)
{
    return grouping ? tl_grouping_find(grouping, content) : content;
}

/* Moves the share of the training photos to validation. */
static enum tl_status draw_validation(struct candidates *candidates, const struct tl_grouping *grouping, size_t class_count,
                                      double fraction, struct tl_error *err)
{
    struct tl_draw_item *items = tl_memory_alloc(candidates->count, sizeof *items);
    bool *drawn = tl_memory_alloc(candidates->count, sizeof *drawn);
    enum tl_status status = TL_OK;
    size_t count = 0;

    if (!items || !drawn)
        status = tl_error_set_no_memory(err, "the validation draw", candidates->count * sizeof *items);
    for (size_t i = 0; status == TL_OK && i < candidates->count; i++)
        if (is_training(&candidates->items[i]))
            items[count++] = (struct tl_draw_item){candidates->items[i].labels->sha256, root_of(grouping, i),
                                                   (uint32_t)candidates->items[i].class_index};
    if (status == TL_OK)
        status = tl_draw_share(drawn, items, count, class_count, fraction, err);
    for (size_t i = 0, n = 0; status == TL_OK && i < candidates->count; i++)
        if (is_training(&candidates->items[i]) && drawn[n++])
            candidates->items[i].role = TL_ROLE_VALIDATION;
    tl_memory_free(items);
    tl_memory_free(drawn);
    return status;
}

/* Where the wish is not for the splits as they are. */
static void split_anew(struct candidates *candidates, const struct tl_grouping *grouping, const struct tl_select_wish *wish)
{
    static const enum tl_role parts[] = {TL_ROLE_TEST, TL_ROLE_VALIDATION, TL_ROLE_TRAIN};

    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->items[i];

        if (wish->split != TL_SELECT_FOLDERS)
            candidate->is_in_several_splits = false;
        if (wish->split == TL_SELECT_NO_SPLIT)
            candidate->role = TL_ROLE_TRAIN;
        if (wish->split == TL_SELECT_HASH)
            candidate->role = parts[tl_draw_part(candidates->items[root_of(grouping, i)].labels->sha256, wish->hash_validation,
                                                 wish->hash_test)];
        if (wish->fold_count > 0 && candidate->role == TL_ROLE_VALIDATION)
            candidate->role = TL_ROLE_TRAIN;
    }
}

/* Fills the selection's arrays, which have room for every candidate, from what was judged. */
static void write_out(struct tl_selection *selection, const struct candidates *candidates, const struct tl_grouping *grouping)
{
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];

        if (candidate->is_left_out) {
            selection->left_out[selection->left_out_count++] =
                (struct tl_left_out){candidate->labels, candidate->label_count, candidate->reason};
            continue;
        }
        selection->samples[selection->sample_count++] =
            (struct tl_selected){.label = candidate->labels, .class_index = (uint32_t)candidate->class_index,
                                 .role = candidate->role, .group = (uint32_t)root_of(grouping, i), .fold = TL_SELECT_NO_FOLD};
        selection->counts[(size_t)candidate->role * selection->class_count + candidate->class_index]++;
        selection->repeated_count += candidate->label_count - 1;
        selection->both_sides_count += candidate->is_in_several_splits;
    }
}

/* Takes the wish, the val split and the rules; roles are final after it. */
static enum tl_status settle_validation(struct tl_selection *selection, struct candidates *candidates,
                                        const struct tl_select_wish *wish, struct tl_error *err)
{
    selection->is_split_by_hash = wish->split == TL_SELECT_HASH;
    if (wish->fold_count > 0)
        return TL_OK;
    selection->has_validation_split = wish->validation != TL_SELECT_FRACTION && count_role(candidates, TL_ROLE_VALIDATION) > 0;
    if (wish->validation == TL_SELECT_SPLIT && !selection->has_validation_split)
        return tl_error_set(err, TL_BAD_INPUT, "no photo is in a val split");
    if (wish->validation == TL_SELECT_FRACTION)
        for (size_t i = 0; i < candidates->count; i++)
            if (!candidates->items[i].is_left_out && candidates->items[i].role == TL_ROLE_VALIDATION)
                leave_out(&candidates->items[i], TL_LEFT_OUT_UNUSED_SPLIT);
    return TL_OK;
}

static enum tl_status allocate(struct tl_selection **out, size_t count, size_t wished_class_count, struct tl_error *err)
{
    struct tl_selection *selection = tl_memory_alloc(1, sizeof *selection);

    *out = selection;
    if (selection) {
        selection->class_names = tl_memory_alloc(count + wished_class_count, sizeof *selection->class_names);
        selection->samples = tl_memory_alloc(count, sizeof *selection->samples);
        selection->left_out = tl_memory_alloc(count, sizeof *selection->left_out);
        selection->counts = tl_memory_alloc(count + wished_class_count, TL_ROLE_COUNT * sizeof *selection->counts);
    }
    if (!selection || !selection->class_names || !selection->samples || !selection->left_out || !selection->counts)
        return tl_error_set_no_memory(err, "the data set", count * sizeof *selection->samples);
    return TL_OK;
}

enum tl_status tl_select_samples(struct tl_selection **out, const struct tl_store_label *labels, size_t label_count,
                                 const struct tl_grouping *grouping, const struct tl_select_wish *wish, struct tl_error *err)
{
    struct tl_selection *selection = NULL;
    struct candidates candidates = {0};
    enum tl_status status;

    *out = NULL;
    if (label_count == 0)
        return tl_error_set(err, TL_NOT_FOUND, "there are no photos that have both a class and features");
    candidates.items = tl_memory_alloc(label_count, sizeof *candidates.items);
    if (!candidates.items)
        return tl_error_set_no_memory(err, "the data set", label_count * sizeof *candidates.items);
    gather(&candidates, labels, label_count);
    split_anew(&candidates, grouping, wish);
    status = allocate(&selection, candidates.count, wish->class_count, err);
    if (status == TL_OK)
        status = settle_validation(selection, &candidates, wish, err);
    if (status != TL_OK)
        goto done;
    selection->class_count = list_classes(selection->class_names, &candidates, wish);
    status = check_trainable(&candidates, selection->class_names, selection->class_count, err);
    if (status != TL_OK)
        goto done;
    assign_classes(&candidates, selection->class_names, selection->class_count, !wish->class_names);
    if (wish->class_names)
        status = check_classes(&candidates, selection->class_names, selection->class_count, err);
    if (status != TL_OK)
        goto done;
    if (!selection->has_validation_split && wish->fold_count == 0)
        status = draw_validation(&candidates, grouping, selection->class_count, wish->fraction, err);
    if (status != TL_OK)
        goto done;
    write_out(selection, &candidates, grouping);
    status = tl_select_note_groups(selection, candidates.count, err);
    if (status == TL_OK && wish->fold_count > 0)
        status = tl_select_folds(selection, wish->fold_count, wish->fold_seed, err);
    if (status != TL_OK)
        goto done;
    *out = selection;
    selection = NULL;
done:
    tl_selection_free(selection);
    tl_memory_free(candidates.items);
    return status;
}
