/* kernels.c - the list of convolution kernels, and how one is chosen. */
#include "common/network/kernels.h"

#include <stdlib.h>
#include <string.h>

const struct tl_conv_kernel *const tl_conv_kernels[] = {
    &tl_conv_reference,
    &tl_conv_winograd_scalar,
#if defined(__x86_64__)
    &tl_conv_winograd_amx,
    &tl_conv_winograd_amx3,
#endif
    &tl_conv_openblas,
    &tl_conv_openblas_wino4,
#if defined(__aarch64__)
    &tl_conv_winograd_neon,
#endif
#if defined(__x86_64__)
    &tl_conv_winograd_avx2,
    &tl_conv_winograd_avx512,
#endif
};
const size_t tl_conv_kernel_count = sizeof tl_conv_kernels / sizeof *tl_conv_kernels;

/* Every instruction set that kernels are written for. */
static const char *const fast_names[] = {"winograd-neon", "winograd-avx2", "winograd-avx512", "winograd-amx", "winograd-amx3"};

/* What "fast" stands for. */
static const char fast_arithmetic[] = "bf16x3-wino4";

static const struct tl_conv_kernel *find_by_name(const char *name)
{
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        if (strcmp(tl_conv_kernels[i]->name, name) == 0 && tl_conv_kernels[i]->is_supported())
            return tl_conv_kernels[i];
    }
    return NULL;
}

static const struct tl_conv_kernel *find_by_arithmetic(const char *name)
{
    for (size_t i = tl_conv_kernel_count; i > 0; i--) {
        if (strcmp(tl_conv_kernels[i - 1]->arithmetic, name) == 0 && tl_conv_kernels[i - 1]->is_supported())
            return tl_conv_kernels[i - 1];
    }
    return NULL;
}

static const char *get_named_kernel(void)
{
    const char *name = getenv("TL_KERNELS");
    return name != NULL ? name : "";
}

const struct tl_conv_kernel *tl_conv_kernel_find(const char *name)
{
    if (strcmp(name, "fast") == 0)
        name = fast_arithmetic;
    const struct tl_conv_kernel *kernel = find_by_name(name), *named = find_by_name(get_named_kernel());
    if (kernel != NULL)
        return kernel;
    return named != NULL && strcmp(named->arithmetic, name) == 0 ? named : find_by_arithmetic(name);
}

const struct tl_conv_kernel *tl_conv_kernel_default(void)
{
    const char *name = get_named_kernel();
    if (*name != '\0')
        return tl_conv_kernel_find(name);
    size_t last = tl_conv_kernel_count - 1;
    while (last > 0 && !tl_conv_kernels[last]->is_supported())
        last--;
    return tl_conv_kernels[last];
}

const char *tl_conv_kernel_missing(size_t index)
{
    for (size_t i = 0; i < sizeof fast_names / sizeof *fast_names; i++) {
        if (find_by_name(fast_names[i]) == NULL && index-- == 0)
            return fast_names[i];
    }
    return NULL;
}
