/* winograd_values.h - what V holds: floats, or with TL_WINOGRAD_BF16 defined bf16, the upper halves of floats.
 *
 * A float is rounded to one bf16 (8 bits of precision), or split into the sum of two (16 bits): high is the float rounded, low
 * is what that left, rounded. Rounding is to the nearest, ties to even, and numbers too small to be normal become zero, as
 * AVX512-BF16 has it.
 */
#ifndef TL_NETWORK_WINOGRAD_VALUES_H
#define TL_NETWORK_WINOGRAD_VALUES_H

#include "common/network/vector.h"
#include "common/network/winograd.h"

#if !defined(TL_WINOGRAD_BF16)

typedef float v_value;
enum { V_BLOCK = CHANNEL_BLOCK }; /* a tile's channels are filled up to a multiple of it */

TL_INLINE void v_store(v_value *v, size_t position_stride, size_t position, vec a, const size_t part_count)
{
    (void)part_count; /* 1 */
    vec_store(v + position * position_stride, a);
}

#else

typedef uint16_t v_value;
enum { V_BLOCK = 32, BF16_POSITIONS = 36 };

TL_INLINE uint16_t round_to_bf16(float a)
{
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    if ((bits & 0x7FFFFFFF) > 0x7F800000)
        return (uint16_t)(bits >> 16 | 0x40); /* NaN stays NaN */
    if ((bits & 0x7F800000) == 0)
        return (uint16_t)(bits >> 16 & 0x8000);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

TL_INLINE float widen_bf16(uint16_t a)
{
    const uint32_t bits = (uint32_t)a << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

#if defined(TL_ISA_AMX)
TL_INLINE __m256i round_lanes(vec a) { return (__m256i)_mm512_cvtneps_pbh(a); }
TL_INLINE vec widen_lanes(__m256i a) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(a), 16)); }
TL_INLINE void store_lanes(v_value *p, __m256i a) { _mm256_storeu_si256((__m256i *)(void *)p, a); }
#else
TL_INLINE uint16_t round_lanes(vec a) { return round_to_bf16(a); }
TL_INLINE vec widen_lanes(uint16_t a) { return widen_bf16(a); }
TL_INLINE void store_lanes(v_value *p, uint16_t a) { *p = a; }
#endif

/* The low parts' positions follow the high ones', 36 of them. */
TL_INLINE void v_store(v_value *v, size_t position_stride, size_t position, vec a, const size_t part_count)
{
    store_lanes(v + position * position_stride, round_lanes(a));
    if (part_count == 2)
        store_lanes(v + (BF16_POSITIONS + position) * position_stride, round_lanes(vec_sub(a, widen_lanes(round_lanes(a)))));
}

#endif

#endif
