/* conv_openblas_wino6.c - Winograd with OpenBLAS's multiplication, for CPUs that no kernel of our own is written for.
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
#include "common/network/plan.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_tiles.h"

/* POSITION_PADDING: as in winograd_product.h. */
enum { TILE_LARGEST = 6, BLOCK_TILES = 196, FEW_TILES = 49, PHOTOS_MAX = TL_PLAN_GROUP, POSITION_PADDING = 16 };

static void start(void)
{
    tl_conv_openblas.start();
}

static void settle(struct tl_conv_shape *shape)
{
    const struct tl_conv_shape wish = *shape;
    tl_conv_settle_plain(shape);
    if (!is_for_winograd(shape))
        return;
    shape->tile = (uint32_t)choose_tile(&wish, TILE_LARGEST);
    shape->has_pooling = wish.has_pooling && can_pool_tiles(shape->tile);
}

/* About BLOCK_TILES, because OpenBLAS copies all weights anew for each product; but such that blocks are whole parts of a photo, or whole
 * photos. */
static size_t count_block_tiles(const struct tl_conv_shape *shape)
{
    const size_t tile_count = count_tiles(shape, 1, shape->tile).count;
    if (tile_count < BLOCK_TILES / 2) {
        const size_t photo_count = BLOCK_TILES / tile_count;
        return tile_count * (photo_count < PHOTOS_MAX ? photo_count : PHOTOS_MAX);
    }
    const size_t block_count = (tile_count + BLOCK_TILES / 2) / BLOCK_TILES;
    return block_count < 2 ? tile_count : (tile_count + block_count - 1) / block_count;
}

/* Where photos make few blocks, output channels are done in two ranges, so that there is work for more threads. */
static size_t count_ranges(const struct tl_conv_shape *shape)
{
    const size_t tile_count = count_tiles(shape, 1, shape->tile).count;
    const bool has_few_blocks = tile_count < FEW_TILES || (tile_count >= BLOCK_TILES / 2 && tile_count < BLOCK_TILES);
    return has_few_blocks && shape->output_channels > CHANNEL_BLOCK ? 2 : 1;
}

/* V and M here: positions, tiles, channels, each row of channels (M's of one range) filled up. */
static struct layout lay_out(const struct tl_conv_shape *shape, size_t channels)
{
    const size_t tile_stride = round_up(channels, CHANNEL_BLOCK);
    return (struct layout){count_block_tiles(shape) * tile_stride + POSITION_PADDING, tile_stride, CHANNEL_BLOCK};
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return tl_conv_openblas.packed_count(shape);
    return count_transformed(shape, round_up(shape->output_channels, PACK_LANES), shape->tile);
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    const size_t panel = round_up(shape->output_channels, PACK_LANES);
    switch (shape->tile) {
    case 4: pack_transformed(packed, shape, kernel, panel, 4); return;
    case 6: pack_transformed(packed, shape, kernel, panel, 6); return;
    default: tl_conv_openblas.pack(packed, shape, kernel); return;
    }
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return tl_conv_openblas.scratch_count(shape);
    return count_positions(shape->tile) *
           (lay_out(shape, shape->input_channels).position_stride + lay_out(shape, shape->output_channels).position_stride);
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (shape->tile == 0)
        return tl_conv_openblas.divide(shape, photo_count, thread_count);
    const size_t block_tiles = count_block_tiles(shape), tile_count = count_tiles(shape, photo_count, shape->tile).count;
    return (struct tl_conv_division){(tile_count + block_tiles - 1) / block_tiles, count_ranges(shape), 0};
}

static void multiply_positions(float *m, const struct layout *m_layout, const float *v, const struct layout *v_layout,
                               const struct tl_conv_shape *shape, const float *weights)
{
    const size_t rows = v_layout->tile_stride, columns = round_up(shape->output_channels, CHANNEL_BLOCK);
    assert(rows <= INT_MAX && columns <= INT_MAX);
    for (size_t position = 0; position < count_positions(shape->tile); position++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)count_block_tiles(shape), (int)m_layout->tile_stride, (int)rows,
                    1.0F,
                    v + position * v_layout->position_stride, (int)rows, weights + position * rows * columns, (int)columns, 0.0F,
                    m + position * m_layout->position_stride, (int)m_layout->tile_stride);
    }
}

/* Task: one block of tiles, one range of output channels. */
TL_INLINE void run_tiles(const struct tl_conv_call *call, size_t task, float *scratch, const size_t tile)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t tile_count = count_tiles(shape, call->photo_count, tile).count, block_tiles = count_block_tiles(shape);
    const size_t block = task % call->division.block_count, range = task / call->division.block_count;
    const size_t columns = round_up(shape->output_channels, CHANNEL_BLOCK), range_count = count_ranges(shape);
    const size_t k_first = columns / CHANNEL_BLOCK * range / range_count * CHANNEL_BLOCK;
    const size_t k_end = columns / CHANNEL_BLOCK * (range + 1) / range_count * CHANNEL_BLOCK;
    const size_t first = block * block_tiles, end = first + block_tiles < tile_count ? first + block_tiles : tile_count;
    const struct layout v = lay_out(shape, shape->input_channels), m = lay_out(shape, k_end - k_first);
    float *const sums = scratch + count_positions(tile) * v.position_stride;
    gather_tiles(scratch, &v, 1, call, first, end, tile);
    for (size_t position = 0; position < count_positions(tile); position++)
        memset(scratch + position * v.position_stride + (end - first) * v.tile_stride, 0,
               (block_tiles - (end - first)) * v.tile_stride * sizeof *scratch);
    multiply_positions(sums, &m, scratch, &v, shape, call->weights + k_first);
    scatter_tiles(sums, &m, call, first, end, k_first, k_end < shape->output_channels ? k_end : shape->output_channels, tile);
}

static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    switch (call->shape.tile) {
    case 4: run_tiles(call, task, scratch, 4); return;
    case 6: run_tiles(call, task, scratch, 6); return;
    default: tl_conv_openblas.run(call, task, scratch); return;
    }
}

const struct tl_conv_kernel tl_conv_openblas_wino6 = {
    .name = "openblas",
    .arithmetic = "openblas-wino6",
    .is_supported = tl_cpu_has_all,
    .start = start,
    .settle = settle,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = tl_conv_share_nothing,
    .pack = pack,
    .divide = divide,
    .run = run,
};
