/* adam.c - see adam.h.
 *
 * One pass over four arrays, four values at a time; SSE2 has the one operation that quad.h lacks, the root. Moments below
 * TINY are made zero: they would move a weight by less than 1e-20, while the subnormal numbers they decay to make some
 * processors a hundred times slower.
 */
#include "train/fit/adam.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/base/memory.h"
#include "train/fit/quad.h"

typedef int32_t quad_mask __attribute__((vector_size(16)));

/* The complements are constants of their own: 1 - 0.999F is off by 1e-5 of itself. */
static const double BETA_1 = 0.9, BETA_2 = 0.999;
static const float ONE_MINUS_BETA_1 = 0.1F, ONE_MINUS_BETA_2 = 0.001F, EPSILON = 1e-7F, TINY = 1e-30F;

struct tl_adam {
    size_t count;
    double learning_rate, beta_1_power, beta_2_power; /* powers: beta^t of the steps made */
    float *moments, *velocities;
};

/* What stays the same during a step. */
struct step {
    float alpha, penalty;
};

enum tl_status tl_adam_create(tl_adam **out, size_t count, double learning_rate, struct tl_error *err)
{
    tl_adam *adam = tl_memory_alloc(1, sizeof *adam);

    *out = NULL;
    if (adam) {
        adam->moments = tl_memory_alloc_aligned(count, sizeof *adam->moments);
        adam->velocities = tl_memory_alloc_aligned(count, sizeof *adam->velocities);
    }
    if (!adam || !adam->moments || !adam->velocities) {
        tl_adam_free(adam);
        return tl_error_set_no_memory(err, "the optimiser", count * sizeof(float));
    }
    adam->count = count;
    adam->learning_rate = learning_rate;
    adam->beta_1_power = 1;
    adam->beta_2_power = 1;
    *out = adam;
    return TL_OK;
}

void tl_adam_free(tl_adam *adam)
{
    if (!adam)
        return;
    tl_memory_free(adam->moments);
    tl_memory_free(adam->velocities);
    tl_memory_free(adam);
}

static tl_quad root(tl_quad x)
{
#ifdef __SSE2__
    return (tl_quad)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < TL_QUAD_LANES; i++)
        x[i] = sqrtf(x[i]);
    return x;
#endif
}

static tl_quad clear_tiny(tl_quad x)
{
    const quad_mask is_tiny = (quad_mask)((x < TINY) & (x > -TINY));
    return (tl_quad)((quad_mask)x & ~is_tiny);
}

static tl_quad load(const float *from)
{
    tl_quad x;
    memcpy(&x, from, sizeof x);
    return x;
}

static void store(float *to, tl_quad x)
{
    memcpy(to, &x, sizeof x);
}

/* Four weights, their gradient and their state. */
static void update_quad(float *weights, float *gradient, float *moments, float *velocities, struct step step)
{
    tl_quad w = load(weights), g = load(gradient), m = load(moments), v = load(velocities);

    g += step.penalty * w;
    m = clear_tiny(m + (g - m) * ONE_MINUS_BETA_1);
    v = clear_tiny(v + (g * g - v) * ONE_MINUS_BETA_2);
    store(weights, w - step.alpha * m / (root(v) + EPSILON));
    store(moments, m);
    store(velocities, v);
    store(gradient, (tl_quad){0});
}

/* The last one to three, padded to four. */
static void update_rest(float *weights, float *gradient, float *moments, float *velocities, size_t count, struct step step)
{
    float padded[4][TL_QUAD_LANES] = {{0}};

    memcpy(padded[0], weights, count * sizeof *weights);
    memcpy(padded[1], gradient, count * sizeof *gradient);
    memcpy(padded[2], moments, count * sizeof *moments);
    memcpy(padded[3], velocities, count * sizeof *velocities);
    update_quad(padded[0], padded[1], padded[2], padded[3], step);
    memcpy(weights, padded[0], count * sizeof *weights);
    memcpy(gradient, padded[1], count * sizeof *gradient);
    memcpy(moments, padded[2], count * sizeof *moments);
    memcpy(velocities, padded[3], count * sizeof *velocities);
}

static void update_range(tl_adam *adam, float *weights, float *gradient, size_t start, size_t end, struct step step)
{
    size_t i = start;

    for (; i + TL_QUAD_LANES <= end; i += TL_QUAD_LANES)
        update_quad(weights + i, gradient + i, adam->moments + i, adam->velocities + i, step);
    if (i < end)
        update_rest(weights + i, gradient + i, adam->moments + i, adam->velocities + i, end - i, step);
}

void tl_adam_step(tl_adam *adam, float *weights, float *gradient, size_t penalised_count, double l2)
{
    struct step step = {0};

    adam->beta_1_power *= BETA_1;
    adam->beta_2_power *= BETA_2;
    step.alpha = (float)(adam->learning_rate * sqrt(1 - adam->beta_2_power) / (1 - adam->beta_1_power));
    step.penalty = (float)(2 * l2);
    update_range(adam, weights, gradient, 0, penalised_count, step);
    step.penalty = 0;
    update_range(adam, weights, gradient, penalised_count, adam->count, step);
}
