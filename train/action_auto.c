/* action_auto.c - tl-train --auto: cross-validates one course after the other until its time is up, and keeps the best. */
#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/experiment/auto_plan.h"
#include "train/fit/lbfgs.h"
#include "train/search.h"

/* What is left of the time is for fitting the best to all photos and keeping it. */
static const double SHARE_FOR_TRYING = 0.85;
static const char *const SHOWN[] = {"solver", "pool", "transform", "variants", "l2"};
enum { SHOWN_COUNT = sizeof SHOWN / sizeof SHOWN[0] };

/* Matrices of others than the best so far are let go. */
static void drop_matrices(struct tl_search *search)
{
    const size_t best = tl_candidates_find_best(search->candidates, search->count);
    const struct tl_course *kept = &search->candidates[best < search->count ? best : 0].course;

    for (int pool = 0; pool < TL_WORKBENCH_POOLS; pool++)
        for (int transform = 0; transform < TL_WORKBENCH_TRANSFORMS; transform++)
            if (pool != (int)kept->pool || transform != (int)kept->transform)
                tl_workbench_drop(&search->bench, (enum tl_head_pool)pool, (enum tl_head_transform)transform);
}

/* Time ends nothing before the base has been tried, whatever that takes. */
static enum tl_status try_all(struct tl_search *search, struct tl_auto_plan *plan, struct tl_error *err)
{
    const double deadline = search->started + SHARE_FOR_TRYING * search->session.action->options->budget_seconds;
    struct tl_candidates_wish wish = {.keeps_matrices = true};
    struct tl_course courses[TL_AUTO_PLAN_STEP_MAX];
    enum tl_status status = TL_OK;
    size_t count;

    while (status == TL_OK && (count = tl_auto_plan_next(plan, courses, search->candidates, search->count)) > 0) {
        status = tl_search_try(search, courses, count, &wish, err);
        wish.deadline = plan->has_base ? deadline : 0;
        if (tl_system_is_interrupted() || (plan->has_base && tl_system_seconds() >= deadline))
            break;
        drop_matrices(search);
    }
    return status;
}

static enum tl_status choose(size_t *out, struct tl_search *search, const struct tl_auto_plan *plan, struct tl_error *err)
{
    const struct tl_workbench_setup *setup = &search->bench.setup;
    uint32_t *true_classes = tl_memory_alloc(setup->samples->count, sizeof *true_classes);
    double plain = 0, calibrated = 0;
    size_t count = 0;
    enum tl_status status = TL_OK;

    if (!true_classes)
        return tl_error_set_no_memory(err, "the choice", setup->samples->count * sizeof *true_classes);
    for (size_t i = 0; i < setup->samples->count; i++)
        if (setup->folds[i] < setup->fold_count)
            true_classes[count++] = setup->samples->items[i].class_index;
    *out = tl_auto_plan_choose(plan, search->candidates, search->count, true_classes, setup->class_count);
    tl_memory_free(true_classes);
    if (*out < search->count) {
        status = tl_crossing_weigh_calibration(&plain, &calibrated, &search->candidates[*out], &search->bench, err);
        search->candidates[*out].course.has_calibration = status == TL_OK && calibrated < plain;
    }
    return status;
}

static struct tl_auto_plan make_plan(const struct tl_search *search)
{
    const struct tl_material *material = &search->session.material;

    return (struct tl_auto_plan){.base = search->base,
                                 .has_variants = search->base.variants != TL_FIT_PLAIN,
                                 .can_pool = material->channel_count > 0 && material->channel_count < material->feature_count,
                                 .is_convex_quick = tl_lbfgs_pays_gram(material->samples->matrix)};
}

enum tl_exit tl_action_auto(const struct tl_action *action)
{
    const struct tl_setting *settings[SHOWN_COUNT];
    struct tl_search search;
    struct tl_auto_plan plan;
    struct tl_error err;
    size_t best = 0;
    enum tl_status status = tl_search_begin(&search, action, &err);

    for (size_t s = 0; s < SHOWN_COUNT; s++)
        settings[s] = tl_setting_find(SHOWN[s]);
    search.kind = "auto";
    if (status == TL_OK)
        status = tl_search_plan(&search, TL_AUTO_PLAN_COURSES_MAX, settings, SHOWN_COUNT, 0, &err);
    if (status == TL_OK) {
        plan = make_plan(&search);
        status = try_all(&search, &plan, &err);
    }
    if (status == TL_OK)
        status = choose(&best, &search, &plan, &err);
    return tl_search_end(&search, status, best, &err);
}
