/* steps.c - see steps.h. */
#include "train/fit/steps.h"

#include "common/base/memory.h"
#include "train/fit/lanes.h"

struct tl_steps {
    size_t count;
    bool has_images;
    double *memory;
    double *moves[TL_STEPS_KEPT], *move_images[TL_STEPS_KEPT];     /* s */
    double *changes[TL_STEPS_KEPT], *change_images[TL_STEPS_KEPT]; /* y */
    double products[TL_STEPS_KEPT];                                /* s^T M y */
    double squares[TL_STEPS_KEPT];                                 /* y^T M y */
    size_t kept, newest;
};

enum tl_status tl_steps_create(tl_steps **out, size_t count, bool has_images, struct tl_error *err)
{
    const size_t stride = (count + 7) / 8 * 8, vectors = (has_images ? 4 : 2) * (size_t)TL_STEPS_KEPT;
    tl_steps *steps = tl_memory_alloc(1, sizeof *steps);

    *out = NULL;
    if (steps)
        steps->memory = tl_memory_alloc_large(vectors * stride, sizeof *steps->memory);
    if (!steps || !steps->memory) {
        tl_steps_free(steps);
        return tl_error_set_no_memory(err, "the steps of L-BFGS", vectors * stride * sizeof(double));
    }
    steps->count = count;
    steps->has_images = has_images;
    for (size_t k = 0; k < TL_STEPS_KEPT; k++) {
        double *own = steps->memory + k * (has_images ? 4 : 2) * stride;

        steps->moves[k] = own;
        steps->changes[k] = own + stride;
        steps->move_images[k] = has_images ? own + 2 * stride : own;
        steps->change_images[k] = has_images ? own + 3 * stride : own + stride;
    }
    *out = steps;
    return TL_OK;
}

void tl_steps_free(tl_steps *steps)
{
    if (!steps)
        return;
    tl_memory_free(steps->memory);
    tl_memory_free(steps);
}

/* The k-th newest, from 0. */
static size_t find_step(const tl_steps *steps, size_t k)
{
    return (steps->newest + TL_STEPS_KEPT - k) % TL_STEPS_KEPT;
}

static void add_to_both(const tl_steps *steps, double *vector, double *image, double factor, const double *added,
                        const double *added_image)
{
    tl_lanes_add(vector, factor, added, steps->count);
    if (steps->has_images)
        tl_lanes_add(image, factor, added_image, steps->count);
}

void tl_steps_direct(tl_steps *steps, double *direction, double *direction_image, const double *gradient,
                     const double *gradient_image)
{
    double factors[TL_STEPS_KEPT];

    tl_lanes_scale(direction, -1, gradient, steps->count);
    if (steps->has_images)
        tl_lanes_scale(direction_image, -1, gradient_image, steps->count);
    for (size_t k = 0; k < steps->kept; k++) {
        const size_t i = find_step(steps, k);

        factors[i] = tl_lanes_dot(steps->move_images[i], direction, steps->count) / steps->products[i];
        add_to_both(steps, direction, direction_image, -factors[i], steps->changes[i], steps->change_images[i]);
    }
    if (steps->kept > 0) {
        const double size = steps->products[steps->newest] / steps->squares[steps->newest];

        tl_lanes_scale(direction, size, direction, steps->count);
        if (steps->has_images)
            tl_lanes_scale(direction_image, size, direction_image, steps->count);
    }
    for (size_t k = steps->kept; k-- > 0;) {
        const size_t i = find_step(steps, k);
        const double back = tl_lanes_dot(steps->change_images[i], direction, steps->count) / steps->products[i];

        add_to_both(steps, direction, direction_image, factors[i] - back, steps->moves[i], steps->move_images[i]);
    }
}

void tl_steps_add(tl_steps *steps, double t, const double *direction, const double *direction_image, const double *change,
                  const double *change_image)
{
    const size_t next = steps->kept == 0 ? 0 : (steps->newest + 1) % TL_STEPS_KEPT;
    const double product = t * tl_lanes_dot(direction_image, change, steps->count);
    const double square = tl_lanes_dot(change, change_image, steps->count);

    if (!(product > 0 && square > 0))
        return;
    tl_lanes_scale(steps->moves[next], t, direction, steps->count);
    tl_lanes_scale(steps->changes[next], 1, change, steps->count);
    if (steps->has_images) {
        tl_lanes_scale(steps->move_images[next], t, direction_image, steps->count);
        tl_lanes_scale(steps->change_images[next], 1, change_image, steps->count);
    }
    steps->products[next] = product;
    steps->squares[next] = square;
    steps->newest = next;
    if (steps->kept < TL_STEPS_KEPT)
        steps->kept++;
}
