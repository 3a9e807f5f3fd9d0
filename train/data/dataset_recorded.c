/* dataset_recorded.c - see dataset.h: a data set of the past. */
#include <string.h>

#include "common/base/memory.h"
#include "train/data/dataset.h"

static enum tl_role role_of(const char *word)
{
    for (int role = 0; role < TL_ROLE_COUNT; role++)
        if (strcmp(word, tl_role_names[role]) == 0)
            return (enum tl_role)role;
    return TL_ROLE_TRAIN;
}

static enum tl_status allocate(struct tl_selection **out, const struct tl_store_recorded *recorded, struct tl_error *err)
{
    struct tl_selection *selection = tl_memory_alloc(1, sizeof *selection);

    *out = selection;
    if (selection) {
        selection->class_names = tl_memory_alloc(recorded->class_count, sizeof *selection->class_names);
        selection->samples = tl_memory_alloc(recorded->sample_count, sizeof *selection->samples);
        selection->counts = tl_memory_alloc(recorded->class_count, TL_ROLE_COUNT * sizeof *selection->counts);
    }
    if (!selection || !selection->class_names || !selection->samples || !selection->counts)
        return tl_error_set_no_memory(err, "the recorded data set", recorded->sample_count * sizeof *selection->samples);
    return TL_OK;
}

static void take_sample(struct tl_selection *selection, const struct tl_store_sample *sample, const struct tl_store_label *label)
{
    struct tl_selected *selected = &selection->samples[selection->sample_count++];

    *selected = (struct tl_selected){.label = label,
                                     .class_index = sample->class_index,
                                     .role = role_of(sample->role),
                                     .group = sample->group,
                                     .fold = sample->fold > 0 ? sample->fold - 1 : TL_SELECT_NO_FOLD,
                                     .has_copy = sample->has_copy == 1};
    selection->counts[(size_t)selected->role * selection->class_count + selected->class_index]++;
    selection->copied_counts[selected->role] += selected->has_copy;
    if (sample->fold > selection->fold_count)
        selection->fold_count = sample->fold;
    if (sample->group > selection->group_count)
        selection->group_count = sample->group;
}

enum tl_status tl_dataset_read_recorded(struct tl_dataset *out, tl_store *store, int64_t dataset_id, struct tl_error *err)
{
    struct tl_store_recorded *recorded = &out->recorded;
    struct tl_selection *selection = NULL;
    enum tl_status status;

    *out = (struct tl_dataset){.selection = NULL};
    status = tl_store_get_recorded(store, recorded, dataset_id, err);
    if (status == TL_OK)
        status = allocate(&out->selection, recorded, err);
    if (status != TL_OK)
        return status;
    selection = out->selection;
    selection->class_count = recorded->class_count;
    for (size_t l = 0; l < recorded->class_count; l++)
        selection->class_names[l] = recorded->class_names[l];
    for (size_t i = 0; i < recorded->sample_count; i++)
        take_sample(selection, &recorded->samples[i], &recorded->labels[i]);
    selection->has_validation_split = recorded->has_validation_split;
    selection->group_by = recorded->group_by;
    selection->recipe_json = recorded->recipe_json;
    return TL_OK;
}
