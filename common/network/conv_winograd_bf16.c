/* conv_winograd_bf16.c - "bf16-wino4" and "bf16x3-wino4": Winograd whose 36 products are of bf16, by AMX or by the plain twin.
 *
 * Activations, transforms and sums are fp32 as in conv_winograd.c; V and U are rounded, to one bf16 or (x3) to the sum of two.
 *
 *     V [part][position][tile][C]      C filled up to a multiple of 32 with zeros, and a block of 32 to spare
 *     U [position][K / 32]...          as bf16_product.h has a panel
 */
#define TL_WINOGRAD_BF16

#include <assert.h>

#include "common/network/bf16_product.h"
#include "common/network/cpu.h"
#include "common/network/direct.h"
#include "common/network/division.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_tiles.h"

/* SPARE_*: rows and positions a multiple of 4 KiB apart would take turns in the same few cache lines. Where weights are many
 * a block has more tiles, to use each oftener. */
enum { SPARE_VALUES = V_BLOCK, SPARE_FLOATS = 16, TILES_OF_FEW_WEIGHTS = 64, TILES_OF_MANY_WEIGHTS = 128, MANY_CHANNELS = 128 };

enum { TILE = 4 };

static size_t count_panels(const struct tl_conv_shape *shape)
{
    return (shape->output_channels + BF16_PANEL - 1) / BF16_PANEL;
}

static size_t count_tiles_max(const struct tl_conv_shape *shape)
{
    return shape->input_channels >= MANY_CHANNELS ? TILES_OF_MANY_WEIGHTS : TILES_OF_FEW_WEIGHTS;
}

static void settle(struct tl_conv_shape *shape)
{
    tl_conv_settle_tiled(shape, TILE);
}

/* Values of one panel's weights. */
static size_t count_panel_values(const struct tl_conv_shape *shape, size_t part_count)
{
    return part_count * round_up(shape->input_channels, V_BLOCK) * BF16_PANEL;
}

TL_INLINE size_t count_packed(const struct tl_conv_shape *shape, const size_t part_count)
{
    if (shape->tile == 0)
        return count_direct_packed(shape);
    return BF16_POSITIONS * count_panels(shape) * count_panel_values(shape, part_count) / 2;
}

/* Weights of one channel and PACK_LANES outputs from k on at all positions. */
TL_INLINE void put_weights(v_value *packed, const struct tl_conv_shape *shape, float transformed[BF16_POSITIONS][PACK_LANES],
                           size_t channel, size_t k, const size_t part_count)
{
    const size_t panel_values = count_panel_values(shape, part_count), panel_count = count_panels(shape);
    for (size_t position = 0; position < BF16_POSITIONS; position++) {
        v_value *const block = packed + (position * panel_count + k / BF16_PANEL) * panel_values +
                               channel / V_BLOCK * part_count * BF16_WEIGHT_BLOCK +
                               locate_weight(channel % V_BLOCK, k % BF16_PANEL);
        for (size_t i = 0; i < PACK_LANES; i++) {
            const float value = transformed[position][i];
            const v_value high = round_to_bf16(value);
            block[2 * i] = high;
            if (part_count == 2)
                block[BF16_WEIGHT_BLOCK + 2 * i] = round_to_bf16(value - widen_bf16(high));
        }
    }
}

TL_INLINE void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel, const size_t part_count)
{
    const struct weight_maps maps = find_weight_maps(TILE);
    float taps[9 * PACK_LANES], transformed[BF16_POSITIONS][PACK_LANES];
    if (shape->tile == 0) {
        pack_direct(packed, shape, kernel);
        return;
    }
    for (size_t k = 0; k < count_panels(shape) * BF16_PANEL; k += PACK_LANES) {
        for (size_t c = 0; c < round_up(shape->input_channels, V_BLOCK); c++) {
            copy_taps(taps, PACK_LANES, shape, kernel, c, k);
            transform_lanes(*transformed, PACK_LANES, taps, PACK_LANES, &maps, TILE);
            put_weights((v_value *)(void *)packed, shape, transformed, c, k, part_count);
        }
    }
}

static struct layout lay_out_v(const struct tl_conv_shape *shape, size_t tile_count)
{
    const size_t tile_stride = round_up(shape->input_channels, V_BLOCK) + SPARE_VALUES;
    return (struct layout){round_up(tile_count, BF16_TILE_ROWS) * tile_stride + SPARE_VALUES, tile_stride, CHANNEL_BLOCK};
}

static struct layout lay_out_m(size_t tile_count, size_t columns)
{
    const size_t tile_stride = columns + SPARE_FLOATS;
    return (struct layout){round_up(tile_count, BF16_TILE_ROWS) * tile_stride + SPARE_FLOATS, tile_stride, 0};
}

static size_t count_v_floats(const struct layout *v, size_t part_count)
{
    return part_count * BF16_POSITIONS * v->position_stride / 2;
}

TL_INLINE size_t count_scratch(const struct tl_conv_shape *shape, const size_t part_count)
{
    if (shape->tile == 0)
        return count_direct_scratch(shape);
    const struct layout v = lay_out_v(shape, count_tiles_max(shape));
    const struct layout m = lay_out_m(count_tiles_max(shape), count_panels(shape) * BF16_PANEL);
    return count_v_floats(&v, part_count) + BF16_POSITIONS * m.position_stride;
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (shape->tile == 0)
        return (struct tl_conv_division){photo_count * plan_direct(shape).blocks_a_photo, 1, 0};
    return tl_division_choose(count_tiles(shape, photo_count, TILE).count, count_tiles_max(shape), count_panels(shape),
                              thread_count);
}

TL_INLINE void run_winograd(const struct tl_conv_call *call, size_t task, float *scratch, const size_t part_count)
{
    const struct tl_conv_shape *shape = &call->shape;
    const size_t panel_count = count_panels(shape);
    const struct tl_slice part =
        tl_division_locate(&call->division, task, count_tiles(shape, call->photo_count, TILE).count, panel_count);
    const size_t tile_count = part.end - part.first;
    const size_t k_first = part.first_panel * BF16_PANEL, k_end = part.end_panel * BF16_PANEL;
    const struct layout v = lay_out_v(shape, tile_count), m = lay_out_m(tile_count, k_end - k_first);
    v_value *const values = (v_value *)(void *)scratch;
    float *const sums = scratch + count_v_floats(&v, part_count);
    assert(tile_count <= count_tiles_max(shape));
    gather_tiles(values, &v, part_count, call, part.first, part.end, TILE);
    begin_products();
    for (size_t position = 0; position < BF16_POSITIONS; position++) {
        for (size_t panel = part.first_panel; panel < part.end_panel; panel++) {
            const struct bf16_product product = {
                .in = values + position * v.position_stride,
                .in_stride = v.tile_stride,
                .in_low = BF16_POSITIONS * v.position_stride,
                .weights = (const v_value *)(const void *)call->weights +
                           (position * panel_count + panel) * count_panel_values(shape, part_count),
                .block_count = round_up(shape->input_channels, V_BLOCK) / V_BLOCK,
                .out = sums + position * m.position_stride + (panel - part.first_panel) * BF16_PANEL,
                .out_stride = m.tile_stride,
            };
            multiply_bf16(&product, tile_count, part_count);
        }
    }
    end_products();
    scatter_tiles(sums, &m, call, part.first, part.end, k_first,
                  k_end < shape->output_channels ? k_end : shape->output_channels, TILE);
}

TL_INLINE void run(const struct tl_conv_call *call, size_t task, float *scratch, const size_t part_count)
{
    if (call->shape.tile != 0)
        run_winograd(call, task, scratch, part_count);
    else
        run_direct(call, task, scratch);
}

/* ---- The two kernels: values in one part, and in two ---- */

static size_t count_packed_1(const struct tl_conv_shape *shape)
{
    return count_packed(shape, 1);
}

static size_t count_packed_2(const struct tl_conv_shape *shape)
{
    return count_packed(shape, 2);
}

static size_t count_scratch_1(const struct tl_conv_shape *shape)
{
    return count_scratch(shape, 1);
}

static size_t count_scratch_2(const struct tl_conv_shape *shape)
{
    return count_scratch(shape, 2);
}

static void pack_1(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    pack(packed, shape, kernel, 1);
}

static void pack_2(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    pack(packed, shape, kernel, 2);
}

static void run_1(const struct tl_conv_call *call, size_t task, float *scratch)
{
    run(call, task, scratch, 1);
}

static void run_2(const struct tl_conv_call *call, size_t task, float *scratch)
{
    run(call, task, scratch, 2);
}

#if defined(TL_ISA_AMX)
const struct tl_conv_kernel tl_conv_winograd_amx = {
    .name = "winograd-amx",
    .is_supported = tl_cpu_has_amx,
#else
const struct tl_conv_kernel tl_conv_bf16_twin = {
    .name = "bf16-twin",
    .is_supported = tl_cpu_has_all,
#endif
    .arithmetic = "bf16-wino4",
    .settle = settle,
    .packed_count = count_packed_1,
    .scratch_count = count_scratch_1,
    .shared_count = tl_conv_share_nothing,
    .pack = pack_1,
    .divide = divide,
    .run = run_1,
};

#if defined(TL_ISA_AMX)
const struct tl_conv_kernel tl_conv_winograd_amx3 = {
    .name = "winograd-amx3",
    .is_supported = tl_cpu_has_amx,
#else
const struct tl_conv_kernel tl_conv_bf16x3_twin = {
    .name = "bf16x3-twin",
    .is_supported = tl_cpu_has_all,
#endif
    .arithmetic = "bf16x3-wino4",
    .settle = settle,
    .packed_count = count_packed_2,
    .scratch_count = count_scratch_2,
    .shared_count = tl_conv_share_nothing,
    .pack = pack_2,
    .divide = divide,
    .run = run_2,
};
