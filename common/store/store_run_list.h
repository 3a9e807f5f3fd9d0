/* store_run_list.h - reading runs back: all of them, best first, or the one that a person means.
 *
 * The order is that of the view leaderboard.
 */
#ifndef TL_STORE_STORE_RUN_LIST_H
#define TL_STORE_STORE_RUN_LIST_H

#include "common/store/store_run.h"

/* All strings are owned; NULL where there is none. Numbers that are not there are NaN or 0. */
struct tl_store_run_row {
    int64_t run_id, sweep_id, dataset_id, feature_set_id, augmentation_id, head_id; /* 0: none; augmentation 0: plain photos */
    char *uuid, *name, *augmentation, *label_set, *options_json, *program_version, *group_by, *started_at;
    int64_t place, val_group, val_photos, fold_count, train_ms, train_samples, best_epoch;
    int64_t variant_max; /* -1: an earlier program did not say */
    double val_loss, val_accuracy, test_loss, test_accuracy, scale, temperature;
    bool is_refitted, is_pinned, answers;
};

/* The caller frees with tl_store_free_runs(). Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_list_runs(tl_store *store, struct tl_store_run_row **out, size_t *out_count,
                                              struct tl_error *err);
void tl_store_free_runs(struct tl_store_run_row *rows, size_t count);

/* The run that `wanted` means (store_run.h), with or without a head; the caller frees it with tl_store_free_runs(out, 1). Fails
 * with: TL_NOT_FOUND (with the runs there are), TL_BAD_INPUT (as there; an imported head, which no run made), TL_IO, TL_CORRUPT,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_get_run(tl_store *store, struct tl_store_run_row **out, const char *wanted,
                                            struct tl_error *err);

/* What a head said of one photo that measured it. */
struct tl_store_judgement {
    uint8_t sha256[TL_DIGEST_BYTES];
    char *origin, *true_class, *path; /* owned; "validation", "test" or "fold"; the first place of the content, NULL: none */
    char *probabilities_json;         /* owned */
};
/* Of a run's head, by sha256, of photos that it was not trained on; the caller frees with tl_store_free_judgements(). Fails with:
 * TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_list_judgements(tl_store *store, struct tl_store_judgement **out, size_t *out_count,
                                                    int64_t run_id, struct tl_error *err);
void tl_store_free_judgements(struct tl_store_judgement *judgements, size_t count);

#endif
