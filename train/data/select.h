/* select.h - labels -> the data set of a run: which photos train, which choose, which only report, and which are left out.
 *
 * A pure function of the labels, the groups and the wish; it knows no features, no ids and, but for folds, no seed, so that runs
 * with different seeds see the same photos. What it decides, a content (the bytes of a photo, however many places it has) at a
 * time:
 *
 *   - Under two classes: left out, until somebody says what it is.
 *   - In more than one split: on the evaluation side (test before val before train), so that no photo is tried that was trained on.
 *   - Classes are those with a photo to train on, in the order of their bytes, or as listed. A photo of another class is left out:
 *     a head cannot name what it never saw.
 *   - Validation is the val split where there is one; else a share of the training photos of each class, drawn by groups on their
 *     first content, and never all of a class (draw.h). With folds there is no validation beside them: each fold is measured by the
 *     head that the others make, and photos of a val split are among them.
 *   - Splits that were given stay as they are, whatever the groups; what they leak is counted. Splits by hash put all of a group on
 *     one side.
 */
#ifndef TL_TRAIN_SELECT_H
#define TL_TRAIN_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/store_sample.h"
#include "train/data/grouping.h"

enum tl_role { TL_ROLE_TRAIN, TL_ROLE_VALIDATION, TL_ROLE_TEST };
enum { TL_ROLE_COUNT = 3 };
extern const char *const tl_role_names[]; /* "train", "validation", "test", NULL */

enum tl_select_validation {
    TL_SELECT_AUTO,    /* the val split where there is one, else the share */
    TL_SELECT_SPLIT,   /* the val split, which has to be there */
    TL_SELECT_FRACTION /* the share of the training photos; a val split is left out */
};
enum tl_select_split {
    TL_SELECT_FOLDERS, /* as the labels have it */
    TL_SELECT_HASH,    /* by the groups' first content */
    TL_SELECT_NO_SPLIT /* all photos are for training */
};
struct tl_select_wish {
    enum tl_select_validation validation;
    double fraction; /* in [0, 1); 0: no validation */
    enum tl_select_split split;
    double hash_validation, hash_test; /* shares that TL_SELECT_HASH takes, together below 1 */
    size_t fold_count;                 /* 0, or at least 2 */
    uint64_t fold_seed;
    const char *const *class_names; /* the only ones, in this order; NULL: all there are */
    size_t class_count;
};
enum { TL_SELECT_FOLDS_MAX = 1000 };
static const uint32_t TL_SELECT_NO_FOLD = UINT32_MAX;

struct tl_selected {
    const struct tl_store_label *label; /* the first of the content's places */
    uint32_t class_index;
    enum tl_role role;
    uint32_t group; /* 0: alone; else the number, from 1 on, of a group of several samples */
    uint32_t fold;  /* TL_SELECT_NO_FOLD where there are none, and for test photos */
    bool has_copy;  /* validation and test: training has a photo of the same group; the share that is to train later counts too */
};

enum tl_left_out_reason { TL_LEFT_OUT_CONFLICT, TL_LEFT_OUT_UNTRAINED_CLASS, TL_LEFT_OUT_UNUSED_SPLIT };
struct tl_left_out {
    const struct tl_store_label *labels; /* all of the content, next to each other */
    size_t label_count;
    enum tl_left_out_reason reason;
};

/* Strings and labels are borrowed from the labels given. */
struct tl_selection {
    const char **class_names;
    size_t class_count;
    struct tl_selected *samples; /* by sha256 */
    size_t sample_count;
    struct tl_left_out *left_out; /* by sha256 */
    size_t left_out_count;
    size_t *counts;            /* [role * class_count + class] photos */
    size_t fold_count;         /* 0: no folds */
    size_t group_count;        /* groups of several samples */
    size_t copied_counts[TL_ROLE_COUNT]; /* samples that have a copy in training */
    size_t repeated_count;     /* places beyond the first of contents that are samples */
    size_t both_sides_count;   /* samples that are in more than one split */
    bool has_validation_split; /* validation is the val split, not a share */
    bool is_split_by_hash;     /* the splits are drawn, not given */
    const char *group_by;      /* --group-by's words; NULL: nobody asked */
    const char *recipe_json;   /* how the data set was made; NULL: nobody says */
};

/* `labels` as tl_store_list_labels() gives them; `grouping` is of the same labels, NULL: each content alone. The caller frees *out
 * with tl_selection_free(). Fails with: TL_NOT_FOUND (no labels), TL_BAD_INPUT (nothing to train on, one class only, no val split,
 * a class too small for the folds), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_select_samples(struct tl_selection **out, const struct tl_store_label *labels, size_t label_count,
                                             const struct tl_grouping *grouping, const struct tl_select_wish *wish,
                                             struct tl_error *err);
void tl_selection_free(struct tl_selection *selection);

/* Of samples whose `group` is a key below key_count, equal for those that belong together: numbers the groups, marks and counts
 * copies. In tl_select_samples() already. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_select_note_groups(struct tl_selection *selection, size_t key_count, struct tl_error *err);

/* Gives all samples but the test's a fold, anew. In tl_select_samples() already. Fails with: TL_BAD_INPUT (a class whose photos
 * would all be in one fold), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_select_folds(struct tl_selection *selection, size_t fold_count, uint64_t seed, struct tl_error *err);

/* A number that samples which belong together share: a sample alone has its own. */
uint32_t tl_selection_group(const struct tl_selection *selection, size_t sample_index);

/* Photos of a role. */
size_t tl_selection_count(const struct tl_selection *selection, enum tl_role role);

#endif
