/* conv_winograd.c - "f32-wino4-fma", the kernels of our own: compiled once for each instruction set (vector.h).
 *
 * A task takes one block of tiles through all three steps, for one range of output channels; ranges are made only where
 * there are too few tiles for the threads, because each transforms the block's input again.
 */
#include <assert.h>

#include "common/network/cpu.h"
#include "common/network/direct.h"
#include "common/network/division.h"
#include "common/network/microkernel.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_tiles.h"

/* One cache line beyond the block, because positions a multiple of 4 KiB apart would take turns in the same few cache lines. */
enum { POSITION_PADDING = 16 };

static size_t count_panels(const struct tl_conv_shape *shape)
{
    return (shape->output_channels + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
}

static bool has_fused_pooling(const struct tl_conv_shape *shape)
{
    return is_for_winograd(shape);
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    return is_for_winograd(shape) ? count_transformed(shape, PANEL_COLUMNS) : count_direct_packed(shape);
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    if (is_for_winograd(shape))
        pack_transformed(packed, shape, kernel, PANEL_COLUMNS);
    else
        pack_direct(packed, shape, kernel);
}

static size_t count_v(const struct tl_conv_shape *shape, size_t tile_count)
{
    return WINOGRAD_POSITIONS * (tile_count * round_up(shape->input_channels, CHANNEL_BLOCK) + POSITION_PADDING);
}

static size_t count_m(const struct tl_conv_shape *shape, size_t tile_count)
{
    return WINOGRAD_POSITIONS * (tile_count * count_panels(shape) * PANEL_COLUMNS + POSITION_PADDING);
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    if (!is_for_winograd(shape))
        return count_direct_scratch(shape);
    return count_v(shape, DIVISION_TILES_MAX) + count_m(shape, DIVISION_TILES_MAX);
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (!is_for_winograd(shape))
        return (struct tl_conv_division){photo_count * plan_direct(shape).blocks_a_photo, 1};
    return tl_division_choose(count_tiles(shape, photo_count).count, DIVISION_TILES_MAX, count_panels(shape), thread_count);
}

/* The 36 products of V's tiles with panels [first, end) of the weights. */
static void multiply_positions(float *m, const struct layout *m_layout, const float *v, const struct layout *v_layout,
                               const struct tl_conv_call *call, size_t tile_count, size_t first_panel, size_t end_panel)
{
    const size_t rows = round_up(call->shape.input_channels, CHANNEL_BLOCK), panel_floats = rows * PANEL_COLUMNS;
    const size_t group_count = (tile_count + PANEL_ROWS - 1) / PANEL_ROWS, range_panels = end_panel - first_panel;
    /* Each product asks for its share of what comes next: the next panel of weights, and V's next position. */
    const size_t weight_lines = (PANEL_COLUMNS + group_count - 1) / group_count;
    const size_t in_lines = (tile_count + range_panels * group_count - 1) / (range_panels * group_count);
    for (size_t position = 0; position < WINOGRAD_POSITIONS; position++) {
        const float *const weights = call->weights + position * count_panels(&call->shape) * panel_floats;
        for (size_t panel = first_panel; panel < end_panel; panel++) {
            const struct product product = {
                .in = v + position * v_layout->position_stride,
                .segment_count = rows / CHANNEL_BLOCK,
                .segment_stride = v_layout->block_stride,
                .weights = weights + panel * panel_floats,
                .out = m + position * m_layout->position_stride + (panel - first_panel) * PANEL_COLUMNS,
                .out_stride = m_layout->tile_stride,
                .next_weights = {weights + (panel + 1) * panel_floats, weight_lines},
                .next_in = {v + (position + 1) * v_layout->position_stride +
                                (panel - first_panel) * group_count * (rows / CHANNEL_BLOCK) * in_lines * LINE_FLOATS,
                            in_lines},
            };
            multiply_all(&product, tile_count, true);
        }
    }
}

static void run_winograd(const struct tl_conv_call *call, size_t task, float *scratch)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct tl_conv_division *division = &call->division;
    const size_t tile_count = count_tiles(shape, call->photo_count).count, panel_count = count_panels(shape);
    const size_t block = task % division->block_count, range = task / division->block_count;
    const size_t first = tile_count * block / division->block_count, end = tile_count * (block + 1) / division->block_count;
    const size_t first_panel = panel_count * range / division->range_count;
    const size_t end_panel = panel_count * (range + 1) / division->range_count;
    const size_t k_first = first_panel * PANEL_COLUMNS, k_end = end_panel * PANEL_COLUMNS;
    const size_t count = end - first, columns = k_end - k_first;
    assert(count <= DIVISION_TILES_MAX);
    const struct layout v = {count * round_up(shape->input_channels, CHANNEL_BLOCK) + POSITION_PADDING, CHANNEL_BLOCK,
                             count * CHANNEL_BLOCK};
    const struct layout m = {count * columns + POSITION_PADDING, columns, 0};
    float *const sums = scratch + count_v(shape, count);
    gather_tiles(scratch, &v, 1, call, first, end);
    multiply_positions(sums, &m, scratch, &v, call, count, first_panel, end_panel);
    scatter_tiles(sums, &m, call, first, end, k_first, k_end < shape->output_channels ? k_end : shape->output_channels);
}

static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    if (is_for_winograd(&call->shape))
        run_winograd(call, task, scratch);
    else
        run_direct(call, task, scratch);
}

#if defined(TL_ISA_AVX512)
const struct tl_conv_kernel tl_conv_winograd_avx512 = {
    .name = "winograd-avx512",
    .is_supported = tl_cpu_has_avx512,
#elif defined(TL_ISA_AVX2)
const struct tl_conv_kernel tl_conv_winograd_avx2 = {
    .name = "winograd-avx2",
    .is_supported = tl_cpu_has_avx2,
#elif defined(TL_ISA_NEON)
const struct tl_conv_kernel tl_conv_winograd_neon = {
    .name = "winograd-neon",
    .is_supported = tl_cpu_has_all,
#else
const struct tl_conv_kernel tl_conv_winograd_scalar = {
    .name = "winograd-scalar",
    .is_supported = tl_cpu_has_all,
#endif
    .arithmetic = "f32-wino4-fma",
    .has_fused_pooling = has_fused_pooling,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .pack = pack,
    .divide = divide,
    .run = run,
};
