/* material.c - see material.h. */
#include "train/material.h"

#include <string.h>

#include "common/store/store_damage.h"

static enum tl_status choose_feature_set(struct tl_material *material, tl_store *store, const char *wanted, struct tl_error *err)
{
    size_t index;
    enum tl_status status = tl_store_list_feature_sets(store, &material->feature_sets, &material->feature_set_count, err);

    if (status == TL_OK)
        status = tl_store_choose_feature_set(&index, material->feature_sets, material->feature_set_count, wanted, err);
    if (status == TL_OK)
        material->feature_set = &material->feature_sets[index];
    return status;
}

/* Without any variants `all` is the plain photos; `cycle` would have nothing to go round. */
static enum tl_status choose_augmentation(struct tl_material *material, tl_store *store, const struct tl_train_options *options,
                                          struct tl_error *err)
{
    size_t index;
    enum tl_status status;

    material->variants = (enum tl_fit_variants)options->variants;
    if (options->variants == TL_FIT_PLAIN)
        return TL_OK;
    status = tl_store_list_augmentations(store, material->feature_set->feature_set_id, &material->augmentations,
                                         &material->augmentation_count, err);
    if (status != TL_OK)
        return status;
    if (material->augmentation_count == 0 && !options->augment) {
        if (options->variants == TL_FIT_CYCLE)
            return tl_error_set(err, TL_NOT_FOUND,
                                "--variants cycle: the store has no variants of these features; tl-extract --variants K "
                                "makes them");
        material->variants = TL_FIT_PLAIN;
        return TL_OK;
    }
    status = tl_store_choose_augmentation(&index, material->augmentations, material->augmentation_count, options->augment, err);
    if (status == TL_OK)
        material->augmentation = &material->augmentations[index];
    return status;
}

static enum tl_status select_photos(struct tl_material *material, tl_store *store, const struct tl_train_options *options,
                                    size_t feature_count, struct tl_error *err)
{
    struct tl_dataset_wish wish = options->data;
    enum tl_status status;

    wish.label_set = options->label_set;
    wish.validation = options->wish.validation;
    wish.fraction = options->wish.fraction;
    wish.merges = options->merges.items;
    wish.merge_count = options->merges.count;
    status = tl_dataset_read(&material->dataset, store, &wish, material->feature_set->feature_set_id, feature_count, err);
    material->selection = material->dataset.selection;
    return status;
}

static enum tl_status read_all(struct tl_material *material, struct tl_store_damages *damages, tl_store *store,
                               const struct tl_train_options *options, struct tl_error *err)
{
    struct tl_samples_source source = {0};
    size_t feature_count;
    enum tl_status status = choose_feature_set(material, store, options->features, err);

    if (status == TL_OK)
        status = choose_augmentation(material, store, options, err);
    if (status != TL_OK)
        return status;
    feature_count = (size_t)material->feature_set->height * material->feature_set->width * material->feature_set->channels;
    status = select_photos(material, store, options, feature_count, err);
    if (status != TL_OK)
        return status;
    memcpy(damages->feature_set_digest, material->feature_set->digest, sizeof damages->feature_set_digest);
    source.feature_set_id = material->feature_set->feature_set_id;
    source.augmentation_id = material->augmentation ? material->augmentation->augmentation_id : 0;
    source.feature_count = feature_count;
    source.transform = (enum tl_head_transform)options->transform;
    return tl_samples_load(&material->samples, damages, store, material->selection, &source, err);
}

enum tl_status tl_material_read(struct tl_material *out, tl_store *store, const struct tl_train_options *options,
                                struct tl_error *err)
{
    struct tl_store_damages damages = {.count = 0};
    struct tl_error unrecorded;
    enum tl_status status;

    *out = (struct tl_material){.feature_set = NULL};
    status = tl_store_begin_reading(store, err);
    if (status != TL_OK)
        return status;
    status = read_all(out, &damages, store, options, err);
    tl_store_end_reading(store);
    if (damages.count > 0)
        status =
            tl_store_tell_damages(&damages, tl_store_put_damages(store, &damages, &unrecorded) == TL_OK ? NULL : &unrecorded, err);
    tl_store_free_damages(&damages);
    return status;
}

void tl_material_release(struct tl_material *material)
{
    tl_samples_free(material->samples);
    tl_dataset_release(&material->dataset);
    tl_store_free_augmentations(material->augmentations, material->augmentation_count);
    tl_store_free_feature_sets(material->feature_sets, material->feature_set_count);
    *material = (struct tl_material){.feature_set = NULL};
}
