/* conv_openblas_choice.c - "openblas": what conv_openblas_wino6.c was compiled to for the best instruction set of this CPU.
 *
 * OpenBLAS's own bits differ between CPUs, so ours may.
 */
#include "common/network/blas.h"
#include "common/network/cpu.h"
#include "common/network/kernels.h"

static const struct tl_conv_kernel *choose(void)
{
#if defined(__aarch64__)
    return &tl_conv_openblas_neon;
#elif defined(__x86_64__)
    if (tl_cpu_has_avx512())
        return &tl_conv_openblas_avx512;
    return tl_cpu_has_avx2() ? &tl_conv_openblas_avx2 : &tl_conv_openblas_plain;
#else
    return &tl_conv_openblas_plain;
#endif
}

static void settle(struct tl_conv_shape *shape)
{
    choose()->settle(shape);
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    return choose()->packed_count(shape);
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    return choose()->scratch_count(shape);
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    choose()->pack(packed, shape, kernel);
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    return choose()->divide(shape, photo_count, thread_count);
}

static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    choose()->run(call, task, scratch);
}

const struct tl_conv_kernel tl_conv_openblas_wino6 = {
    .name = "openblas",
    .arithmetic = "openblas-wino6",
    .is_supported = tl_blas_is_there,
    .settle = settle,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = tl_conv_share_nothing,
    .pack = pack,
    .divide = divide,
    .run = run,
};
