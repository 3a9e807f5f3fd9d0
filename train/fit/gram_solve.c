/* gram_solve.c - see gram_solve.h. */
#include "train/fit/gram_solve.h"

#include <assert.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/fit/gram_descent.h"
#include "train/fit/primal.h"

static enum tl_status check_problem(const struct tl_slope_rows *rows, struct tl_error *err)
{
    size_t first = rows->row_count;

    for (size_t n = 0; n < rows->row_count; n++) {
        if (!(rows->weights[n] > 0))
            continue;
        if (first == rows->row_count)
            first = n;
        if (rows->classes[n] != rows->classes[first])
            return TL_OK;
    }
    if (first == rows->row_count)
        return tl_error_set(err, TL_BAD_INPUT, "there is no photo to train on");
    return tl_error_set(err, TL_BAD_INPUT, "all photos to train on are of one class");
}

static enum tl_status init_descents(struct tl_descent *descents, double *scales, const struct tl_gram_problem *problems,
                                    size_t count, const struct tl_gram *gram, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    for (size_t k = 0; k < count && status == TL_OK; k++) {
        const struct tl_gram_problem *from = &problems[k];
        const struct tl_descent_problem problem = {from->rows, from->l2, from->tolerance, from->iterations};

        assert(from->rows.row_count == gram->row_count);
        scales[k] = from->scale;
        status = check_problem(&from->rows, err);
        if (status == TL_OK)
            status = tl_descent_init(&descents[k], &problem, gram->row_count * from->rows.class_count, true, err);
    }
    return status;
}

/* What is of use after the descent; the arrays go over. */
static void take_solution(struct tl_gram_solution *out, struct tl_descent *descent, double scale)
{
    *out = (struct tl_gram_solution){.row_count = descent->problem.rows.row_count,
                                     .class_count = descent->problem.rows.class_count,
                                     .scale = scale,
                                     .coefficients = descent->point,
                                     .bias = descent->point + descent->coefficient_count,
                                     .logits = descent->logits,
                                     .loss = descent->loss,
                                     .penalty = descent->penalty,
                                     .gradient_norm = descent->gradient_norm,
                                     .iterations = descent->iteration,
                                     .end = descent->end};
    descent->point = NULL;
    descent->logits = NULL;
}

enum tl_status tl_gram_solve(struct tl_gram_solution *out, const struct tl_gram_problem *problems, size_t count,
                             const struct tl_gram *gram, tl_team *team, struct tl_error *err)
{
    struct tl_descent *descents = tl_memory_alloc(count, sizeof *descents);
    double *scales = tl_memory_alloc(count, sizeof *scales);
    enum tl_status status = TL_OK;

    memset(out, 0, count * sizeof *out);
    if (!descents || !scales)
        status = tl_error_set_no_memory(err, "L-BFGS", count * sizeof *descents);
    if (status == TL_OK)
        status = init_descents(descents, scales, problems, count, gram, err);
    if (status == TL_OK)
        status = tl_gram_descent_run(descents, scales, count, gram, team, NULL, NULL, err);
    for (size_t k = 0; k < count && status == TL_OK; k++)
        take_solution(&out[k], &descents[k], scales[k]);
    for (size_t k = 0; k < count && descents; k++)
        tl_descent_release(&descents[k]);
    tl_memory_free(descents);
    tl_memory_free(scales);
    return status;
}

void tl_gram_solution_release(struct tl_gram_solution *solution)
{
    tl_memory_free(solution->coefficients); /* and the bias after them */
    tl_memory_free(solution->logits);
    *solution = (struct tl_gram_solution){.coefficients = NULL};
}

enum tl_status tl_gram_give_head(struct tl_head *head, const double *coefficients, const double *bias,
                                 const struct tl_matrix *matrix, double scale, tl_team *team, struct tl_error *err)
{
    const size_t count = matrix->feature_count * head->class_count;
    double *kernel = tl_memory_alloc_large(count, sizeof *kernel);

    if (!kernel)
        return tl_error_set_no_memory(err, "the kernel", count * sizeof *kernel);
    tl_primal_multiply_transposed(kernel, coefficients, head->class_count, matrix, scale, team);
    for (size_t k = 0; k < count; k++)
        head->kernel[k] = (float)kernel[k];
    for (size_t l = 0; l < head->class_count; l++)
        head->bias[l] = (float)bias[l];
    tl_memory_free(kernel);
    return tl_head_check(head, err);
}

enum tl_status tl_gram_solution_give_head(const struct tl_gram_solution *solution, struct tl_head *head,
                                          const struct tl_matrix *matrix, tl_team *team, struct tl_error *err)
{
    return tl_gram_give_head(head, solution->coefficients, solution->bias, matrix, solution->scale, team, err);
}
