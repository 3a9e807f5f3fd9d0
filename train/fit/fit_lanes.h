/* fit_lanes.h - a register of floats by instruction set, for the kernels of training (fit_kernels.h).
 *
 * The compiler's vector types give sums, products and quotients; what they lack is here. Every operation is one that IEEE 754
 * rounds correctly and nothing is fused, so lane by lane the bits are those of scalars, whatever the width. A run of floats
 * that is aligned to LANES floats may be read and written through a pointer to lanes, one aligned to 4 floats through one to quad.
 */
#ifndef TL_TRAIN_FIT_LANES_H
#define TL_TRAIN_FIT_LANES_H

#include <math.h>
#include <stdint.h>

#if defined(TL_ISA_AVX512) || defined(TL_ISA_AVX2)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(TL_ISA_NEON)
#include <arm_neon.h>
#endif

#if defined(TL_ISA_AVX512)
enum { LANES = 16 };
#elif defined(TL_ISA_AVX2)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

typedef float lanes __attribute__((vector_size(LANES * 4), may_alias));
typedef int32_t lanes_mask __attribute__((vector_size(LANES * 4), may_alias));
typedef float quad __attribute__((vector_size(16), may_alias));

static inline lanes lanes_set(float x)
{
    return x - (lanes){0};
}

static inline lanes lanes_root(lanes x)
{
#if defined(TL_ISA_AVX512)
    return (lanes)_mm512_sqrt_ps((__m512)x);
#elif defined(TL_ISA_AVX2)
    return (lanes)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
    return (lanes)_mm_sqrt_ps((__m128)x);
#elif defined(TL_ISA_NEON)
    return (lanes)vsqrtq_f32((float32x4_t)x);
#else
    for (int i = 0; i < LANES; i++)
        x[i] = sqrtf(x[i]);
    return x;
#endif
}

/* Zero where the value is nearer to zero than `tiny`; NaN stays. */
static inline lanes lanes_clear_tiny(lanes x, float tiny)
{
#if defined(TL_ISA_AVX512)
    const __mmask16 is_large = _mm512_cmp_ps_mask(_mm512_abs_ps((__m512)x), _mm512_set1_ps(tiny), _CMP_NLT_UQ);
    return (lanes)_mm512_maskz_mov_ps(is_large, (__m512)x);
#else
    const lanes_mask is_tiny = (lanes_mask)((x < tiny) & (x > -tiny));
    return (lanes)((lanes_mask)x & ~is_tiny);
#endif
}

#endif
