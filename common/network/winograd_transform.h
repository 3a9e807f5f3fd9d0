/* winograd_transform.h - the three linear maps of Winograd's F(m x m, 3 x 3), for tiles of vectors.
 *
 * An n x n patch d of the input, n = m + 2, and a 3 x 3 kernel g give an m x m tile of the output by
 *
 *     A^T [ (G g G^T) * (B^T d B) ] A            (* element by element)
 *
 * (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section 4), with n^2 multiplications instead of
 * 9 m^2. Any n - 1 points and infinity give such maps. With z = 1 where 0 is one of them, else 0, Q(x) the product of all
 * (x^2 - p^2) over the pairs, and Q_p(x) the product without one pair, as polynomials in the shift x:
 *
 *     point     B^T                       A^T column              G
 *     0         Q(x)                      1 0 0 ...               (1, 0, 0) / Q(0)
 *     +p, -p    x^z (x +- p) Q_p(x)       1 +-p p^2 +-p^3 ...     (1, +-p, p^2) / (value of B^T's polynomial at +-p)
 *     infinity  x^z Q(x)                  0 ... 0 1               (0, 0, 1)
 */
#ifndef TL_NETWORK_WINOGRAD_TRANSFORM_H
#define TL_NETWORK_WINOGRAD_TRANSFORM_H

#include "common/network/winograd_points.h"
#include "common/network/winograd_values.h"

/* Sum over k of coefficients[k] d[2 k], the last coefficient being 1. */
TL_INLINE vec evaluate(const float *coefficients, const vec *d, const size_t degree)
{
    vec sum = d[2 * degree];
#pragma GCC unroll 8
    for (size_t k = degree; k > 0; k--)
        sum = vec_fma(vec_set(coefficients[k - 1]), d[2 * (k - 1)], sum);
    return sum;
}

/* B^T d */
TL_INLINE void transform_input_line(vec *out, const vec *d, const size_t tile)
{
    const struct points *points = get_points(tile);
    const size_t pairs = points->pair_count, zero = points->has_zero;
    if (zero)
        *out++ = evaluate(points->whole, d, pairs);
#pragma GCC unroll 8
    for (size_t i = 0; i < pairs; i++) {
        const vec same = evaluate(points->rest[i], d + 1 + zero, pairs - 1);
        const vec opposite = evaluate(points->rest[i], d + zero, pairs - 1);
        *out++ = vec_fma(vec_set(points->pair[i]), opposite, same);
        *out++ = vec_fma(vec_set(-points->pair[i]), opposite, same);
    }
    *out++ = evaluate(points->whole, d + zero, pairs);
}

TL_INLINE float raise(float base, const size_t exponent)
{
    float power = 1;
#pragma GCC unroll 8
    for (size_t i = 0; i < exponent; i++)
        power *= base;
    return power;
}

/* A^T m */
TL_INLINE void transform_output_line(vec *out, const vec *m, const size_t tile)
{
    const struct points *points = get_points(tile);
    const size_t pairs = points->pair_count, zero = points->has_zero;
    vec sums[PAIRS_MAX], differences[PAIRS_MAX];
#pragma GCC unroll 8
    for (size_t i = 0; i < pairs; i++) {
        sums[i] = vec_add(m[zero + 2 * i], m[zero + 2 * i + 1]);
        differences[i] = vec_sub(m[zero + 2 * i], m[zero + 2 * i + 1]);
    }
    out[0] = zero ? vec_add(m[0], sums[0]) : sums[0];
#pragma GCC unroll 8
    for (size_t i = 1; i < pairs; i++)
        out[0] = vec_add(out[0], sums[i]);
#pragma GCC unroll 8
    for (size_t k = 1; k < tile; k++) {
        const vec *terms = k % 2 == 0 ? sums : differences;
        out[k] = vec_mul(vec_set(raise(points->pair[0], k)), terms[0]);
#pragma GCC unroll 8
        for (size_t i = 1; i < pairs; i++)
            out[k] = vec_fma(vec_set(raise(points->pair[i], k)), terms[i], out[k]);
    }
    out[tile - 1] = vec_add(out[tile - 1], m[tile + 1]);
}

/* One register's channels of a patch, from c on of each pixel, to its positions. */
TL_INLINE void transform_patch(v_value *out, size_t position_stride, const size_t part_count, const float *const pixels[], size_t c,
                               const size_t tile)
{
    const size_t side = tile + 2;
    vec half[PATCH_MAX][PATCH_MAX];
#pragma GCC unroll 16
    for (size_t x = 0; x < side; x++) {
        vec d[PATCH_MAX], column[PATCH_MAX];
#pragma GCC unroll 16
        for (size_t y = 0; y < side; y++)
            d[y] = vec_load(pixels[y * side + x] + c);
        transform_input_line(column, d, tile);
#pragma GCC unroll 16
        for (size_t y = 0; y < side; y++)
            half[y][x] = column[y];
    }
#pragma GCC unroll 16
    for (size_t y = 0; y < side; y++) {
        vec line[PATCH_MAX];
        transform_input_line(line, half[y], tile);
#pragma GCC unroll 16
        for (size_t x = 0; x < side; x++)
            v_store(out, position_stride, y * side + x, line[x], part_count);
    }
}

/* One register's channels of the positions to the sums of a tile. */
TL_INLINE void transform_sums(vec out[TILE_MAX][TILE_MAX], const float *sums, size_t position_stride, const size_t tile)
{
    const size_t side = tile + 2;
    vec half[TILE_MAX][PATCH_MAX];
#pragma GCC unroll 16
    for (size_t x = 0; x < side; x++) {
        vec m[PATCH_MAX], column[TILE_MAX];
#pragma GCC unroll 16
        for (size_t y = 0; y < side; y++)
            m[y] = vec_load(sums + (y * side + x) * position_stride);
        transform_output_line(column, m, tile);
#pragma GCC unroll 16
        for (size_t y = 0; y < tile; y++)
            half[y][x] = column[y];
    }
#pragma GCC unroll 16
    for (size_t y = 0; y < tile; y++)
        transform_output_line(out[y], half[y], tile);
}

#endif
