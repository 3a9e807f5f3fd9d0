/* made_bench.h - a bench of made-up photos: separable classes, variants, and groups of copies that folds keep together. */
#ifndef TL_TESTS_MADE_BENCH_H
#define TL_TESTS_MADE_BENCH_H

#include "tests/train/data/made_samples.h"
#include "train/experiment/candidates.h"

enum { MADE_CLASSES = 3, MADE_FOLDS = 4 };
static const char *const MADE_NAMES[MADE_CLASSES] = {"a", "b", "c"};

struct made_bench {
    struct tl_samples *samples;
    uint32_t *folds;
    tl_team *team;
    struct tl_workbench bench;
};

/* The last `validation_count` photos are for validation; `fold_count` 0: no folds. */
static inline void make_bench(struct made_bench *made, size_t train_count, size_t validation_count, size_t variant_count,
                              size_t fold_count, size_t thread_count)
{
    made->samples = make_separable(train_count, validation_count, variant_count, MADE_CLASSES);
    made->folds = tl_memory_alloc(made->samples->count, sizeof *made->folds);
    ck_assert_ptr_nonnull(made->folds);
    for (size_t i = 0; i < made->samples->count && fold_count > 0; i++)
        made->folds[i] = (uint32_t)(i / MADE_CLASSES % fold_count);
    ck_assert_int_eq(tl_team_create(&made->team, thread_count, NULL), TL_OK);
    tl_workbench_init(&made->bench, &(struct tl_workbench_setup){.samples = made->samples,
                                                                 .channel_count = 1,
                                                                 .class_names = MADE_NAMES,
                                                                 .class_count = MADE_CLASSES,
                                                                 .folds = fold_count > 0 ? made->folds : NULL,
                                                                 .fold_count = fold_count,
                                                                 .team = made->team});
}

static inline void free_bench(struct made_bench *made)
{
    tl_workbench_release(&made->bench);
    tl_team_free(made->team);
    tl_memory_free(made->folds);
    tl_samples_free(made->samples);
}

#endif
