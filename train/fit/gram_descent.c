/* gram_descent.c - see gram_descent.h. */
#include "train/fit/gram_descent.h"

#include <string.h>

#include "common/base/memory.h"

struct descending {
    struct tl_descent *descents;
    const double *scales;
    size_t count;
    size_t *going; /* the descents that are under way */
    size_t *starts; /* of each of those, its first column */
    size_t going_count;
    double *columns, *products; /* (all classes of all problems, N) */
    size_t row_count;
};

/* The residuals of all that are under way, one after another. Returns how many columns that are. */
static size_t gather(struct descending *work)
{
    size_t column_count = 0;

    work->going_count = 0;
    for (size_t k = 0; k < work->count; k++) {
        const struct tl_descent *descent = &work->descents[k];
        const size_t class_count = descent->problem.rows.class_count;

        if (descent->end != TL_DESCENT_GOING)
            continue;
        memcpy(work->columns + column_count * work->row_count, descent->residuals,
               class_count * work->row_count * sizeof *work->columns);
        work->going[work->going_count] = k;
        work->starts[work->going_count++] = column_count;
        column_count += class_count;
    }
    return column_count;
}

/* kernel = X^T A / scale, so that inner products of kernels and logits have the scale's square. */
static void step(void *context, size_t task, size_t thread_index)
{
    const struct descending *work = context;
    struct tl_descent *descent = &work->descents[work->going[task]];
    const double scale = work->scales[work->going[task]];
    const double *product = work->products + work->starts[task] * work->row_count;

    (void)thread_index;
    memcpy(descent->gradient, descent->residuals, descent->coefficient_count * sizeof *descent->gradient);
    descent->lanes->scale(descent->gradient_image, 1 / (scale * scale), product, descent->coefficient_count);
    if (tl_descent_turn(descent))
        tl_descent_walk(descent);
}

static void tell(const struct descending *work, tl_gram_descent_callback *each_step, void *context)
{
    for (size_t task = 0; task < work->going_count && each_step; task++) {
        struct tl_descent *descent = &work->descents[work->going[task]];

        if (descent->end == TL_DESCENT_GOING && !each_step(context, descent))
            descent->end = TL_DESCENT_HALTED;
    }
}

static void run(struct descending *work, const struct tl_gram *gram, tl_team *team, tl_gram_descent_callback *each_step,
                void *context)
{
    for (size_t column_count; (column_count = gather(work)) > 0;) {
        tl_gram_multiply(gram, work->products, work->columns, column_count, team);
        if (team && work->going_count > 1)
            tl_team_run(team, work->going_count, step, work);
        else
            for (size_t task = 0; task < work->going_count; task++)
                step(work, task, 0);
        tell(work, each_step, context);
    }
}

enum tl_status tl_gram_descent_run(struct tl_descent *descents, const double *scales, size_t count, const struct tl_gram *gram,
                                   tl_team *team, tl_gram_descent_callback *each_step, void *context, struct tl_error *err)
{
    struct descending work = {.descents = descents, .scales = scales, .count = count, .row_count = gram->row_count};
    size_t column_count = 0;
    enum tl_status status = TL_OK;

    for (size_t k = 0; k < count; k++)
        column_count += descents[k].problem.rows.class_count;
    work.going = tl_memory_alloc(count, sizeof *work.going);
    work.starts = tl_memory_alloc(count, sizeof *work.starts);
    work.columns = tl_memory_alloc_aligned(column_count * gram->row_count, sizeof *work.columns);
    work.products = tl_memory_alloc_aligned(column_count * gram->row_count, sizeof *work.products);
    if (work.going && work.starts && work.columns && work.products)
        run(&work, gram, team, each_step, context);
    else
        status = tl_error_set_no_memory(err, "L-BFGS", column_count * gram->row_count * sizeof *work.columns);
    tl_memory_free(work.going);
    tl_memory_free(work.starts);
    tl_memory_free(work.columns);
    tl_memory_free(work.products);
    return status;
}
