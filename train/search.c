/* search.c - see search.h. Keeping and telling is in search_end.c. */
#include "train/search.h"

#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/data/stream_load.h"
#include "train/experiment/class_weights.h"

static enum tl_status weigh_classes(struct tl_search *search, struct tl_error *err)
{
    const struct tl_selection *selection = search->session.material.selection;

    if (search->base.weighting != TL_COURSE_GIVEN)
        return TL_OK;
    search->class_weights = tl_memory_alloc(selection->class_count, sizeof *search->class_weights);
    if (!search->class_weights)
        return tl_error_set_no_memory(err, "the class weights", selection->class_count * sizeof *search->class_weights);
    search->base.class_weights = search->class_weights;
    return tl_class_weights_read(search->class_weights, selection->class_names, selection->class_count,
                                 search->base.class_weights_text, err);
}

static enum tl_status prepare(struct tl_search *search, struct tl_error *err)
{
    const struct tl_material *material = &search->session.material;
    const struct tl_selection *selection = material->selection;

    search->base = search->session.action->options->course;
    search->base.variants = material->variants;
    search->folds = tl_memory_alloc(selection->sample_count, sizeof *search->folds);
    if (!search->folds)
        return tl_error_set_no_memory(err, "the folds", selection->sample_count * sizeof *search->folds);
    for (size_t i = 0; i < selection->sample_count; i++)
        search->folds[i] = selection->samples[i].fold;
    tl_workbench_init(&search->bench, &(struct tl_workbench_setup){.samples = material->samples,
                                                                   .channel_count = material->channel_count,
                                                                   .class_names = selection->class_names,
                                                                   .class_count = selection->class_count,
                                                                   .folds = selection->fold_count > 0 ? search->folds : NULL,
                                                                   .fold_count = selection->fold_count,
                                                                   .team = search->session.team});
    if (tl_workbench_count_measured(&search->bench) == 0)
        return tl_error_set(err, TL_BAD_INPUT,
                            "there are no validation photos to choose by: give --validation a share, or --folds");
    return weigh_classes(search, err);
}

enum tl_status tl_search_begin(struct tl_search *out, const struct tl_action *action, struct tl_error *err)
{
    enum tl_status status;

    *out = (struct tl_search){.started = tl_system_seconds(), .started_ms = tl_system_time_ms()};
    tl_system_catch_signals();
    status = tl_session_begin(&out->session, action, &action->options->wish, err);
    out->skipped_count = tl_session_say_left_out(&out->session);
    if (status == TL_OK)
        status = tl_stream_refuse(out->session.material.samples, "a search over courses, or folds,", err);
    return status == TL_OK ? prepare(out, err) : status;
}

enum tl_status tl_search_plan(struct tl_search *search, size_t capacity, const struct tl_setting *const *settings,
                              size_t setting_count, size_t planned_count, struct tl_error *err)
{
    const struct tl_train_options *options = search->session.action->options;
    const bool is_told = !options->is_json && !options->is_quiet && search->kind;

    search->settings = settings;
    search->setting_count = setting_count;
    search->planned_count = planned_count;
    search->candidates = tl_memory_alloc(capacity, sizeof *search->candidates);
    if (!search->candidates)
        return tl_error_set_no_memory(err, "the courses", capacity * sizeof *search->candidates);
    search->capacity = capacity;
    if (!is_told)
        return TL_OK;
    return tl_board_create(&search->board, stdout, settings, setting_count, planned_count, isatty(STDOUT_FILENO) == 1, err);
}

static void add_to_board(void *context, const struct tl_candidate *candidate)
{
    tl_board_add(context, candidate);
}

enum tl_status tl_search_try(struct tl_search *search, const struct tl_course *courses, size_t count,
                             const struct tl_candidates_wish *wish, struct tl_error *err)
{
    struct tl_candidates_wish told = *wish;
    const size_t first = search->count;

    for (size_t i = 0; i < count && search->count < search->capacity; i++)
        search->candidates[search->count++].course = courses[i];
    if (search->board) {
        told.each = add_to_board;
        told.context = search->board;
    }
    return tl_candidates_run(search->candidates + first, search->count - first, &search->bench, &told, err);
}
