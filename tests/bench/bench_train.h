/* bench_train.h - what the benchmarks of training share: made-up samples, and the verbs that train_peers.py sends.
 *
 * A verb runs once and gives its answer as one line of numbers, its seconds first.
 */
#ifndef TL_TESTS_BENCH_TRAIN_H
#define TL_TESTS_BENCH_TRAIN_H

#include "common/base/text.h"
#include "train/data/samples.h"

enum { BENCH_PHOTOS = 925, BENCH_FEATURES = 25088, BENCH_CLASSES = 4 };

struct bench_train {
    struct tl_samples *samples; /* all to train on, plain */
    size_t thread_count;
};

struct bench_verb {
    const char *name, *about;
    enum tl_status (*run)(struct tl_text *answer, const struct bench_train *bench, const char *argument,
                          struct tl_error *err);
};

/* 925 x 25,088 with 93% zeros, of 4 classes, each more at home in a quarter of the columns: not quite separable by a few. */
TL_MUST_USE enum tl_status tl_bench_make_samples(struct tl_samples **out, struct tl_error *err);

/* A head of zeros with the samples' scale. */
TL_MUST_USE enum tl_status tl_bench_make_head(struct tl_head **out, const struct tl_samples *samples, struct tl_error *err);

extern const struct bench_verb tl_bench_lbfgs, tl_bench_lbfgs_at_hand, tl_bench_lbfgs_primal, tl_bench_folds;
extern const struct bench_verb tl_bench_adam, tl_bench_runs, tl_bench_write, tl_bench_store;

#endif
