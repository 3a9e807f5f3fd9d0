/* conv_winograd.c - "f32-wino6-fma" and "f32-wino7-fma", our kernels in float: compiled once for each instruction set (vector.h).
 *
 * A task takes one block of tiles through all three steps, for one range of output channels; ranges are made only where
 * there are too few tiles for the threads, because each transforms the block's input again.
 */
#include <assert.h>

#include "common/network/cpu.h"
#include "common/network/direct.h"
#include "common/network/division.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_raw.h"

/* What the size of tiles is at most. */
enum { TILE_OF_EXACT = 6, TILE_OF_FAST = 7 };

static void settle(struct tl_conv_shape *shape, size_t tile_max)
{
    shape->tile = is_for_winograd(shape) ? (uint32_t)choose_tile(shape, tile_max) : 0;
    shape->has_pooling = shape->has_pooling && shape->tile != 0 && can_pool_tiles(shape->tile);
    shape->has_raw_weights = shape->tile != 0 && is_for_raw(shape);
}

static void settle_exact(struct tl_conv_shape *shape)
{
    settle(shape, TILE_OF_EXACT);
}

static void settle_fast(struct tl_conv_shape *shape)
{
    settle(shape, TILE_OF_FAST);
}

/* Tiles of a block, at most: many, to use each weight often, but V and M should stay near the core. Multiples of the larger
 * micro-kernels' rows. */
static size_t count_block_tiles(const struct tl_conv_shape *shape)
{
    enum { FEW_CHANNELS = 128, SOME_CHANNELS = 256, TILES_OF_FEW = 28, TILES_OF_SOME = 42, TILES_OF_MANY = 56 };
    const size_t channels = shape->input_channels + shape->output_channels;
    const size_t tiles = channels <= FEW_CHANNELS ? TILES_OF_FEW : channels <= SOME_CHANNELS ? TILES_OF_SOME : TILES_OF_MANY;
    return tiles / PANEL_ROWS * PANEL_ROWS;
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    if (shape->has_raw_weights)
        return count_raw_packed(shape);
    return shape->tile != 0 ? count_transformed(shape, PANEL_COLUMNS, shape->tile) : count_direct_packed(shape);
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return count_direct_scratch(shape);
    if (shape->has_raw_weights)
        return count_raw_scratch(shape);
    const size_t tile_count = count_block_tiles(shape);
    const struct layout v = lay_out_v(shape, tile_count), m = lay_out_m(tile_count, count_panels(shape) * PANEL_COLUMNS);
    return count_positions(shape->tile) * (v.position_stride + m.position_stride);
}

static size_t count_shared(const struct tl_conv_shape *shape, size_t photo_count)
{
    return shape->has_raw_weights ? count_raw_shared(shape, photo_count) : 0;
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (shape->tile == 0)
        return (struct tl_conv_division){photo_count * plan_direct(shape).blocks_a_photo, 1, 0};
    if (shape->has_raw_weights)
        return divide_raw(shape, photo_count, thread_count);
    const size_t tile_count = count_tiles(shape, photo_count, shape->tile).count;
    return tl_division_choose(tile_count, count_block_tiles(shape), count_panels(shape), thread_count);
}

TL_INLINE void run_packed(const struct tl_conv_call *call, size_t task, float *scratch, const size_t tile)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct tl_slice part =
        tl_division_locate(&call->division, task, count_tiles(shape, call->photo_count, tile).count, count_panels(shape));
    const size_t tile_count = part.end - part.first, panel_count = part.end_panel - part.first_panel;
    const size_t k_first = part.first_panel * PANEL_COLUMNS, k_end = part.end_panel * PANEL_COLUMNS;
    const size_t rows = round_up(shape->input_channels, CHANNEL_BLOCK);
    assert(tile_count <= count_block_tiles(shape));
    const struct layout v = lay_out_v(shape, tile_count), m = lay_out_m(tile_count, k_end - k_first);
    float *const sums = scratch + count_positions(tile) * v.position_stride;
    const struct winograd_product product = {
        .tile_count = tile_count,
        .position_count = count_positions(tile),
        .block_count = rows / CHANNEL_BLOCK,
        .v = scratch,
        .v_layout = v,
        .weights = call->weights + part.first_panel * rows * PANEL_COLUMNS,
        .panel_count = panel_count,
        .panel_stride = rows * PANEL_COLUMNS,
        .position_stride = stride_transformed(shape, PANEL_COLUMNS),
        .weight_stride = PANEL_COLUMNS,
        .m = sums,
        .m_layout = m,
    };
    gather_tiles(scratch, &v, 1, call, part.first, part.end, tile);
    multiply_positions(&product);
    scatter_tiles(sums, &m, call, part.first, part.end, k_first,
                  k_end < shape->output_channels ? k_end : shape->output_channels, tile);
}

/* ---- The same for each size of tile, a constant in its loops ---- */

TL_INLINE void pack_tiles(float *packed, const struct tl_conv_shape *shape, const float *kernel, const size_t tile)
{
    pack_transformed(packed, shape, kernel, PANEL_COLUMNS, tile);
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    if (shape->has_raw_weights) {
        pack_raw(packed, shape, kernel);
        return;
    }
    switch (shape->tile) {
    case 4: pack_tiles(packed, shape, kernel, 4); return;
    case 6: pack_tiles(packed, shape, kernel, 6); return;
    case 7: pack_tiles(packed, shape, kernel, 7); return;
    default: pack_direct(packed, shape, kernel); return;
    }
}

static void prepare(const struct tl_conv_call *call, size_t task)
{
    switch (call->shape.tile) {
    case 4: prepare_raw(call, task, 4); return;
    case 6: prepare_raw(call, task, 6); return;
    default: prepare_raw(call, task, 7); return;
    }
}

static void run_with_raw(const struct tl_conv_call *call, size_t task, float *scratch)
{
    switch (call->shape.tile) {
    case 4: run_raw(call, task, scratch, 4); return;
    case 6: run_raw(call, task, scratch, 6); return;
    default: run_raw(call, task, scratch, 7); return;
    }
}

static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    if (call->shape.has_raw_weights) {
        run_with_raw(call, task, scratch);
        return;
    }
    switch (call->shape.tile) {
    case 4: run_packed(call, task, scratch, 4); return;
    case 6: run_packed(call, task, scratch, 6); return;
    case 7: run_packed(call, task, scratch, 7); return;
    default: run_direct(call, task, scratch); return;
    }
}

#if defined(TL_ISA_AVX512)
#define EXACT tl_conv_winograd_avx512
#define FAST tl_conv_winograd7_avx512
#define ISA_NAME "avx512"
#define IS_SUPPORTED tl_cpu_has_avx512
#elif defined(TL_ISA_AVX2)
#define EXACT tl_conv_winograd_avx2
#define FAST tl_conv_winograd7_avx2
#define ISA_NAME "avx2"
#define IS_SUPPORTED tl_cpu_has_avx2
#elif defined(TL_ISA_NEON)
#define EXACT tl_conv_winograd_neon
#define FAST tl_conv_winograd7_neon
#define ISA_NAME "neon"
#define IS_SUPPORTED tl_cpu_has_all
#else
#define EXACT tl_conv_winograd_scalar
#define FAST tl_conv_winograd7_scalar
#define ISA_NAME "scalar"
#define IS_SUPPORTED tl_cpu_has_all
#endif

const struct tl_conv_kernel EXACT = {
    .name = "winograd-" ISA_NAME,
    .arithmetic = "f32-wino6-fma",
    .is_supported = IS_SUPPORTED,
    .settle = settle_exact,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = count_shared,
    .pack = pack,
    .divide = divide,
    .prepare = prepare,
    .run = run,
};

const struct tl_conv_kernel FAST = {
    .name = "winograd7-" ISA_NAME,
    .arithmetic = "f32-wino7-fma",
    .is_supported = IS_SUPPORTED,
    .settle = settle_fast,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = count_shared,
    .pack = pack,
    .divide = divide,
    .prepare = prepare,
    .run = run,
};
