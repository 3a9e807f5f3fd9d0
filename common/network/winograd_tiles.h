/* winograd_tiles.h - a block of tiles: from the photos to V, and from M to the output, with the edges of photos.
 *
 * What a patch has outside its photo is read from a line of zeros; channels that do not fill a CHANNEL_BLOCK are copied among zeros
 * first. The arithmetic is the same.
 */
#ifndef TL_NETWORK_WINOGRAD_TILES_H
#define TL_NETWORK_WINOGRAD_TILES_H

#include "common/network/winograd_transform.h"

enum {
    TILES_AHEAD = 4,    /* whose places in V are asked for */
    CHANNELS_AHEAD = 32 /* whose places in the output are */
};

/* Tiles of all photos of a call. */
struct tiling {
    size_t down, across, count;
};

TL_INLINE struct tiling count_tiles(const struct tl_conv_shape *shape, size_t photo_count, const size_t tile)
{
    const size_t down = (shape->height + tile - 1) / tile, across = (shape->width + tile - 1) / tile;
    return (struct tiling){down, across, photo_count * down * across};
}

struct tile {
    size_t photo, top, left; /* of its outputs */
};

TL_INLINE struct tile locate_tile(const struct tiling *tiling, size_t index, const size_t side)
{
    const size_t of_photo = index % (tiling->down * tiling->across);
    return (struct tile){index / (tiling->down * tiling->across), of_photo / tiling->across * side,
                         of_photo % tiling->across * side};
}

/* Where a block's V or M lies: values from one to the next. V's channel blocks, M's channels are 1 apart within. */
struct layout {
    size_t position_stride, tile_stride, block_stride;
};

/* Where the pixels of a tile's patch lie; what sticks out of the photo lies at `zeros`. */
TL_INLINE void locate_pixels(const float *pixels[], const struct tl_conv_shape *shape, const float *photo, const struct tile *tile,
                             const float *zeros, const size_t side)
{
    for (size_t i = 0; i < side; i++) {
        const size_t y = tile->top + i - 1; /* wraps round for the line above the photo, which is beyond the height too */
        for (size_t j = 0; j < side; j++) {
            const size_t x = tile->left + j - 1;
            const bool is_inside = y < shape->height && x < shape->width;
            pixels[i * side + j] = is_inside ? photo + (y * shape->width + x) * shape->input_channels : zeros;
        }
    }
}

/* `count` channels from c on of a patch, filled up to CHANNEL_BLOCK. */
TL_INLINE void copy_patch(float *out, const float *const pixels[], size_t c, size_t count, const size_t side)
{
    memset(out, 0, side * side * CHANNEL_BLOCK * sizeof *out);
    for (size_t i = 0; i < side * side; i++)
        memcpy(out + i * CHANNEL_BLOCK, pixels[i] + c, count * sizeof *out);
}

/* Tiles [first, end) to V, each value in part_count parts. */
TL_INLINE void gather_tiles(v_value *v, const struct layout *layout, const size_t part_count, const struct tl_conv_call *call,
                            size_t first, size_t end, const size_t tile_side)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct tiling tiling = count_tiles(shape, call->photo_count, tile_side);
    const size_t channels = shape->input_channels, row = shape->width * channels, side = tile_side + 2;
    const float *pixels[PATCH_MAX * PATCH_MAX], *copied[PATCH_MAX * PATCH_MAX];
    float patch[PATCH_MAX * PATCH_MAX * CHANNEL_BLOCK];
    for (size_t i = 0; i < side * side; i++)
        copied[i] = patch + i * CHANNEL_BLOCK;
    for (size_t t = first; t < end; t++) {
        const struct tile tile = locate_tile(&tiling, t, tile_side);
        locate_pixels(pixels, shape, call->in + tile.photo * shape->height * row, &tile, call->zeros, side);
        for (size_t c = 0; c < round_up(channels, V_BLOCK); c += CHANNEL_BLOCK) {
            v_value *const out = v + (t - first) * layout->tile_stride + c / CHANNEL_BLOCK * layout->block_stride;
            const float *const *from = pixels;
            size_t from_c = c;
            for (size_t i = 0; i < side * side; i++) /* lines that the tiles soon to come will write */
                ask_to_read((uintptr_t)out + (i * layout->position_stride + TILES_AHEAD * layout->tile_stride) * sizeof *out);
            if (c + CHANNEL_BLOCK > channels) {
                copy_patch(patch, pixels, c, c < channels ? channels - c : 0, side);
                from = copied;
                from_c = 0;
            }
            for (size_t lane = 0; lane < CHANNEL_BLOCK; lane += VEC_LANES)
                transform_patch(out + lane, layout->position_stride, part_count, from, from_c + lane, tile_side);
        }
    }
}

/* A tile's `count` channels from k on, without what sticks out of the photo. */
TL_INLINE void store_tile(const struct tl_conv_call *call, const struct tile *tile, vec values[TILE_MAX][TILE_MAX], size_t k,
                          size_t count, const size_t side)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t channels = shape->output_channels;
    const size_t rows = shape->height - tile->top < side ? shape->height - tile->top : side;
    const size_t columns = shape->width - tile->left < side ? shape->width - tile->left : side;
    float *const out = call->out + ((tile->photo * shape->height + tile->top) * shape->width + tile->left) * channels + k;
    if (rows == side && columns == side && count >= VEC_LANES) {
#pragma GCC unroll 8
        for (size_t y = 0; y < side; y++) {
#pragma GCC unroll 8
            for (size_t x = 0; x < side; x++)
                vec_store(out + (y * shape->width + x) * channels, values[y][x]);
        }
        return;
    }
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < columns; x++)
            vec_store_some(out + (y * shape->width + x) * channels, values[y][x], count);
    }
}

/* The same through 2 x 2 max pooling: tiles begin at even places, so no window spans two of them. */
TL_INLINE void store_pooled(const struct tl_conv_call *call, const struct tile *tile, vec values[TILE_MAX][TILE_MAX], size_t k,
                            size_t count, const size_t side)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t channels = shape->output_channels, height = shape->height / 2, width = shape->width / 2;
    const size_t top = tile->top / 2, left = tile->left / 2;
    float *const out = call->out + ((tile->photo * height + top) * width + left) * channels + k;
#pragma GCC unroll 8
    for (size_t y = 0; y < side / 2; y++) {
#pragma GCC unroll 8
        for (size_t x = 0; x < side / 2; x++) {
            if (top + y >= height || left + x >= width)
                continue;
            const vec above = vec_larger(values[2 * y][2 * x], values[2 * y][2 * x + 1]);
            const vec largest = vec_larger(vec_larger(above, values[2 * y + 1][2 * x]), values[2 * y + 1][2 * x + 1]);
            vec_store_some(out + (y * width + x) * channels, largest, count);
        }
    }
}

/* Stores of few bytes each into many lines wait for every line; asked for in time, they do not. */
TL_INLINE void ask_for_outputs(const struct tl_conv_call *call, const struct tile *tile, size_t k, const size_t side)
{
    const size_t channels = call->shape.output_channels, width = call->shape.width;
    const size_t first = ((tile->photo * call->shape.height + tile->top) * width + tile->left) * channels + k;
    const uintptr_t out = (uintptr_t)call->out + first * sizeof *call->out;
    for (size_t y = 0; y < side; y++) {
        for (size_t x = 0; x < side; x++)
            ask_to_write(out + (y * width + x) * channels * sizeof *call->out);
    }
}

/* Channels [k_first, k_end) of M's tiles to the output. */
TL_INLINE void scatter_tiles(const float *m, const struct layout *layout, const struct tl_conv_call *call, size_t first, size_t end,
                             size_t k_first, size_t k_end, const size_t side)
{
    const struct tiling tiling = count_tiles(&call->shape, call->photo_count, side);
    for (size_t t = first; t < end; t++) {
        const struct tile tile = locate_tile(&tiling, t, side);
        for (size_t k = k_first; k < k_end; k += VEC_LANES) {
            const size_t count = k_end - k;
            const vec bias = vec_load_some(call->bias + k, count);
            vec values[TILE_MAX][TILE_MAX];
            if (!call->shape.has_pooling && k % LINE_FLOATS == 0)
                ask_for_outputs(call, &tile, k + CHANNELS_AHEAD, side);
            transform_sums(values, m + (t - first) * layout->tile_stride + (k - k_first), layout->position_stride, side);
#pragma GCC unroll 8
            for (size_t y = 0; y < side; y++) {
#pragma GCC unroll 8
                for (size_t x = 0; x < side; x++) {
                    const vec value = vec_add(values[y][x], bias);
                    values[y][x] = call->shape.has_relu ? vec_relu(value) : value;
                }
            }
            if (call->shape.has_pooling)
                store_pooled(call, &tile, values, k, count, side);
            else
                store_tile(call, &tile, values, k, count, side);
        }
    }
}

#endif
