/* kernels.h - the CPU backend's registry: every way to compute a layer, the slow definition first.
 *
 * Kernels are pure: no allocation, no failure, no logging. A convolution kernel may want the weights packed its own
 * way and some scratch memory a thread; both are sized from the shape and allocated by the plan. Tests and
 * benchmarks walk the list; the plan takes one arithmetic for the whole network.
 *
 * Activations are float32, height x width x channels (NHWC of one photo). A convolution is 'same', stride 1, odd kernel.
 */
#ifndef TL_NETWORK_KERNELS_H
#define TL_NETWORK_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tl_conv_shape {
    uint32_t height, width;          /* of input and output */
    uint32_t input_channels, output_channels;
    uint32_t kernel;                 /* 1, 3, 5, ... */
    bool has_relu;
};

struct tl_conv_kernel {
    const char *name;       /* "reference", "openblas" */
    const char *arithmetic; /* identity in feature sets: "f64-direct", "openblas-im2col" */
    bool (*is_supported)(void); /* by this CPU */
    /* Floats of packed weights / of scratch memory a thread, for a shape. */
    size_t (*packed_count)(const struct tl_conv_shape *shape);
    size_t (*scratch_count)(const struct tl_conv_shape *shape);
    /* kernel: (K, K, Cin, Cout). */
    void (*pack)(float *packed, const struct tl_conv_shape *shape, const float *kernel);
    /* out (H, W, Cout) = [relu] (in (H, W, Cin) * packed + bias (Cout)); `in` and `out` do not overlap. */
    void (*run)(float *out, const struct tl_conv_shape *shape, const float *in, const float *packed, const float *bias, float *scratch);
};

/* All convolution kernels; the first is the definition, accumulating in double. */
extern const struct tl_conv_kernel *const tl_conv_kernels[];
extern const size_t tl_conv_kernel_count;

/* By arithmetic or kernel name; NULL when there is none, or when this CPU cannot run it. */
const struct tl_conv_kernel *tl_conv_kernel_find(const char *name);
/* The default on this CPU. TL_KERNELS in the environment names another, for tests and benchmarks. */
const struct tl_conv_kernel *tl_conv_kernel_default(void);

/* out (H/size, W/size, C) = the largest of each size x size window, 'valid'. NaN wins, so that it stays visible. */
void tl_pool_max(float *out, const float *in, uint32_t height, uint32_t width, uint32_t channels, uint32_t size, uint32_t stride);

#endif
