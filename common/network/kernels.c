/* kernels.c - the list of convolution kernels, and how one is chosen. */
#include "common/network/kernels.h"

#include <stdlib.h>
#include <string.h>

const struct tl_conv_kernel *const tl_conv_kernels[] = {&tl_conv_reference, &tl_conv_openblas};
const size_t tl_conv_kernel_count = sizeof tl_conv_kernels / sizeof *tl_conv_kernels;

const struct tl_conv_kernel *tl_conv_kernel_find(const char *name)
{
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        const struct tl_conv_kernel *kernel = tl_conv_kernels[i];
        if (strcmp(kernel->name, name) == 0 || strcmp(kernel->arithmetic, name) == 0)
            return kernel->is_supported() ? kernel : NULL;
    }
    return NULL;
}

const struct tl_conv_kernel *tl_conv_kernel_default(void)
{
    const char *name = getenv("TL_KERNELS");
    if (name != NULL && *name != '\0')
        return tl_conv_kernel_find(name);
    size_t last = tl_conv_kernel_count - 1;
    while (last > 0 && !tl_conv_kernels[last]->is_supported())
        last--;
    return tl_conv_kernels[last];
}
