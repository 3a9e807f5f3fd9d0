/* label_edits.h - labels as a wish wants to see them: classes merged, classes chosen, photos left out.
 *
 * The store's own stay as they are.
 */
#ifndef TL_TRAIN_LABEL_EDITS_H
#define TL_TRAIN_LABEL_EDITS_H

#include <stddef.h>

#include "common/store/store_sample.h"

/* Cuts `words`, which is changed, at its commas into `out`, which has room for a word a comma and one more. Fails with:
 * TL_BAD_INPUT (an empty word, one twice); `option` is for the message. */
TL_MUST_USE enum tl_status tl_label_edits_cut(const char **out, size_t *out_count, char *words, const char *option,
                                              struct tl_error *err);

/* Photos of the classes `old` are of the class `merged` from now on, which lives as long as the labels. Fails with: TL_BAD_INPUT
 * (no photo is of one of them). */
TL_MUST_USE enum tl_status tl_label_edits_merge(struct tl_store_label *labels, size_t count, const char *merged,
                                                const char *const *old, size_t old_count, struct tl_error *err);

/* Keeps the labels of these classes; returns through *count how many. Fails with: TL_BAD_INPUT (no photo is of one of them). */
TL_MUST_USE enum tl_status tl_label_edits_choose(struct tl_store_label *labels, size_t *count, const char *const *classes,
                                                 size_t class_count, struct tl_error *err);

/* Drops the labels for which the SQL expression is true. Fails with: TL_BAD_INPUT (no such expression), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_label_edits_exclude(struct tl_store_label *labels, size_t *count, tl_store *store,
                                                  const char *label_set, const char *expression, struct tl_error *err);

#endif
