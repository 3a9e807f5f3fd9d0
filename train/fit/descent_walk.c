/* descent_walk.c - the line search of descent.h. */
#include <assert.h>
#include <math.h>

#include "train/fit/descent.h"

/* Wolfe's conditions: how much of the first slope's fall is asked for, and how much of the first slope may be left. */
static const double FALL = 1e-4, FLAT = 0.1;
/* What rounding may add to a sum of losses; below it the slope alone decides (Hager and Zhang 2005, "approximate Wolfe"). */
static const double ROUNDING = 1e-14;
enum { TRIES = 60 };

/* The objective along the direction, from the point at t = 0. */
struct line {
    double first_slope;
    double cross, square; /* <kernel, direction>, <direction, direction> without the bias */
};

struct trial {
    double t, change, slope; /* change: the objective's, from t = 0 */
};

static struct trial try(struct tl_descent *descent, const struct line *line, double t)
{
    const struct tl_slope at = descent->slope->evaluate(descent->residuals, &descent->problem.rows, descent->logits,
                                                        descent->logit_direction, t);
    const double l2 = descent->problem.l2;

    descent->walked_loss = at.loss;
    return (struct trial){t, at.loss - descent->loss + l2 * t * (2 * line->cross + t * line->square),
                          at.derivative + 2 * l2 * (line->cross + t * line->square)};
}

static bool is_low(const struct tl_descent *descent, const struct line *line, const struct trial *trial)
{
    if (trial->change <= FALL * trial->t * line->first_slope)
        return true;
    return trial->change <= ROUNDING * (descent->loss + descent->penalty) && trial->slope <= (2 * FALL - 1) * line->first_slope;
}

/* Where the slope would be zero if it were a straight line between the two, kept away from both ends. */
static double cut_between(const struct trial *low, const struct trial *high)
{
    const double width = high->t - low->t;
    double share = 0.5;

    if (isfinite(high->slope) && high->slope > 0)
        share = low->slope / (low->slope - high->slope);
    return low->t + width * fmin(0.9, fmax(0.1, share));
}

static double reach_beyond(const struct trial *before, const struct trial *low)
{
    const double bend = (low->slope - before->slope) / (low->t - before->t);
    const double next = bend > 0 ? low->t - low->slope / bend : (double)INFINITY;

    return fmin(10 * low->t, fmax(2 * low->t, next));
}

/* Returns the step, 0 where there is none. */
static double search(struct tl_descent *descent, const struct line *line, double first)
{
    const double flat = FLAT * -line->first_slope;
    struct trial before = {0, 0, line->first_slope}, low = before, high = {(double)INFINITY, 0, 0};
    double t = first;

    for (int i = 0; i < TRIES; i++) {
        const struct trial trial = try(descent, line, t);

        if (!isfinite(trial.change) || trial.slope > flat || !is_low(descent, line, &trial)) {
            high = trial;
        } else if (trial.slope < -flat) {
            before = low;
            low = trial;
        } else {
            return t;
        }
        t = isinf(high.t) ? reach_beyond(&before, &low) : cut_between(&low, &high);
    }
    return 0;
}

/* With images a direction's logits are its image, and the bias. */
static void take_logits(struct tl_descent *descent)
{
    const size_t row_count = descent->problem.rows.row_count;

    for (size_t l = 0; l < descent->problem.rows.class_count; l++)
        for (size_t n = 0; n < row_count; n++)
            descent->logit_direction[l * row_count + n] =
                descent->direction_image[l * row_count + n] + descent->direction[descent->coefficient_count + l];
}

static void move(struct tl_descent *descent, const struct line *line, double t)
{
    const size_t logit_count = descent->problem.rows.row_count * descent->problem.rows.class_count;

    descent->lanes->add(descent->point, t, descent->direction, descent->count);
    if (descent->has_images)
        descent->lanes->add(descent->point_image, t, descent->direction_image, descent->count);
    descent->lanes->add(descent->logits, t, descent->logit_direction, logit_count);
    descent->loss = descent->walked_loss;
    descent->penalty += descent->problem.l2 * t * (2 * line->cross + t * line->square);
}

void tl_descent_walk(struct tl_descent *descent)
{
    const struct line line = {
        .first_slope = descent->lanes->dot(descent->gradient, descent->direction_image, descent->count),
        .cross = descent->lanes->dot(descent->point, descent->direction_image, descent->coefficient_count),
        .square = descent->lanes->dot(descent->direction, descent->direction_image, descent->coefficient_count)};
    /* The first direction is the gradient, whose length says nothing of the step's. */
    const double first = descent->iteration == 0 ? fmin(1, 1 / descent->gradient_norm) : 1;

    if (descent->has_images)
        take_logits(descent);
    descent->step = line.first_slope < 0 ? search(descent, &line, first) : 0;
    if (descent->step > 0) {
        move(descent, &line, descent->step);
        descent->iteration++;
    } else {
        (void)try(descent, &line, 0); /* the residuals of where it stays */
        descent->end = TL_DESCENT_STALLED;
    }
}
