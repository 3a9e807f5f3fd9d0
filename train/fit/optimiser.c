/* optimiser.c - see optimiser.h. */
#include "train/fit/optimiser.h"

#include <math.h>

#include "common/base/memory.h"

static const double BETA_1 = 0.9, BETA_2 = 0.999;

void tl_optimiser_init(struct tl_optimiser *optimiser, const struct tl_course *course)
{
    *optimiser = (struct tl_optimiser){course->solver, course->learning_rate, course->momentum, 1, 1};
}

struct tl_fit_step tl_optimiser_next_step(struct tl_optimiser *optimiser)
{
    struct tl_fit_step step = {.solver = optimiser->solver, .momentum = (float)optimiser->momentum};

    optimiser->beta_1_power *= BETA_1;
    optimiser->beta_2_power *= BETA_2;
    if (optimiser->solver == TL_COURSE_SGD)
        step.rate = (float)optimiser->learning_rate;
    else
        step.rate = (float)(optimiser->learning_rate * sqrt(1 - optimiser->beta_2_power) / (1 - optimiser->beta_1_power));
    return step;
}

enum tl_status tl_optimiser_create_weights(struct tl_fit_weights *out, size_t count, struct tl_error *err)
{
    out->weights = tl_memory_alloc_aligned(count, sizeof *out->weights);
    out->moments = tl_memory_alloc_aligned(count, sizeof *out->moments);
    out->velocities = tl_memory_alloc_aligned(count, sizeof *out->velocities);
    if (out->weights && out->moments && out->velocities)
        return TL_OK;
    tl_optimiser_free_weights(out);
    return tl_error_set_no_memory(err, "the weights", count * sizeof *out->weights);
}

void tl_optimiser_free_weights(struct tl_fit_weights *weights)
{
    tl_memory_free(weights->weights);
    tl_memory_free(weights->moments);
    tl_memory_free(weights->velocities);
    *weights = (struct tl_fit_weights){NULL, NULL, NULL};
}
