/* candidates.c - see candidates.h. Candidates are taken matrix by matrix; what a thread measured is put in place and told under
 * a lock. */
#include "train/experiment/candidates.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/experiment/attempt.h"
#include "train/experiment/fold_solve.h"
#include "train/experiment/candidate_parts.h"

struct running {
    struct tl_candidate **order; /* in the order of trying */
    size_t count;
    struct tl_workbench *bench;
    const struct tl_candidates_wish *wish;
    struct tl_candidate_parts parts;

    /* Of the matrix at hand: order[first ..), without those that were solved together. */
    const struct tl_matrix *matrix;
    const struct tl_gram *gram;
    size_t first;

    pthread_mutex_t mutex;
    struct tl_error fatal; /* status TL_OK while all is well */
};

static bool is_over(const struct running *running)
{
    return running->fatal.status != TL_OK || tl_system_is_interrupted() ||
           (running->wish->deadline > 0 && tl_system_seconds() >= running->wish->deadline);
}

/* One fit and what it says of the photos that it did not learn from. */
static enum tl_status try_part(const struct running *running, struct tl_candidate *candidate, size_t part,
                               struct tl_candidate_part *out, struct tl_error *err)
{
    const struct tl_workbench_setup *setup = &running->bench->setup;
    const struct tl_attempt_setup fit = {.feature_count = setup->samples->matrix->feature_count,
                                         .channel_count = setup->channel_count,
                                         .class_names = setup->class_names,
                                         .class_count = setup->class_count,
                                         .gram = running->gram};
    struct tl_attempt attempt = {0};
    struct tl_samples view = {0};
    enum tl_status status = tl_workbench_view_part(&view, running->bench, running->matrix, part, err);

    if (status == TL_OK)
        status = tl_attempt_fit(&attempt, &view, &candidate->course, &fit, err);
    if (status == TL_OK)
        status = tl_candidate_part_measure(out, &attempt, &view, candidate->course.variants, err);
    tl_attempt_release(&attempt);
    tl_memory_free(view.items);
    return status;
}

static void do_task(void *context, size_t task, size_t thread_index)
{
    struct running *running = context;
    const size_t part_count = tl_workbench_count_parts(running->bench), part = task % part_count;
    struct tl_candidate *candidate = running->order[running->first + task / part_count];
    struct tl_candidate_part result = {0};
    struct tl_error err;
    enum tl_status status = TL_OK;
    bool is_tried;
    double start;

    (void)thread_index;
    (void)pthread_mutex_lock(&running->mutex);
    is_tried = !is_over(running) && candidate->failure.status == TL_OK;
    if (is_tried)
        status = tl_candidate_parts_open(&running->parts, candidate, &err);
    (void)pthread_mutex_unlock(&running->mutex);
    start = tl_system_seconds();
    if (is_tried && status == TL_OK)
        status = try_part(running, candidate, part, &result, &err);
    (void)pthread_mutex_lock(&running->mutex);
    candidate->seconds += tl_system_seconds() - start;
    if (status == TL_NO_MEMORY)
        running->fatal = err;
    else if (status != TL_OK)
        candidate->failure = err;
    else if (is_tried)
        tl_candidate_parts_put(&running->parts, candidate, part, &result);
    tl_candidate_parts_finish(&running->parts, candidate, 1);
    (void)pthread_mutex_unlock(&running->mutex);
    tl_candidate_part_release(&result);
}

static bool have_same_matrix(const struct tl_candidate *a, const struct tl_candidate *b)
{
    return a->course.pool == b->course.pool && a->course.transform == b->course.transform;
}

/* Orders the candidates of order[first ..) so that those of the first one's matrix come first, and returns where they end. */
static size_t gather_matrix(struct tl_candidate **order, size_t first, size_t count)
{
    size_t end = first + 1;

    for (size_t i = end; i < count; i++) {
        struct tl_candidate *candidate = order[i];

        if (!have_same_matrix(candidate, order[first]))
            continue;
        memmove(order + end + 1, order + end, (i - end) * sizeof(struct tl_candidate *));
        order[end++] = candidate;
    }
    return end;
}

static bool needs_gram(const struct running *running, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (running->order[i]->course.solver == TL_COURSE_LBFGS)
            return true;
    return false;
}

/* order[first .. end), all of which a Gram matrix solves, a few at a time. */
static enum tl_status solve_together(struct running *running, size_t first, size_t end, struct tl_error *err)
{
    const size_t at_once = tl_fold_solve_count_at_once(running->bench, running->gram);
    enum tl_status status = TL_OK;

    for (size_t i = first; i < end && status == TL_OK; i += at_once) {
        const size_t count = end - i < at_once ? end - i : at_once;

        if (is_over(running))
            return TL_OK;
        for (size_t k = i; k < i + count && status == TL_OK; k++)
            status = tl_candidate_parts_open(&running->parts, running->order[k], err);
        if (status == TL_OK)
            status =
                tl_fold_solve(running->order + i, count, running->bench, running->matrix, running->gram, &running->parts, err);
        for (size_t k = i; k < i + count && status == TL_OK; k++)
            tl_candidate_parts_finish(&running->parts, running->order[k], running->bench->setup.fold_count);
    }
    return status;
}

/* The candidates of one matrix, order[first .. end): first those through the Gram matrix together, then the others side by
 * side. */
static enum tl_status run_matrix(struct running *running, size_t first, size_t end, struct tl_error *err)
{
    const struct tl_course *course = &running->order[first]->course;
    size_t together = first;
    enum tl_status status = tl_workbench_get_matrix(&running->matrix, running->bench, course->pool, course->transform, err);

    running->gram = NULL;
    if (status == TL_OK && needs_gram(running, first, end) && !is_over(running))
        status = tl_workbench_get_gram(&running->gram, running->bench, course->pool, course->transform, err);
    if (status != TL_OK)
        return status;
    for (size_t i = first; i < end && running->gram && running->bench->setup.fold_count > 0; i++) {
        struct tl_candidate *candidate = running->order[i];

        if (!tl_fold_solve_can(&candidate->course))
            continue;
        memmove(running->order + together + 1, running->order + together, (i - together) * sizeof(struct tl_candidate *));
        running->order[together++] = candidate;
    }
    status = solve_together(running, first, together, err);
    if (status != TL_OK)
        return status;
    running->first = together;
    tl_team_run(running->bench->setup.team, (end - together) * tl_workbench_count_parts(running->bench), do_task, running);
    if (running->fatal.status == TL_OK)
        return TL_OK;
    *err = running->fatal;
    return err->status;
}

static enum tl_status run_all(struct running *running, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    for (size_t first = 0, end; first < running->count && status == TL_OK; first = end) {
        const struct tl_course *course = &running->order[first]->course;

        end = gather_matrix(running->order, first, running->count);
        if (is_over(running))
            continue;
        status = run_matrix(running, first, end, err);
        if (!running->wish->keeps_matrices)
            tl_workbench_drop(running->bench, course->pool, course->transform);
    }
    return status;
}

enum tl_status tl_candidates_run(struct tl_candidate *candidates, size_t count, struct tl_workbench *bench,
                                 const struct tl_candidates_wish *wish, struct tl_error *err)
{
    struct running running = {.count = count, .bench = bench, .wish = wish, .fatal = {.status = TL_OK}};
    enum tl_status status;

    if (pthread_mutex_init(&running.mutex, NULL) != 0)
        return tl_error_set_no_memory(err, "the candidates", sizeof running.mutex);
    running.order = tl_memory_alloc(count, sizeof(struct tl_candidate *));
    if (!running.order) {
        status = tl_error_set_no_memory(err, "the candidates", count * sizeof(struct tl_candidate *));
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        running.order[i] = &candidates[i];
    status = tl_candidate_parts_init(&running.parts, candidates, running.order, count, bench, wish, err);
    if (status == TL_OK)
        status = run_all(&running, err);
done:
    tl_candidate_parts_release(&running.parts);
    tl_memory_free(running.order);
    (void)pthread_mutex_destroy(&running.mutex);
    return status;
}

void tl_candidate_release(struct tl_candidate *candidate)
{
    tl_memory_free(candidate->probabilities);
    tl_memory_free(candidate->folds);
    tl_memory_free(candidate->history);
    candidate->probabilities = NULL;
    candidate->folds = NULL;
    candidate->history = NULL;
}

size_t tl_candidates_find_best(const struct tl_candidate *candidates, size_t count)
{
    size_t best = count;

    for (size_t i = 0; i < count; i++)
        if (candidates[i].is_done && (best == count || candidates[i].validation.loss < candidates[best].validation.loss))
            best = i;
    return best;
}
