/* gram_solve.h - softmax problems over rows of one Gram matrix, several at once: fits of folds, penalties, class weights.
 *
 *     tl_lbfgs_rows_init(&rows[k], &views[k], course, L, err);         a view of the samples with the roles of fold k
 *     problems[k] = (struct tl_gram_problem){{N, L, rows[k].classes, rows[k].weights}, scale, l2, tolerance, iterations};
 *     struct tl_gram_solution solutions[5];
 *     tl_gram_solve(solutions, problems, 5, gram, team, err);
 *     ... solutions[k].logits[l * N + n] of every row n, held out or not: no kernel is needed for them ...
 *     tl_gram_solution_give_head(&solutions[k], head, matrix, team, err);     kernel = X^T A, for a head that is kept
 *     tl_gram_solution_release(&solutions[k]);
 *
 * A problem's solution is the same to the bit whichever others are solved beside it and for any number of threads; it is what
 * tl_lbfgs_fit_head() would fit to the same rows, up to rounding. Problems go down together, so that one reading of the Gram matrix
 * serves all: five folds cost little more than one fit. Fit all folds and settings that are known in one call.
 */
#ifndef TL_TRAIN_GRAM_SOLVE_H
#define TL_TRAIN_GRAM_SOLVE_H

#include "common/head/head.h"
#include "train/fit/descent.h"
#include "train/fit/gram.h"

/* Borrowed for the call. */
struct tl_gram_problem {
    struct tl_slope_rows rows; /* row_count is the Gram's: classes and weights of its rows; lbfgs_rows.h makes them */
    double scale;              /* features are divided by it */
    double l2, tolerance;      /* as in tl_course */
    long iterations;           /* at most */
};

struct tl_gram_solution {
    size_t row_count, class_count;
    double scale;
    double *coefficients; /* (L, N) owned: kernel = X^T A / scale; 0 where the weight is 0 */
    double *bias;         /* (L), owned with them */
    double *logits;       /* (L, N), owned: of all rows */
    double loss, penalty; /* the weighted sum of cross-entropies, and l2 sum(kernel^2) */
    double gradient_norm;
    long iterations;
    enum tl_descent_end end;
};

/* On failure all solutions are empty. Fails with: TL_BAD_INPUT (a problem whose rows are all of one class, or that has none),
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gram_solve(struct tl_gram_solution *out, const struct tl_gram_problem *problems, size_t count,
                                         const struct tl_gram *gram, tl_team *team, struct tl_error *err);
void tl_gram_solution_release(struct tl_gram_solution *solution);

/* Puts kernel and bias into a head of L classes and of as many kernel rows as the matrix has columns; the head's transform and
 * scale are the caller's to set. Fails with: TL_CORRUPT (weights that are not finite), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gram_solution_give_head(const struct tl_gram_solution *solution, struct tl_head *head,
                                                      const struct tl_matrix *matrix, tl_team *team, struct tl_error *err);
TL_MUST_USE enum tl_status tl_gram_give_head(struct tl_head *head, const double *coefficients, const double *bias,
                                             const struct tl_matrix *matrix, double scale, tl_team *team, struct tl_error *err);

#endif
