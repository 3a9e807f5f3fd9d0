/* auto_plan.h - which courses tl-train --auto tries, the most promising first, and which of them it takes.
 *
 *     struct tl_auto_plan plan = {.base = base, .has_variants = ..., .can_pool = ..., .is_convex_quick = ...};
 *     while ((count = tl_auto_plan_next(&plan, courses, tried, tried_count)) > 0)
 *         ... try them, append them to `tried` ...
 *     chosen = tl_auto_plan_choose(&plan, tried, tried_count, true_classes, class_count);
 *
 * `base`, what tl-train does by itself, comes first, or, where the convex problem is the quicker one, right behind its first
 * step. Then the convex problem over transform, pooling and variants on a coarse grid of penalties, then Adam on square roots,
 * then penalties between and beyond, around the best. What comes next depends on what was measured, and on nothing else.
 */
#ifndef TL_TRAIN_AUTO_PLAN_H
#define TL_TRAIN_AUTO_PLAN_H

#include "train/experiment/candidates.h"

enum { TL_AUTO_PLAN_STEP_MAX = 4, TL_AUTO_PLAN_COURSES_MAX = 64 };

struct tl_auto_plan {
    struct tl_course base;
    bool has_variants, can_pool;
    bool is_convex_quick; /* tl_lbfgs_pays_gram() of the matrix */
    bool has_base;        /* base has been given out: time may end the search from now on */
    size_t step;          /* the module's own; starts at 0 */
};

/* The courses of the next step, all of one matrix; 0 at the end. `tried` are all so far, also those that failed. */
size_t tl_auto_plan_next(struct tl_auto_plan *plan, struct tl_course courses[TL_AUTO_PLAN_STEP_MAX],
                         const struct tl_candidate *tried, size_t tried_count);

/* The index of the one with the least out-of-fold loss; but the base's, where the difference between the two is less than its
 * own standard error over the photos. `true_classes` are of the measured photos. tried_count where none is done. */
size_t tl_auto_plan_choose(const struct tl_auto_plan *plan, const struct tl_candidate *tried, size_t tried_count,
                           const uint32_t *true_classes, size_t class_count);

#endif
