/* train_options.h - tl-train's command line: the rows of its options, and what may stand together.
 */
#ifndef TL_TRAIN_TRAIN_OPTIONS_H
#define TL_TRAIN_TRAIN_OPTIONS_H

#include "common/base/options.h"
#include "train/data/dataset.h"
#include "train/fit/fit.h"

enum { TL_TRAIN_OPTION_COUNT = 23 };

struct tl_train_options {
    long epochs, batch_size, seed;
    double learning_rate, l2;
    int transform, variants; /* indices of tl_head_transform_names and tl_fit_variants_names */
    const char *name, *validation, *features, *augment, *label_set, *use;
    bool is_keras, has_no_refit, is_json, is_quiet;
    struct tl_select_wish wish; /* what `validation` means, after the check */
    struct tl_dataset_wish data; /* of which label_set, merges, validation and fraction stand in this struct */
    struct tl_option_list merges;
    bool given[TL_TRAIN_OPTION_COUNT];
    struct tl_option rows[TL_TRAIN_OPTION_COUNT]; /* point into this struct, which must therefore stay where it is */
    size_t row_count;
};

/* The defaults and the rows. */
void tl_train_options_init(struct tl_train_options *options);

/* After parsing: one STORE, no options that contradict each other; settles what depends on others.
 * Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_train_options_check(struct tl_train_options *options, const struct tl_operands *operands,
                                                  struct tl_error *err);

#endif
