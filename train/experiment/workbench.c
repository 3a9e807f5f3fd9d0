/* workbench.c - see workbench.h. */
#include "train/experiment/workbench.h"

#include <stdint.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/fit/lbfgs.h"

void tl_workbench_init(struct tl_workbench *out, const struct tl_workbench_setup *setup)
{
    *out = (struct tl_workbench){.setup = *setup};
}

void tl_workbench_drop(struct tl_workbench *bench, enum tl_head_pool pool, enum tl_head_transform transform)
{
    tl_gram_free(bench->derived[pool][transform].gram);
    tl_matrix_free(bench->derived[pool][transform].matrix);
    bench->derived[pool][transform].gram = NULL;
    bench->derived[pool][transform].matrix = NULL;
}

void tl_workbench_release(struct tl_workbench *bench)
{
    for (int pool = 0; pool < TL_WORKBENCH_POOLS; pool++)
        for (int transform = 0; transform < TL_WORKBENCH_TRANSFORMS; transform++)
            tl_workbench_drop(bench, (enum tl_head_pool)pool, (enum tl_head_transform)transform);
}

enum tl_status tl_workbench_get_matrix(const struct tl_matrix **out, struct tl_workbench *bench, enum tl_head_pool pool,
                                       enum tl_head_transform transform, struct tl_error *err)
{
    struct tl_matrix **derived = &bench->derived[pool][transform].matrix;

    *out = NULL;
    if (pool == TL_HEAD_POOL_NONE && transform == TL_HEAD_TRANSFORM_NONE) {
        *out = bench->setup.samples->matrix;
        return TL_OK;
    }
    if (!*derived) {
        enum tl_status status =
            tl_matrix_derive(derived, bench->setup.samples->matrix, pool, bench->setup.channel_count, transform, err);

        if (status != TL_OK)
            return status;
    }
    *out = *derived;
    return TL_OK;
}

enum tl_status tl_workbench_get_gram(const struct tl_gram **out, struct tl_workbench *bench, enum tl_head_pool pool,
                                     enum tl_head_transform transform, struct tl_error *err)
{
    struct tl_gram **gram = &bench->derived[pool][transform].gram;
    const struct tl_matrix *matrix;
    enum tl_status status = tl_workbench_get_matrix(&matrix, bench, pool, transform, err);

    *out = NULL;
    if (status == TL_OK && !*gram && tl_lbfgs_pays_gram(matrix))
        status = tl_gram_cache_get(gram, bench->setup.cache, pool, transform, matrix, bench->setup.team, err);
    if (status == TL_OK)
        *out = *gram;
    return status;
}

size_t tl_workbench_count_parts(const struct tl_workbench *bench)
{
    return bench->setup.fold_count > 0 ? bench->setup.fold_count : 1;
}

size_t tl_workbench_count_measured(const struct tl_workbench *bench)
{
    size_t count = 0;

    if (bench->setup.fold_count == 0)
        return tl_samples_count(bench->setup.samples, TL_ROLE_VALIDATION);
    for (size_t i = 0; i < bench->setup.samples->count; i++)
        count += bench->setup.folds[i] < bench->setup.fold_count;
    return count;
}

enum tl_status tl_workbench_view_part(struct tl_samples *out, const struct tl_workbench *bench, const struct tl_matrix *matrix,
                                      size_t part, struct tl_error *err)
{
    const struct tl_workbench_setup *setup = &bench->setup;

    *out = (struct tl_samples){.items = tl_memory_alloc(setup->samples->count, sizeof *out->items)};
    if (!out->items)
        return tl_error_set_no_memory(err, "the samples", setup->samples->count * sizeof *out->items);
    out->matrix = (struct tl_matrix *)(uintptr_t)matrix; /* a view's matrix is read only */
    out->count = setup->samples->count;
    memcpy(out->items, setup->samples->items, out->count * sizeof *out->items);
    for (size_t i = 0; i < out->count && setup->fold_count > 0; i++)
        if (setup->folds[i] < setup->fold_count)
            out->items[i].role = setup->folds[i] == part ? TL_ROLE_VALIDATION : TL_ROLE_TRAIN;
        else
            out->items[i].role = TL_ROLE_TEST;
    return TL_OK;
}

enum tl_status tl_workbench_view_all(struct tl_samples *out, const struct tl_workbench *bench, const struct tl_matrix *matrix,
                                     struct tl_error *err)
{
    return tl_workbench_view_part(out, bench, matrix, SIZE_MAX, err);
}
