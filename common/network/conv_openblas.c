/* conv_openblas.c - convolution as matrix products: rows of gathered input times the weights, by OpenBLAS.
 *
 * A block of output pixels becomes a matrix with one row of K = kernel * kernel * Cin inputs a pixel (im2col), and one
 * sgemm multiplies it by the weights, which are a (K, Cout) matrix as they lie. OpenBLAS chooses its own kernels,
 * and with them the order of additions, by the matrices' sizes: so the sizes depend on the layer alone. Photos go
 * one by one, blocks are of one size, and the last is filled up with zeros.
 */
#include <string.h>

#include "common/network/blas.h"
#include "common/network/kernels.h"

/* Floats that a block of gathered input should have, so that it stays in a second-level cache; but some rows it must have,
 * because OpenBLAS copies all weights anew for each product. Measured on VGG16; the optimum is flat. */
enum { BLOCK_FLOATS = 1 << 18, BLOCK_ROWS_MIN = 392 };

struct blocking {
    size_t row_length; /* K */
    size_t row_count;  /* a block's output pixels */
    size_t pixel_count, block_count;
};

static struct blocking choose_blocking(const struct tl_conv_shape *shape)
{
    struct blocking b;
    b.row_length = (size_t)shape->kernel * shape->kernel * shape->input_channels;
    b.pixel_count = (size_t)shape->height * shape->width;
    size_t rows_most = BLOCK_FLOATS / b.row_length;
    if (rows_most < BLOCK_ROWS_MIN)
        rows_most = BLOCK_ROWS_MIN;
    b.block_count = (b.pixel_count + rows_most - 1) / rows_most;
    b.row_count = (b.pixel_count + b.block_count - 1) / b.block_count;
    return b;
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    return (size_t)shape->kernel * shape->kernel * shape->input_channels * shape->output_channels;
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    memcpy(packed, kernel, count_packed(shape) * sizeof *packed);
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    (void)shape;
    (void)thread_count;
    return (struct tl_conv_division){photo_count, 1, 0};
}

/* Room for a block's rows, and for the product of the last block, which may be longer than what is left of `out`. */
static size_t count_scratch(const struct tl_conv_shape *shape)
{
    const struct blocking b = choose_blocking(shape);
    return b.row_count * (b.row_length + shape->output_channels);
}

/* One kernel row of inputs for the output pixel at column x: kernel * Cin floats that lie side by side in `line`, an
 * input row, but for what sticks out of the photo. */
static void gather_line(float *row, const struct tl_conv_shape *shape, const float *line, uint32_t x)
{
    const size_t channels = shape->input_channels;
    const uint32_t half = shape->kernel / 2;
    const uint32_t first = x < half ? half - x : 0; /* of the taps: the first and the end of those inside */
    const uint32_t end = x + shape->kernel > shape->width + half ? shape->width + half - x : shape->kernel;
    memset(row, 0, first * channels * sizeof *row);
    memcpy(row + first * channels, line + (size_t)(x + first - half) * channels, (end - first) * channels * sizeof *row);
    memset(row + end * channels, 0, (shape->kernel - end) * channels * sizeof *row);
}

/* Rows of the output pixels from `first_pixel` on; rows beyond the last pixel are zero. */
static void gather_block(float *rows, const struct tl_conv_shape *shape, const struct blocking *b, const float *in,
                         size_t first_pixel)
{
    const size_t line_floats = (size_t)shape->kernel * shape->input_channels;
    const uint32_t half = shape->kernel / 2;
    for (size_t i = 0; i < b->row_count; i++, rows += b->row_length) {
        const size_t pixel = first_pixel + i;
        if (pixel >= b->pixel_count) {
            memset(rows, 0, (b->row_count - i) * b->row_length * sizeof *rows);
            return;
        }
        const uint32_t y = (uint32_t)(pixel / shape->width), x = (uint32_t)(pixel % shape->width);
        for (uint32_t ky = 0; ky < shape->kernel; ky++) {
            float *const row = rows + ky * line_floats;
            if (y + ky < half || y + ky - half >= shape->height)
                memset(row, 0, line_floats * sizeof *row);
            else
                gather_line(row, shape, in + (size_t)(y + ky - half) * shape->width * shape->input_channels, x);
        }
    }
}

/* Sizes fixed at compile time let compilers use vector registers; the remainder goes through the same formula. */
enum { LANES = 16 };

static float finish_value(float sum, float bias, bool has_relu)
{
    const float value = sum + bias;
    return has_relu && value < 0 ? 0.0F : value;
}

static void finish_lanes(float *out, const float *sums, const float *bias, bool has_relu)
{
    float values[LANES];
    for (size_t i = 0; i < LANES; i++)
        values[i] = finish_value(sums[i], bias[i], has_relu);
    memcpy(out, values, sizeof values);
}

/* `sums` may be `out`. */
static void finish_pixels(float *out, const float *sums, size_t pixel_count, const struct tl_conv_shape *shape, const float *bias)
{
    const size_t channels = shape->output_channels;
    for (size_t i = 0; i < pixel_count; i++, out += channels, sums += channels) {
        size_t o = 0;
        for (; o + LANES <= channels; o += LANES)
            finish_lanes(out + o, sums + o, bias + o, shape->has_relu);
        for (; o < channels; o++)
            out[o] = finish_value(sums[o], bias[o], shape->has_relu);
    }
}

static void run_photo(float *out, const struct tl_conv_shape *shape, const struct blocking *b, const float *in,
                      const float *weights, const float *bias, float *scratch)
{
    const size_t columns = shape->output_channels;
    float *const gathered = scratch, *const spare = scratch + b->row_count * b->row_length;
    for (size_t first = 0; first < b->pixel_count; first += b->row_count) {
        const size_t left = b->pixel_count - first, pixel_count = left < b->row_count ? left : b->row_count;
        float *const block_out = out + first * shape->output_channels;
        float *const sums = pixel_count == b->row_count ? block_out : spare;
        gather_block(gathered, shape, b, in, first);
        tl_blas_multiply(sums, columns, b->row_count, columns, b->row_length, (struct tl_blas_matrix){gathered, b->row_length},
                         (struct tl_blas_matrix){weights, columns}, false);
        finish_pixels(block_out, sums, pixel_count, shape, bias);
    }
}

/* Task: one photo. */
static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct blocking b = choose_blocking(shape);
    run_photo(call->out + task * b.pixel_count * shape->output_channels, shape, &b,
              call->in + task * b.pixel_count * shape->input_channels, call->weights, call->bias, scratch);
}

const struct tl_conv_kernel tl_conv_openblas = {
    .name = "openblas-im2col",
    .arithmetic = "openblas-im2col",
    .is_supported = tl_blas_is_there,
    .settle = tl_conv_settle_plain,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = tl_conv_share_nothing,
    .pack = pack,
    .divide = divide,
    .run = run,
};
