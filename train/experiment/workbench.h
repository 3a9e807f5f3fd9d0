/* workbench.h - what many courses are tried on: photos, their vectors as each course's head reads them, and the threads that
 * try.
 *
 *     tl_workbench_init(&bench, &setup);
 *     tl_workbench_get_matrix(&matrix, &bench, pool, transform, err);      made when first asked for, then shared
 *     tl_workbench_get_gram(&gram, &bench, pool, transform, err);          likewise; NULL where it does not pay
 *     tl_workbench_view_part(&view, &bench, matrix, part, err);            the photos of one fit, in their roles
 *     tl_workbench_drop(&bench, pool, transform);                          neither is wanted any more
 *     tl_workbench_release(&bench);
 *
 * Without folds there is one part: the photos as they are. With folds part k has the photos of fold k as validation and all
 * others, but for those of the test, as training. From one thread; what it gives may be read by many.
 */
#ifndef TL_TRAIN_WORKBENCH_H
#define TL_TRAIN_WORKBENCH_H

#include "common/base/team.h"
#include "train/data/samples.h"
#include "train/experiment/gram_cache.h"
#include "train/fit/gram.h"

/* All borrowed as long as the bench is used. */
struct tl_workbench_setup {
    const struct tl_samples *samples; /* of the vectors as stored: neither pooled nor transformed */
    size_t channel_count;             /* of a vector's grid: it divides the vector */
    const char *const *class_names;
    size_t class_count;
    const uint32_t *folds; /* a photo's, from 0; TL_SELECT_NO_FOLD for those of the test. NULL without folds */
    size_t fold_count;     /* 0 without */
    tl_team *team;
    struct tl_gram_cache *cache; /* for Gram matrices, of the samples' store; NULL: they are made */
};

enum { TL_WORKBENCH_POOLS = 2, TL_WORKBENCH_TRANSFORMS = 2 };

struct tl_workbench {
    struct tl_workbench_setup setup;
    struct {
        struct tl_matrix *matrix; /* owned; NULL also where it is the one as stored */
        struct tl_gram *gram;     /* owned */
    } derived[TL_WORKBENCH_POOLS][TL_WORKBENCH_TRANSFORMS];
};

void tl_workbench_init(struct tl_workbench *out, const struct tl_workbench_setup *setup);
void tl_workbench_release(struct tl_workbench *bench);

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_workbench_get_matrix(const struct tl_matrix **out, struct tl_workbench *bench,
                                                   enum tl_head_pool pool, enum tl_head_transform transform,
                                                   struct tl_error *err);
/* *out is NULL where fits are quicker without. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_workbench_get_gram(const struct tl_gram **out, struct tl_workbench *bench, enum tl_head_pool pool,
                                                 enum tl_head_transform transform, struct tl_error *err);
void tl_workbench_drop(struct tl_workbench *bench, enum tl_head_pool pool, enum tl_head_transform transform);

/* 1 without folds. */
size_t tl_workbench_count_parts(const struct tl_workbench *bench);

/* Photos that measure: those of all folds, or the validation ones. */
size_t tl_workbench_count_measured(const struct tl_workbench *bench);

/* A view that borrows the matrix; the caller frees out->items alone. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_workbench_view_part(struct tl_samples *out, const struct tl_workbench *bench,
                                                  const struct tl_matrix *matrix, size_t part, struct tl_error *err);

/* Likewise of the photos as they are; with folds all but those of the test are training. */
TL_MUST_USE enum tl_status tl_workbench_view_all(struct tl_samples *out, const struct tl_workbench *bench,
                                                 const struct tl_matrix *matrix, struct tl_error *err);

#endif
