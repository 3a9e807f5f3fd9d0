/* kernels.h - the CPU backend's registry: every way to compute a layer, the slow definition first.
 *
 * Kernels are pure: no allocation, no failure, no logging. A convolution is cut into tasks that any threads may run in any
 * order at once; a kernel may want the weights packed its own way and some scratch memory a thread; both are sized from
 * the shape and allocated by the plan, aligned to 64 bytes. Tests and benchmarks walk the list; the plan takes one
 * arithmetic for the whole network.
 *
 *     kernel->settle(&shape);
 *     kernel->pack(packed, &shape, weights);                                   once
 *     call.division = kernel->divide(&shape, photo_count, thread_count);
 *     for each task < preparation_count: kernel->prepare(&call, task);
 *     for each task < block_count * range_count: kernel->run(&call, task, scratch of the thread);
 *
 * Activations are float32, photos x height x width x channels (NHWC). A convolution is 'same', stride 1, odd kernel.
 * A photo's result must be the same bits whatever is beside it and however the work is divided: nothing that changes
 * rounding may depend on the counts of photos and threads or on a photo's place.
 *
 * Kernels of one arithmetic give the same bits on every CPU. "f32-wino6-fma" (see winograd.h) is such a family.
 * "f32-wino7-fma", "i16-wino4" (conv_winograd_i16.c), "bf16-wino4" and "bf16x3-wino4" (conv_winograd_bf16.c) are faster and
 * less exact, and nobody gets them who has not asked.
 */
#ifndef TL_NETWORK_KERNELS_H
#define TL_NETWORK_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What counts of zeros are filled up to. */
enum { TL_CONV_ZEROS_UNIT = 32 };

/* What a plan is for. The bits are the same. */
enum tl_conv_use {
    TL_CONV_BATCHES, /* photos by the dozen */
    TL_CONV_SINGLES, /* many photos, one at a time */
    TL_CONV_FEW      /* one photo or a few: what prepares the weights counts as much as what uses them */
};

struct tl_conv_shape {
    uint32_t height, width;          /* of the input, and of the output before pooling */
    uint32_t input_channels, output_channels;
    uint32_t kernel;                 /* 1, 3, 5, ... */
    bool has_relu;
    bool has_pooling;                /* 2 x 2 max pooling with stride 2 follows, as tl_pool_max() */
    enum tl_conv_use use;
    bool has_raw_weights;            /* packed as they are and transformed anew for each photo; settle() chooses */
    uint32_t tile;                   /* side of the tiles of outputs, where the kernel has such; settle() chooses */
};

/* How a convolution is cut up: blocks of photos or parts of them, and each into ranges of output channels. Before them all,
 * `preparation_count` tasks of prepare(). */
struct tl_conv_division {
    size_t block_count, range_count, preparation_count;
};

/* One convolution of some photos. `in` and `out` do not overlap; `weights` is what pack() made. */
struct tl_conv_call {
    struct tl_conv_shape shape;
    size_t photo_count;
    const float *in, *weights, *bias;
    float *out;
    float *shared;      /* what prepare() leaves for all tasks */
    const float *zeros; /* as many as input channels, filled up to TL_CONV_ZEROS_UNIT: what lies outside photos */
    struct tl_conv_division division;
};

struct tl_conv_kernel {
    const char *name;       /* "reference", "winograd-avx512" */
    const char *arithmetic; /* identity in feature sets: "f64-direct", "f32-wino6-fma" */
    bool (*is_supported)(void); /* by this CPU, and its library is there; to be asked before anything else */
    /* What run() does of a shape wished for: clears has_pooling where it does not, and chooses the tile and the way of the weights.
     * Only shapes so settled go to the functions below. */
    void (*settle)(struct tl_conv_shape *shape);
    /* Floats of packed weights for a shape. */
    size_t (*packed_count)(const struct tl_conv_shape *shape);
    /* Floats of scratch memory a thread, for any number of photos. */
    size_t (*scratch_count)(const struct tl_conv_shape *shape);
    /* Floats of tl_conv_call.shared for a number of photos. */
    size_t (*shared_count)(const struct tl_conv_shape *shape, size_t photo_count);
    /* kernel: (K, K, Cin, Cout). */
    void (*pack)(float *packed, const struct tl_conv_shape *shape, const float *kernel);
    struct tl_conv_division (*divide)(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count);
    /* One of preparation_count tasks, which write to call->shared. NULL where there are none. */
    void (*prepare)(const struct tl_conv_call *call, size_t task);
    /* A task's part of out (N, H, W, Cout) = [pool] [relu] (in (N, H, W, Cin) * weights + bias (Cout)); task / block_count is its
     * range. NaN stays NaN, through ReLU too; what of the photo it reaches beyond the definition is the kernel's affair. */
    void (*run)(const struct tl_conv_call *call, size_t task, float *scratch);
};

/* All convolution kernels, slowest first but for those of the fast arithmetics, which stand before the exact ones so that none is
 * the default; the first is the definition, accumulating in double. */
extern const struct tl_conv_kernel *const tl_conv_kernels[];
extern const size_t tl_conv_kernel_count;

extern const struct tl_conv_kernel tl_conv_reference, tl_conv_openblas, tl_conv_openblas_wino6; /* "openblas", the best of: */
extern const struct tl_conv_kernel tl_conv_openblas_plain, tl_conv_openblas_neon, tl_conv_openblas_avx2, tl_conv_openblas_avx512;
extern const struct tl_conv_kernel tl_conv_winograd_scalar, tl_conv_winograd_neon, tl_conv_winograd_avx2, tl_conv_winograd_avx512;
extern const struct tl_conv_kernel tl_conv_winograd7_scalar, tl_conv_winograd7_neon, tl_conv_winograd7_avx2;
extern const struct tl_conv_kernel tl_conv_winograd7_avx512;
extern const struct tl_conv_kernel tl_conv_winograd_vnni, tl_conv_winograd_amx, tl_conv_winograd_amx3;
/* What tests hold the three before to. Too slow for anybody else, so they are not in the list. */
extern const struct tl_conv_kernel tl_conv_i16_twin, tl_conv_bf16_twin, tl_conv_bf16x3_twin;

/* settle() of kernels that have neither tiles nor more to choose. */
void tl_conv_settle_plain(struct tl_conv_shape *shape);
/* Of kernels that have one size of tiles, an even one, wherever Winograd's way is for the layer (winograd.h). */
void tl_conv_settle_tiled(struct tl_conv_shape *shape, uint32_t tile);
/* shared_count() of kernels that share nothing. */
size_t tl_conv_share_nothing(const struct tl_conv_shape *shape, size_t photo_count);

/* By kernel name, or the best of an arithmetic for this CPU (the one TL_KERNELS names, if it is of that arithmetic), or for
 * "fast" the fastest that errs by 2e-3 at most, on VGG16's features; NULL when there is none, or when this CPU cannot run it. */
const struct tl_conv_kernel *tl_conv_kernel_find(const char *name);
/* The last of the list that this CPU supports. TL_KERNELS in the environment names another kernel or arithmetic, for tests
 * and benchmarks; NULL when that is none of the list. */
const struct tl_conv_kernel *tl_conv_kernel_default(void);

/* Kernels that this build or this CPU cannot run, by name, for tests and benchmarks to list: NULL beyond the last. */
const char *tl_conv_kernel_missing(size_t index);

/* out ((H - size) / stride + 1, the same of W, C) = the largest of each size x size window, 'valid'. NaN wins, so that it
 * stays visible. One photo; height and width are at least `size`. */
void tl_pool_max(float *out, const float *in, uint32_t height, uint32_t width, uint32_t channels, uint32_t size, uint32_t stride);

#endif
