/* winograd_tiles.h - a block of tiles: from the photos to V, and from M to the output, with the edges of photos.
 *
 * A patch that sticks out of its photo, or whose channels do not fill a CHANNEL_BLOCK, is copied among zeros first; the
 * arithmetic is the same.
 */
#ifndef TL_NETWORK_WINOGRAD_TILES_H
#define TL_NETWORK_WINOGRAD_TILES_H

#include "common/network/winograd_transform.h"

enum { TILES_AHEAD = 4 };

/* Tiles of all photos of a call. */
struct tiling {
    size_t down, across, count;
};

TL_INLINE struct tiling count_tiles(const struct tl_conv_shape *shape, size_t photo_count)
{
    const size_t down = (shape->height + WINOGRAD_TILE - 1) / WINOGRAD_TILE, across = (shape->width + WINOGRAD_TILE - 1) / WINOGRAD_TILE;
    return (struct tiling){down, across, photo_count * down * across};
}

struct tile {
    size_t photo, top, left; /* of its outputs */
};

TL_INLINE struct tile locate_tile(const struct tiling *tiling, size_t index)
{
    const size_t of_photo = index % (tiling->down * tiling->across);
    return (struct tile){index / (tiling->down * tiling->across), of_photo / tiling->across * WINOGRAD_TILE,
                         of_photo % tiling->across * WINOGRAD_TILE};
}

/* Where a block's V or M lies: values from one to the next. V's channel blocks, M's channels are 1 apart within. */
struct layout {
    size_t position_stride, tile_stride, block_stride;
};

/* Channels [first, first + count) of a patch, filled up to CHANNEL_BLOCK. */
TL_INLINE void copy_patch(float out[WINOGRAD_PATCH * WINOGRAD_PATCH * CHANNEL_BLOCK], const struct tl_conv_shape *shape,
                          const float *photo, const struct tile *tile, size_t first, size_t count)
{
    memset(out, 0, WINOGRAD_PATCH * WINOGRAD_PATCH * CHANNEL_BLOCK * sizeof *out);
    for (size_t i = 0; i < WINOGRAD_PATCH; i++) {
        const size_t y = tile->top + i - 1; /* wraps round for the line above the photo, which is beyond the height too */
        if (y >= shape->height)
            continue;
        for (size_t j = 0; j < WINOGRAD_PATCH; j++) {
            const size_t x = tile->left + j - 1;
            if (x < shape->width)
                memcpy(out + (i * WINOGRAD_PATCH + j) * CHANNEL_BLOCK,
                       photo + (y * shape->width + x) * shape->input_channels + first, count * sizeof *out);
        }
    }
}

/* Tiles [first, end) to V, each value in part_count parts. */
TL_INLINE void gather_tiles(v_value *v, const struct layout *layout, const size_t part_count, const struct tl_conv_call *call, size_t first,
                            size_t end)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct tiling tiling = count_tiles(shape, call->photo_count);
    const size_t channels = shape->input_channels, row = shape->width * channels;
    float patch[WINOGRAD_PATCH * WINOGRAD_PATCH * CHANNEL_BLOCK];
    for (size_t t = first; t < end; t++) {
        const struct tile tile = locate_tile(&tiling, t);
        const float *const photo = call->in + tile.photo * shape->height * row;
        const bool is_inside = tile.top >= 1 && tile.left >= 1 && tile.top + WINOGRAD_PATCH - 1 <= shape->height &&
                               tile.left + WINOGRAD_PATCH - 1 <= shape->width;
        for (size_t c = 0; c < round_up(channels, V_BLOCK); c += CHANNEL_BLOCK) {
            v_value *const out = v + (t - first) * layout->tile_stride + c / CHANNEL_BLOCK * layout->block_stride;
            if (is_inside && c + CHANNEL_BLOCK <= channels) {
                const float *const in = photo + (tile.top - 1) * row + (tile.left - 1) * channels + c;
                for (size_t i = 0; i < WINOGRAD_POSITIONS; i++) /* lines that the tiles soon to come will write */
                    __builtin_prefetch(out + i * layout->position_stride + TILES_AHEAD * layout->tile_stride, 0, 2);
                for (size_t lane = 0; lane < CHANNEL_BLOCK; lane += VEC_LANES)
                    transform_patch(out + lane, layout->position_stride, part_count, in + lane, row, channels);
                continue;
            }
            const size_t left = c < channels ? channels - c : 0;
            copy_patch(patch, shape, photo, &tile, c, left < CHANNEL_BLOCK ? left : CHANNEL_BLOCK);
            for (size_t lane = 0; lane < CHANNEL_BLOCK; lane += VEC_LANES)
                transform_patch(out + lane, layout->position_stride, part_count, patch + lane, WINOGRAD_PATCH * CHANNEL_BLOCK,
                                CHANNEL_BLOCK);
        }
    }
}

/* A tile's `count` channels from k on, without what sticks out of the photo. */
TL_INLINE void store_tile(const struct tl_conv_call *call, const struct tile *tile, vec values[4][4], size_t k, size_t count)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t channels = shape->output_channels;
    const size_t rows = shape->height - tile->top < WINOGRAD_TILE ? shape->height - tile->top : WINOGRAD_TILE;
    const size_t columns = shape->width - tile->left < WINOGRAD_TILE ? shape->width - tile->left : WINOGRAD_TILE;
    float *const out = call->out + ((tile->photo * shape->height + tile->top) * shape->width + tile->left) * channels + k;
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < columns; x++)
            vec_store_some(out + (y * shape->width + x) * channels, values[y][x], count);
    }
}

/* The same through 2 x 2 max pooling: tiles begin at even places, so no window spans two of them. */
TL_INLINE void store_pooled(const struct tl_conv_call *call, const struct tile *tile, vec values[4][4], size_t k, size_t count)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t channels = shape->output_channels, height = shape->height / 2, width = shape->width / 2;
    const size_t top = tile->top / 2, left = tile->left / 2;
    float *const out = call->out + ((tile->photo * height + top) * width + left) * channels + k;
    for (size_t y = 0; y < 2; y++) {
        for (size_t x = 0; x < 2; x++) {
            if (top + y >= height || left + x >= width)
                continue;
            const vec above = vec_larger(values[2 * y][2 * x], values[2 * y][2 * x + 1]);
            const vec largest = vec_larger(vec_larger(above, values[2 * y + 1][2 * x]), values[2 * y + 1][2 * x + 1]);
            vec_store_some(out + (y * width + x) * channels, largest, count);
        }
    }
}

/* Channels [k_first, k_end) of M's tiles to the output. */
TL_INLINE void scatter_tiles(const float *m, const struct layout *layout, const struct tl_conv_call *call, size_t first, size_t end,
                             size_t k_first, size_t k_end)
{
    const struct tiling tiling = count_tiles(&call->shape, call->photo_count);
    for (size_t t = first; t < end; t++) {
        const struct tile tile = locate_tile(&tiling, t);
        for (size_t k = k_first; k < k_end; k += VEC_LANES) {
            const size_t count = k_end - k;
            const vec bias = vec_load_some(call->bias + k, count);
            vec values[4][4];
            transform_sums(values, m + (t - first) * layout->tile_stride + (k - k_first), layout->position_stride);
            for (size_t i = 0; i < WINOGRAD_TILE * WINOGRAD_TILE; i++) {
                const vec value = vec_add(values[i / 4][i % 4], bias);
                values[i / 4][i % 4] = call->shape.has_relu ? vec_relu(value) : value;
            }
            if (call->shape.has_pooling)
                store_pooled(call, &tile, values, k, count);
            else
                store_tile(call, &tile, values, k, count);
        }
    }
}

#endif
