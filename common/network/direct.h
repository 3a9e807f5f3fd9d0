/* direct.h - convolution summed directly, for layers that are not for Winograd: few input channels, other kernels.
 *
 * In NHWC, the inputs of one kernel row lie side by side, for neighbouring pixels input_channels floats further. So a stretch
 * of outputs in a row is a matrix product (microkernel.h), once the lines stand between zeros for what sticks out of the
 * photo. Products come in the order ky, kx, channel.
 */
#ifndef TL_NETWORK_DIRECT_H
#define TL_NETWORK_DIRECT_H

#include "common/network/microkernel.h"

enum { DIRECT_BLOCK_LINES = 8 }; /* output lines of one task */

struct direct {
    size_t half, line_floats, line_count; /* of the copied lines */
    size_t columns;                       /* output channels, filled up to whole panels */
    size_t blocks_a_photo;
};

TL_INLINE struct direct plan_direct(const struct tl_conv_shape *shape)
{
    const size_t half = shape->kernel / 2;
    return (struct direct){
        .half = half,
        .line_floats = (shape->width + 2 * half) * shape->input_channels,
        .line_count = DIRECT_BLOCK_LINES + 2 * half,
        .columns = round_up(shape->output_channels, PANEL_COLUMNS),
        .blocks_a_photo = ((size_t)shape->height + DIRECT_BLOCK_LINES - 1) / DIRECT_BLOCK_LINES,
    };
}

TL_INLINE size_t count_direct_packed(const struct tl_conv_shape *shape)
{
    return (size_t)shape->kernel * shape->kernel * shape->input_channels * plan_direct(shape).columns;
}

/* Copied lines, then the sums of a few pixels. */
TL_INLINE size_t count_direct_scratch(const struct tl_conv_shape *shape)
{
    const struct direct d = plan_direct(shape);
    return round_up(d.line_count * d.line_floats, 16) + PANEL_ROWS * PANEL_COLUMNS;
}

TL_INLINE void pack_direct(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    const size_t row_count = (size_t)shape->kernel * shape->kernel * shape->input_channels, channels = shape->output_channels;
    for (size_t first = 0; first < channels; first += PANEL_COLUMNS) {
        const size_t count = channels - first < PANEL_COLUMNS ? channels - first : PANEL_COLUMNS;
        for (size_t row = 0; row < row_count; row++, packed += PANEL_COLUMNS) {
            memset(packed, 0, PANEL_COLUMNS * sizeof *packed);
            memcpy(packed, kernel + row * channels + first, count * sizeof *packed);
        }
    }
}

/* Input lines top - half ... of one photo, each between zeros. */
TL_INLINE void copy_lines(float *lines, const struct tl_conv_shape *shape, const struct direct *d, const float *photo, size_t top,
                          size_t output_lines)
{
    const size_t border = d->half * shape->input_channels, row = (size_t)shape->width * shape->input_channels;
    for (size_t i = 0; i < output_lines + 2 * d->half; i++, lines += d->line_floats) {
        const size_t y = top + i - d->half; /* wraps round above the photo */
        if (y >= shape->height) {
            memset(lines, 0, d->line_floats * sizeof *lines);
            continue;
        }
        memset(lines, 0, border * sizeof *lines);
        memcpy(lines + border, photo + y * row, row * sizeof *lines);
        memset(lines + border + row, 0, border * sizeof *lines);
    }
}

/* Sums of `pixel_count` pixels to `count` channels of the output, with bias and ReLU. */
TL_INLINE void finish_pixels(float *out, size_t out_stride, const float *sums, size_t pixel_count, const float *bias, size_t count,
                             bool has_relu)
{
    for (size_t i = 0; i < pixel_count; i++, out += out_stride, sums += PANEL_COLUMNS) {
        for (size_t k = 0; k < count; k += VEC_LANES) {
            const vec value = vec_add(vec_load(sums + k), vec_load_some(bias + k, count - k));
            vec_store_some(out + k, has_relu ? vec_relu(value) : value, count - k);
        }
    }
}

/* One output line, from the copied lines that begin at `lines`. */
TL_INLINE void sum_line(const struct tl_conv_call *call, const struct direct *d, float *out, const float *lines, float *sums)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t channels = shape->output_channels, width = shape->width;
    const size_t group_count = (width + PANEL_ROWS - 1) / PANEL_ROWS;
    struct product product = {
        .segment_count = shape->kernel,
        .segment_stride = d->line_floats,
        .segment_length = (size_t)shape->kernel * shape->input_channels,
        .row_stride = shape->input_channels,
        .weights = call->weights,
        .weight_stride = PANEL_COLUMNS,
        .out = sums,
        .out_stride = PANEL_COLUMNS,
    };
    for (size_t k = 0; k < channels; k += PANEL_COLUMNS) {
        const size_t count = channels - k < PANEL_COLUMNS ? channels - k : PANEL_COLUMNS;
        for (size_t g = 0; g < group_count; g++) {
            const size_t x = width * g / group_count, end = width * (g + 1) / group_count;
            product.in = lines + x * shape->input_channels;
            multiply(&product, end - x, false);
            finish_pixels(out + x * channels + k, channels, sums, end - x, call->bias + k, count, shape->has_relu);
        }
        product.weights += product.segment_count * product.segment_length * PANEL_COLUMNS;
    }
}

/* Task: DIRECT_BLOCK_LINES lines of one photo. */
TL_INLINE void run_direct(const struct tl_conv_call *call, size_t task, float *scratch)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct direct d = plan_direct(shape);
    const size_t photo = task / d.blocks_a_photo, top = task % d.blocks_a_photo * DIRECT_BLOCK_LINES;
    const size_t line_count = shape->height - top < DIRECT_BLOCK_LINES ? shape->height - top : DIRECT_BLOCK_LINES;
    const size_t row = (size_t)shape->width * shape->output_channels;
    float *const sums = scratch + round_up(d.line_count * d.line_floats, 16);
    copy_lines(scratch, shape, &d, call->in + photo * shape->height * shape->width * shape->input_channels, top, line_count);
    for (size_t y = 0; y < line_count; y++)
        sum_line(call, &d, call->out + (photo * shape->height + top + y) * row, scratch + y * d.line_floats, sums);
}

#endif
