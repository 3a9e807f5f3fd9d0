/* descent.c - see descent.h. The line search is in descent_walk.c. */
#include "train/fit/descent.h"

#include <math.h>

#include "common/base/memory.h"

static enum tl_status allocate(struct tl_descent *descent, struct tl_error *err)
{
    const size_t logit_count = descent->problem.rows.row_count * descent->problem.rows.class_count;
    double **const vectors[] = {&descent->point, &descent->gradient, &descent->direction, &descent->change};
    double **const images[] = {&descent->point_image, &descent->gradient_image, &descent->direction_image, &descent->change_image};

    for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++) {
        *vectors[v] = tl_memory_alloc_aligned(descent->count, sizeof(double));
        *images[v] = descent->has_images ? tl_memory_alloc_aligned(descent->count, sizeof(double)) : *vectors[v];
        if (!*vectors[v] || !*images[v])
            return tl_error_set_no_memory(err, "L-BFGS", descent->count * sizeof(double));
    }
    descent->logits = tl_memory_alloc_aligned(logit_count, sizeof *descent->logits);
    descent->logit_direction = tl_memory_alloc_aligned(logit_count, sizeof *descent->logit_direction);
    descent->residuals = tl_memory_alloc_aligned(logit_count, sizeof *descent->residuals);
    if (!descent->logits || !descent->logit_direction || !descent->residuals)
        return tl_error_set_no_memory(err, "L-BFGS", logit_count * sizeof(double));
    return tl_curvature_create(&descent->curvature, descent->count, descent->has_images, err);
}

enum tl_status tl_descent_init(struct tl_descent *out, const struct tl_descent_problem *problem, size_t coefficient_count,
                               bool has_images, struct tl_error *err)
{
    enum tl_status status;

    *out = (struct tl_descent){.problem = *problem,
                               .coefficient_count = coefficient_count,
                               .count = coefficient_count + problem->rows.class_count,
                               .has_images = has_images,
                               .lanes = tl_lanes_choose(),
                               .slope = tl_slope_choose()};
    status = allocate(out, err);
    if (status == TL_OK) /* all is zero, the direction too */
        out->loss = out->slope->evaluate(out->residuals, &problem->rows, out->logits, out->logit_direction, 0).loss;
    return status;
}

void tl_descent_release(struct tl_descent *descent)
{
    tl_memory_free(descent->point);
    tl_memory_free(descent->gradient);
    tl_memory_free(descent->direction);
    tl_memory_free(descent->change);
    if (descent->has_images) {
        tl_memory_free(descent->point_image);
        tl_memory_free(descent->gradient_image);
        tl_memory_free(descent->direction_image);
        tl_memory_free(descent->change_image);
    }
    tl_memory_free(descent->logits);
    tl_memory_free(descent->logit_direction);
    tl_memory_free(descent->residuals);
    tl_curvature_free(descent->curvature);
    *descent = (struct tl_descent){.curvature = NULL};
}

/* The penalty's part, and the bias's: its derivatives are the sums of the residuals. */
static void complete_gradient(struct tl_descent *descent)
{
    const size_t row_count = descent->problem.rows.row_count;

    descent->lanes->add(descent->gradient, 2 * descent->problem.l2, descent->point, descent->coefficient_count);
    if (descent->has_images)
        descent->lanes->add(descent->gradient_image, 2 * descent->problem.l2, descent->point_image, descent->coefficient_count);
    for (size_t l = 0; l < descent->problem.rows.class_count; l++) {
        double sum = 0;

        for (size_t n = 0; n < row_count; n++)
            sum += descent->residuals[l * row_count + n];
        descent->gradient[descent->coefficient_count + l] = sum;
        descent->gradient_image[descent->coefficient_count + l] = sum;
    }
}

/* change = gradient - the gradient before the step, which `change` holds negated. */
static void remember_step(struct tl_descent *descent, double t)
{
    descent->lanes->add(descent->change, 1, descent->gradient, descent->count);
    if (descent->has_images)
        descent->lanes->add(descent->change_image, 1, descent->gradient_image, descent->count);
    tl_curvature_add(descent->curvature, t, descent->direction, descent->direction_image, descent->change, descent->change_image);
}

bool tl_descent_turn(struct tl_descent *descent)
{
    complete_gradient(descent);
    descent->gradient_norm = sqrt(fmax(0, descent->lanes->dot(descent->gradient, descent->gradient_image, descent->count)));
    if (descent->iteration > 0)
        remember_step(descent, descent->step);
    if (descent->end != TL_DESCENT_GOING)
        return false;
    if (!(descent->gradient_norm > descent->problem.tolerance))
        descent->end = TL_DESCENT_CONVERGED;
    else if (descent->iteration >= descent->problem.iterations)
        descent->end = TL_DESCENT_BOUND;
    if (descent->end != TL_DESCENT_GOING)
        return false;
    tl_curvature_direct(descent->curvature, descent->direction, descent->direction_image, descent->gradient,
                        descent->gradient_image);
    descent->lanes->scale(descent->change, -1, descent->gradient, descent->count);
    if (descent->has_images)
        descent->lanes->scale(descent->change_image, -1, descent->gradient_image, descent->count);
    return true;
}
