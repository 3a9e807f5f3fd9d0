/* gram_kernel.c - see gram_kernel.h. The Makefile compiles it once for each instruction set, with TL_ISA_AVX512, TL_ISA_AVX2 or
 * TL_ISA_NEON defined, and once with none.
 *
 * REGISTERS of WIDTH doubles at a time go along a panel's lanes; with four columns their sums fill the registers there are.
 */
#include "train/fit/gram_kernel.h"

#include "common/network/cpu.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(TL_ISA_AVX512)
#include <immintrin.h>
typedef __m512d doubles;
enum { WIDTH = 8, REGISTERS = 2 };
INLINE doubles load(const double *p) { return _mm512_loadu_pd(p); }
INLINE doubles load_floats(const float *p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
INLINE void store(double *p, doubles a) { _mm512_storeu_pd(p, a); }
INLINE doubles set(double a) { return _mm512_set1_pd(a); }
INLINE doubles fuse(doubles a, doubles b, doubles c) { return _mm512_fmadd_pd(a, b, c); }
#define KERNEL tl_gram_kernel_avx512
#define NAME "avx512"
#define HAS_INSTRUCTIONS tl_cpu_has_avx512

#elif defined(TL_ISA_AVX2)
#include <immintrin.h>
typedef __m256d doubles;
enum { WIDTH = 4, REGISTERS = 2 };
INLINE doubles load(const double *p) { return _mm256_loadu_pd(p); }
INLINE doubles load_floats(const float *p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
INLINE void store(double *p, doubles a) { _mm256_storeu_pd(p, a); }
INLINE doubles set(double a) { return _mm256_set1_pd(a); }
INLINE doubles fuse(doubles a, doubles b, doubles c) { return _mm256_fmadd_pd(a, b, c); }
#define KERNEL tl_gram_kernel_avx2
#define NAME "avx2"
#define HAS_INSTRUCTIONS tl_cpu_has_avx2

#elif defined(TL_ISA_NEON)
#include <arm_neon.h>
typedef float64x2_t doubles;
enum { WIDTH = 2, REGISTERS = 4 };
INLINE doubles load(const double *p) { return vld1q_f64(p); }
INLINE doubles load_floats(const float *p) { return vcvt_f64_f32(vld1_f32(p)); }
INLINE void store(double *p, doubles a) { vst1q_f64(p, a); }
INLINE doubles set(double a) { return vdupq_n_f64(a); }
INLINE doubles fuse(doubles a, doubles b, doubles c) { return vfmaq_f64(c, a, b); }
#define KERNEL tl_gram_kernel_neon
#define NAME "neon"
#define HAS_INSTRUCTIONS tl_cpu_has_all

#else
#include <string.h>
typedef double doubles __attribute__((vector_size(16)));
enum { WIDTH = 2, REGISTERS = 2 };
INLINE doubles load(const double *p)
{
    doubles a;
    memcpy(&a, p, sizeof a);
    return a;
}
INLINE doubles load_floats(const float *p) { return (doubles){(double)p[0], (double)p[1]}; }
INLINE void store(double *p, doubles a) { memcpy(p, &a, sizeof a); }
INLINE doubles set(double a) { return (doubles){a, a}; }
INLINE doubles fuse(doubles a, doubles b, doubles c) { return a * b + c; }
#define KERNEL tl_gram_kernel_plain
#define NAME "plain"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#endif

enum { PASS = REGISTERS * WIDTH, ALL_REGISTERS = TL_GRAM_LANES / WIDTH, COLUMNS = 4 };

static void add_rows(double *sums, const double *tile, const struct tl_matrix *matrix, size_t first, size_t block)
{
    for (size_t row = first; row < matrix->row_count; row++, sums += TL_GRAM_LANES) {
        const size_t end = tl_matrix_block_start(matrix, row, block + 1);
        doubles totals[ALL_REGISTERS];

        for (size_t r = 0; r < ALL_REGISTERS; r++)
            totals[r] = load(sums + r * WIDTH);
        for (size_t i = tl_matrix_block_start(matrix, row, block); i < end; i++) {
            const double *lanes = tile + (size_t)matrix->locals[i] * TL_GRAM_LANES;
            const doubles value = set((double)matrix->values[i]);

            for (size_t r = 0; r < ALL_REGISTERS; r++)
                totals[r] = fuse(load(lanes + r * WIDTH), value, totals[r]);
        }
        for (size_t r = 0; r < ALL_REGISTERS; r++)
            store(sums + r * WIDTH, totals[r]);
    }
}

/* Of `count` columns, a constant where it is inlined, the sums of PASS lanes. */
INLINE void multiply_lanes(double *sums, const float *panel, size_t row_count, const double *columns, const size_t count)
{
    doubles totals[COLUMNS][REGISTERS];

    for (size_t c = 0; c < count; c++)
        for (size_t r = 0; r < REGISTERS; r++)
            totals[c][r] = set(0);
    for (size_t i = 0; i < row_count; i++) {
        doubles entries[REGISTERS];

        for (size_t r = 0; r < REGISTERS; r++)
            entries[r] = load_floats(panel + i * TL_GRAM_LANES + r * WIDTH);
        for (size_t c = 0; c < count; c++) {
            const doubles value = set(columns[c * row_count + i]);

            for (size_t r = 0; r < REGISTERS; r++)
                totals[c][r] = fuse(entries[r], value, totals[c][r]);
        }
    }
    for (size_t c = 0; c < count; c++)
        for (size_t r = 0; r < REGISTERS; r++)
            store(sums + c * TL_GRAM_LANES + r * WIDTH, totals[c][r]);
}

static void multiply_panel(double *sums, const float *panel, size_t row_count, const double *columns, size_t column_count)
{
    for (size_t c = 0; c < column_count; c += COLUMNS) {
        const double *group = columns + c * row_count;

        for (size_t lane = 0; lane < TL_GRAM_LANES; lane += PASS) {
            double *to = sums + c * TL_GRAM_LANES + lane;

            if (column_count - c >= COLUMNS)
                multiply_lanes(to, panel + lane, row_count, group, COLUMNS);
            else if (column_count - c == 3)
                multiply_lanes(to, panel + lane, row_count, group, 3);
            else if (column_count - c == 2)
                multiply_lanes(to, panel + lane, row_count, group, 2);
            else
                multiply_lanes(to, panel + lane, row_count, group, 1);
        }
    }
}

const struct tl_gram_kernel KERNEL = {NAME, HAS_INSTRUCTIONS, add_rows, multiply_panel};
