/* bench_train_convex.c - verbs of bench_train: the regularised convex problem by L-BFGS, through a Gram matrix and without. */
#include <stdlib.h>

#include "bench_train.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/team.h"
#include "train/fit/gram_solve.h"
#include "train/fit/lbfgs.h"
#include "train/fit/lbfgs_rows.h"

enum { ITERATIONS = 1000, FOLDS = 5 };
static const double L2 = 1e-3;

/* What a verb works with; made before the clock starts. */
struct convex {
    tl_team *team;
    struct tl_course course;
    struct tl_head *head;
    struct tl_store_epoch *history;
};

static enum tl_status prepare(struct convex *convex, const struct bench_train *bench, const char *argument, struct tl_error *err)
{
    const size_t thread_count = argument[0] ? strtoul(argument, NULL, 10) : 1;
    enum tl_status status = tl_team_create(&convex->team, thread_count > 0 ? thread_count : 1, err);

    tl_course_init(&convex->course);
    convex->course.variants = TL_FIT_PLAIN;
    convex->course.solver = TL_COURSE_LBFGS;
    convex->course.epochs = ITERATIONS;
    convex->course.l2 = L2;
    convex->history = tl_memory_alloc(ITERATIONS, sizeof *convex->history);
    if (status == TL_OK && !convex->history)
        status = tl_error_set_no_memory(err, "the epochs", ITERATIONS * sizeof *convex->history);
    return status == TL_OK ? tl_bench_make_head(&convex->head, bench->samples, err) : status;
}

static void release(struct convex *convex)
{
    tl_team_free(convex->team);
    tl_head_free(convex->head);
    tl_memory_free(convex->history);
}

static enum tl_status fit(struct tl_text *answer, struct convex *convex, const struct bench_train *bench,
                          const struct tl_gram *gram, double start, struct tl_error *err)
{
    const struct tl_fit_aid aid = {.team = convex->team};
    struct tl_lbfgs_result result;
    enum tl_status status =
        tl_lbfgs_fit_head(&result, convex->head, convex->history, bench->samples, &convex->course, gram, &aid, err);

    if (status == TL_OK)
        tl_text_append_format(answer, "%.6f %.12f %ld", tl_system_seconds() - start, result.objective, result.epoch_count);
    return status;
}

/* Each verb's `argument`: threads; without it one. They answer seconds, the objective and the iterations. */
static enum tl_status run_with_gram(struct tl_text *answer, const struct bench_train *bench, const char *argument, bool is_at_hand,
                                    struct tl_error *err)
{
    struct convex convex = {.team = NULL};
    struct tl_gram *gram = NULL;
    double start;
    enum tl_status status = prepare(&convex, bench, argument, err);

    start = tl_system_seconds();
    if (status == TL_OK)
        status = tl_gram_create(&gram, bench->samples->matrix, convex.team, err);
    if (is_at_hand)
        start = tl_system_seconds();
    if (status == TL_OK)
        status = fit(answer, &convex, bench, gram, start, err);
    tl_gram_free(gram);
    release(&convex);
    return status;
}

static enum tl_status run_built(struct tl_text *answer, const struct bench_train *bench, const char *argument, struct tl_error *err)
{
    return run_with_gram(answer, bench, argument, false, err);
}

static enum tl_status run_at_hand(struct tl_text *answer, const struct bench_train *bench, const char *argument,
                                  struct tl_error *err)
{
    return run_with_gram(answer, bench, argument, true, err);
}

static enum tl_status run_primal(struct tl_text *answer, const struct bench_train *bench, const char *argument,
                                 struct tl_error *err)
{
    struct convex convex = {.team = NULL};
    enum tl_status status = prepare(&convex, bench, argument, err);

    if (status == TL_OK)
        status = fit(answer, &convex, bench, NULL, tl_system_seconds(), err);
    release(&convex);
    return status;
}

/* Fold k holds out the photos n with n / 4 mod 5 = k, so that all have each class alike. */
static enum tl_status solve_folds(double *objective, struct convex *convex, const struct bench_train *bench,
                                  const struct tl_gram *gram, struct tl_error *err)
{
    static double weights[FOLDS][BENCH_PHOTOS];
    static uint32_t classes[BENCH_PHOTOS];
    struct tl_gram_problem problems[FOLDS];
    struct tl_gram_solution solutions[FOLDS];
    enum tl_status status;

    for (size_t k = 0; k < FOLDS; k++) {
        size_t count = 0;

        for (size_t n = 0; n < BENCH_PHOTOS; n++) {
            classes[n] = bench->samples->items[n].class_index;
            count += n / BENCH_CLASSES % FOLDS != k;
        }
        for (size_t n = 0; n < BENCH_PHOTOS; n++)
            weights[k][n] = n / BENCH_CLASSES % FOLDS != k ? 1 / (double)count : 0;
        problems[k] = (struct tl_gram_problem){{BENCH_PHOTOS, BENCH_CLASSES, classes, weights[k]},
                                               convex->head->scale, L2, convex->course.tolerance, ITERATIONS};
    }
    status = tl_gram_solve(solutions, problems, FOLDS, gram, convex->team, err);
    *objective = 0;
    for (size_t k = 0; k < FOLDS; k++) {
        *objective += (solutions[k].loss + solutions[k].penalty) / FOLDS;
        tl_gram_solution_release(&solutions[k]);
    }
    return status;
}

/* Five folds, the Gram matrix built; the mean objective. */
static enum tl_status run_folds(struct tl_text *answer, const struct bench_train *bench, const char *argument, struct tl_error *err)
{
    struct convex convex = {.team = NULL};
    struct tl_gram *gram = NULL;
    double start, objective;
    enum tl_status status = prepare(&convex, bench, argument, err);

    start = tl_system_seconds();
    if (status == TL_OK)
        status = tl_gram_create(&gram, bench->samples->matrix, convex.team, err);
    if (status == TL_OK)
        status = solve_folds(&objective, &convex, bench, gram, err);
    if (status == TL_OK)
        tl_text_append_format(answer, "%.6f %.12f", tl_system_seconds() - start, objective);
    tl_gram_free(gram);
    release(&convex);
    return status;
}

const struct bench_verb tl_bench_lbfgs = {"lbfgs", "L-BFGS with its Gram matrix, one thread", run_built};
const struct bench_verb tl_bench_lbfgs_at_hand = {"lbfgs-at-hand", "L-BFGS, the Gram matrix at hand, one thread", run_at_hand};
const struct bench_verb tl_bench_lbfgs_primal = {"lbfgs-primal", "L-BFGS without Gram matrix, one thread", run_primal};
const struct bench_verb tl_bench_folds = {"folds", "5 folds of L-BFGS with their Gram matrix, one thread", run_folds};
