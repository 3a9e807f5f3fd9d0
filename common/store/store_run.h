/* store_run.h - rows of what was learnt: data sets, runs with their epochs and confusions, heads, predictions.
 *
 * A finished run is written at once, in one transaction, by tl_store_put_run(); there are no half runs.
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
};
struct tl_store_dataset {
    const char *label_set;
    const char *const *class_names;
    size_t class_count;
    const struct tl_store_sample *samples; /* by sha256 */
    size_t sample_count;
};
struct tl_store_epoch {
    double loss, accuracy, val_loss, val_accuracy; /* val_*: NaN without validation */
};
struct tl_store_confusion {
    const char *role;      /* "validation", "test" */
    const int64_t *photos; /* L x L: [true * L + predicted] */
};
struct tl_store_prediction {
    int64_t content_id;
    const char *origin; /* "validation", "test", "fold", "classify" */
    const char *photo;  /* as given, or NULL */
    const char *class_name;
    double probability;
    const char *probabilities_json; /* {"class": p, ...} */
};
struct tl_store_head {
    const char *const *class_names;
    size_t class_count, feature_count;
    const char *transform; /* "none", "sqrt" */
    double scale;
    const float *kernel; /* (F, L) */
    const float *bias;   /* (L) */
};
struct tl_store_run {
    const char *name; /* or NULL */
    int64_t feature_set_id, augmentation_id;
    const char *variants, *initial; /* "plain|all|cycle", "zero|glorot" */
    long epochs, batch_size;
    double learning_rate, l2;
    int64_t seed, started_ms, train_ms, train_samples;
    bool is_refitted; /* the head learnt from the validation photos too, after these had measured */
    double val_loss, val_accuracy, test_loss, test_accuracy; /* NaN where there is none */
    const struct tl_store_dataset *dataset;
    const struct tl_store_epoch *history; /* epochs of them */
    const struct tl_store_confusion *confusions;
    size_t confusion_count;
    const struct tl_store_prediction *predictions;
    size_t prediction_count;
    const struct tl_store_head *head;
};
enum { TL_STORE_UUID_BYTES = TL_UUID_BYTES };
/* Whether a run may have this name; NULL may be. For who is about to train: tl_store_put_run() asks again. Fails with: TL_BAD_INPUT
 * (as there), TL_IO. */
TL_MUST_USE enum tl_status tl_store_check_run_name(tl_store *store, const char *name, struct tl_error *err);

/* Everything of a run in its own transaction. Confusions without photos get no row. Fails with: TL_BAD_INPUT (the name is taken,
 * or has no letter; a loss that is NaN; samples not by sha256), TL_IO, TL_NO_MEMORY. */
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
    size_t class_count, feature_count;
    char *transform;
    double scale;
    float *kernel, *bias;
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
