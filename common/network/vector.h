/* vector.h - a register of floats by instruction set: what the fast kernels are written in, once.
 *
 * The Makefile compiles a kernel's source once for each instruction set, with TL_ISA_AVX512, TL_ISA_AVX2 or TL_ISA_NEON
 * defined; with none of them a register is one float, and fmaf() is the definition of what the others do. All round
 * alike, so kernels that do the same operations in the same order for each output give the same bits.
 * TL_ISA_UNFUSED, for CPUs without fused multiply-add, rounds products too, and so gives other bits.
 *
 * PANEL_ROWS x PANEL_REGISTERS accumulators are what the registers hold beside the operands (microkernel.h).
 */
#ifndef TL_NETWORK_VECTOR_H
#define TL_NETWORK_VECTOR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TL_INLINE static inline __attribute__((always_inline))

#if defined(TL_ISA_AVX512)
#include <immintrin.h>
typedef __m512 vec;
enum { VEC_LANES = 16, PANEL_ROWS = 14, PANEL_REGISTERS = 2 };
TL_INLINE vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
TL_INLINE void vec_store(float *p, vec a) { _mm512_storeu_ps(p, a); }
TL_INLINE vec vec_set(float a) { return _mm512_set1_ps(a); }
TL_INLINE vec vec_add(vec a, vec b) { return _mm512_add_ps(a, b); }
TL_INLINE vec vec_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
TL_INLINE vec vec_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
TL_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
TL_INLINE vec vec_relu(vec a) { return _mm512_max_ps(_mm512_setzero_ps(), a); }
TL_INLINE vec vec_larger(vec largest, vec value)
{
    const __mmask16 wins = _mm512_cmp_ps_mask(value, largest, _CMP_GT_OQ) | _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    return _mm512_mask_mov_ps(largest, wins, value);
}

#elif defined(TL_ISA_AVX2)
#include <immintrin.h>
typedef __m256 vec;
enum { VEC_LANES = 8, PANEL_ROWS = 6, PANEL_REGISTERS = 2 };
TL_INLINE vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
TL_INLINE void vec_store(float *p, vec a) { _mm256_storeu_ps(p, a); }
TL_INLINE vec vec_set(float a) { return _mm256_set1_ps(a); }
TL_INLINE vec vec_add(vec a, vec b) { return _mm256_add_ps(a, b); }
TL_INLINE vec vec_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
TL_INLINE vec vec_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
TL_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
TL_INLINE vec vec_relu(vec a) { return _mm256_max_ps(_mm256_setzero_ps(), a); }
TL_INLINE vec vec_larger(vec largest, vec value)
{
    const vec wins = _mm256_or_ps(_mm256_cmp_ps(value, largest, _CMP_GT_OQ), _mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    return _mm256_blendv_ps(largest, value, wins);
}

#elif defined(TL_ISA_NEON)
#include <arm_neon.h>
typedef float32x4_t vec;
enum { VEC_LANES = 4, PANEL_ROWS = 6, PANEL_REGISTERS = 4 };
TL_INLINE vec vec_load(const float *p) { return vld1q_f32(p); }
TL_INLINE void vec_store(float *p, vec a) { vst1q_f32(p, a); }
TL_INLINE vec vec_set(float a) { return vdupq_n_f32(a); }
TL_INLINE vec vec_add(vec a, vec b) { return vaddq_f32(a, b); }
TL_INLINE vec vec_sub(vec a, vec b) { return vsubq_f32(a, b); }
TL_INLINE vec vec_mul(vec a, vec b) { return vmulq_f32(a, b); }
TL_INLINE vec vec_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
TL_INLINE vec vec_relu(vec a) { return vbslq_f32(vcltq_f32(a, vdupq_n_f32(0)), vdupq_n_f32(0), a); }
TL_INLINE vec vec_larger(vec largest, vec value)
{
    const uint32x4_t wins = vorrq_u32(vcgtq_f32(value, largest), vmvnq_u32(vceqq_f32(value, value)));
    return vbslq_f32(wins, value, largest);
}

#elif defined(TL_ISA_UNFUSED)
typedef float vec __attribute__((vector_size(16)));
typedef int32_t vec_mask __attribute__((vector_size(16)));
enum { VEC_LANES = 4, PANEL_ROWS = 6, PANEL_REGISTERS = 2 };
TL_INLINE vec vec_load(const float *p)
{
    vec a;
    memcpy(&a, p, sizeof a);
    return a;
}
TL_INLINE void vec_store(float *p, vec a) { memcpy(p, &a, sizeof a); }
TL_INLINE vec vec_set(float a) { return (vec){a, a, a, a}; }
TL_INLINE vec vec_add(vec a, vec b) { return a + b; }
TL_INLINE vec vec_sub(vec a, vec b) { return a - b; }
TL_INLINE vec vec_mul(vec a, vec b) { return a * b; }
TL_INLINE vec vec_fma(vec a, vec b, vec c) { return a * b + c; }
TL_INLINE vec vec_select(vec_mask mask, vec a, vec b) { return (vec)(((vec_mask)a & mask) | ((vec_mask)b & ~mask)); }
TL_INLINE vec vec_relu(vec a) { return vec_select(a < 0, vec_set(0), a); }
TL_INLINE vec vec_larger(vec largest, vec value) { return vec_select((value > largest) | (value != value), value, largest); }

#else
typedef float vec;
enum { VEC_LANES = 1, PANEL_ROWS = 6, PANEL_REGISTERS = 16 };
TL_INLINE vec vec_load(const float *p) { return *p; }
TL_INLINE void vec_store(float *p, vec a) { *p = a; }
TL_INLINE vec vec_set(float a) { return a; }
TL_INLINE vec vec_add(vec a, vec b) { return a + b; }
TL_INLINE vec vec_sub(vec a, vec b) { return a - b; }
TL_INLINE vec vec_mul(vec a, vec b) { return a * b; }
TL_INLINE vec vec_fma(vec a, vec b, vec c) { return fmaf(a, b, c); }
TL_INLINE vec vec_relu(vec a) { return a < 0 ? 0 : a; }
TL_INLINE vec vec_larger(vec largest, vec value) { return value > largest || value != value ? value : largest; }
#endif

enum { LINE_FLOATS = 16, LINE_BYTES = LINE_FLOATS * sizeof(float) }; /* of a cache line */

/* Cache lines that will soon be read or written are asked for while there is time. Past the end of something they are asked for
 * too, as it costs nothing; no pointer may go there, so these are addresses. */
TL_INLINE void ask_to_read(uintptr_t address) { __builtin_prefetch((const void *)address, 0, 2); }
TL_INLINE void ask_to_write(uintptr_t address) { __builtin_prefetch((const void *)address, 1, 3); }

/* The first `count` lanes; the others are zero. */
TL_INLINE vec vec_load_some(const float *p, size_t count)
{
    float lanes[VEC_LANES] = {0};
    if (count >= VEC_LANES)
        return vec_load(p);
    memcpy(lanes, p, count * sizeof *p);
    return vec_load(lanes);
}

/* The first `count` lanes; memory beyond them is left alone. */
TL_INLINE void vec_store_some(float *p, vec a, size_t count)
{
    float lanes[VEC_LANES];
    if (count >= VEC_LANES) {
        vec_store(p, a);
        return;
    }
    vec_store(lanes, a);
    memcpy(p, lanes, count * sizeof *p);
}

#endif
