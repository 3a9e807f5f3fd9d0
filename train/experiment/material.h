/* material.h - what trainings are made from, read from a store as of one moment: which features, which photos, their vectors.
 *
 *     struct tl_material_wish wish = {.variants = TL_FIT_ALL};  tl_dataset_wish_init(&wish.data);
 *     struct tl_material material;
 *     status = tl_material_read(&material, store, &wish, err);
 *     status = tl_material_view(&samples, &material, course.pool, course.transform, err);    as the course's head reads them
 *     ... tl_trial_run() with material.selection and samples, as many courses as wanted ...
 *     tl_material_release(&material);
 *
 * Features that do not fit in memory are streamed: samples->stream is not NULL, there is one view at a time, the one asked
 * for last, and one trial at a time.
 *
 * A view is made at its first asking and stays; it is immutable and shared by threads once there, so whoever starts threads
 * asks for all views before.
 */
#ifndef TL_TRAIN_MATERIAL_H
#define TL_TRAIN_MATERIAL_H

#include "common/store/store_feature.h"
#include "common/store/store_run_list.h"
#include "train/data/dataset.h"
#include "train/data/samples.h"
#include "train/fit/course.h"

enum { TL_MATERIAL_POOLS = 2, TL_MATERIAL_TRANSFORMS = 2 };

struct tl_material_wish {
    struct tl_dataset_wish data;
    const char *features, *augment; /* by name or digest; NULL: the only ones */
    enum tl_fit_variants variants;  /* plain: no variants are read */
    int64_t memory_bytes;           /* that the program may take; 0: three quarters of what there is. Features that need more are
                                     * streamed */
    size_t thread_count;            /* that decode a stream; 0: as many as there are */
    const struct tl_store_run_row *repeated; /* NULL; else this run's data set, features and variants, whatever the rest says */
};

struct tl_material {
    const struct tl_store_feature_set *feature_set;   /* one of feature_sets */
    const struct tl_store_augmentation *augmentation; /* one of augmentations; NULL: plain photos only */
    enum tl_fit_variants variants;                    /* as wished, but TL_FIT_PLAIN where the store has none */
    const char *label_set;                            /* as wished, borrowed */
    double fraction;                                  /* likewise */
    size_t feature_count, channel_count;              /* F = H x W x C, and C */
    uint8_t store_digest[TL_DIGEST_BYTES];            /* of the store as it was read */
    struct tl_dataset dataset;
    struct tl_selection *selection; /* the data set's */
    struct tl_samples *samples;     /* the vectors as stored; those that are streamed as they were asked for last */
    /* What the above points into, and the views. */
    struct tl_store_feature_set *feature_sets;
    size_t feature_set_count;
    struct tl_store_augmentation *augmentations;
    size_t augmentation_count;
    struct tl_samples *views[TL_MATERIAL_POOLS][TL_MATERIAL_TRANSFORMS]; /* [pool][transform], NULL until asked for */
};

/* Others may write meanwhile. `store` is open for writing: features that are damaged or lost are recorded in it, so that the next
 * extraction mends them. On failure *out holds what was read until then, and is released all the same. Fails with: TL_NOT_FOUND
 * (no such features, augmentation, labels), TL_BAD_INPUT (several and none named, nothing to train on), TL_CORRUPT (damage), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_material_read(struct tl_material *out, tl_store *store, const struct tl_material_wish *wish,
                                            struct tl_error *err);
void tl_material_release(struct tl_material *material);

/* The samples pooled and transformed, borrowed from the material. Not from several threads. Fails with: TL_BAD_INPUT (a grid that
 * cannot be pooled; too little memory for a stream), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_material_view(const struct tl_samples **out, struct tl_material *material, enum tl_head_pool pool,
                                            enum tl_head_transform transform, struct tl_error *err);

#endif
