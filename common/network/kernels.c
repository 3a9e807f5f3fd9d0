/* kernels.c - the list of convolution kernels, and how one is chosen. */
#include "common/network/kernels.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/network/winograd.h"

const struct tl_conv_kernel *const tl_conv_kernels[] = {
    &tl_conv_reference,
    &tl_conv_winograd_scalar,
    &tl_conv_winograd7_scalar,
#if defined(__aarch64__)
    &tl_conv_winograd7_neon,
#endif
#if defined(__x86_64__)
    &tl_conv_winograd7_avx2,
    &tl_conv_winograd7_avx512,
    &tl_conv_winograd_vnni,
    &tl_conv_winograd_amx,
    &tl_conv_winograd_amx3,
#endif
    &tl_conv_openblas,
    &tl_conv_openblas_plain,
#if defined(__aarch64__)
    &tl_conv_openblas_neon,
#endif
#if defined(__x86_64__)
    &tl_conv_openblas_avx2,
    &tl_conv_openblas_avx512,
#endif
    &tl_conv_openblas_wino6,
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
static const char *const fast_names[] = {"winograd-neon",    "winograd-avx2", "winograd-avx512", "winograd7-neon", "winograd7-avx2",
                                         "winograd7-avx512", "winograd-vnni", "winograd-amx",    "winograd-amx3",  "openblas-neon",
                                         "openblas-avx2",    "openblas-avx512"};

/* What "fast" stands for: the first that this CPU has. */
static const char *const fast_arithmetics[] = {"bf16x3-wino4", "i16-wino4", "f32-wino7-fma"};

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

/* The scalar twin is fast in nothing. */
static const char *find_fast_arithmetic(void)
{
    for (size_t i = 0; i < sizeof fast_arithmetics / sizeof *fast_arithmetics; i++) {
        const struct tl_conv_kernel *kernel = find_by_arithmetic(fast_arithmetics[i]);
        if (kernel != NULL && kernel != &tl_conv_winograd7_scalar)
            return fast_arithmetics[i];
    }
    return "fast";
}

const struct tl_conv_kernel *tl_conv_kernel_find(const char *name)
{
    if (strcmp(name, "fast") == 0)
        name = find_fast_arithmetic();
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

void tl_conv_settle_plain(struct tl_conv_shape *shape)
{
    shape->has_pooling = false;
    shape->has_raw_weights = false;
    shape->tile = 0;
}

void tl_conv_settle_tiled(struct tl_conv_shape *shape, uint32_t tile)
{
    const bool is_pooled = shape->has_pooling;
    assert(can_pool_tiles(tile));
    tl_conv_settle_plain(shape);
    if (!is_for_winograd(shape))
        return;
    shape->tile = tile;
    shape->has_pooling = is_pooled;
}

size_t tl_conv_share_nothing(const struct tl_conv_shape *shape, size_t photo_count)
{
    (void)shape;
    (void)photo_count;
    return 0;
}
