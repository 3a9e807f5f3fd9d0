/* evaluate.h - what a head says of the plain photos of one role: loss, accuracy, confusion, probabilities.
 *
 * The sums are those of tl_head_logits_of_input(), so that classifying the same features later gives the same probabilities to
 * the bit.
 */
#ifndef TL_TRAIN_EVALUATE_H
#define TL_TRAIN_EVALUATE_H

#include "common/head/head.h"
#include "train/data/samples.h"

struct tl_evaluation {
    size_t photo_count; /* N; with none, loss and accuracy are NaN */
    double loss;        /* mean cross-entropy */
    double accuracy;
};

/* `confusion` (L, L), may be NULL: [true * L + predicted] photos. `probabilities` (N, L), may be NULL: a row for each photo
 * of the role, in order. Both are the caller's and overwritten. Fails with: TL_NO_MEMORY, and as tl_stream_next() where
 * samples are streamed. */
TL_MUST_USE enum tl_status tl_evaluate_role(struct tl_evaluation *out, int64_t *confusion, double *probabilities,
                                            const struct tl_head *head, const struct tl_samples *samples, enum tl_role role,
                                            struct tl_error *err);

#endif
