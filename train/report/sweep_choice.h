/* sweep_choice.h - which options the runs of a sweep differ in, and the values of each, in order.
 *
 *     count = tl_sweep_find_choices(choices, &findings.sweep);
 *     ... tl_sweep_get_place(&choices[c], &findings.sweep, run) ...
 */
#ifndef TL_TRAIN_SWEEP_CHOICE_H
#define TL_TRAIN_SWEEP_CHOICE_H

#include <stdbool.h>

#include "common/store/store_account.h"

enum { TL_SWEEP_CHOICES_MAX = 4, TL_SWEEP_VALUES_MAX = 8 };

/* One option. Few values stand side by side; of many numbers the axis is one of numbers, by logarithms where they span far. */
struct tl_sweep_choice {
    const char *name;                        /* the option's word; static */
    size_t column;                           /* of the rows */
    const char *values[TL_SWEEP_VALUES_MAX]; /* borrowed, in order; numbers by size */
    size_t value_count;                      /* TL_SWEEP_VALUES_MAX + 1: many */
    bool is_number, is_logarithmic;
    double min, max;                         /* of many numbers, as they stand on the axis */
};

/* Those with two values or more among validated runs, the most varied first, at most TL_SWEEP_CHOICES_MAX. */
size_t tl_sweep_find_choices(struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX], const struct tl_store_run_rows *rows);

/* Where a run stands on the choice's axis: the index of its value, or of many numbers the number itself or its logarithm.
 * NaN: it has no value. */
double tl_sweep_get_place(const struct tl_sweep_choice *choice, const struct tl_store_run_rows *rows, size_t run);

/* A text as a number, NaN where it is none; a column's value likewise. */
double tl_sweep_parse(const char *text);
double tl_sweep_get_number(const struct tl_store_run_rows *rows, size_t run, const char *column);

#endif
