/* i16_values.h - a row of floats as 16-bit integers and the unit they count, so that sums of products cannot overflow.
 *
 * A row is one tile's channels of V at one position, or one output's channels of U. By the inequality of Cauchy and Schwarz a
 * sum of products is at most the product of the two rows' norms. So V's rows are scaled to a norm of V_NORM, U's to one of
 * U_NORM or to a largest value of I16_MAX, whichever is less. Rounding adds 1/2 at most to each value, which is
 * sqrt(I16_PART) / 2 < 6 to a norm; and sums of 32 bits cannot overflow, because
 *
 *     (V_NORM + 6) (U_NORM + 6) < 2^31
 *
 * Wide rows are cut into parts of I16_PART channels, so that integers are large: a sum is exact within a part, and the part
 * with the largest norm gives the row's scale. That depends on nothing but the row, so a photo's bits do not depend on what
 * is beside it. Sums of squares have one accumulator for each channel modulo 16; these are added by halves: 8 and 8,
 * 4 and 4, ...
 *
 * A row that holds NaN or an infinity, or whose squares overflow, has the unit NaN. One whose squares sum to less than
 * SQUARES_MIN is zero.
 */
#ifndef TL_NETWORK_I16_VALUES_H
#define TL_NETWORK_I16_VALUES_H

#include "common/network/vector.h"
#include "common/network/winograd.h"

/* Tiles of 4: those of 6 round 4 times as much, and in integers win nothing. I16_UNITS: one for each position, filled up to whole
 * registers. */
enum { I16_TILE = 4, I16_POSITIONS = 36, I16_UNITS = 48, I16_BLOCK = 32, I16_PART = SEGMENT_CHANNELS, SQUARE_LANES = 16 };

static const float V_NORM = 32700, U_NORM = 65500, I16_MAX = 32767;
static const float SQUARES_MIN = 0x1p-100F;

/* Of a block's channels, where each lies: as vpackssdw takes turns with two registers of 16, in quarters. */
TL_INLINE size_t locate_channel(size_t channel)
{
    return channel % 16 / 4 * 8 + channel / 16 * 4 + channel % 4;
}

#if defined(TL_ISA_VNNI)

/* Lane i is the sum of the lanes of rows[i], by halves: each step adds halves of two rows at once. */
TL_INLINE vec add_lanes(vec rows[SQUARE_LANES])
{
    const __m512i order = _mm512_setr_epi32(0, 2, 1, 3, 8, 10, 9, 11, 4, 6, 5, 7, 12, 14, 13, 15);
    for (size_t i = 0; i < 8; i++)
        rows[i] = vec_add(_mm512_shuffle_f32x4(rows[i], rows[i + 8], 0x44), _mm512_shuffle_f32x4(rows[i], rows[i + 8], 0xEE));
    for (size_t i = 0; i < 4; i++)
        rows[i] = vec_add(_mm512_shuffle_f32x4(rows[i], rows[i + 4], 0x88), _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0xDD));
    for (size_t i = 0; i < 2; i++)
        rows[i] = vec_add(_mm512_shuffle_ps(rows[i], rows[i + 2], 0x44), _mm512_shuffle_ps(rows[i], rows[i + 2], 0xEE));
    rows[0] = vec_add(_mm512_shuffle_ps(rows[0], rows[1], 0x88), _mm512_shuffle_ps(rows[0], rows[1], 0xDD));
    return _mm512_permutexvar_ps(order, rows[0]);
}

/* The larger of squares[row] and the sum of `count` squares of each row, a multiple of 16. */
TL_INLINE void keep_larger_squares(float squares[I16_UNITS], const float *rows, size_t row_stride, size_t count)
{
    for (size_t first = 0; first < I16_UNITS; first += SQUARE_LANES) {
        vec sums[SQUARE_LANES];
#pragma GCC unroll 16
        for (size_t i = 0; i < SQUARE_LANES; i++) {
            const float *const row = rows + (first + i) * row_stride;
            sums[i] = vec_set(0);
            for (size_t c = 0; c < count && first + i < I16_POSITIONS; c += VEC_LANES)
                sums[i] = vec_fma(vec_load(row + c), vec_load(row + c), sums[i]);
        }
        vec_store(squares + first, vec_larger(vec_load(squares + first), add_lanes(sums)));
    }
}

TL_INLINE void choose_scales(float scales[I16_UNITS], float units[I16_UNITS], const float squares[I16_UNITS])
{
    for (size_t i = 0; i < I16_UNITS; i += VEC_LANES) {
        const vec square = vec_load(squares + i), norm = _mm512_sqrt_ps(square);
        const __mmask16 is_zero = _mm512_cmp_ps_mask(square, vec_set(SQUARES_MIN), _CMP_LT_OQ);
        const vec unit = vec_add(vec_mul(norm, vec_set(1 / V_NORM)), vec_sub(square, square)); /* infinity - infinity is NaN */
        vec_store(scales + i, _mm512_mask_mov_ps(_mm512_div_ps(vec_set(V_NORM), norm), is_zero, vec_set(0)));
        vec_store(units + i, _mm512_mask_mov_ps(unit, is_zero, vec_set(0)));
    }
}

TL_INLINE __m512i round_lanes(const float *values, float scale)
{
    return _mm512_cvtps_epi32(vec_mul(vec_load(values), vec_set(scale)));
}

/* A block of a row, of which `count` channels are there: 16 or more. */
TL_INLINE void round_block(int16_t *out, const float *values, float scale, size_t count)
{
    const __m512i high = count > VEC_LANES ? round_lanes(values + VEC_LANES, scale) : _mm512_setzero_si512();
    _mm512_storeu_si512(out, _mm512_packs_epi32(round_lanes(values, scale), high));
}

#else

TL_INLINE void keep_larger_squares(float squares[I16_UNITS], const float *rows, size_t row_stride, size_t count)
{
    for (size_t i = 0; i < I16_POSITIONS; i++) {
        const float *const row = rows + i * row_stride;
        float sums[SQUARE_LANES] = {0};
        for (size_t c = 0; c < count; c++)
            sums[c % SQUARE_LANES] = fmaf(row[c], row[c], sums[c % SQUARE_LANES]);
        for (size_t half = SQUARE_LANES / 2; half > 0; half /= 2) {
            for (size_t lane = 0; lane < half; lane++)
                sums[lane] += sums[lane + half];
        }
        squares[i] = vec_larger(squares[i], sums[0]);
    }
}

TL_INLINE void choose_scales(float scales[I16_UNITS], float units[I16_UNITS], const float squares[I16_UNITS])
{
    for (size_t i = 0; i < I16_UNITS; i++) {
        const float norm = sqrtf(squares[i]);
        scales[i] = squares[i] < SQUARES_MIN ? 0 : V_NORM / norm;
        units[i] = squares[i] < SQUARES_MIN ? 0 : norm * (1 / V_NORM) + (squares[i] - squares[i]);
    }
}

TL_INLINE void round_block(int16_t *out, const float *values, float scale, size_t count)
{
    for (size_t c = 0; c < I16_BLOCK; c++) {
        const float scaled = c < count ? values[c] * scale : 0;
        out[locate_channel(c)] = fabsf(scaled) <= I16_MAX ? (int16_t)lrintf(scaled) : 0; /* else it is NaN, and so is the unit */
    }
}

#endif

#endif
