/* outcome.c - see outcome.h. */
#include "train/outcome.h"

#include "common/base/memory.h"

static enum tl_status evaluate_role(struct tl_outcome_role *role, const struct tl_head *head, const struct tl_samples *samples,
                                    enum tl_role which, struct tl_error *err)
{
    const size_t class_count = head->class_count, photo_count = tl_samples_count(samples, which);

    if (photo_count > 0) {
        role->confusion = tl_memory_alloc(class_count * class_count, sizeof *role->confusion);
        role->probabilities = tl_memory_alloc(photo_count * class_count, sizeof *role->probabilities);
        if (!role->confusion || !role->probabilities)
            return tl_error_set_no_memory(err, "the evaluation", (class_count + photo_count) * class_count * sizeof(double));
    }
    return tl_evaluate_role(&role->evaluation, role->confusion, role->probabilities, head, samples, which, err);
}

enum tl_status tl_outcome_evaluate(struct tl_outcome *outcome, const struct tl_samples *samples, struct tl_error *err)
{
    enum tl_status status = evaluate_role(&outcome->validation, outcome->head, samples, TL_ROLE_VALIDATION, err);

    if (status == TL_OK)
        status = evaluate_role(&outcome->test, outcome->head, samples, TL_ROLE_TEST, err);
    return status;
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
