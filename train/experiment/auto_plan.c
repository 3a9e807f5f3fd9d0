/* auto_plan.c - see auto_plan.h.
 *
 * The order is what helped most on photos of weather, ants and bees: square roots and all variants first; pooled features next,
 * which suit few photos of objects. Penalties are those of features divided to a norm of 28.
 */
#include "train/experiment/auto_plan.h"

#include <math.h>

#include "train/fit/metrics.h"

/* A thousandth of the loss's slope at the start: photos that were left out do not see the difference. */
static const double TOLERANCE = 1e-3;
enum { ITERATIONS = 200, REFINEMENTS = 4 };
static const double REFINING = 3; /* a penalty's neighbours are this many times larger and smaller */

struct stage {
    enum tl_course_solver solver;
    enum tl_head_pool pool;
    enum tl_head_transform transform;
    bool is_plain;                           /* without variants; passed over where there are none anyway */
    double penalties[TL_AUTO_PLAN_STEP_MAX]; /* up to the first below 0 */
};
static const struct stage STAGES[] = {
    {TL_COURSE_LBFGS, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_SQRT, false, {1e-3, 3e-4, 1e-4, -1}},
    {TL_COURSE_LBFGS, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_SQRT, false, {1e-2, 3e-3, 1e-3, -1}},
    {TL_COURSE_LBFGS, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE, false, {1e-3, 3e-4, -1, -1}},
    {TL_COURSE_LBFGS, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_SQRT, true, {1e-3, 3e-4, -1, -1}},
    {TL_COURSE_ADAM, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_SQRT, false, {0, -1, -1, -1}},
};
enum { STAGE_COUNT = sizeof STAGES / sizeof STAGES[0] };

static struct tl_course make_course(const struct tl_auto_plan *plan, const struct stage *stage, double l2)
{
    struct tl_course course = plan->base;

    course.solver = stage->solver;
    course.pool = stage->pool;
    course.transform = stage->transform;
    course.is_glorot = false;
    course.hidden_count = 0;
    course.l2 = l2;
    if (stage->is_plain)
        course.variants = TL_FIT_PLAIN;
    if (stage->solver == TL_COURSE_LBFGS) {
        course.epochs = ITERATIONS;
        course.tolerance = TOLERANCE;
    }
    return course;
}

static bool are_same(const struct tl_course *a, const struct tl_course *b)
{
    return a->solver == b->solver && a->pool == b->pool && a->transform == b->transform && a->variants == b->variants &&
           a->l2 == b->l2 && a->is_glorot == b->is_glorot && a->hidden_count == b->hidden_count && a->epochs == b->epochs;
}

static bool was_tried(const struct tl_course *course, const struct tl_candidate *tried, size_t tried_count)
{
    for (size_t i = 0; i < tried_count; i++)
        if (are_same(course, &tried[i].course))
            return true;
    return false;
}

static size_t list_stage(const struct tl_auto_plan *plan, const struct stage *stage, struct tl_course *courses,
                         const struct tl_candidate *tried, size_t tried_count)
{
    size_t count = 0;

    if ((stage->pool == TL_HEAD_POOL_AVG && !plan->can_pool) || (stage->is_plain && !plan->has_variants))
        return 0;
    for (size_t p = 0; p < TL_AUTO_PLAN_STEP_MAX && stage->penalties[p] >= 0; p++) {
        courses[count] = make_course(plan, stage, stage->penalties[p]);
        count += !was_tried(&courses[count], tried, tried_count);
    }
    return count;
}

/* A larger and a smaller penalty than the best convex one's, where they were not tried. */
static size_t refine(struct tl_course *courses, const struct tl_candidate *tried, size_t tried_count)
{
    const size_t best = tl_candidates_find_best(tried, tried_count);
    size_t count = 0;

    if (best == tried_count || tried[best].course.solver != TL_COURSE_LBFGS || tried[best].course.l2 <= 0)
        return 0;
    for (int side = 0; side < 2; side++) {
        /* To two digits, as people write them: 0.003, not 0.0029999999999999996. */
        const double wanted = side ? tried[best].course.l2 / REFINING : tried[best].course.l2 * REFINING;
        const double unit = pow(10, floor(log10(wanted)) - 1);
        bool is_near = false;

        courses[count] = tried[best].course;
        courses[count].l2 = floor(wanted / unit + 0.5) * unit;
        for (size_t i = 0; i < tried_count; i++) {
            struct tl_course same = tried[i].course;
            const double apart = same.l2 > 0 ? fabs(log(same.l2 / courses[count].l2)) : 1e9;

            same.l2 = courses[count].l2;
            is_near = is_near || (are_same(&same, &courses[count]) && apart < 0.2);
        }
        count += !is_near;
    }
    return count;
}

size_t tl_auto_plan_next(struct tl_auto_plan *plan, struct tl_course courses[TL_AUTO_PLAN_STEP_MAX],
                         const struct tl_candidate *tried, size_t tried_count)
{
    const size_t base_step = plan->is_convex_quick ? 1 : 0;

    while (plan->step <= STAGE_COUNT + REFINEMENTS) {
        const size_t step = plan->step++, stage = step < base_step ? step : step - 1;
        size_t count;

        if (step == base_step) {
            plan->has_base = true;
            courses[0] = plan->base;
            return 1;
        }
        if (stage >= STAGE_COUNT)
            return refine(courses, tried, tried_count);
        count = list_stage(plan, &STAGES[stage], courses, tried, tried_count);
        if (count > 0)
            return count;
    }
    return 0;
}

static size_t find_base(const struct tl_auto_plan *plan, const struct tl_candidate *tried, size_t tried_count)
{
    for (size_t i = 0; i < tried_count; i++)
        if (tried[i].is_done && are_same(&tried[i].course, &plan->base))
            return i;
    return tried_count;
}

size_t tl_auto_plan_choose(const struct tl_auto_plan *plan, const struct tl_candidate *tried, size_t tried_count,
                           const uint32_t *true_classes, size_t class_count)
{
    const size_t best = tl_candidates_find_best(tried, tried_count), base = find_base(plan, tried, tried_count);
    double sum = 0, squares = 0, mean, error;
    size_t photo_count;

    if (best == base || base == tried_count)
        return best;
    photo_count = tried[base].validation.photo_count;
    for (size_t n = 0; n < photo_count; n++) {
        const size_t at = n * class_count + true_classes[n];
        const double difference =
            tl_metrics_loss(tried[base].probabilities[at]) - tl_metrics_loss(tried[best].probabilities[at]);

        sum += difference;
        squares += difference * difference;
    }
    mean = sum / (double)photo_count;
    error = sqrt(fmax(0, squares / (double)photo_count - mean * mean) / (double)photo_count);
    return mean > error ? best : base;
}
