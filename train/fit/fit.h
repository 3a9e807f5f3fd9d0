/* fit.h - fitting a softmax head to samples: epochs, shuffles, batches.
 *
 *     tl_head_create(&head, ...);  head->transform = samples->matrix->transform;
 *     tl_fit_start(head, samples, &course, err);
 *     tl_fit_head(&result, head, history, samples, &course, &aid, err);
 *
 * The head's kernel and bias are where training starts. Losses are cross-entropies without the L2 penalty, so that runs compare;
 * an epoch's `loss` and `accuracy` are means over its samples as each batch saw them, before its step, as Keras prints them, the
 * losses times the class weights; `val_*` are those of the validation photos after the epoch, each counting once.
 *
 * The head ends as the last epoch's, or, where the course monitors something and there are validation photos, as that of the
 * best epoch: the first of which none is strictly better, as Keras's EarlyStopping restores it. With a patience of P the fit ends
 * after P epochs without a better one.
 *
 * The same samples, course and start give the same head, byte for byte, for any number of threads. Designed for 1,000 to 100,000
 * sparse vectors of 25,088 and a handful of classes, where the time goes into Adam's pass over all weights once a batch.
 */
#ifndef TL_TRAIN_FIT_H
#define TL_TRAIN_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/team.h"
#include "common/head/head.h"
#include "common/store/store_run.h"
#include "train/data/samples.h"
#include "train/fit/course.h"

/* The constant by which features are divided: root mean square norm of the training vectors / 28; 1 when all are zero. */
double tl_fit_measure_scale(const struct tl_samples *samples, enum tl_fit_variants variants);

/* The same of samples that may be streamed: where a window does not hold all, of the vectors of one window. Fails with: as
 * tl_stream_next(), where they are; *out is then 1. */
TL_MUST_USE enum tl_status tl_fit_find_scale(double *out, const struct tl_samples *samples, enum tl_fit_variants variants,
                                             struct tl_error *err);

/* Keras's glorot_uniform for each kernel: uniform in [-a, a], a = sqrt(6 / (rows + columns)); biases zero. */
void tl_fit_init_glorot(struct tl_head *head, uint64_t seed);

/* Scale and weights as the course starts them, in a head of zeros: the scale measured, or 1 where course->is_glorot; weights zero,
 * or drawn where course->is_glorot or the head has a hidden layer, which could not learn from zeros. Fails with:
 * as tl_fit_find_scale(). */
TL_MUST_USE enum tl_status tl_fit_start(struct tl_head *head, const struct tl_samples *samples, const struct tl_course *course,
                                        struct tl_error *err);

/* Vectors that one epoch goes through. */
size_t tl_fit_count_vectors(const struct tl_samples *samples, enum tl_fit_variants variants);

/* After each epoch, counted from 1. */
typedef void tl_fit_epoch_callback(void *context, long epoch, const struct tl_store_epoch *result);

struct tl_fit_aid {
    tl_team *team; /* NULL: the caller's thread alone */
    tl_fit_epoch_callback *each_epoch; /* NULL: nobody is told */
    void *context;
};

struct tl_fit_result {
    long epoch_count; /* of the history that were run */
    long best_epoch;  /* whose head it is, from 1 */
};

/* `history` has room for course->epochs; `aid` and `out` may be NULL. The solver is Adam or gradient descent. On failure the head's
 * values are unspecified. Fails with: TL_BAD_INPUT (training diverged: a loss or weight that is not finite), TL_NO_MEMORY, and
 * as tl_stream_next() where samples are streamed. */
TL_MUST_USE enum tl_status tl_fit_head(struct tl_fit_result *out, struct tl_head *head, struct tl_store_epoch *history,
                                       const struct tl_samples *samples, const struct tl_course *course,
                                       const struct tl_fit_aid *aid, struct tl_error *err);

#endif
