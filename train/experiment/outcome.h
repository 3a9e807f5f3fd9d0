/* outcome.h - everything one training produced, as a value: what the reports print and the store keeps.
 *
 * Filled by trial.h (and by who searches or cross-validates), read by the reports and run_record.h. All pointers are borrowed but
 * those marked owned.
 */
#ifndef TL_TRAIN_OUTCOME_H
#define TL_TRAIN_OUTCOME_H

#include "common/store/store_feature.h"
#include "common/store/store_run.h"
#include "train/fit/evaluate.h"
#include "train/fit/fit.h"
#include "train/fit/metrics.h"

/* What is said of the photos of one role. */
struct tl_outcome_role {
    struct tl_evaluation evaluation;
    int64_t *confusion;         /* (L, L), owned; NULL where there are no photos */
    double *probabilities;      /* (N, L), owned; likewise. N photos in the order of the selection's samples */
    struct tl_metrics *metrics; /* owned; likewise */
};

struct tl_outcome {
    const char *label_set, *name; /* name: NULL when the run has none */
    const struct tl_store_feature_set *feature_set;
    const struct tl_store_augmentation *augmentation; /* NULL: plain photos only */
    const struct tl_selection *selection;
    uint32_t variant_max;        /* the largest index of a variant that was read */
    const uint8_t *store_digest; /* of the store as it was read, or NULL */
    struct tl_course course;
    double *class_weights; /* (L), owned; what course.class_weights points to, where they are made from a text */
    double fraction; /* of the training photos for validation, where there is no val split */
    size_t train_photo_count, vector_count; /* vectors: what one epoch goes through */
    size_t window_size;                     /* vectors that an epoch is shuffled over where they are streamed, else 0 */
    struct tl_head *head;                   /* owned; the one that is kept, NULL: none is */
    double scale;                           /* the head's, also where none is kept */
    bool is_refitted;                       /* it learnt from the validation photos too, after these had measured */
    struct tl_store_epoch *history;         /* owned */
    long epoch_count;                       /* of the history */
    long best_epoch;                        /* the one whose head was taken, from 1; 0: the last */
    double gradient_norm;                   /* at the end of L-BFGS; else NaN */
    double temperature;                     /* the logits are divided by it; 1: as they were */
    double uncalibrated_loss, uncalibrated_ece; /* of the validation photos before that; NaN where nothing was calibrated */
    struct tl_outcome_role validation, test;
    /* Of a cross-validation, else 0 and NULL: */
    size_t fold_count;
    struct tl_store_fold *folds;   /* (fold_count), owned */
    struct tl_outcome_role folded; /* out-of-fold, of the selection's samples that have a fold */
    int64_t started_ms;
    double load_seconds, train_seconds;
    int64_t sweep_id; /* 0: of none */
    int64_t run_id;
    char uuid[TL_STORE_UUID_BYTES];
};

/* "The role that chooses": out-of-fold photos where there are folds, else validation. */
const struct tl_outcome_role *tl_outcome_chooser(const struct tl_outcome *outcome);

/* Evaluates outcome->head on the photos of a role, validation or test, and keeps what it says; `samples` are as the head reads
 * them. Once a role. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_outcome_evaluate(struct tl_outcome *outcome, const struct tl_samples *samples, enum tl_role which,
                                               struct tl_error *err);

/* Fills role->metrics anew; `photos` are the role's, with its probabilities. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_outcome_measure(struct tl_outcome_role *role, const struct tl_metrics_photos *photos,
                                              struct tl_error *err);

/* Frees the head alone: of a sweep most are not kept. */
void tl_outcome_forget_head(struct tl_outcome *outcome);

/* Frees what is owned. */
void tl_outcome_release(struct tl_outcome *outcome);

/* Leaves a role as before it was evaluated. */
void tl_outcome_release_role(struct tl_outcome_role *role);

#endif
