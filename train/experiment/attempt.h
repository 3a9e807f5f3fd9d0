/* attempt.h - one fit of one course: a head from its start to its end, whatever the solver.
 *
 *     tl_attempt_fit(&attempt, samples, &course, &setup, err);
 *     ... attempt.head, attempt.history[0 .. epoch_count) ...
 *     tl_attempt_release(&attempt);
 *
 * The same samples and course give the same head, to the bit.
 */
#ifndef TL_TRAIN_ATTEMPT_H
#define TL_TRAIN_ATTEMPT_H

#include "train/fit/fit.h"
#include "train/fit/gram.h"

struct tl_attempt {
    struct tl_head *head; /* owned, as the history */
    struct tl_store_epoch *history;
    long epoch_count;
    long best_epoch;      /* whose head it is, from 1; 0: the last, nothing was monitored */
    double gradient_norm; /* of L-BFGS; else NaN */
};

struct tl_attempt_setup {
    size_t feature_count, channel_count; /* of the vectors as stored */
    const char *const *class_names;
    size_t class_count;
    const struct tl_gram *gram;   /* of the samples' matrix, for L-BFGS where it pays; else NULL */
    const struct tl_fit_aid *aid; /* NULL: this thread alone, nobody is told */
};

/* The samples' matrix is pooled and transformed as the course has it. On failure *out is empty. Fails with: as tl_fit_head()
 * and tl_lbfgs_fit_head(). */
TL_MUST_USE enum tl_status tl_attempt_fit(struct tl_attempt *out, const struct tl_samples *samples,
                                          const struct tl_course *course, const struct tl_attempt_setup *setup,
                                          struct tl_error *err);
void tl_attempt_release(struct tl_attempt *attempt);

#endif
