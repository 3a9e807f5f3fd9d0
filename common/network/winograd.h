/* winograd.h - what the Winograd kernels agree on: which layers they take, in tiles of which size, how weights and tiles lie.
 *
 * A layer of 3 x 3 kernels is cut into tiles of m x m outputs, numbered photo by photo in rows; n = m + 2 is the side of a
 * tile's patch of the input. A block of tiles goes through three steps in scratch memory:
 *
 *     V [position][C / 16][tile][16]     transformed input, n^2 positions; C is filled up to a multiple of 16 with zeros
 *     M [position][tile][K]              sums over the channels: n^2 matrix products V U
 *     out                                transformed back, with bias, ReLU and pooling
 *
 *     U [position][K / panel][C][panel]  transformed weights, K filled up to a multiple of the panel with zeros
 *
 * A larger tile needs fewer multiplications an output, (n / m)^2, but rounds more: an arithmetic says how large they may be.
 *
 * "f32-wino6-fma", tiles up to 6, and "f32-wino7-fma": a sum of M takes the channels in order, in segments of
 * SEGMENT_CHANNELS: each is one accumulator from zero, by fused multiply-add, and is added to those before. (One
 * accumulator all the way doubles the error.) V, U and out come from the transforms of winograd_transform.h; layers
 * of other kernels or of few channels are summed directly (direct.h). "openblas-wino6" has OpenBLAS multiply; "bf16-wino4",
 * "bf16x3-wino4" (conv_winograd_bf16.c) and "i16-wino4" (conv_winograd_i16.c) round V and U.
 */
#ifndef TL_NETWORK_WINOGRAD_H
#define TL_NETWORK_WINOGRAD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/network/kernels.h"
#include "common/network/winograd_points.h"

enum {
    CHANNEL_BLOCK = 16,        /* channels of a tile that lie together in V */
    SEGMENT_CHANNELS = 128,
    WINOGRAD_CHANNELS_MIN = 8  /* with fewer, summing directly costs less than filling up to 16 */
};

static inline size_t round_up(size_t count, size_t unit)
{
    return (count + unit - 1) / unit * unit;
}

static inline bool is_for_winograd(const struct tl_conv_shape *shape)
{
    return shape->kernel == 3 && shape->input_channels >= WINOGRAD_CHANNELS_MIN;
}

static inline size_t count_positions(size_t tile)
{
    return (tile + 2) * (tile + 2);
}

/* Pooling spans tiles of odd size. */
static inline bool can_pool_tiles(size_t tile)
{
    return tile % 2 == 0;
}

/* What a photo costs in tiles of a size, in products of one tile at one position. Reading the weights costs about as much as
 * twelve tiles, and pooling that has to come after as much as forty multiplications a value; both were measured on VGG16. */
static inline double estimate_cost(const struct tl_conv_shape *shape, size_t tile)
{
    enum { WEIGHTS_IN_TILES = 12, POOLING_IN_PRODUCTS = 40 };
    const size_t down = (shape->height + tile - 1) / tile, across = (shape->width + tile - 1) / tile;
    const double products = (double)(count_positions(tile) * (down * across + WEIGHTS_IN_TILES));
    const double values = (double)shape->height * shape->width / shape->input_channels;
    return products + (shape->has_pooling && !can_pool_tiles(tile) ? POOLING_IN_PRODUCTS * values : 0);
}

/* The size of tiles up to tile_max that costs a photo least. */
static inline size_t choose_tile(const struct tl_conv_shape *shape, size_t tile_max)
{
    size_t best = tile_sizes[0];
    for (size_t i = 1; i < sizeof tile_sizes / sizeof *tile_sizes && tile_sizes[i] <= tile_max; i++) {
        if (estimate_cost(shape, tile_sizes[i]) < estimate_cost(shape, best))
            best = tile_sizes[i];
    }
    return best;
}

#endif
