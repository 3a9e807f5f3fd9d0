/* outcome.c - see outcome.h. */
#include "train/experiment/outcome.h"

#include "common/base/memory.h"

static struct tl_outcome_role *role_of(struct tl_outcome *outcome, enum tl_role which)
{
    return which == TL_ROLE_TEST ? &outcome->test : &outcome->validation;
}

const struct tl_outcome_role *tl_outcome_chooser(const struct tl_outcome *outcome)
{
    return outcome->fold_count > 0 ? &outcome->folded : &outcome->validation;
}

enum tl_status tl_outcome_evaluate(struct tl_outcome *outcome, const struct tl_samples *samples, enum tl_role which,
                                   struct tl_error *err)
{
    struct tl_outcome_role *role = role_of(outcome, which);
    const size_t class_count = outcome->head->class_count, photo_count = tl_samples_count(samples, which);

    if (photo_count > 0) {
        role->confusion = tl_memory_alloc(class_count * class_count, sizeof *role->confusion);
        role->probabilities = tl_memory_alloc(photo_count * class_count, sizeof *role->probabilities);
        if (!role->confusion || !role->probabilities)
            return tl_error_set_no_memory(err, "the evaluation", (class_count + photo_count) * class_count * sizeof(double));
    }
    return tl_evaluate_role(&role->evaluation, role->confusion, role->probabilities, outcome->head, samples, which, err);
}

enum tl_status tl_outcome_measure(struct tl_outcome_role *role, const struct tl_metrics_photos *photos, struct tl_error *err)
{
    tl_metrics_free(role->metrics);
    role->metrics = NULL;
    return photos->photo_count > 0 ? tl_metrics_measure(&role->metrics, photos, err) : TL_OK;
}

void tl_outcome_release_role(struct tl_outcome_role *role)
{
    tl_memory_free(role->confusion);
    tl_memory_free(role->probabilities);
    tl_metrics_free(role->metrics);
    *role = (struct tl_outcome_role){0};
}

void tl_outcome_forget_head(struct tl_outcome *outcome)
{
    tl_head_free(outcome->head);
    outcome->head = NULL;
}

void tl_outcome_release(struct tl_outcome *outcome)
{
    tl_outcome_release_role(&outcome->validation);
    tl_outcome_release_role(&outcome->test);
    tl_outcome_release_role(&outcome->folded);
    tl_outcome_forget_head(outcome);
    tl_memory_free(outcome->class_weights);
    tl_memory_free(outcome->history);
    tl_memory_free(outcome->folds);
    outcome->class_weights = NULL;
    outcome->history = NULL;
    outcome->folds = NULL;
}
