/* winograd_pack.h - the weights' transform G g G^T, and where its results lie.
 *
 * Plain C in double, rounded to float once: the same bits on every CPU, whichever instructions the compiler chooses.
 */
#ifndef TL_NETWORK_WINOGRAD_PACK_H
#define TL_NETWORK_WINOGRAD_PACK_H

#include <string.h>

#include "common/network/winograd.h"

enum { PACK_LANES = 16 }; /* output channels at a time, so that compilers use vector registers */

/* Row i is (1, p, p^2) / product over j != i of (p_i - p_j), for the points p = 0, 5/8, -5/8, 3/2, -3/2; the last, infinity, is
 * (0, 0, 1). a^2 b^2 = 225/256, 2 a^2 (a^2 - b^2) = -2975/2048, 2 b^2 (b^2 - a^2) = 1071/128. */
static const double G[6][3] = {
    {256.0 / 225, 0, 0},
    {-2048.0 / 2975, -1280.0 / 2975, -800.0 / 2975},
    {-2048.0 / 2975, 1280.0 / 2975, -800.0 / 2975},
    {128.0 / 1071, 192.0 / 1071, 288.0 / 1071},
    {128.0 / 1071, -192.0 / 1071, 288.0 / 1071},
    {0, 0, 1},
};

static inline void transform_line(double out[6][PACK_LANES], const double g0[PACK_LANES], const double g1[PACK_LANES], const double g2[PACK_LANES])
{
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < PACK_LANES; k++)
            out[i][k] = G[i][0] * g0[k] + G[i][1] * g1[k] + G[i][2] * g2[k];
    }
}

/* Up to PACK_LANES output channels of one input channel; `kernel` is its first weight, taps and rows of taps lie `tap` floats apart. */
static inline void transform_weights(float out[WINOGRAD_POSITIONS][PACK_LANES], const float *kernel, size_t tap, size_t count)
{
    double g[9][PACK_LANES], half[3][6][PACK_LANES], line[6][PACK_LANES];
    memset(g, 0, sizeof g);
    for (size_t i = 0; i < 9; i++) {
        for (size_t k = 0; k < count; k++)
            g[i][k] = (double)kernel[i * tap + k];
    }
    for (size_t x = 0; x < 3; x++)
        transform_line(half[x], g[x], g[3 + x], g[6 + x]);
    for (size_t y = 0; y < 6; y++) {
        transform_line(line, half[0][y], half[1][y], half[2][y]);
        for (size_t x = 0; x < 6; x++) {
            for (size_t k = 0; k < PACK_LANES; k++)
                out[y * 6 + x][k] = (float)line[x][k];
        }
    }
}

/* Floats of U. */
static inline size_t count_transformed(const struct tl_conv_shape *shape, size_t panel)
{
    return WINOGRAD_POSITIONS * round_up(shape->input_channels, CHANNEL_BLOCK) * round_up(shape->output_channels, panel);
}

/* U from a kernel (3, 3, C, K); the panel is a multiple of PACK_LANES. */
static inline void pack_transformed(float *packed, const struct tl_conv_shape *shape, const float *kernel, size_t panel)
{
    const size_t input_channels = shape->input_channels, output_channels = shape->output_channels;
    const size_t rows = round_up(input_channels, CHANNEL_BLOCK), columns = round_up(output_channels, panel);
    const size_t tap = input_channels * output_channels;
    float transformed[WINOGRAD_POSITIONS][PACK_LANES];
    for (size_t first = 0; first < columns; first += PACK_LANES) {
        const size_t count = output_channels - first < PACK_LANES ? output_channels - first : PACK_LANES;
        float *const out = packed + first / panel * rows * panel + first % panel;
        for (size_t c = 0; c < rows; c++) {
            if (c < input_channels && first < output_channels)
                transform_weights(transformed, kernel + c * output_channels + first, tap, count);
            else
                memset(transformed, 0, sizeof transformed);
            for (size_t position = 0; position < WINOGRAD_POSITIONS; position++)
                memcpy(out + position * rows * columns + c * panel, transformed[position], sizeof transformed[position]);
        }
    }
}

#endif
