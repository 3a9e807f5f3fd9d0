/* fma_peak.c - see fma_peak.h. Compiled for each instruction set, as the kernels are. */
#include "tests/bench/fma_peak.h"

#include "common/network/vector.h"

static double run_chains(size_t count, float *sink)
{
    const vec factor = vec_set(*sink);
    vec sums[FMA_CHAINS];
    for (size_t i = 0; i < FMA_CHAINS; i++)
        sums[i] = vec_set((float)i);
    for (size_t n = 0; n < count; n++) {
#pragma GCC unroll 16
        for (size_t i = 0; i < FMA_CHAINS; i++)
            sums[i] = vec_fma(sums[i], factor, factor);
    }
    for (size_t i = 0; i < FMA_CHAINS; i++)
        vec_store_some(sink + i, sums[i], 1);
    return 2.0 * FMA_CHAINS * VEC_LANES * (double)count;
}

#if defined(TL_ISA_AVX512)
double tl_fma_peak_avx512(size_t count, float *sink)
#elif defined(TL_ISA_AVX2)
double tl_fma_peak_avx2(size_t count, float *sink)
#else
double tl_fma_peak_neon(size_t count, float *sink)
#endif
{
    return run_chains(count, sink);
}
