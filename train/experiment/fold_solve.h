/* fold_solve.h - the folds of convex candidates through one Gram matrix: all problems of a few candidates go down together.
 */
#ifndef TL_TRAIN_FOLD_SOLVE_H
#define TL_TRAIN_FOLD_SOLVE_H

#include "train/experiment/candidate_parts.h"

/* Whether a course is such a problem. */
bool tl_fold_solve_can(const struct tl_course *course);

/* How many candidates fit into some 64 MiB at once; at least 1. `gram` may be NULL. */
size_t tl_fold_solve_count_at_once(const struct tl_workbench *bench, const struct tl_gram *gram);

/* Puts all parts of the candidates, which are opened; a candidate that cannot be fitted has its failure set instead. Finishes
 * none. The bench has folds. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_fold_solve(struct tl_candidate *const *candidates, size_t count, const struct tl_workbench *bench,
                                         const struct tl_matrix *matrix, const struct tl_gram *gram,
                                         struct tl_candidate_parts *parts, struct tl_error *err);

#endif
