/* primal.c - see primal.h. Work is shared out by blocks of features where the features' sums are made, else by rows. */
#include "train/fit/primal.h"

#include "train/fit/lanes.h"

enum {
    GROUP = TL_LANES_CLASSES,
    TASK_ROWS = 64 /* so many rows' logits are a task */
};

struct transposed {
    const struct tl_lanes *lanes;
    double *kernel;
    const double *coefficients;
    size_t class_count;
    const struct tl_matrix *matrix;
    double scale;
};

struct product {
    const struct tl_lanes *lanes;
    double *logits;
    const double *kernel, *bias;
    size_t class_count;
    const struct tl_matrix *matrix;
    double scale;
    const bool *is_wanted;
};

static void run(tl_team *team, size_t count, void (*do_task)(void *context, size_t task, size_t thread_index), void *context)
{
    if (team) {
        tl_team_run(team, count, do_task, context);
        return;
    }
    for (size_t task = 0; task < count; task++)
        do_task(context, task, 0);
}

static bool take_factors(double out[GROUP], const struct transposed *work, size_t row, size_t first, size_t count)
{
    bool is_any = false;

    for (size_t l = 0; l < count; l++) {
        out[l] = work->coefficients[(first + l) * work->matrix->row_count + row] / work->scale;
        is_any = is_any || out[l] != 0;
    }
    return is_any;
}

static void sum_block(void *context, size_t block, size_t thread_index)
{
    const struct transposed *work = context;
    const size_t class_count = work->class_count, first_feature = block * TL_MATRIX_BLOCK;
    const size_t left = work->matrix->feature_count - first_feature;
    double *kernel = work->kernel + first_feature * class_count;

    (void)thread_index;
    for (size_t k = 0; k < (left < TL_MATRIX_BLOCK ? left : TL_MATRIX_BLOCK) * class_count; k++)
        kernel[k] = 0;
    for (size_t row = 0; row < work->matrix->row_count; row++) {
        const size_t start = tl_matrix_block_start(work->matrix, row, block);
        const size_t end = tl_matrix_block_start(work->matrix, row, block + 1);

        for (size_t first = 0; first < class_count; first += GROUP) {
            const size_t count = class_count - first < GROUP ? class_count - first : GROUP;
            double factors[GROUP];

            if (take_factors(factors, work, row, first, count))
                work->lanes->scatter(kernel + first, class_count, factors, count, work->matrix->locals + start,
                                     work->matrix->values + start, end - start);
        }
    }
}

void tl_primal_multiply_transposed(double *kernel, const double *coefficients, size_t class_count, const struct tl_matrix *matrix,
                                   double scale, tl_team *team)
{
    struct transposed work = {tl_lanes_choose(), kernel, coefficients, class_count, matrix, scale};

    run(team, matrix->block_count, sum_block, &work);
}

static void multiply_row(const struct product *work, size_t row)
{
    const size_t class_count = work->class_count;

    for (size_t first = 0; first < class_count; first += GROUP) {
        const size_t count = class_count - first < GROUP ? class_count - first : GROUP;
        double sums[GROUP] = {0};

        for (size_t block = 0; block < work->matrix->block_count; block++) {
            const size_t start = tl_matrix_block_start(work->matrix, row, block);

            work->lanes->gather(sums, work->kernel + block * TL_MATRIX_BLOCK * class_count + first, class_count, count,
                                work->matrix->locals + start, work->matrix->values + start,
                                tl_matrix_block_start(work->matrix, row, block + 1) - start);
        }
        for (size_t l = 0; l < count; l++)
            work->logits[(first + l) * work->matrix->row_count + row] = sums[l] / work->scale + work->bias[first + l];
    }
}

static void multiply_rows(void *context, size_t task, size_t thread_index)
{
    const struct product *work = context;

    (void)thread_index;
    for (size_t row = task * TASK_ROWS; row < (task + 1) * TASK_ROWS && row < work->matrix->row_count; row++)
        if (work->is_wanted[row])
            multiply_row(work, row);
}

void tl_primal_multiply(double *logits, const double *kernel, const double *bias, size_t class_count,
                        const struct tl_matrix *matrix, double scale, const bool *is_wanted, tl_team *team)
{
    struct product work = {tl_lanes_choose(), logits, kernel, bias, class_count, matrix, scale, is_wanted};

    run(team, (matrix->row_count + TASK_ROWS - 1) / TASK_ROWS, multiply_rows, &work);
}
