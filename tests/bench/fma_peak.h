/* fma_peak.h - the most multiplications and additions a core can do, by instruction set: what kernels are measured against.
 */
#ifndef TL_TESTS_FMA_PEAK_H
#define TL_TESTS_FMA_PEAK_H

#include <stddef.h>

enum { FMA_CHAINS = 12 };

/* Runs `count` rounds of as many independent accumulators as hide the latency; returns the floating-point operations done. `sink`
 * (FMA_CHAINS floats) keeps the compiler from leaving it out. Only on a CPU that has the instruction set. */
double tl_fma_peak_avx512(size_t count, float *sink);
double tl_fma_peak_avx2(size_t count, float *sink);
double tl_fma_peak_neon(size_t count, float *sink);

#endif
