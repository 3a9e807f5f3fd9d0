/* repeat.h - a run made again from its rows: the same photos, features and course, and whether the same head comes of them.
 *
 *     tl_repeat_wish(&wish, &course, &words, run, err);     what to read, what to fit
 *     ... tl_material_read(), tl_trial_run() ...
 *     tl_repeat_compare(&likeness, outcome.head, &stored);
 *
 * It gives the same bits, also after photos were added, removed or relabelled, as long as the features are in the store and the
 * program's arithmetic of fitting is the one of then.
 */
#ifndef TL_TRAIN_REPEAT_H
#define TL_TRAIN_REPEAT_H

#include "train/experiment/material.h"
#include "train/experiment/outcome.h"

/* `run` is borrowed by *out_wish. The course borrows *out_words, which the caller frees. Fails with: TL_BAD_INPUT (an option that
 * this program does not know), TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_repeat_wish(struct tl_material_wish *out_wish, struct tl_course *out_course, char **out_words,
                                          const struct tl_store_run_row *run, struct tl_error *err);

struct tl_repeat_likeness {
    size_t value_count, different_count; /* of kernels and biases; compared as bits */
    double largest_difference;
    bool has_shape; /* false: not even the shape is the same; then nothing else is said */
};
void tl_repeat_compare(struct tl_repeat_likeness *out, const struct tl_head *head, const struct tl_store_chosen_head *stored);

#endif
