/* material.h - what a training is made from, read from a store as of one moment: which features, which photos, their vectors.
 *
 *     struct tl_material material;
 *     status = tl_material_read(&material, store, options, err);
 *     ... material.selection, material.samples ...
 *     tl_material_release(&material);
 */
#ifndef TL_TRAIN_MATERIAL_H
#define TL_TRAIN_MATERIAL_H

#include "common/store/store_feature.h"
#include "train/fit/fit.h"
#include "train/data/dataset.h"
#include "train/data/samples.h"
#include "train/train_options.h"

struct tl_material {
    const struct tl_store_feature_set *feature_set;   /* one of feature_sets */
    const struct tl_store_augmentation *augmentation; /* one of augmentations; NULL: plain photos only */
    enum tl_fit_variants variants;                    /* as wished, but TL_FIT_PLAIN where the store has none */
    struct tl_dataset dataset;
    struct tl_selection *selection; /* the data set's */
    struct tl_samples *samples;
    /* What the above points into. */
    struct tl_store_feature_set *feature_sets;
    size_t feature_set_count;
    struct tl_store_augmentation *augmentations;
    size_t augmentation_count;
};

/* Others may write meanwhile. `store` is open for writing: features that are damaged or lost are recorded in it, so that the next
 * extraction mends them. On failure *out holds what was read until then, and is released all the same. Fails with: TL_NOT_FOUND
 * (no such features, augmentation, labels), TL_BAD_INPUT (several and none named, nothing to train on), TL_CORRUPT (damage), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_material_read(struct tl_material *out, tl_store *store, const struct tl_train_options *options,
                                            struct tl_error *err);
void tl_material_release(struct tl_material *material);

#endif
