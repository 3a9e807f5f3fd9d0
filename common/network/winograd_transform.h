/* winograd_transform.h - the three linear maps of Winograd's F(4x4, 3x3), for tiles of vectors.
 *
 * A 6 x 6 patch d of the input and a 3 x 3 kernel g give a 4 x 4 tile of the output by
 *
 *     A^T [ (G g G^T) * (B^T d B) ] A            (* element by element)
 *
 * (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section 4), with 36 multiplications instead of 144. Any
 * five points and infinity give such maps. 0, +-5/8, +-3/2 are used here: all entries of B and A are exact in float, and the
 * error is half of that of the usual 0, +-1, +-2. With a = 5/8 and b = 3/2:
 *
 *     B^T rows, as polynomials in the shift x        A^T
 *     0:  (x^2 - a^2)(x^2 - b^2)                     1  1    1    1    1    0
 *     1:  x (x + a)(x^2 - b^2)                       0  a   -a    b   -b    0
 *     2:  x (x - a)(x^2 - b^2)                       0  a^2  a^2  b^2  b^2  0
 *     3:  x (x + b)(x^2 - a^2)                       0  a^3 -a^3  b^3 -b^3  1
 *     4:  x (x - b)(x^2 - a^2)
 *     5:  x (x^2 - a^2)(x^2 - b^2)                   (G: winograd_pack.h)
 */
#ifndef TL_NETWORK_WINOGRAD_TRANSFORM_H
#define TL_NETWORK_WINOGRAD_TRANSFORM_H

#include "common/network/winograd_values.h"

static const float POINT_A = 0.625F, POINT_B = 1.5F;
static const float A_SQUARED = 0.390625F, B_SQUARED = 2.25F;
static const float SUM_OF_SQUARES = 2.640625F, PRODUCT_OF_SQUARES = 0.87890625F;
static const float A_CUBED = 0.244140625F, B_CUBED = 3.375F;

/* B^T d */
TL_INLINE void transform_input_line(vec out[6], const vec d[6])
{
    const vec minus_sum = vec_set(-SUM_OF_SQUARES), product = vec_set(PRODUCT_OF_SQUARES);
    const vec minus_a2 = vec_set(-A_SQUARED), minus_b2 = vec_set(-B_SQUARED);
    const vec even_b = vec_fma(minus_b2, d[2], d[4]), odd_b = vec_fma(minus_b2, d[1], d[3]);
    const vec even_a = vec_fma(minus_a2, d[2], d[4]), odd_a = vec_fma(minus_a2, d[1], d[3]);
    out[0] = vec_fma(product, d[0], vec_fma(minus_sum, d[2], d[4]));
    out[1] = vec_fma(vec_set(POINT_A), odd_b, even_b);
    out[2] = vec_fma(vec_set(-POINT_A), odd_b, even_b);
    out[3] = vec_fma(vec_set(POINT_B), odd_a, even_a);
    out[4] = vec_fma(vec_set(-POINT_B), odd_a, even_a);
    out[5] = vec_fma(product, d[1], vec_fma(minus_sum, d[3], d[5]));
}

/* A^T m */
TL_INLINE void transform_output_line(vec out[4], const vec m[6])
{
    const vec sum_a = vec_add(m[1], m[2]), difference_a = vec_sub(m[1], m[2]);
    const vec sum_b = vec_add(m[3], m[4]), difference_b = vec_sub(m[3], m[4]);
    out[0] = vec_add(vec_add(m[0], sum_a), sum_b);
    out[1] = vec_fma(vec_set(POINT_B), difference_b, vec_mul(vec_set(POINT_A), difference_a));
    out[2] = vec_fma(vec_set(B_SQUARED), sum_b, vec_mul(vec_set(A_SQUARED), sum_a));
    out[3] = vec_add(vec_fma(vec_set(B_CUBED), difference_b, vec_mul(vec_set(A_CUBED), difference_a)), m[5]);
}

/* One register's channels of a patch, whose pixels lie `row` and `pixel` floats apart, to its 36 positions. */
TL_INLINE void transform_patch(v_value *out, size_t position_stride, const size_t part_count, const float *patch, size_t row, size_t pixel)
{
    vec half[6][6];
    for (size_t x = 0; x < 6; x++) {
        vec d[6], column[6];
        for (size_t y = 0; y < 6; y++)
            d[y] = vec_load(patch + y * row + x * pixel);
        transform_input_line(column, d);
        for (size_t y = 0; y < 6; y++)
            half[y][x] = column[y];
    }
    for (size_t y = 0; y < 6; y++) {
        vec line[6];
        transform_input_line(line, half[y]);
        for (size_t x = 0; x < 6; x++)
            v_store(out, position_stride, y * 6 + x, line[x], part_count);
    }
}

/* One register's channels of 36 positions to the 4 x 4 sums of a tile. */
TL_INLINE void transform_sums(vec out[4][4], const float *sums, size_t position_stride)
{
    vec half[4][6];
    for (size_t x = 0; x < 6; x++) {
        vec m[6], column[4];
        for (size_t y = 0; y < 6; y++)
            m[y] = vec_load(sums + (y * 6 + x) * position_stride);
        transform_output_line(column, m);
        for (size_t y = 0; y < 4; y++)
            half[y][x] = column[y];
    }
    for (size_t y = 0; y < 4; y++)
        transform_output_line(out[y], half[y]);
}

#endif
