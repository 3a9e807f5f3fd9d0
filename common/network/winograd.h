/* winograd.h - what the Winograd kernels agree on: which layers they take, how weights and tiles lie.
 *
 * A layer of 3 x 3 kernels is cut into tiles of 4 x 4 outputs, numbered photo by photo in rows. A block of tiles goes through
 * three steps in scratch memory:
 *
 *     V [position][C / 16][tile][16]     transformed input; C is filled up to a multiple of 16 with zeros
 *     M [position][tile][K]              sums over the channels: 36 matrix products V U
 *     out                                transformed back, with bias, ReLU and pooling
 *
 *     U [position][K / panel][C][panel]  transformed weights, K filled up to a multiple of the panel with zeros
 *
 * "f32-wino4-fma": each M is one accumulator that takes the channels in order by fused multiply-add from zero; V, M and out
 * come from the transforms of winograd_transform.h; layers of other kernels or of few channels are summed directly
 * (direct.h). "openblas-wino4" has OpenBLAS multiply; "bf16-wino4" and "bf16x3-wino4" round V and U (conv_winograd_bf16.c).
 */
#ifndef TL_NETWORK_WINOGRAD_H
#define TL_NETWORK_WINOGRAD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/network/kernels.h"

enum {
    WINOGRAD_POSITIONS = 36,
    WINOGRAD_TILE = 4,       /* outputs on a side */
    WINOGRAD_PATCH = 6,      /* inputs on a side */
    CHANNEL_BLOCK = 16,      /* channels of a tile that lie together in V */
    WINOGRAD_CHANNELS_MIN = 8 /* with fewer, summing directly costs less than filling up to 16 */
};

static inline size_t round_up(size_t count, size_t unit)
{
    return (count + unit - 1) / unit * unit;
}

static inline bool is_for_winograd(const struct tl_conv_shape *shape)
{
    return shape->kernel == 3 && shape->input_channels >= WINOGRAD_CHANNELS_MIN;
}

#endif
