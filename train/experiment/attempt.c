/* attempt.c - see attempt.h. */
#include "train/experiment/attempt.h"

#include <math.h>

#include "common/base/memory.h"
#include "train/fit/lbfgs.h"

static enum tl_status start_head(struct tl_head **out, const struct tl_samples *samples, const struct tl_course *course,
                                 const struct tl_attempt_setup *setup, struct tl_error *err)
{
    const struct tl_head_shape shape = {.feature_count = setup->feature_count,
                                        .channel_count = setup->channel_count,
                                        .pool = course->pool,
                                        .hidden_count = (size_t)course->hidden_count,
                                        .class_count = setup->class_count};
    enum tl_status status = tl_head_create(out, &shape, setup->class_names, err);

    if (status != TL_OK)
        return status;
    (*out)->transform = course->transform;
    return tl_fit_start(*out, samples, course, err);
}

static enum tl_status run_lbfgs(struct tl_attempt *attempt, const struct tl_samples *samples, const struct tl_course *course,
                                const struct tl_attempt_setup *setup, struct tl_error *err)
{
    struct tl_lbfgs_result result;
    enum tl_status status =
        tl_lbfgs_fit_head(&result, attempt->head, attempt->history, samples, course, setup->gram, setup->aid, err);

    if (status != TL_OK)
        return status;
    attempt->epoch_count = result.epoch_count;
    attempt->best_epoch = course->monitor == TL_COURSE_LAST_EPOCH ? 0 : result.best_epoch;
    attempt->gradient_norm = result.gradient_norm;
    return TL_OK;
}

static enum tl_status run_epochs(struct tl_attempt *attempt, const struct tl_samples *samples, const struct tl_course *course,
                                 const struct tl_attempt_setup *setup, struct tl_error *err)
{
    struct tl_fit_result result;
    enum tl_status status = tl_fit_head(&result, attempt->head, attempt->history, samples, course, setup->aid, err);

    if (status != TL_OK)
        return status;
    attempt->epoch_count = result.epoch_count;
    attempt->best_epoch = course->monitor == TL_COURSE_LAST_EPOCH ? 0 : result.best_epoch;
    return TL_OK;
}

enum tl_status tl_attempt_fit(struct tl_attempt *out, const struct tl_samples *samples, const struct tl_course *course,
                              const struct tl_attempt_setup *setup, struct tl_error *err)
{
    struct tl_attempt attempt = {.gradient_norm = (double)NAN};
    enum tl_status status = start_head(&attempt.head, samples, course, setup, err);

    *out = (struct tl_attempt){.gradient_norm = (double)NAN};
    if (status != TL_OK)
        goto done;
    attempt.history = tl_memory_alloc((size_t)course->epochs, sizeof *attempt.history);
    if (!attempt.history) {
        status = tl_error_set_no_memory(err, "the epochs", (size_t)course->epochs * sizeof *attempt.history);
        goto done;
    }
    status = course->solver == TL_COURSE_LBFGS ? run_lbfgs(&attempt, samples, course, setup, err)
                                               : run_epochs(&attempt, samples, course, setup, err);
    if (status == TL_OK) {
        *out = attempt;
        attempt = (struct tl_attempt){.head = NULL};
    }
done:
    tl_attempt_release(&attempt);
    return status;
}

void tl_attempt_release(struct tl_attempt *attempt)
{
    tl_head_free(attempt->head);
    tl_memory_free(attempt->history);
    attempt->head = NULL;
    attempt->history = NULL;
}
