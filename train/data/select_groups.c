/* select_groups.c - see select.h: which samples of a selection belong together, which of them leak, and folds that keep them so. */
#include <string.h>

#include "common/base/memory.h"
#include "train/data/draw.h"
#include "train/data/select.h"

/* What a group has. */
struct tally {
    size_t count;
    bool has_training, has_share;
    uint32_t number;
};

/* The share of the training photos that measures trains afterwards, so that a test photo's copy in it leaks too. */
static bool has_copy(const struct tl_selection *selection, const struct tl_selected *selected, const struct tally *tally)
{
    if (selected->role == TL_ROLE_TRAIN)
        return false;
    return tally->has_training ||
           (selected->role == TL_ROLE_TEST && tally->has_share && !selection->has_validation_split);
}

enum tl_status tl_select_note_groups(struct tl_selection *selection, size_t key_count, struct tl_error *err)
{
    struct tally *tallies = tl_memory_alloc(key_count, sizeof *tallies);

    if (!tallies)
        return tl_error_set_no_memory(err, "the groups of photos", key_count * sizeof *tallies);
    for (size_t i = 0; i < selection->sample_count; i++) {
        struct tally *tally = &tallies[selection->samples[i].group];

        tally->count++;
        tally->has_training |= selection->samples[i].role == TL_ROLE_TRAIN;
        tally->has_share |= selection->samples[i].role == TL_ROLE_VALIDATION;
    }
    selection->group_count = 0;
    memset(selection->copied_counts, 0, sizeof selection->copied_counts);
    for (size_t i = 0; i < selection->sample_count; i++) {
        struct tl_selected *selected = &selection->samples[i];
        struct tally *tally = &tallies[selected->group];

        selected->has_copy = has_copy(selection, selected, tally);
        selection->copied_counts[selected->role] += selected->has_copy;
        if (tally->count > 1 && tally->number == 0)
            tally->number = (uint32_t)++selection->group_count;
        selected->group = tally->number;
    }
    tl_memory_free(tallies);
    return TL_OK;
}

/* A class whose photos are all in one fold would be unknown to the head that is to name them. */
static enum tl_status check_folds(const struct tl_selection *selection, struct tl_error *err)
{
    for (uint32_t l = 0; l < selection->class_count; l++) {
        uint32_t first = TL_SELECT_NO_FOLD;
        bool is_spread = false;

        for (size_t i = 0; i < selection->sample_count && !is_spread; i++) {
            const struct tl_selected *selected = &selection->samples[i];

            if (selected->class_index != l || selected->role == TL_ROLE_TEST)
                continue;
            is_spread = first != TL_SELECT_NO_FOLD && first != selected->fold;
            first = selected->fold;
        }
        if (!is_spread)
            return tl_error_set(err, TL_BAD_INPUT, "%zu folds: all photos of the class '%s' would be in one, there are too few "
                                "that do not belong together", selection->fold_count, selection->class_names[l]);
    }
    return TL_OK;
}

enum tl_status tl_select_folds(struct tl_selection *selection, size_t fold_count, uint64_t seed, struct tl_error *err)
{
    struct tl_draw_item *items = tl_memory_alloc(selection->sample_count, sizeof *items);
    uint32_t *folds = tl_memory_alloc(selection->sample_count, sizeof *folds);
    enum tl_status status = TL_OK;
    size_t count = 0;

    if (!items || !folds)
        status = tl_error_set_no_memory(err, "the folds", selection->sample_count * sizeof *items);
    for (size_t i = 0; status == TL_OK && i < selection->sample_count; i++) {
        const struct tl_selected *selected = &selection->samples[i];

        if (selected->role != TL_ROLE_TEST)
            items[count++] = (struct tl_draw_item){selected->label->sha256,
                                                   selected->group > 0 ? selected->group : selection->group_count + 1 + i,
                                                   selected->class_index};
    }
    if (status == TL_OK)
        status = tl_draw_folds(folds, items, count, selection->class_count, fold_count, seed, err);
    if (status == TL_OK) {
        selection->fold_count = fold_count;
        for (size_t i = 0, n = 0; i < selection->sample_count; i++)
            selection->samples[i].fold = selection->samples[i].role == TL_ROLE_TEST ? TL_SELECT_NO_FOLD : folds[n++];
        status = check_folds(selection, err);
    }
    tl_memory_free(items);
    tl_memory_free(folds);
    return status;
}

void tl_selection_free(struct tl_selection *selection)
{
    if (!selection)
        return;
    tl_memory_free(selection->class_names);
    tl_memory_free(selection->samples);
    tl_memory_free(selection->left_out);
    tl_memory_free(selection->counts);
    tl_memory_free(selection);
}

uint32_t tl_selection_group(const struct tl_selection *selection, size_t sample_index)
{
    const uint32_t group = selection->samples[sample_index].group;

    return group > 0 ? group : (uint32_t)(selection->group_count + 1 + sample_index);
}

size_t tl_selection_count(const struct tl_selection *selection, enum tl_role role)
{
    size_t count = 0;

    for (size_t l = 0; l < selection->class_count; l++)
        count += selection->counts[(size_t)role * selection->class_count + l];
    return count;
}
