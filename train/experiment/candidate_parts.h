/* candidate_parts.h - what the parts of candidates measured, put together to what the candidates measured, and told in order.
 *
 *     tl_candidate_parts_init(&parts, candidates, order, count, bench, wish, err);
 *     tl_candidate_parts_open(&parts, candidate, err);                         before the first of its parts
 *     tl_candidate_part_measure(&part, &attempt, &view, variants, err);    or filled in otherwise
 *     tl_candidate_parts_put(&parts, candidate, k, &part);                     what was measured, if it was
 *     tl_candidate_parts_finish(&parts, candidate, 1);                         a part is over, measured or not
 *
 * All but measuring from one thread at a time.
 */
#ifndef TL_TRAIN_CANDIDATE_PARTS_H
#define TL_TRAIN_CANDIDATE_PARTS_H

#include "train/experiment/attempt.h"
#include "train/experiment/candidates.h"

struct tl_candidate_parts {
    struct tl_candidate *candidates;
    struct tl_candidate *const *order; /* of telling */
    size_t count, told_count;
    const struct tl_workbench *bench;
    const struct tl_candidates_wish *wish;
    size_t *left_counts, *put_counts; /* (count) parts of each candidate: not over yet; measured */
    size_t measured_count;
    size_t *positions; /* a photo's among those measured */
};

struct tl_candidate_part {
    struct tl_evaluation evaluation;
    double *probabilities;          /* (N of the part, L), owned, as the history */
    struct tl_store_epoch *history; /* NULL: none */
    long epoch_count, best_epoch;
    double gradient_norm, scale;
    size_t vector_count;
};

/* All borrowed. Fails with: TL_NO_MEMORY; releasing is allowed then too. */
TL_MUST_USE enum tl_status tl_candidate_parts_init(struct tl_candidate_parts *out, struct tl_candidate *candidates,
                                                   struct tl_candidate *const *order, size_t count,
                                                   const struct tl_workbench *bench, const struct tl_candidates_wish *wish,
                                                   struct tl_error *err);
void tl_candidate_parts_release(struct tl_candidate_parts *parts);

/* Room for the candidate's results; again is fine. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_candidate_parts_open(const struct tl_candidate_parts *parts, struct tl_candidate *candidate,
                                                   struct tl_error *err);

/* Takes the history out of the part. */
void tl_candidate_parts_put(struct tl_candidate_parts *parts, struct tl_candidate *candidate, size_t part,
                            struct tl_candidate_part *result);
void tl_candidate_parts_finish(struct tl_candidate_parts *parts, struct tl_candidate *candidate, size_t part_count);

/* What the attempt's head says of the view's validation photos; takes the attempt's history. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_candidate_part_measure(struct tl_candidate_part *out, struct tl_attempt *attempt,
                                                     const struct tl_samples *view, enum tl_fit_variants variants,
                                                     struct tl_error *err);
void tl_candidate_part_release(struct tl_candidate_part *part);

#endif
