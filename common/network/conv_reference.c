/* conv_reference.c - the convolution that is the definition: the formula's loops, accumulating in double.
 *
 *     out[y][x][o] = bias[o] + sum over ky, kx, c of in[y + ky - K/2][x + kx - K/2][c] * kernel[ky][kx][c][o]
 *
 * where input outside the photo is zero. One rounding to float at the end. Other kernels say only what they do differently.
 */
#include <string.h>

#include "common/network/cpu.h"
#include "common/network/kernels.h"

static size_t count_packed(const struct tl_conv_shape *shape)
{
    return (size_t)shape->kernel * shape->kernel * shape->input_channels * shape->output_channels;
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    memcpy(packed, kernel, count_packed(shape) * sizeof *packed);
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    return shape->output_channels * (sizeof(double) / sizeof(float));
}

/* sums[o] of one output pixel, from the bias on. */
static void sum_pixel(double *sums, const struct tl_conv_shape *shape, const float *in, const float *kernel, const float *bias,
                      uint32_t y, uint32_t x)
{
    const size_t input_channels = shape->input_channels, output_channels = shape->output_channels;
    const uint32_t half = shape->kernel / 2;
    for (size_t o = 0; o < output_channels; o++)
        sums[o] = (double)bias[o];
    for (uint32_t ky = 0; ky < shape->kernel; ky++) {
        for (uint32_t kx = 0; kx < shape->kernel; kx++) {
            if (y + ky < half || y + ky - half >= shape->height || x + kx < half || x + kx - half >= shape->width)
                continue;
            const float *pixel = in + ((size_t)(y + ky - half) * shape->width + (x + kx - half)) * input_channels;
            const float *weights = kernel + ((size_t)ky * shape->kernel + kx) * input_channels * output_channels;
            for (size_t c = 0; c < input_channels; c++) {
                for (size_t o = 0; o < output_channels; o++)
                    sums[o] += (double)pixel[c] * (double)weights[c * output_channels + o];
            }
        }
    }
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    (void)shape;
    (void)thread_count;
    return (struct tl_conv_division){photo_count, 1, 0};
}

/* Task: one photo. */
static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t pixel_count = (size_t)shape->height * shape->width;
    const float *in = call->in + task * pixel_count * shape->input_channels;
    float *out = call->out + task * pixel_count * shape->output_channels;
    double *sums = (void *)scratch;
    for (uint32_t y = 0; y < shape->height; y++) {
        for (uint32_t x = 0; x < shape->width; x++) {
            sum_pixel(sums, shape, in, call->weights, call->bias, y, x);
            for (size_t o = 0; o < shape->output_channels; o++)
                *out++ = shape->has_relu && sums[o] < 0 ? 0.0F : (float)sums[o];
        }
    }
}

const struct tl_conv_kernel tl_conv_reference = {
    .name = "reference",
    .arithmetic = "f64-direct",
    .is_supported = tl_cpu_has_all,
    .settle = tl_conv_settle_plain,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = tl_conv_share_nothing,
    .pack = pack,
    .divide = divide,
    .run = run,
};
