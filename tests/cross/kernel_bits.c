/* kernel_bits.c - the bits that "f32-wino6-fma" and "f32-wino7-fma" give here: to be the same on every CPU.
 *
 * Prints one line a layer and arithmetic: the layer's shape and a checksum of what the scalar twin gives for made-up numbers.
 * `make test-arm64` compares the lines of this machine with those of an emulated arm64. Every other kernel of an arithmetic has to
 * agree with its twin, else the exit code is 1; those that cannot run are named on standard error. Needs no library but C's.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/network/kernels.h"

/* Tile, channel and panel edges; several blocks; pooling; layers summed directly. */
static const struct tl_conv_shape shapes[] = {
    {1, 1, 8, 1, 3, true, false, TL_CONV_BATCHES, false, 0},     {5, 6, 17, 33, 3, false, false, TL_CONV_BATCHES, false, 0},
    {13, 14, 32, 48, 3, true, false, TL_CONV_BATCHES, false, 0}, {7, 9, 20, 40, 3, true, true, TL_CONV_BATCHES, false, 0},
    {33, 40, 16, 16, 3, true, false, TL_CONV_BATCHES, false, 0}, {4, 4, 256, 64, 3, true, true, TL_CONV_BATCHES, false, 0},
    {36, 37, 16, 16, 3, true, true, TL_CONV_BATCHES, false, 0},  {9, 30, 3, 64, 3, true, false, TL_CONV_BATCHES, false, 0},
    {6, 6, 20, 18, 1, true, false, TL_CONV_BATCHES, false, 0},   {9, 8, 9, 35, 5, false, false, TL_CONV_BATCHES, false, 0},
};

/* Arithmetic by arithmetic, the twin first. */
static const struct tl_conv_kernel *const kernels[][3] = {
#if defined(__x86_64__)
    {&tl_conv_winograd_scalar, &tl_conv_winograd_avx2, &tl_conv_winograd_avx512},
    {&tl_conv_winograd7_scalar, &tl_conv_winograd7_avx2, &tl_conv_winograd7_avx512},
#elif defined(__aarch64__)
    {&tl_conv_winograd_scalar, &tl_conv_winograd_neon},
    {&tl_conv_winograd7_scalar, &tl_conv_winograd7_neon},
#else
    {&tl_conv_winograd_scalar},
    {&tl_conv_winograd7_scalar},
#endif
};

enum {
    PHOTO_COUNT = 2,
    THREAD_COUNT = 3,
    SHAPE_COUNT = sizeof shapes / sizeof *shapes,
    FAMILY_COUNT = sizeof kernels / sizeof *kernels,
    FAMILY_MAX = sizeof *kernels / sizeof **kernels
};

/* Multiples of 2^-23 in [-1, 1), by Knuth's linear congruence. */
static float *make_values(size_t count, uint64_t *state)
{
    float *values = tl_memory_alloc_aligned(count, sizeof *values);
    for (size_t i = 0; values != NULL && i < count; i++) {
        *state = *state * 6364136223846793005U + 1442695040888963407U;
        values[i] = (float)((int64_t)(*state >> 40) - (1 << 23)) / (1 << 23);
    }
    return values;
}

static size_t count_out(const struct tl_conv_shape *s)
{
    const uint32_t step = s->has_pooling ? 2 : 1;
    return (size_t)PHOTO_COUNT * (s->height / step) * (s->width / step) * s->output_channels;
}

static struct tl_conv_shape settle(const struct tl_conv_kernel *kernel, const struct tl_conv_shape *wish)
{
    struct tl_conv_shape shape = *wish;
    kernel->settle(&shape);
    return shape;
}

/* NULL when out of memory. */
static float *run(const struct tl_conv_kernel *kernel, const struct tl_conv_shape *shape, const float *in, const float *weights,
                  const float *bias)
{
    const struct tl_conv_shape settled = settle(kernel, shape);
    float *packed = tl_memory_alloc_aligned(kernel->packed_count(&settled), sizeof *packed);
    float *scratch = tl_memory_alloc_aligned(kernel->scratch_count(&settled), sizeof *scratch);
    float *zeros = tl_memory_alloc_aligned(settled.input_channels + TL_CONV_ZEROS_UNIT, sizeof *zeros);
    float *out = tl_memory_alloc_aligned(count_out(&settled), sizeof *out);
    if (packed != NULL && scratch != NULL && out != NULL && zeros != NULL) {
        struct tl_conv_call call = {settled, PHOTO_COUNT, in, packed, bias, out, NULL, zeros, {0, 0, 0}};
        kernel->pack(packed, &settled, weights);
        call.division = kernel->divide(&settled, PHOTO_COUNT, THREAD_COUNT);
        for (size_t task = 0; task < call.division.block_count * call.division.range_count; task++)
            kernel->run(&call, task, scratch);
    }
    tl_memory_free(packed);
    tl_memory_free(scratch);
    tl_memory_free(zeros);
    return out;
}

/* FNV-1a over the floats' bits, lowest byte first. */
static uint64_t sum_bits(const float *values, size_t count)
{
    uint64_t sum = 14695981039346656037U;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t byte = 0; byte < sizeof bits; byte++)
            sum = (sum ^ (bits >> 8 * byte & 0xFF)) * 1099511628211U;
    }
    return sum;
}

/* One layer by the kernels of one arithmetic. The number of those that differ, and of values that there is no memory for. */
static int check_shape(const struct tl_conv_kernel *const *family, const struct tl_conv_shape *s, uint64_t *state)
{
    float *in = make_values((size_t)PHOTO_COUNT * s->height * s->width * s->input_channels, state);
    float *weights = make_values((size_t)s->kernel * s->kernel * s->input_channels * s->output_channels, state);
    float *bias = make_values(s->output_channels, state), *expected = run(family[0], s, in, weights, bias);
    const struct tl_conv_shape settled = settle(family[0], s);
    const size_t count = count_out(&settled);
    int fault_count = expected == NULL;
    printf("%s: %u x %u, %u to %u, kernel %u%s%s, tiles of %u: %016llx\n", family[0]->arithmetic, s->height, s->width,
           s->input_channels, s->output_channels, s->kernel, s->has_relu ? ", relu" : "", settled.has_pooling ? ", pooled" : "",
           settled.tile, expected != NULL ? (unsigned long long)sum_bits(expected, count) : 0);
    for (size_t k = 1; k < FAMILY_MAX && family[k] != NULL && expected != NULL; k++) {
        if (!family[k]->is_supported())
            continue;
        float *found = run(family[k], s, in, weights, bias);
        if (found == NULL || memcmp(found, expected, count * sizeof *found) != 0) {
            fprintf(stderr, "%s differs from %s\n", family[k]->name, family[0]->name);
            fault_count++;
        }
        tl_memory_free(found);
    }
    tl_memory_free(in);
    tl_memory_free(weights);
    tl_memory_free(bias);
    tl_memory_free(expected);
    return fault_count;
}

int main(void)
{
    uint64_t state = 1;
    int fault_count = 0;
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        for (size_t k = 0; k < FAMILY_MAX && kernels[f][k] != NULL; k++)
            fprintf(stderr, "%s: %s\n", kernels[f][k]->name, kernels[f][k]->is_supported() ? "run" : "not run here");
        for (size_t i = 0; i < SHAPE_COUNT; i++)
            fault_count += check_shape(kernels[f], &shapes[i], &state);
    }
    return fault_count > 0;
}
