/* outcome.h - everything one training produced, as a value: what the reports print and the store keeps.
 *
 * Filled by the tool step by step, read by fit_report.h, fit_json.h and run_record.h. All pointers are borrowed but those marked
 * owned.
 */
#ifndef TL_TRAIN_OUTCOME_H
#define TL_TRAIN_OUTCOME_H

#include "common/store/store_feature.h"
#include "common/store/store_run.h"
#include "train/fit/evaluate.h"
#include "train/fit/fit.h"

/* What the head says of the photos of one role. */
struct tl_outcome_role {
    struct tl_evaluation evaluation;
    int64_t *confusion;    /* (L, L), owned; NULL where there are no photos */
    double *probabilities; /* (N, L), owned; likewise */
};

struct tl_outcome {
    const char *label_set, *name; /* name: NULL when the run has none */
    const struct tl_store_feature_set *feature_set;
    const struct tl_store_augmentation *augmentation; /* NULL: plain photos only */
    const struct tl_selection *selection;
    struct tl_course course;
    double fraction;                                  /* of the training photos for validation, where there is no val split */
    size_t train_photo_count, vector_count;           /* vectors: what one epoch goes through */
    const struct tl_head *head;                       /* the one that is kept */
    bool is_refitted;                                 /* it learnt from the validation photos too, after these had measured */
    const struct tl_store_epoch *history;             /* course.epochs of them */
    struct tl_outcome_role validation, test;
    int64_t started_ms;
    double load_seconds, train_seconds;
    int64_t run_id;
    char uuid[TL_STORE_UUID_BYTES];
};

/* Evaluates outcome->head on the photos of a role, validation or test, and keeps what it says. Once a role. Fails with:
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_outcome_evaluate(struct tl_outcome *outcome, const struct tl_samples *samples, enum tl_role which,
                                               struct tl_error *err);

/* Frees what is owned. */
void tl_outcome_release(struct tl_outcome *outcome);

#endif
