/* train_options.h - tl-train's command line: the rows of its options, and what may stand together.
 */
#ifndef TL_TRAIN_TRAIN_OPTIONS_H
#define TL_TRAIN_TRAIN_OPTIONS_H

#include "common/base/options.h"
#include "train/experiment/material.h"

enum { TL_TRAIN_OPTION_MAX = 64 };

struct tl_train_options {
    /* The course, and after the check its members as one. */
    long epochs, batch_size, hidden, patience, seed;
    double learning_rate, momentum, tolerance, l2, dropout;
    int pool, transform, initial, variants, solver, monitor; /* indices of the names that settings have */
    const char *class_weights;
    bool is_keras, has_no_refit, has_calibration;
    struct tl_course course;
    /* The data, and after the check as one. */
    const char *validation, *features, *augment, *label_set;
    struct tl_dataset_wish data; /* what the rows fill in; wish.data is all of it */
    struct tl_option_list merges;
    struct tl_material_wish wish;
    /* Many runs. */
    struct tl_option_list sweep;
    long trials, folds; /* 0: none */
    int keep_heads;     /* 1: all */
    bool is_auto;
    const char *budget;
    double budget_seconds; /* after the check */
    /* What else is done, and what with the results. At most one of these actions; none: train. */
    const char *use, *compare, *repeat, *export, *import;
    const char *run, *weights; /* of an export: which head, and the network's weights; run also of a report */
    int takes_bytes;           /* of an export: index of "float", "uint8" */
    const char *report;
    struct tl_option_list plots;
    bool has_list;
    const char *name, *memory;
    long threads; /* 0: as many as there are */
    bool is_json, is_quiet;
    bool given[TL_TRAIN_OPTION_MAX];
    struct tl_option rows[TL_TRAIN_OPTION_MAX]; /* point into this struct, which must therefore stay where it is */
    size_t row_count;
};

/* The defaults and the rows. */
void tl_train_options_init(struct tl_train_options *options);

/* Whether the option whose target this is was given. */
bool tl_train_options_is_given(const struct tl_train_options *options, const void *target);

/* After parsing: the operands that the action takes, no options that contradict each other; settles what depends on others.
 * Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_train_options_check(struct tl_train_options *options, const struct tl_operands *operands,
                                                  struct tl_error *err);

#endif
