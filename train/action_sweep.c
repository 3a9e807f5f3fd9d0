/* action_sweep.c - tl-train --sweep, --trials and --folds: a grid of courses or some drawn from it, and cross-validation. */
#include "common/base/memory.h"
#include "train/experiment/sweep.h"
#include "train/search.h"

static enum tl_status list_settings(const struct tl_setting ***out, const struct tl_sweep *sweep, struct tl_error *err)
{
    *out = tl_memory_alloc(sweep->axis_count, sizeof(const struct tl_setting *));
    if (!*out)
        return tl_error_set_no_memory(err, "the sweep", sweep->axis_count * sizeof(const struct tl_setting *));
    for (size_t a = 0; a < sweep->axis_count; a++)
        (*out)[a] = sweep->axes[a].setting;
    return TL_OK;
}

/* Variants that the store does not have are none. */
static void settle_variants(struct tl_sweep *sweep, const struct tl_search *search)
{
    for (size_t i = 0; i < sweep->course_count && !search->session.material.augmentation; i++)
        sweep->courses[i].variants = TL_FIT_PLAIN;
}

enum tl_exit tl_action_sweep(const struct tl_action *action)
{
    const struct tl_train_options *options = action->options;
    struct tl_search search;
    struct tl_sweep *sweep = NULL;
    const struct tl_setting **settings = NULL;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status = tl_search_begin(&search, action, &err);

    if (status == TL_OK)
        status = tl_sweep_create(&sweep, options->sweep.items, options->sweep.count,
                                 &(struct tl_sweep_wish){&search.base, (size_t)options->trials, search.base.seed}, &err);
    if (status == TL_OK)
        status = list_settings(&settings, sweep, &err);
    if (status == TL_OK) {
        search.kind = options->sweep.count == 0 ? NULL : options->trials > 0 ? "random" : "grid";
        settle_variants(sweep, &search);
        status = tl_search_plan(&search, sweep->course_count, settings, sweep->axis_count, sweep->course_count, &err);
    }
    if (status == TL_OK)
        status = tl_search_try(&search, sweep->courses, sweep->course_count, &(struct tl_candidates_wish){.deadline = 0}, &err);
    exit_code = tl_search_end(&search, status, tl_candidates_find_best(search.candidates, search.count), &err);
    tl_memory_free((void *)settings);
    tl_sweep_free(sweep);
    return exit_code;
}
