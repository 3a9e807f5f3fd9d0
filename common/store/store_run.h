/* store_run.h - rows of what was learnt: data sets, runs with their epochs and measures, heads, predictions.
 *
 * A finished run is written at once, in one transaction, by tl_store_put_run(); there are no half runs. A sweep's row comes before
 * those of its runs (store_sweep.h), most of which keep no head.
 */
#ifndef TL_STORE_STORE_RUN_H
#define TL_STORE_STORE_RUN_H

#include "common/base/uuid.h"
#include "common/store/store.h"

struct tl_store_sample {
    int64_t content_id;
    uint8_t sha256[TL_DIGEST_BYTES];
    uint32_t class_index;
    const char *role; /* "train", "validation", "test" */
    uint32_t group;   /* counted from 1: photos of one group are on one side; 0: alone, or nobody asked */
    uint32_t fold;    /* counted from 1; 0: of none */
    int has_copy;     /* 1: a training photo is a near-duplicate, 0: none is, -1: nobody looked */
};
struct tl_store_dataset {
    const char *label_set;
    const char *const *class_names;
    size_t class_count;
    const struct tl_store_sample *samples; /* by sha256 */
    size_t sample_count;
    const char *recipe_json; /* how it was made from the store's labels; NULL: by the label set's folders alone */
};
struct tl_store_epoch {
    double loss, accuracy, val_loss, val_accuracy; /* val_*: NaN without validation */
};
struct tl_store_confusion {
    const char *role;      /* "validation", "test", "fold" */
    const int64_t *photos; /* L x L: [true * L + predicted] */
};
struct tl_store_fold { /* what the head fitted without the photos of a fold says of them */
    size_t photo_count;
    double loss, accuracy;
};
struct tl_store_metric {
    const char *role;       /* "validation", "test", "fold" */
    const char *name;       /* "precision", "ece", ... */
    const char *class_name; /* NULL: of all classes */
    double value;           /* one that is not finite gets no row */
};
struct tl_store_prediction {
    int64_t content_id;
    const char *origin; /* "validation", "test", "fold", "classify" */
    const char *photo;  /* as given, or NULL */
    const char *class_name;
    double probability;
    const char *probabilities_json; /* {"class": p, ...} */
    uint32_t fold;                  /* counted from 1, of the origin "fold"; else 0 */
};
struct tl_store_head {
    const char *const *class_names;
    size_t class_count, feature_count;
    const char *transform; /* "none", "sqrt" */
    double scale;
    const float *kernel; /* (H or K, L); K is the channels where it pools, else F */
    const float *bias;   /* (L) */
    const char *pool;    /* "none", "avg"; NULL is "none" */
    size_t channel_count; /* C, of the feature set's grid; 0 where nothing is pooled */
    size_t hidden_count;  /* H; 0: no hidden layer */
    const float *hidden_kernel; /* (K, H) */
    const float *hidden_bias;   /* (H) */
};
/* The course, in words and numbers as columns; options_json has all of it once more, to be repeated from. */
struct tl_store_run_course {
    const char *variants, *initial; /* "plain|all|cycle", "zero|glorot" */
    const char *pool, *transform, *solver, *weighting, *monitor; /* NULL: "none", "none", "adam", "equal", "none" */
    long epochs, batch_size;
    double learning_rate, l2;
    double momentum, tolerance; /* NaN where the solver has none */
    long hidden, patience;
    double dropout;
    int64_t seed;
};
struct tl_store_run {
    const char *name; /* or NULL */
    int64_t sweep_id; /* 0: of none */
    int64_t feature_set_id, augmentation_id;
    struct tl_store_run_course course;
    double scale;
    const char *program_version, *options_json; /* or NULL */
    const uint8_t *store_digest;                /* of the store as it was read, or NULL */
    int64_t started_ms, train_ms, train_samples;
    int64_t variant_max;                        /* the largest index of a variant that was read; 0: plain photos alone */
    bool is_refitted; /* the head learnt from the validation photos too, after these had measured */
    long best_epoch;  /* the epoch whose head was kept, counted from 1; 0: the last */
    double gradient_norm; /* at the end, of a solver that goes by it; else NaN */
    double temperature;   /* the logits were divided by it when the head was kept; 0 and 1: they were not */
    const char *group_by; /* NULL: "none" */
    double val_loss, val_accuracy, test_loss, test_accuracy; /* NaN where there is none */
    const struct tl_store_dataset *dataset;
    const struct tl_store_epoch *history;
    long epoch_count; /* of the history: fewer than course.epochs where it ended early */
    const struct tl_store_confusion *confusions;
    size_t confusion_count;
    const struct tl_store_fold *folds;
    size_t fold_count;
    const struct tl_store_metric *metrics;
    size_t metric_count;
    const struct tl_store_prediction *predictions; /* none without a head */
    size_t prediction_count;
    const struct tl_store_head *head; /* NULL: none is kept */
};
enum { TL_STORE_UUID_BYTES = TL_UUID_BYTES };
/* Whether a run may have this name; NULL may be. For who is about to train: tl_store_put_run() asks again. Fails with: TL_BAD_INPUT
 * (as there), TL_IO. */
TL_MUST_USE enum tl_status tl_store_check_run_name(tl_store *store, const char *name, struct tl_error *err);

/* Everything of a run, in the open transaction or one of its own. Confusions without photos get no row. Fails with: TL_BAD_INPUT
 * (the name is taken, or has no letter; a loss that is NaN; samples not by sha256; predictions without a head), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_run(tl_store *store, int64_t *out_run_id, char out_uuid[TL_STORE_UUID_BYTES],
                                            const struct tl_store_run *run, struct tl_error *err);

/* Pins the head that answers, in the open transaction or one of its own. `wanted` is what `--use` and `--run` accept: a run's id,
 * its name, an imported head's name, or a run's uuid or a beginning of it of 8 or more digits. Fails with: TL_NOT_FOUND (with the
 * runs there are), TL_BAD_INPUT (a beginning that fits several uuids), TL_IO. */
TL_MUST_USE enum tl_status tl_store_pin_head(tl_store *store, const char *wanted, struct tl_error *err);

/* A stored head with what it needs to be used. All owned by the struct; free with tl_store_free_head(). */
struct tl_store_chosen_head {
    int64_t head_id;
    int64_t run_id;       /* 0 for an imported head */
    char *name;           /* of run or head; NULL when the run has none */
    char *chosen_because; /* "pinned", "named", "best by validation loss 0.0731 over 145 photos", "the only run" */
    char **class_names;
    size_t class_count, feature_count, channel_count, hidden_count; /* L; F, all values of the grid; C; H or 0 */
    char *pool, *transform;
    double scale;
    float *kernel, *bias;               /* (H or K, L), (L); K is C where it pools, else F */
    float *hidden_kernel, *hidden_bias; /* (K, H), (H), or NULL */
    char *input_json, *network, *layer, *arithmetic, *stored_type;
    int64_t feature_set_id;
    uint8_t tensors_sha256[TL_DIGEST_BYTES];
};
/* wanted NULL: the pinned one, else the best by validation loss (ties: the older) among the runs that were measured on the same
 * validation photos: those with the most, of equally many those with the newest run. Sizes and shapes are checked; values are
 * the head room's to check. Fails with: TL_NOT_FOUND (no runs; no such run; several and none validated), TL_BAD_INPUT (as above),
 * TL_CORRUPT (tensor of a wrong size, class names that are not), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_get_head(tl_store *store, struct tl_store_chosen_head *out, const char *wanted,
                                             struct tl_error *err);
void tl_store_free_head(struct tl_store_chosen_head *head);

/* Adds or renews predictions of a head; needs an open transaction. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_put_predictions(tl_store *store, int64_t head_id,
                                                    const struct tl_store_prediction *predictions, size_t count,
                                                    struct tl_error *err);

#endif
