/* outcome.c - see outcome.h. */
#include "train/experiment/outcome.h"

#include "common/base/memory.h"

enum tl_status tl_outcome_evaluate(struct tl_outcome *outcome, const struct tl_samples *samples, enum tl_role which,
                                   struct tl_error *err)
{
    struct tl_outcome_role *role = which == TL_ROLE_TEST ? &outcome->test : &outcome->validation;
    const size_t class_count = outcome->head->class_count, photo_count = tl_samples_count(samples, which);

    if (photo_count > 0) {
        role->confusion = tl_memory_alloc(class_count * class_count, sizeof *role->confusion);
        role->probabilities = tl_memory_alloc(photo_count * class_count, sizeof *role->probabilities);
        if (!role->confusion || !role->probabilities)
            return tl_error_set_no_memory(err, "the evaluation", (class_count + photo_count) * class_count * sizeof(double));
    }
    return tl_evaluate_role(&role->evaluation, role->confusion, role->probabilities, outcome->head, samples, which, err);
}

static void release_role(struct tl_outcome_role *role)
{
    tl_memory_free(role->confusion);
    tl_memory_free(role->probabilities);
    *role = (struct tl_outcome_role){0};
}

void tl_outcome_release(struct tl_outcome *outcome)
{
    release_role(&outcome->validation);
    release_role(&outcome->test);
}
