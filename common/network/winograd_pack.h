/* winograd_pack.h - the weights' transform G g G^T, and where its results lie.
 *
 * In float, by the same operations for each weight whatever the instruction set, so it can be done once when a plan is made or
 * anew for each photo (winograd_raw.h), with the same bits.
 */
#ifndef TL_NETWORK_WINOGRAD_PACK_H
#define TL_NETWORK_WINOGRAD_PACK_H

#include <string.h>

#include "common/network/vector.h"
#include "common/network/winograd.h"

enum { PACK_LANES = 16 }; /* output channels at a time */

/* G: zero = 1 / Q(0), and for each pair (1, p, p^2) / N, N being the value at p; at -p it has the sign of parity. */
struct weight_maps {
    float zero, pair[PAIRS_MAX][3];
};

TL_INLINE struct weight_maps find_weight_maps(const size_t tile)
{
    const struct points *points = get_points(tile);
    struct weight_maps maps;
    double zero = 1;
    for (size_t i = 0; i < points->pair_count; i++) {
        const double p = (double)points->pair[i], squared = p * p;
        double value = points->has_zero ? 2 * squared : 2 * p;
        for (size_t j = 0; j < points->pair_count; j++)
            value *= j == i ? 1 : squared - (double)points->pair[j] * (double)points->pair[j];
        maps.pair[i][0] = (float)(1 / value);
        maps.pair[i][1] = (float)(p / value);
        maps.pair[i][2] = (float)(squared / value);
        zero *= -squared;
    }
    maps.zero = (float)(1 / zero);
    return maps;
}

/* G g, one line. */
TL_INLINE void transform_weight_line(vec *out, const vec g0, const vec g1, const vec g2, const struct weight_maps *maps,
                                     const size_t tile)
{
    const struct points *points = get_points(tile);
    if (points->has_zero)
        *out++ = vec_mul(vec_set(maps->zero), g0);
#pragma GCC unroll 8
    for (size_t i = 0; i < points->pair_count; i++) {
        const vec even = vec_fma(vec_set(maps->pair[i][2]), g2, vec_mul(vec_set(maps->pair[i][0]), g0));
        const vec odd = vec_mul(vec_set(maps->pair[i][1]), g1);
        *out++ = vec_add(even, odd);
        *out++ = points->has_zero ? vec_sub(even, odd) : vec_sub(odd, even);
    }
    *out++ = g2;
}

/* One register of output channels at one input channel: taps lie `tap` floats apart, positions `position` apart. */
TL_INLINE void transform_weights(float *out, size_t position_stride, const float *kernel, size_t tap,
                                 const struct weight_maps *maps, const size_t tile)
{
    const size_t side = tile + 2;
    vec half[3][PATCH_MAX], line[PATCH_MAX];
#pragma GCC unroll 4
    for (size_t x = 0; x < 3; x++)
        transform_weight_line(half[x], vec_load(kernel + x * tap), vec_load(kernel + (3 + x) * tap),
                              vec_load(kernel + (6 + x) * tap), maps, tile);
#pragma GCC unroll 16
    for (size_t y = 0; y < side; y++) {
        transform_weight_line(line, half[0][y], half[1][y], half[2][y], maps, tile);
#pragma GCC unroll 16
        for (size_t x = 0; x < side; x++)
            vec_store(out + (y * side + x) * position_stride, line[x]);
    }
}

/* The taps of PACK_LANES output channels from k on at input channel c, `tap` floats apart; those beyond the shape's are zero.
 * kernel (3, 3, C, K). */
TL_INLINE void copy_taps(float *out, size_t tap, const struct tl_conv_shape *shape, const float *kernel, size_t c, size_t k)
{
    const size_t input_channels = shape->input_channels, output_channels = shape->output_channels;
    size_t count = c < input_channels && k < output_channels ? output_channels - k : 0;
    count = count < PACK_LANES ? count : PACK_LANES;
    for (size_t i = 0; i < 9; i++) {
        memset(out + i * tap, 0, PACK_LANES * sizeof *out);
        memcpy(out + i * tap, kernel + (i * input_channels + c) * output_channels + k, count * sizeof *out);
    }
}

/* PACK_LANES output channels of such taps. */
TL_INLINE void transform_lanes(float *out, size_t position_stride, const float *taps, size_t tap, const struct weight_maps *maps,
                               const size_t tile)
{
    for (size_t lane = 0; lane < PACK_LANES; lane += VEC_LANES)
        transform_weights(out + lane, position_stride, taps + lane, tap, maps, tile);
}

/* One cache line more, because positions a multiple of 4 KiB apart would take turns in the same few cache lines. */
enum { WEIGHT_PADDING = 16 };

/* Floats of U from one position to the next. */
TL_INLINE size_t stride_transformed(const struct tl_conv_shape *shape, size_t panel)
{
    return round_up(shape->input_channels, CHANNEL_BLOCK) * round_up(shape->output_channels, panel) + WEIGHT_PADDING;
}

/* Floats of U. */
TL_INLINE size_t count_transformed(const struct tl_conv_shape *shape, size_t panel, size_t tile)
{
    return count_positions(tile) * stride_transformed(shape, panel);
}

/* U from a kernel (3, 3, C, K); the panel is a multiple of PACK_LANES. */
TL_INLINE void pack_transformed(float *packed, const struct tl_conv_shape *shape, const float *kernel, size_t panel,
                                const size_t tile)
{
    const size_t rows = round_up(shape->input_channels, CHANNEL_BLOCK), columns = round_up(shape->output_channels, panel);
    const size_t position_stride = stride_transformed(shape, panel);
    const struct weight_maps maps = find_weight_maps(tile);
    float taps[9 * PACK_LANES];
    for (size_t first = 0; first < columns; first += panel) {
        for (size_t c = 0; c < rows; c++) {
            for (size_t k = first; k < first + panel; k += PACK_LANES) {
                copy_taps(taps, PACK_LANES, shape, kernel, c, k);
                transform_lanes(packed + first * rows + c * panel + k - first, position_stride, taps, PACK_LANES, &maps, tile);
            }
        }
    }
}

#endif
