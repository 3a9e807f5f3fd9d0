/* candidates.h - many courses tried on the same photos, side by side: what each says of photos that it did not learn from.
 *
 *     struct tl_candidate *candidates = ...;     zeroed, each with its course
 *     tl_candidates_run(candidates, count, &bench, &wish, err);
 *     ... candidates[i].is_done, .validation.loss, .probabilities ...
 *     for (...) tl_candidate_release(&candidates[i]);
 *
 * A candidate is a fit a part of the bench (workbench.h): one without folds, one a fold with them. It is measured on the
 * validation photos, or on all photos that have a fold, each by the head that was fitted without its fold. No head is kept: who
 * wants one fits it to all photos afterwards (attempt.h).
 *
 * Matrices are made once each and dropped when their last candidate is done. Fits run one a thread; those of L-BFGS in folds go
 * through one Gram matrix together where that pays. Numbers are the same for any number of threads, and without folds those of
 * the same course run alone, to the bit.
 */
#ifndef TL_TRAIN_CANDIDATES_H
#define TL_TRAIN_CANDIDATES_H

#include "train/experiment/workbench.h"
#include "train/fit/evaluate.h"
#include "train/fit/fit.h"

struct tl_candidate {
    struct tl_course course;
    bool is_done;                    /* it was measured */
    struct tl_error failure;         /* why not, where it was tried and diverged: its status is not TL_OK */
    struct tl_evaluation validation; /* of all measured photos together */
    double *probabilities;           /* (N measured, L), owned, in the order of the samples */
    struct tl_store_fold *folds;     /* (fold_count), owned; NULL without folds */
    size_t fold_count;
    double accuracy_spread;         /* the standard deviation of the folds' accuracies, over K - 1; NaN without folds */
    struct tl_store_epoch *history; /* owned; without folds */
    long epoch_count, best_epoch;   /* of it, as in attempt.h */
    double gradient_norm;           /* likewise; of folds NaN */
    double scale;                   /* by which the head divided; of folds the first one's */
    size_t vector_count;            /* what an epoch goes through; likewise */
    double seconds;                 /* of all its fits, one thread each; fits done together count their share */
};

/* After each candidate that was tried, done or failed, in the order of trying: by matrix, then as given. On one of the threads,
 * one at a time. */
typedef void tl_candidates_callback(void *context, const struct tl_candidate *candidate);

struct tl_candidates_wish {
    bool keeps_matrices;          /* they stay in the workbench */
    double deadline;              /* by tl_system_seconds(): no fit begins after it; 0: there is none */
    tl_candidates_callback *each; /* NULL: nobody is told */
    void *context;
};

/* A course that diverges or cannot be fitted is a failed candidate, not a failure. An interruption (tl_system_is_interrupted())
 * leaves what had not begun undone. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_candidates_run(struct tl_candidate *candidates, size_t count, struct tl_workbench *bench,
                                             const struct tl_candidates_wish *wish, struct tl_error *err);

/* Frees what is owned. */
void tl_candidate_release(struct tl_candidate *candidate);

/* The index of the best by validation loss, the first of equals; `count` where none is done. */
size_t tl_candidates_find_best(const struct tl_candidate *candidates, size_t count);

#endif
