/* fold_solve.c - see fold_solve.h. */
#include "train/experiment/fold_solve.h"

#include <math.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/fit/gram_solve.h"
#include "train/fit/lbfgs_rows.h"
#include "train/fit/loss.h"

/* Vectors that a problem keeps on its way: ten steps with their changes and images, and a dozen more. */
enum { VECTORS_A_PROBLEM = 56 };
static const size_t AT_ONCE_BYTES = (size_t)64 << 20;

struct solving {
    const struct tl_workbench *bench;
    size_t problem_count;             /* candidates x folds, a candidate's next to each other */
    struct tl_samples *views;         /* (folds) */
    struct tl_lbfgs_rows *rows;       /* a problem's */
    struct tl_gram_problem *problems; /* those of candidates without a failure */
    struct tl_gram_solution *solutions;
    size_t solved_count;
};

bool tl_fold_solve_can(const struct tl_course *course)
{
    return course->solver == TL_COURSE_LBFGS && course->hidden_count == 0 && course->monitor == TL_COURSE_LAST_EPOCH;
}

size_t tl_fold_solve_count_at_once(const struct tl_workbench *bench, const struct tl_gram *gram)
{
    const size_t row_count = gram ? gram->row_count : 0;
    const size_t trial_bytes =
        tl_workbench_count_parts(bench) * bench->setup.class_count * (row_count + 1) * VECTORS_A_PROBLEM * sizeof(double);

    return trial_bytes >= AT_ONCE_BYTES ? 1 : AT_ONCE_BYTES / trial_bytes;
}

static enum tl_status allocate(struct solving *solving, const struct tl_matrix *matrix, struct tl_error *err)
{
    const size_t fold_count = solving->bench->setup.fold_count;
    enum tl_status status = TL_OK;

    solving->views = tl_memory_alloc(fold_count, sizeof *solving->views);
    solving->rows = tl_memory_alloc(solving->problem_count, sizeof *solving->rows);
    solving->problems = tl_memory_alloc(solving->problem_count, sizeof *solving->problems);
    solving->solutions = tl_memory_alloc(solving->problem_count, sizeof *solving->solutions);
    if (!solving->views || !solving->rows || !solving->problems || !solving->solutions)
        return tl_error_set_no_memory(err, "the folds", solving->problem_count * sizeof *solving->problems);
    for (size_t k = 0; k < fold_count && status == TL_OK; k++)
        status = tl_workbench_view_part(&solving->views[k], solving->bench, matrix, k, err);
    return status;
}

static void release(struct solving *solving)
{
    for (size_t k = 0; solving->views && k < solving->bench->setup.fold_count; k++)
        tl_memory_free(solving->views[k].items);
    for (size_t p = 0; p < solving->problem_count; p++) {
        if (solving->rows)
            tl_lbfgs_rows_release(&solving->rows[p]);
        if (solving->solutions)
            tl_gram_solution_release(&solving->solutions[p]);
    }
    tl_memory_free(solving->views);
    tl_memory_free(solving->rows);
    tl_memory_free(solving->problems);
    tl_memory_free(solving->solutions);
}

/* The problems of a candidate, a fold each. */
static enum tl_status add_problems(struct solving *solving, const struct tl_course *course, size_t first_row,
                                   struct tl_error *err)
{
    const struct tl_workbench_setup *setup = &solving->bench->setup;

    for (size_t k = 0; k < setup->fold_count; k++) {
        const struct tl_samples *view = &solving->views[k];
        struct tl_lbfgs_rows *rows = &solving->rows[first_row + k];
        enum tl_status status = tl_lbfgs_rows_init(rows, view, course, setup->class_count, err);

        if (status != TL_OK)
            return status;
        solving->problems[solving->solved_count + k] =
            (struct tl_gram_problem){.rows = {view->matrix->row_count, setup->class_count, rows->classes, rows->weights},
                                     .scale = course->is_glorot ? 1 : tl_fit_measure_scale(view, course->variants),
                                     .l2 = course->l2,
                                     .tolerance = course->tolerance,
                                     .iterations = course->epochs};
    }
    solving->solved_count += setup->fold_count;
    return TL_OK;
}

/* What the solution says of the fold's plain photos, which its problem left out. */
static enum tl_status measure(struct tl_candidate_part *out, const struct tl_gram_solution *solution,
                              const struct tl_samples *view, enum tl_fit_variants variants, struct tl_error *err)
{
    const size_t count = tl_samples_count(view, TL_ROLE_VALIDATION), class_count = solution->class_count;
    double loss = 0;
    size_t photo_count = 0, right_count = 0;

    *out = (struct tl_candidate_part){.scale = solution->scale, .vector_count = tl_fit_count_vectors(view, variants)};
    out->probabilities = tl_memory_alloc(count * class_count, sizeof *out->probabilities);
    if (!out->probabilities)
        return tl_error_set_no_memory(err, "the evaluation", count * class_count * sizeof *out->probabilities);
    for (size_t i = 0; i < view->count; i++) {
        double *row = out->probabilities + photo_count * class_count;

        if (view->items[i].role != TL_ROLE_VALIDATION)
            continue;
        for (size_t l = 0; l < class_count; l++)
            row[l] = solution->logits[l * solution->row_count + view->items[i].row];
        loss += tl_loss_of_logits(row, class_count, view->items[i].class_index);
        right_count += tl_loss_predicted_class(row, class_count) == view->items[i].class_index;
        photo_count++;
    }
    out->evaluation = (struct tl_evaluation){photo_count, photo_count > 0 ? loss / (double)photo_count : (double)NAN,
                                             photo_count > 0 ? (double)right_count / (double)photo_count : (double)NAN};
    return TL_OK;
}

static enum tl_status put_solutions(struct solving *solving, struct tl_candidate *const *candidates, size_t count,
                                    double seconds, struct tl_candidate_parts *parts, struct tl_error *err)
{
    const size_t fold_count = solving->bench->setup.fold_count;
    size_t next = 0;

    for (size_t i = 0; i < count; i++) {
        if (candidates[i]->failure.status != TL_OK)
            continue;
        for (size_t k = 0; k < fold_count; k++) {
            struct tl_candidate_part part;
            enum tl_status status =
                measure(&part, &solving->solutions[next++], &solving->views[k], candidates[i]->course.variants, err);

            if (status == TL_OK)
                tl_candidate_parts_put(parts, candidates[i], k, &part);
            tl_candidate_part_release(&part);
            if (status != TL_OK)
                return status;
        }
        candidates[i]->seconds += seconds * (double)fold_count / (double)solving->solved_count;
    }
    return TL_OK;
}

enum tl_status tl_fold_solve(struct tl_candidate *const *candidates, size_t count, const struct tl_workbench *bench,
                             const struct tl_matrix *matrix, const struct tl_gram *gram, struct tl_candidate_parts *parts,
                             struct tl_error *err)
{
    struct solving solving = {.bench = bench, .problem_count = count * bench->setup.fold_count};
    const double start = tl_system_seconds();
    enum tl_status status = allocate(&solving, matrix, err);

    for (size_t i = 0; i < count && status == TL_OK; i++) {
        status = add_problems(&solving, &candidates[i]->course, i * bench->setup.fold_count, &candidates[i]->failure);
        if (status == TL_BAD_INPUT)
            status = TL_OK;
        else if (status != TL_OK)
            *err = candidates[i]->failure;
        else
            candidates[i]->failure.status = TL_OK;
    }
    if (status == TL_OK && solving.solved_count > 0)
        status = tl_gram_solve(solving.solutions, solving.problems, solving.solved_count, gram, bench->setup.team, err);
    if (status == TL_OK)
        status = put_solutions(&solving, candidates, count, tl_system_seconds() - start, parts, err);
    release(&solving);
    return status;
}
