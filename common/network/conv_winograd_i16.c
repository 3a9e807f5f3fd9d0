/* conv_winograd_i16.c - "i16-wino4": Winograd whose 36 products are of 16-bit integers, by AVX512-VNNI or by the plain twin.
 *
 * Activations, transforms and what becomes of sums are fp32 as in conv_winograd.c; V and U are rounded to integers that count
 * units of their own, one for each row of channels (i16_values.h).
 *
 *     V [position][C / 32][tile][32]   C filled up to a multiple of 32 with zeros
 *     units of V [tile][48]
 *     U [position][K / 32]...          as i16_product.h has a panel
 *     units of U [position][K]         K filled up to a multiple of 32
 */
#include <assert.h>
#include <float.h>

#include "common/network/cpu.h"
#include "common/network/direct.h"
#include "common/network/division.h"
#include "common/network/i16_product.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_tiles.h"

/* SPARE_*: as in conv_winograd_bf16.c. Where weights are many a block has more tiles, to use each oftener. */
enum { SPARE_VALUES = 32, SPARE_FLOATS = 16, TILES_OF_FEW_WEIGHTS = 56, TILES_OF_MANY_WEIGHTS = 84, MANY_CHANNELS = 256 };

static size_t count_panels(const struct tl_conv_shape *shape)
{
    return (shape->output_channels + I16_PANEL - 1) / I16_PANEL;
}

static size_t count_tiles_max(const struct tl_conv_shape *shape)
{
    return shape->input_channels >= MANY_CHANNELS ? TILES_OF_MANY_WEIGHTS : TILES_OF_FEW_WEIGHTS;
}

static void settle(struct tl_conv_shape *shape)
{
    tl_conv_settle_tiled(shape, I16_TILE);
}

/* ---- Weights ---- */

static size_t count_panel_values(const struct tl_conv_shape *shape)
{
    return round_up(shape->input_channels, I16_BLOCK) * I16_PANEL;
}

/* Floats that all of U takes, before its units. */
static size_t count_u_floats(const struct tl_conv_shape *shape)
{
    return I16_POSITIONS * count_panels(shape) * count_panel_values(shape) / 2;
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return count_direct_packed(shape);
    return count_u_floats(shape) + I16_POSITIONS * count_panels(shape) * I16_PANEL;
}

typedef float transformed_weights[I16_POSITIONS][PACK_LANES];

/* Weights of one channel and PACK_LANES outputs from k on, at all positions. */
TL_INLINE void transform_channel(transformed_weights out, const struct tl_conv_shape *shape, const float *kernel, size_t channel,
                                 size_t k)
{
    const struct weight_maps maps = find_weight_maps(I16_TILE);
    float taps[9 * PACK_LANES];
    copy_taps(taps, PACK_LANES, shape, kernel, channel, k);
    transform_lanes(*out, PACK_LANES, taps, PACK_LANES, &maps, I16_TILE);
}

/* Scales for PACK_LANES outputs; and their units, those of positions `unit_stride` apart. */
static void choose_weight_scales(transformed_weights scales, float *units, size_t unit_stride, const struct tl_conv_shape *shape,
                                 const float *kernel, size_t k)
{
    transformed_weights values, sums, squares = {{0}}, largest = {{0}};
    for (size_t c = 0; c < shape->input_channels; c++) {
        transform_channel(values, shape, kernel, c, k);
        if (c % I16_PART == 0)
            memset(sums, 0, sizeof sums);
        for (size_t p = 0; p < I16_POSITIONS; p++) {
            for (size_t i = 0; i < PACK_LANES; i++) {
                const float size = fabsf(values[p][i]);
                sums[p][i] += size * size;
                squares[p][i] = sums[p][i] > squares[p][i] || sums[p][i] != sums[p][i] ? sums[p][i] : squares[p][i];
                largest[p][i] = size > largest[p][i] ? size : largest[p][i];
            }
        }
    }
    for (size_t p = 0; p < I16_POSITIONS; p++) {
        for (size_t i = 0; i < PACK_LANES; i++) {
            const float by_norm = U_NORM / sqrtf(squares[p][i]), by_largest = I16_MAX / largest[p][i];
            const bool is_zero = squares[p][i] < SQUARES_MIN, is_finite = squares[p][i] <= FLT_MAX;
            scales[p][i] = is_zero || !is_finite ? 0 : by_norm < by_largest ? by_norm : by_largest;
            units[p * unit_stride + i] = is_zero ? 0 : is_finite ? 1 / scales[p][i] : NAN;
        }
    }
}

/* To the nearest, ties to even, for what is below 2^22. */
TL_INLINE int16_t round_to_i16(float a)
{
    const float shifted = a + 0x1.8p23F;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return (int16_t)bits;
}

static void pack_outputs(float *packed, const struct tl_conv_shape *shape, const float *kernel, size_t k)
{
    const size_t panel_values = count_panel_values(shape), panel_count = count_panels(shape), columns = panel_count * I16_PANEL;
    transformed_weights scales, even, odd;
    choose_weight_scales(scales, packed + count_u_floats(shape) + k, columns, shape, kernel, k);
    for (size_t c = 0; c < round_up(shape->input_channels, I16_BLOCK); c += 2) {
        transform_channel(even, shape, kernel, c, k);
        transform_channel(odd, shape, kernel, c + 1, k);
        for (size_t p = 0; p < I16_POSITIONS; p++) {
            int16_t *const out =
                (int16_t *)(void *)packed + (p * panel_count + k / I16_PANEL) * panel_values + locate_weight(c, k % I16_PANEL);
            for (size_t i = 0; i < PACK_LANES; i++) {
                out[2 * i] = round_to_i16(even[p][i] * scales[p][i]);
                out[2 * i + 1] = round_to_i16(odd[p][i] * scales[p][i]);
            }
        }
    }
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    if (shape->tile == 0) {
        pack_direct(packed, shape, kernel);
        return;
    }
    for (size_t k = 0; k < count_panels(shape) * I16_PANEL; k += PACK_LANES)
        pack_outputs(packed, shape, kernel, k);
}

/* ---- Tiles ---- */

/* One block's scratch memory: V, its units, a tile of V in floats, M. */
struct block {
    int16_t *v;
    float *units, *wide, *sums;
    struct layout v_layout, wide_layout, sums_layout;
    size_t float_count;
};

static struct block lay_out(float *scratch, const struct tl_conv_shape *shape, size_t tile_count, size_t columns)
{
    const size_t channels = round_up(shape->input_channels, I16_BLOCK);
    struct block block = {
        .v_layout = {tile_count * channels + SPARE_VALUES, I16_BLOCK, tile_count * I16_BLOCK},
        .wide_layout = {channels + SPARE_FLOATS, 0, CHANNEL_BLOCK},
        .sums_layout = {tile_count * columns + SPARE_FLOATS, columns, 0},
    };
    const size_t v_floats = I16_POSITIONS * block.v_layout.position_stride / 2;
    const size_t unit_floats = tile_count * I16_UNITS, wide_floats = I16_POSITIONS * block.wide_layout.position_stride;
    block.float_count = v_floats + unit_floats + wide_floats + I16_POSITIONS * block.sums_layout.position_stride;
    if (scratch != NULL) {
        block.v = (int16_t *)(void *)scratch;
        block.units = scratch + v_floats;
        block.wide = block.units + unit_floats;
        block.sums = block.wide + wide_floats;
    }
    return block;
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return count_direct_scratch(shape);
    return lay_out(NULL, shape, count_tiles_max(shape), count_panels(shape) * I16_PANEL).float_count;
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (shape->tile == 0)
        return (struct tl_conv_division){photo_count * plan_direct(shape).blocks_a_photo, 1, 0};
    const size_t tile_count = count_tiles(shape, photo_count, I16_TILE).count;
    return tl_division_choose(tile_count, count_tiles_max(shape), count_panels(shape), thread_count);
}

/* The block's tile in floats to the t-th of V. */
static void round_tile(const struct block *block, size_t t, size_t channels)
{
    const size_t wide_stride = block->wide_layout.position_stride;
    float squares[I16_UNITS] = {0}, scales[I16_UNITS];
    for (size_t c = 0; c < channels; c += I16_PART)
        keep_larger_squares(squares, block->wide + c, wide_stride, channels - c < I16_PART ? channels - c : I16_PART);
    choose_scales(scales, block->units + t * I16_UNITS, squares);
    for (size_t p = 0; p < I16_POSITIONS; p++) {
        int16_t *const out = block->v + p * block->v_layout.position_stride + t * I16_BLOCK;
        for (size_t c = 0; c < channels; c += I16_BLOCK)
            round_block(out + c / I16_BLOCK * block->v_layout.block_stride, block->wide + p * wide_stride + c, scales[p],
                        channels - c);
    }
}

static void multiply_integers(const struct block *block, const struct tl_conv_call *call, size_t tile_count, size_t first_panel,
                              size_t end_panel)
{
    const size_t panel_values = count_panel_values(&call->shape), panel_count = count_panels(&call->shape);
    const int16_t *const u = (const int16_t *)(const void *)call->weights;
    const float *const units = call->weights + count_u_floats(&call->shape);
    const size_t to_next_panel = panel_values * sizeof *u;
    const size_t to_next_position = (panel_count - (end_panel - first_panel) + 1) * to_next_panel;
    for (size_t position = 0; position < I16_POSITIONS; position++) {
        for (size_t panel = first_panel; panel < end_panel; panel++) {
            const int16_t *const weights = u + (position * panel_count + panel) * panel_values;
            const struct i16_product product = {
                .in = block->v + position * block->v_layout.position_stride,
                .in_stride = block->v_layout.block_stride,
                .block_count = round_up(call->shape.input_channels, I16_BLOCK) / I16_BLOCK,
                .weights = weights,
                .weight_units = units + (position * panel_count + panel) * I16_PANEL,
                .row_units = block->units + position,
                .out = block->sums + position * block->sums_layout.position_stride + (panel - first_panel) * I16_PANEL,
                .out_stride = block->sums_layout.tile_stride,
                .next_weights = (uintptr_t)weights + (panel + 1 < end_panel ? to_next_panel : to_next_position),
            };
            multiply_i16(&product, tile_count);
        }
    }
}

static void run_winograd(const struct tl_conv_call *call, size_t task, float *scratch)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct tl_slice part =
        tl_division_locate(&call->division, task, count_tiles(shape, call->photo_count, I16_TILE).count, count_panels(shape));
    const size_t tile_count = part.end - part.first;
    const size_t k_first = part.first_panel * I16_PANEL, k_end = part.end_panel * I16_PANEL;
    const struct block block = lay_out(scratch, shape, tile_count, k_end - k_first);
    assert(tile_count <= count_tiles_max(shape));
    for (size_t t = part.first; t < part.end; t++) {
        gather_tiles(block.wide, &block.wide_layout, 1, call, t, t + 1, I16_TILE);
        round_tile(&block, t - part.first, round_up(shape->input_channels, CHANNEL_BLOCK));
    }
    multiply_integers(&block, call, tile_count, part.first_panel, part.end_panel);
    scatter_tiles(block.sums, &block.sums_layout, call, part.first, part.end, k_first,
                  k_end < shape->output_channels ? k_end : shape->output_channels, I16_TILE);
}

static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    if (call->shape.tile != 0)
        run_winograd(call, task, scratch);
    else
        run_direct(call, task, scratch);
}

#if defined(TL_ISA_VNNI)
const struct tl_conv_kernel tl_conv_winograd_vnni = {
    .name = "winograd-vnni",
    .is_supported = tl_cpu_has_vnni,
#else
const struct tl_conv_kernel tl_conv_i16_twin = {
    .name = "i16-twin",
    .is_supported = tl_cpu_has_all,
#endif
    .arithmetic = "i16-wino4",
    .settle = settle,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = tl_conv_share_nothing,
    .pack = pack,
    .divide = divide,
    .run = run,
};
