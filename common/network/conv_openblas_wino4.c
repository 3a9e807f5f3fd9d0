/* conv_openblas_wino4.c - Winograd with OpenBLAS's multiplication, for CPUs that no kernel of our own is written for.
 *
 * OpenBLAS chooses the order of additions by the matrices' sizes, so they depend on the layer alone: a block always has the
 * same number of tiles, and what the photos leave of the last one is filled up with zeros. The transforms are of instructions
 * that every CPU has. Layers that are not for Winograd go to conv_openblas.c.
 */
#define TL_ISA_UNFUSED

#include <assert.h>
#include <cblas.h>
#include <limits.h>

#include "common/network/cpu.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_tiles.h"

/* Tiles of a block: many, because OpenBLAS copies all weights anew for each product; but not more than some photos have
 * together; those layers' output channels are done in two ranges, so that there is work for more threads. Measured on VGG16, whose larger
 * layers have multiples of 196 tiles, or 49. POSITION_PADDING: as in conv_winograd.c. */
enum { TILES_OF_LARGE = 196, TILES_OF_SMALL = 128, LARGE_PHOTO_TILES = 49, SMALL_RANGES = 2, POSITION_PADDING = 16 };

static void start(void)
{
    tl_conv_openblas.start();
}

static bool has_fused_pooling(const struct tl_conv_shape *shape)
{
    return is_for_winograd(shape);
}

static size_t count_block_tiles(const struct tl_conv_shape *shape)
{
    return count_tiles(shape, 1).count >= LARGE_PHOTO_TILES ? TILES_OF_LARGE : TILES_OF_SMALL;
}

static size_t count_ranges(const struct tl_conv_shape *shape)
{
    return count_tiles(shape, 1).count < LARGE_PHOTO_TILES && shape->output_channels > CHANNEL_BLOCK ? SMALL_RANGES : 1;
}

/* V and M here: positions, tiles, channels, each row of channels (M's of one range) filled up. */
static struct layout lay_out(const struct tl_conv_shape *shape, size_t channels)
{
    const size_t tile_stride = round_up(channels, CHANNEL_BLOCK);
    return (struct layout){count_block_tiles(shape) * tile_stride + POSITION_PADDING, tile_stride, CHANNEL_BLOCK};
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    if (!is_for_winograd(shape))
        return tl_conv_openblas.packed_count(shape);
    return count_transformed(shape, round_up(shape->output_channels, PACK_LANES));
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    if (is_for_winograd(shape))
        pack_transformed(packed, shape, kernel, round_up(shape->output_channels, PACK_LANES));
    else
        tl_conv_openblas.pack(packed, shape, kernel);
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    if (!is_for_winograd(shape))
        return tl_conv_openblas.scratch_count(shape);
    return WINOGRAD_POSITIONS *
           (lay_out(shape, shape->input_channels).position_stride + lay_out(shape, shape->output_channels).position_stride);
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (!is_for_winograd(shape))
        return tl_conv_openblas.divide(shape, photo_count, thread_count);
    const size_t block_tiles = count_block_tiles(shape);
    return (struct tl_conv_division){(count_tiles(shape, photo_count).count + block_tiles - 1) / block_tiles, count_ranges(shape)};
}

static void multiply_positions(float *m, const struct layout *m_layout, const float *v, const struct layout *v_layout,
                               const struct tl_conv_shape *shape, const float *weights)
{
    const size_t rows = v_layout->tile_stride, columns = round_up(shape->output_channels, CHANNEL_BLOCK);
    assert(rows <= INT_MAX && columns <= INT_MAX);
    for (size_t position = 0; position < WINOGRAD_POSITIONS; position++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)count_block_tiles(shape), (int)m_layout->tile_stride, (int)rows,
                    1.0F,
                    v + position * v_layout->position_stride, (int)rows, weights + position * rows * columns, (int)columns, 0.0F,
                    m + position * m_layout->position_stride, (int)m_layout->tile_stride);
    }
}

/* Task: one block of tiles, one range of output channels. */
static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    const struct tl_conv_shape *shape = &call->shape;
    if (!is_for_winograd(shape)) {
        tl_conv_openblas.run(call, task, scratch);
        return;
    }
    const size_t tile_count = count_tiles(shape, call->photo_count).count, block_tiles = count_block_tiles(shape);
    const size_t block = task % call->division.block_count, range = task / call->division.block_count;
    const size_t columns = round_up(shape->output_channels, CHANNEL_BLOCK), range_count = count_ranges(shape);
    const size_t k_first = columns / CHANNEL_BLOCK * range / range_count * CHANNEL_BLOCK;
    const size_t k_end = columns / CHANNEL_BLOCK * (range + 1) / range_count * CHANNEL_BLOCK;
    const size_t first = block * block_tiles, end = first + block_tiles < tile_count ? first + block_tiles : tile_count;
    const struct layout v = lay_out(shape, shape->input_channels), m = lay_out(shape, k_end - k_first);
    float *const sums = scratch + WINOGRAD_POSITIONS * v.position_stride;
    gather_tiles(scratch, &v, 1, call, first, end);
    for (size_t position = 0; position < WINOGRAD_POSITIONS; position++)
        memset(scratch + position * v.position_stride + (end - first) * v.tile_stride, 0,
               (block_tiles - (end - first)) * v.tile_stride * sizeof *scratch);
    multiply_positions(sums, &m, scratch, &v, shape, call->weights + k_first);
    scatter_tiles(sums, &m, call, first, end, k_first, k_end < shape->output_channels ? k_end : shape->output_channels);
}

const struct tl_conv_kernel tl_conv_openblas_wino4 = {
    .name = "openblas",
    .arithmetic = "openblas-wino4",
    .is_supported = tl_cpu_has_all,
    .start = start,
    .has_fused_pooling = has_fused_pooling,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .pack = pack,
    .divide = divide,
    .run = run,
};
