/* dataset.h - from the labels of a store to the data set of a run: edited, grouped, selected; or read back as it was recorded.
 *
 *     struct tl_dataset_wish wish;
 *     tl_dataset_wish_init(&wish);  wish.classes = "rain,shine"; ...
 *     tl_dataset_read(&dataset, store, &wish, feature_set_id, feature_count, err);
 *     ... dataset.selection ...
 *     tl_dataset_release(&dataset);
 *
 * No file, photo or label is changed by any wish.
 */
#ifndef TL_TRAIN_DATASET_H
#define TL_TRAIN_DATASET_H

#include "common/store/store_recorded.h"
#include "train/data/grouping_wish.h"
#include "train/data/select.h"

/* Words of the command line, borrowed; NULL where nothing was said. */
struct tl_dataset_wish {
    const char *label_set;
    const char *split;         /* "folder" (the default), "hash", "hash:VAL,TEST", "none" */
    const char *group_by;      /* grouping_wish.h */
    const char *classes;       /* "a,b": only these, in this order */
    const char *const *merges; /* "new=a,b" each */
    size_t merge_count;
    const char *exclude_where; /* SQL over the columns of the view photos */
    enum tl_select_validation validation;
    double fraction;
    size_t fold_count;
    uint64_t fold_seed;
};

struct tl_dataset {
    struct tl_selection *selection;
    size_t excluded_count; /* labels that exclude_where left out */
    size_t other_count;    /* labels of classes that were not wished for */
    char *recipe;          /* the wish as a JSON object */
    char *group_by;        /* as in the wish, or "near-duplicates"; "none" */
    /* What the selection points into. */
    struct tl_store_label *labels;
    char *words;
    const char **names;
    struct tl_store_recorded recorded;
};

/* The default set and splits, near-duplicates together, validation as AUTO with a fifth. */
void tl_dataset_wish_init(struct tl_dataset_wish *out);
/* Whether the words mean something, before any store is opened. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_dataset_wish_check(const struct tl_dataset_wish *wish, struct tl_error *err);

/* The photos that have features in the set. The caller releases *out, also after a failure. Fails with: TL_NOT_FOUND (no labels),
 * TL_BAD_INPUT (nothing to train on; words, patterns, SQL or classes that mean nothing), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_dataset_read(struct tl_dataset *out, tl_store *store, const struct tl_dataset_wish *wish,
                                           int64_t feature_set_id, size_t feature_count, struct tl_error *err);

/* The data set as a run had it: contents, classes, roles, folds, groups, whatever labels, folders and program say today. Features
 * are then to be loaded with has_missing (samples.h), and what is gone is named there. The caller releases *out, also after a
 * failure. Fails with: TL_NOT_FOUND (no such data set), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_dataset_read_recorded(struct tl_dataset *out, tl_store *store, int64_t dataset_id,
                                                    struct tl_error *err);

void tl_dataset_release(struct tl_dataset *dataset);

#endif
