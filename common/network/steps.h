/* steps.h - what a plan consists of: steps in segments, and the buffers that activations take turns in.
 *
 * A step computes one row of the table, or a convolution and the pooling after it. Neighbouring steps form a segment, whose
 * photos go through it a few at a time: one by one where activations are large, so that they stay in a cache; a whole group
 * where they are small and the weights large, so that each weight is used often. What one segment leaves to another lies in a
 * buffer for the whole group.
 */
#ifndef TL_NETWORK_STEPS_H
#define TL_NETWORK_STEPS_H

#include "common/network/plan.h"

/* Where an activation lies. Numbers from 0 up are buffers of the workspace. */
enum { TL_PLACE_INPUT = -1, TL_PLACE_FEATURES = -2, TL_PLACE_NONE = -3 };

struct tl_activation {
    size_t floats; /* of one photo */
    int place;
    bool is_for_group; /* photos of a whole group lie there, not of one turn of a segment alone */
};

struct tl_step {
    size_t layer;       /* row of the table: the convolution, or the pooling that stands alone */
    struct tl_shape in_shape; /* of one photo */
    struct tl_activation in, out;
    bool is_convolution;
    struct tl_conv_shape conv;
    float *packed, *bias; /* owned */
};

struct tl_segment {
    size_t first_step, end_step;
    size_t photo_count; /* in one turn */
};

struct tl_steps {
    struct tl_step *steps;
    size_t step_count;
    struct tl_segment *segments;
    size_t segment_count;
    size_t *buffer_floats; /* one a buffer, for all photos that lie in it */
    size_t buffer_count;
    size_t group; /* photos that go through the network together */
    struct tl_shape features; /* what the feature layer gives */
};

static inline size_t count_floats(struct tl_shape shape)
{
    return (size_t)shape.height * shape.width * shape.channels;
}

/* Lays out the rows of the table that the feature layer needs, for that use; weights are left NULL. Fails with:
 * TL_BAD_INPUT (an input too small for the pooling, an absurd size), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_steps_create(struct tl_steps *out, const struct tl_network *network,
                                           const struct tl_conv_kernel *kernel, struct tl_shape input, enum tl_conv_use use,
                                           struct tl_error *err);
/* Frees the weights too. */
void tl_steps_clear(struct tl_steps *steps);

#endif
