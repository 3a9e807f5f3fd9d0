/* lbfgs.c - see lbfgs.h. */
#include "train/fit/lbfgs.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/fit/gram_descent.h"
#include "train/fit/gram_solve.h"
#include "train/fit/lbfgs_rows.h"
#include "train/fit/loss.h"
#include "train/fit/primal.h"

/* Measured: beyond 128 MiB, or with many more rows than features, a fit is as quick without. */
enum { GRAM_ROWS_MAX = 5760, GRAM_ROWS_A_FEATURE = 4 };

struct fit {
    struct tl_head *head;
    const struct tl_samples *samples;
    const struct tl_course *course;
    struct tl_lbfgs_rows rows;
    struct tl_store_epoch *history;
    struct tl_fit_aid aid;
    double *best; /* (count of a point): the point that is kept, with a monitor */
    long best_epoch;
    double *row; /* (L) scratch */
};

/* Mean cross-entropy and accuracy over the plain validation photos. */
static void evaluate_validation(const struct fit *fit, const struct tl_descent *descent, struct tl_store_epoch *result)
{
    const size_t row_count = descent->problem.rows.row_count, class_count = descent->problem.rows.class_count;
    size_t photo_count = 0, right_count = 0;
    double loss = 0;

    for (size_t i = 0; i < fit->samples->count; i++) {
        const struct tl_sample *sample = &fit->samples->items[i];

        if (sample->role != TL_ROLE_VALIDATION)
            continue;
        for (size_t l = 0; l < class_count; l++)
            fit->row[l] = descent->logits[l * row_count + sample->row];
        right_count += tl_loss_predicted_class(fit->row, class_count) == sample->class_index;
        loss += tl_loss_of_logits(fit->row, class_count, sample->class_index);
        photo_count++;
    }
    result->val_loss = photo_count > 0 ? loss / (double)photo_count : (double)NAN;
    result->val_accuracy = photo_count > 0 ? (double)right_count / (double)photo_count : (double)NAN;
}

static double measure_accuracy(const struct fit *fit, const struct tl_descent *descent)
{
    const struct tl_slope_rows *rows = &descent->problem.rows;
    size_t count = 0, right_count = 0;

    for (size_t n = 0; n < rows->row_count; n++) {
        if (!(rows->weights[n] > 0))
            continue;
        for (size_t l = 0; l < rows->class_count; l++)
            fit->row[l] = descent->logits[l * rows->row_count + n];
        right_count += tl_loss_predicted_class(fit->row, rows->class_count) == rows->classes[n];
        count++;
    }
    return (double)right_count / (double)count;
}

static bool is_better(const struct fit *fit, long iteration)
{
    const struct tl_store_epoch *now = &fit->history[iteration - 1], *best = &fit->history[fit->best_epoch - 1];

    if (fit->best_epoch == 0)
        return true;
    return fit->course->monitor == TL_COURSE_VAL_LOSS ? now->val_loss < best->val_loss : now->val_accuracy > best->val_accuracy;
}

/* After a step; false when patience has come to its end. */
static bool note_step(void *context, struct tl_descent *descent)
{
    struct fit *fit = context;
    const long iteration = descent->iteration > 0 ? descent->iteration : 1;
    struct tl_store_epoch *result = &fit->history[iteration - 1];

    result->loss = descent->loss;
    result->accuracy = measure_accuracy(fit, descent);
    evaluate_validation(fit, descent, result);
    if (fit->aid.each_epoch)
        fit->aid.each_epoch(fit->aid.context, iteration, result);
    if (!fit->best)
        return true;
    if (is_better(fit, iteration)) {
        fit->best_epoch = iteration;
        memcpy(fit->best, descent->point, descent->count * sizeof *fit->best);
    }
    return fit->course->patience == 0 || iteration - fit->best_epoch < fit->course->patience;
}

static void descend_without_gram(struct tl_descent *descent, struct fit *fit)
{
    tl_team *team = fit->aid.team;
    const struct tl_matrix *matrix = fit->samples->matrix;
    const size_t class_count = descent->problem.rows.class_count;

    for (;;) {
        tl_primal_multiply_transposed(descent->gradient, descent->residuals, class_count, matrix, fit->head->scale, team);
        if (!tl_descent_turn(descent))
            return;
        tl_primal_multiply(descent->logit_direction, descent->direction, descent->direction + descent->coefficient_count,
                           class_count, matrix, fit->head->scale, fit->rows.is_watched, team);
        tl_descent_walk(descent);
        if (descent->step > 0 && !note_step(fit, descent))
            descent->end = TL_DESCENT_HALTED;
    }
}

static enum tl_status descend(struct tl_descent *descent, struct fit *fit, const struct tl_gram *gram,
                              struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (gram)
        status = tl_gram_descent_run(descent, &fit->head->scale, 1, gram, fit->aid.team, note_step, fit, err);
    else
        descend_without_gram(descent, fit);
    if (status == TL_OK && descent->iteration == 0)
        (void)note_step(fit, descent);
    return status;
}

/* The kept point into the head. */
static enum tl_status give_point(struct fit *fit, const struct tl_descent *descent, const struct tl_gram *gram,
                                 struct tl_error *err)
{
    const double *point = fit->best ? fit->best : descent->point, *bias = point + descent->coefficient_count;

    if (gram)
        return tl_gram_give_head(fit->head, point, bias, fit->samples->matrix, fit->head->scale, fit->aid.team, err);
    for (size_t k = 0; k < fit->samples->matrix->feature_count * fit->head->class_count; k++)
        fit->head->kernel[k] = (float)point[k];
    for (size_t l = 0; l < fit->head->class_count; l++)
        fit->head->bias[l] = (float)bias[l];
    return tl_head_check(fit->head, err);
}

static enum tl_status start(struct fit *fit, struct tl_descent *descent, const struct tl_gram *gram, struct tl_error *err)
{
    const size_t class_count = fit->head->class_count, row_count = fit->samples->matrix->row_count;
    const size_t coefficient_count = class_count * (gram ? row_count : fit->samples->matrix->feature_count);
    const struct tl_descent_problem problem = {{row_count, class_count, fit->rows.classes, fit->rows.weights},
                                               fit->course->l2, fit->course->tolerance, fit->course->epochs};
    enum tl_status status = tl_descent_init(descent, &problem, coefficient_count, gram != NULL, err);

    if (status != TL_OK)
        return status;
    fit->row = tl_memory_alloc(class_count, sizeof *fit->row);
    if (fit->course->monitor != TL_COURSE_LAST_EPOCH && tl_samples_count(fit->samples, TL_ROLE_VALIDATION) > 0) {
        fit->best = tl_memory_alloc(descent->count, sizeof *fit->best);
        if (!fit->best)
            return tl_error_set_no_memory(err, "the best iteration", descent->count * sizeof *fit->best);
    }
    return fit->row ? TL_OK : tl_error_set_no_memory(err, "L-BFGS", class_count * sizeof *fit->row);
}

enum tl_status tl_lbfgs_fit_head(struct tl_lbfgs_result *out, struct tl_head *head, struct tl_store_epoch *history,
                                 const struct tl_samples *samples, const struct tl_course *course, const struct tl_gram *gram,
                                 const struct tl_fit_aid *aid, struct tl_error *err)
{
    struct fit fit = {.head = head, .samples = samples, .course = course, .history = history};
    struct tl_descent descent = {.curvature = NULL};
    enum tl_status status = TL_OK;

    if (aid)
        fit.aid = *aid;
    if (head->hidden_count > 0)
        return tl_error_set(err, TL_BAD_INPUT, "L-BFGS fits no hidden layer");
    if (samples->stream)
        return tl_error_set(err, TL_BAD_INPUT, "L-BFGS needs all features in memory at once; give more memory or take adam");
    status = tl_lbfgs_rows_init(&fit.rows, samples, course, head->class_count, err);
    if (status == TL_OK)
        status = start(&fit, &descent, gram, err);
    if (status == TL_OK)
        status = descend(&descent, &fit, gram, err);
    if (status == TL_OK)
        status = give_point(&fit, &descent, gram, err);
    if (status == TL_OK && out) {
        const long epoch_count = descent.iteration > 0 ? descent.iteration : 1;

        *out = (struct tl_lbfgs_result){epoch_count, fit.best ? fit.best_epoch : epoch_count, descent.end, descent.gradient_norm,
                                        descent.loss + descent.penalty};
    }
    tl_descent_release(&descent);
    tl_lbfgs_rows_release(&fit.rows);
    tl_memory_free(fit.best);
    tl_memory_free(fit.row);
    return status;
}

bool tl_lbfgs_pays_gram(const struct tl_matrix *matrix)
{
    return matrix->row_count > 0 && matrix->row_count <= GRAM_ROWS_MAX &&
           matrix->row_count <= GRAM_ROWS_A_FEATURE * matrix->feature_count;
}
