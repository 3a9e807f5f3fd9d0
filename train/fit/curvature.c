/* curvature.c - see curvature.h. */
#include "train/fit/curvature.h"

#include "common/base/memory.h"
#include "train/fit/lanes.h"

struct tl_curvature {
    const struct tl_lanes *lanes;
    size_t count;
    bool has_images;
    double *memory;
    double *moves[TL_CURVATURE_KEPT], *move_images[TL_CURVATURE_KEPT];     /* s */
    double *changes[TL_CURVATURE_KEPT], *change_images[TL_CURVATURE_KEPT]; /* y */
    double products[TL_CURVATURE_KEPT];                                /* s^T M y */
    double squares[TL_CURVATURE_KEPT];                                 /* y^T M y */
    size_t kept, newest;
};

enum tl_status tl_curvature_create(tl_curvature **out, size_t count, bool has_images, struct tl_error *err)
{
    const size_t stride = (count + 7) / 8 * 8, vectors = (has_images ? 4 : 2) * (size_t)TL_CURVATURE_KEPT;
    tl_curvature *curvature = tl_memory_alloc(1, sizeof *curvature);

    *out = NULL;
    if (curvature)
        curvature->memory = tl_memory_alloc_large(vectors * stride, sizeof *curvature->memory);
    if (!curvature || !curvature->memory) {
        tl_curvature_free(curvature);
        return tl_error_set_no_memory(err, "the steps of L-BFGS", vectors * stride * sizeof(double));
    }
    curvature->lanes = tl_lanes_choose();
    curvature->count = count;
    curvature->has_images = has_images;
    for (size_t k = 0; k < TL_CURVATURE_KEPT; k++) {
        double *own = curvature->memory + k * (has_images ? 4 : 2) * stride;

        curvature->moves[k] = own;
        curvature->changes[k] = own + stride;
        curvature->move_images[k] = has_images ? own + 2 * stride : own;
        curvature->change_images[k] = has_images ? own + 3 * stride : own + stride;
    }
    *out = curvature;
    return TL_OK;
}

void tl_curvature_free(tl_curvature *curvature)
{
    if (!curvature)
        return;
    tl_memory_free(curvature->memory);
    tl_memory_free(curvature);
}

/* The k-th newest, from 0. */
static size_t find_step(const tl_curvature *curvature, size_t k)
{
    return (curvature->newest + TL_CURVATURE_KEPT - k) % TL_CURVATURE_KEPT;
}

static void add_to_both(const tl_curvature *curvature, double *vector, double *image, double factor, const double *added,
                        const double *added_image)
{
    curvature->lanes->add(vector, factor, added, curvature->count);
    if (curvature->has_images)
        curvature->lanes->add(image, factor, added_image, curvature->count);
}

void tl_curvature_direct(tl_curvature *curvature, double *direction, double *direction_image, const double *gradient,
                         const double *gradient_image)
{
    double factors[TL_CURVATURE_KEPT];

    curvature->lanes->scale(direction, -1, gradient, curvature->count);
    if (curvature->has_images)
        curvature->lanes->scale(direction_image, -1, gradient_image, curvature->count);
    for (size_t k = 0; k < curvature->kept; k++) {
        const size_t i = find_step(curvature, k);

        factors[i] = curvature->lanes->dot(curvature->move_images[i], direction, curvature->count) / curvature->products[i];
        add_to_both(curvature, direction, direction_image, -factors[i], curvature->changes[i], curvature->change_images[i]);
    }
    if (curvature->kept > 0) {
        const double size = curvature->products[curvature->newest] / curvature->squares[curvature->newest];

        curvature->lanes->scale(direction, size, direction, curvature->count);
        if (curvature->has_images)
            curvature->lanes->scale(direction_image, size, direction_image, curvature->count);
    }
    for (size_t k = curvature->kept; k-- > 0;) {
        const size_t i = find_step(curvature, k);
        const double back =
            curvature->lanes->dot(curvature->change_images[i], direction, curvature->count) / curvature->products[i];

        add_to_both(curvature, direction, direction_image, factors[i] - back, curvature->moves[i], curvature->move_images[i]);
    }
}

void tl_curvature_add(tl_curvature *curvature, double t, const double *direction, const double *direction_image,
                      const double *change, const double *change_image)
{
    const size_t next = curvature->kept == 0 ? 0 : (curvature->newest + 1) % TL_CURVATURE_KEPT;
    const double product = t * curvature->lanes->dot(direction_image, change, curvature->count);
    const double square = curvature->lanes->dot(change, change_image, curvature->count);

    if (!(product > 0 && square > 0))
        return;
    curvature->lanes->scale(curvature->moves[next], t, direction, curvature->count);
    curvature->lanes->scale(curvature->changes[next], 1, change, curvature->count);
    if (curvature->has_images) {
        curvature->lanes->scale(curvature->move_images[next], t, direction_image, curvature->count);
        curvature->lanes->scale(curvature->change_images[next], 1, change_image, curvature->count);
    }
    curvature->products[next] = product;
    curvature->squares[next] = square;
    curvature->newest = next;
    if (curvature->kept < TL_CURVATURE_KEPT)
        curvature->kept++;
}
