/* run_comparison.h - two runs side by side: which options differ, their figures, and which photos only one has right.
 *
 *     tl_run_comparison_read(&comparison, store, "3", "mild", err);
 *     tl_run_comparison_write(stdout, comparison, err);        or: tl_run_comparison_append_json(&text, comparison)
 *     tl_run_comparison_free(comparison);
 *
 * Differences are taken over the photos that measured both and were trained on by neither: those of validation or folds in one
 * part, those of the test in another. A photo counts where both runs call it by the same class.
 */
#ifndef TL_TRAIN_RUN_COMPARISON_H
#define TL_TRAIN_RUN_COMPARISON_H

#include <stdio.h>

#include "common/base/text.h"
#include "common/store/store_run_list.h"
#include "train/fit/comparison.h"

/* A photo that only one has right. */
struct tl_run_disagreement {
    const char *path, *true_class; /* borrowed from the judgements */
    const char *first_says, *second_says; /* owned by the comparison */
    bool first_is_right;
};

struct tl_run_part {
    size_t photo_count;              /* common ones */
    double accuracies[2], losses[2]; /* of the two runs on these */
    struct tl_comparison comparison; /* second less first */
    struct tl_run_disagreement *disagreements; /* owned */
    size_t disagreement_count;
};

enum { TL_RUN_PARTS = 2 }; /* what chooses: validation and folds; and the test */

struct tl_run_comparison {
    struct tl_store_run_row *runs[2];
    struct tl_store_judgement *judgements[2];
    size_t judgement_counts[2];
    char **class_names; /* all that either run knows, in the order of first meeting */
    size_t class_count;
    struct tl_run_part parts[TL_RUN_PARTS];
};

/* The caller frees *out. Fails with: TL_NOT_FOUND, TL_BAD_INPUT (as tl_store_get_run()), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_run_comparison_read(struct tl_run_comparison **out, tl_store *store, const char *first,
                                                  const char *second, struct tl_error *err);
void tl_run_comparison_free(struct tl_run_comparison *comparison);

/* Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_run_comparison_write(FILE *file, const struct tl_run_comparison *comparison, struct tl_error *err);
/* One object without a newline. */
void tl_run_comparison_append_json(struct tl_text *text, const struct tl_run_comparison *comparison);

#endif
