/* gram_choice.c - the list of Gram kernels, and which of them this CPU runs. */
#include <stddef.h>

#include "common/network/cpu.h"
#include "train/fit/gram_kernel.h"

/* The fastest last. */
const struct tl_gram_kernel *const tl_gram_kernels[] = {
    &tl_gram_kernel_plain,
#if defined(__aarch64__)
    &tl_gram_kernel_neon,
#endif
#if defined(__x86_64__)
    &tl_gram_kernel_avx2,
    &tl_gram_kernel_avx512,
#endif
    NULL};

const struct tl_gram_kernel *tl_gram_kernel_choose(void)
{
    const struct tl_gram_kernel *chosen = &tl_gram_kernel_plain;

    for (size_t k = 0; tl_gram_kernels[k]; k++)
        if (tl_gram_kernels[k]->has_instructions())
            chosen = tl_gram_kernels[k];
    return chosen;
}
