/* fit_choice.c - the lists of what lanes.h and slope.h compile for each instruction set, and which of them this CPU runs. */
#include "train/fit/lanes.h"
#include "train/fit/slope.h"

/* The fastest last, in both. */
const struct tl_lanes *const tl_lanes_all[] = {
    &tl_lanes_plain,
#if defined(__aarch64__)
    &tl_lanes_neon,
#endif
#if defined(__x86_64__)
    &tl_lanes_avx2,
    &tl_lanes_avx512,
#endif
    NULL};

const struct tl_slope_kernel *const tl_slope_kernels[] = {
    &tl_slope_plain,
#if defined(__aarch64__)
    &tl_slope_neon,
#endif
#if defined(__x86_64__)
    &tl_slope_avx2,
    &tl_slope_avx512,
#endif
    NULL};

const struct tl_lanes *tl_lanes_choose(void)
{
    const struct tl_lanes *chosen = &tl_lanes_plain;

    for (size_t k = 0; tl_lanes_all[k]; k++)
        if (tl_lanes_all[k]->has_instructions())
            chosen = tl_lanes_all[k];
    return chosen;
}

const struct tl_slope_kernel *tl_slope_choose(void)
{
    const struct tl_slope_kernel *chosen = &tl_slope_plain;

    for (size_t k = 0; tl_slope_kernels[k]; k++)
        if (tl_slope_kernels[k]->has_instructions())
            chosen = tl_slope_kernels[k];
    return chosen;
}
