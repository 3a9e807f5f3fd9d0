/* kernels.h - the CPU backend's registry: every way to compute a layer, the slow definition first.
 *
 * Kernels are pure: no allocation, no failure, no logging. A convolution kernel may want the weights packed its own
 * way and some scratch memory a thread; both are sized from the shape and allocated by the plan, aligned to 64 bytes. Tests and
 * benchmarks walk the list; the plan takes one arithmetic for the whole network.
 *
 * Activations are float32, photos x height x width x channels (NHWC). A convolution is 'same', stride 1, odd kernel.
 * A kernel may work on several photos together, but a photo's result must be the same bits whatever is beside it:
 * nothing that changes rounding may depend on the count of photos or on a photo's place among them.
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
    size_t group_count;     /* photos that run() is given at a time, at most */
    bool (*is_supported)(void); /* by this CPU */
    /* Called when a plan is made, before any thread runs it: settings of an outside library. NULL where there are none. */
    void (*start)(void);
    /* Floats of packed weights for a shape; 0 where the kernel runs from the weights as they are, and pack is not called. */
    size_t (*packed_count)(const struct tl_conv_shape *shape);
    /* Floats of scratch memory a thread, for a shape and up to `photo_count` photos. */
    size_t (*scratch_count)(const struct tl_conv_shape *shape, size_t photo_count);
    /* kernel: (K, K, Cin, Cout). */
    void (*pack)(float *packed, const struct tl_conv_shape *shape, const float *kernel);
    /* out (N, H, W, Cout) = [relu] (in (N, H, W, Cin) * weights + bias (Cout)); `in` and `out` do not overlap. `weights` is what
     * pack() made, or the kernel as above. NaN stays NaN, through ReLU too. */
    void (*run)(float *out, const struct tl_conv_shape *shape, size_t photo_count, const float *in, const float *weights,
                const float *bias, float *scratch);
};

/* All convolution kernels, slowest first; the first is the definition, accumulating in double. */
extern const struct tl_conv_kernel *const tl_conv_kernels[];
extern const size_t tl_conv_kernel_count;

extern const struct tl_conv_kernel tl_conv_reference, tl_conv_openblas;

/* By arithmetic or kernel name; NULL when there is none, or when this CPU cannot run it. */
const struct tl_conv_kernel *tl_conv_kernel_find(const char *name);
/* The last of the list that this CPU supports. TL_KERNELS in the environment names another, for tests and benchmarks;
 * NULL when that is none of the list. */
const struct tl_conv_kernel *tl_conv_kernel_default(void);

/* out ((H - size) / stride + 1, the same of W, C) = the largest of each size x size window, 'valid'. NaN wins, so that it
 * stays visible. One photo; height and width are at least `size`. */
void tl_pool_max(float *out, const float *in, uint32_t height, uint32_t width, uint32_t channels, uint32_t size, uint32_t stride);

#endif
