/* select.h - labels -> the data set of a run: which photos train, which choose, which only report, and which are left out.
 *
 * A pure function of the labels and the wish for validation; it knows no features, no ids and no seed, so that runs with
 * different seeds see the same photos. What it decides, a content (the bytes of a photo, however many places it has) at a time:
 *
 *   - Under two classes: left out, until somebody says what it is.
 *   - In more than one split: on the evaluation side (test before val before train), so that no photo is tried that was trained on.
 *   - Classes are those with a photo to train on, in the order of their bytes. A photo of another class is left out: a head cannot
 *     name what it never saw.
 *   - Validation is the val split where there is one; else a share of the training photos of each class, rounded to nearest, drawn
 * by tl_random_draw() on the content with seed 0, and never all of a class.
 */
#ifndef TL_TRAIN_SELECT_H
#define TL_TRAIN_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/store_sample.h"

enum tl_role { TL_ROLE_TRAIN, TL_ROLE_VALIDATION, TL_ROLE_TEST };
enum { TL_ROLE_COUNT = 3 };
extern const char *const tl_role_names[]; /* "train", "validation", "test", NULL */

enum tl_select_validation {
    TL_SELECT_AUTO,    /* the val split where there is one, else the share */
    TL_SELECT_SPLIT,   /* the val split, which has to be there */
    TL_SELECT_FRACTION /* the share of the training photos; a val split is left out */
};
struct tl_select_wish {
    enum tl_select_validation validation;
    double fraction; /* in [0, 1); 0: no validation */
};

struct tl_selected {
    const struct tl_store_label *label; /* the first of the content's places */
    uint32_t class_index;
    enum tl_role role;
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
    size_t repeated_count;     /* places beyond the first of contents that are samples */
    size_t both_sides_count;   /* samples that are in more than one split */
    bool has_validation_split; /* validation is the val split, not a share */
};

/* `labels` as tl_store_list_labels() gives them. The caller frees *out with tl_selection_free(). Fails with: TL_NOT_FOUND (no
 * labels), TL_BAD_INPUT (nothing to train on, one class only, no val split), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_select_samples(struct tl_selection **out, const struct tl_store_label *labels, size_t label_count,
                                             const struct tl_select_wish *wish, struct tl_error *err);
void tl_selection_free(struct tl_selection *selection);

/* Photos of a role. */
size_t tl_selection_count(const struct tl_selection *selection, enum tl_role role);

#endif
