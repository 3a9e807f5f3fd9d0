/* winograd_raw.h - a layer of few tiles whose weights are transformed anew for each photo.
 *
 * For one photo the deep layers have a few dozen tiles, and reading n^2 transformed weights for each 9 of a kernel takes
 * longer than transforming them: here for a few panels and a segment of channels at a time, into memory near the core. V of
 * all tiles is made first, by all threads, for all ranges of output channels.
 */
#ifndef TL_NETWORK_WINOGRAD_RAW_H
#define TL_NETWORK_WINOGRAD_RAW_H

#include "common/network/division.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_product.h"

enum {
    RAW_TILES_MAX = 56,                /* of a photo, of which there are few */
    RAW_TILES_MAX_OF_SINGLES = 24,     /* of many photos: measured on VGG16, whose layers of 49 tiles are 6% slower raw */
    RAW_PANELS = 32 / PANEL_COLUMNS,   /* of a task: two cache lines of each tap */
    RAW_PREPARATIONS = 4               /* for each thread */
};

TL_INLINE bool is_for_raw(const struct tl_conv_shape *shape)
{
    if (shape->use == TL_CONV_BATCHES)
        return false;
    return count_tiles(shape, 1, shape->tile).count <= (shape->use == TL_CONV_FEW ? RAW_TILES_MAX : RAW_TILES_MAX_OF_SINGLES);
}

/* V of all photos. */
TL_INLINE struct layout lay_out_raw_v(const struct tl_conv_shape *shape, size_t photo_count)
{
    return lay_out_v(shape, count_tiles(shape, photo_count, shape->tile).count);
}

TL_INLINE size_t count_raw_shared(const struct tl_conv_shape *shape, size_t photo_count)
{
    return count_positions(shape->tile) * lay_out_raw_v(shape, photo_count).position_stride;
}

/* A segment's U is [channel][position][panel][PANEL_COLUMNS], in which it is written; floats from one channel to the next. */
TL_INLINE size_t stride_raw_channels(const struct tl_conv_shape *shape, size_t panel_count)
{
    return count_positions(shape->tile) * panel_count * PANEL_COLUMNS + POSITION_PADDING;
}

/* U of a segment of a task, and M. */
TL_INLINE size_t count_raw_weights(const struct tl_conv_shape *shape)
{
    const size_t rows = round_up(shape->input_channels, CHANNEL_BLOCK);
    return (rows < SEGMENT_CHANNELS ? rows : SEGMENT_CHANNELS) * stride_raw_channels(shape, RAW_PANELS);
}

TL_INLINE size_t count_raw_scratch(const struct tl_conv_shape *shape)
{
    const struct layout m = lay_out_m(RAW_TILES_MAX, RAW_PANELS * PANEL_COLUMNS);
    return count_raw_weights(shape) + count_positions(shape->tile) * m.position_stride;
}

/* A block is a photo, a range at most RAW_PANELS panels. */
TL_INLINE struct tl_conv_division divide_raw(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    const size_t panel_count = count_panels(shape), tile_count = count_tiles(shape, photo_count, shape->tile).count;
    size_t range_count = (panel_count + RAW_PANELS - 1) / RAW_PANELS, preparation_count = RAW_PREPARATIONS * thread_count;
    if (range_count < 2 * thread_count)
        range_count = panel_count < 2 * thread_count ? panel_count : 2 * thread_count;
    if (preparation_count > tile_count)
        preparation_count = tile_count;
    return (struct tl_conv_division){photo_count, range_count, preparation_count};
}

TL_INLINE void prepare_raw(const struct tl_conv_call *call, size_t task, const size_t tile)
{
    const struct layout v = lay_out_raw_v(&call->shape, call->photo_count);
    const size_t tile_count = count_tiles(&call->shape, call->photo_count, tile).count;
    const size_t count = call->division.preparation_count;
    const size_t first = tile_count * task / count, end = tile_count * (task + 1) / count;
    gather_tiles(call->shared + first * v.tile_stride, &v, 1, call, first, end, tile);
}

/* Floats of one panel's weights: [C][9][PANEL_COLUMNS]. */
TL_INLINE size_t count_raw_panel(const struct tl_conv_shape *shape)
{
    return round_up(shape->input_channels, CHANNEL_BLOCK) * 9 * PANEL_COLUMNS;
}

TL_INLINE size_t count_raw_packed(const struct tl_conv_shape *shape)
{
    return count_panels(shape) * count_raw_panel(shape);
}

/* Panel by panel, in the order in which they are read. kernel (3, 3, C, K). */
static inline void pack_raw(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    for (size_t panel = 0; panel < count_panels(shape); panel++) {
        for (size_t c = 0; c < round_up(shape->input_channels, CHANNEL_BLOCK); c++, packed += 9 * PANEL_COLUMNS) {
            for (size_t k = 0; k < PANEL_COLUMNS; k += PACK_LANES)
                copy_taps(packed + k, PANEL_COLUMNS, shape, kernel, c, panel * PANEL_COLUMNS + k);
        }
    }
}

/* U of some channels of panel_count panels, whose weights begin at `taps`. */
TL_INLINE void transform_segment(float *out, const struct tl_conv_shape *shape, const float *taps, size_t channels,
                                 size_t panel_count, const size_t tile)
{
    const struct weight_maps maps = find_weight_maps(tile);
    const size_t stride = stride_raw_channels(shape, panel_count), position_stride = panel_count * PANEL_COLUMNS;
    for (size_t panel = 0; panel < panel_count; panel++, taps += count_raw_panel(shape), out += PANEL_COLUMNS) {
        for (size_t c = 0; c < channels; c++) {
            const float *const of_channel = taps + c * 9 * PANEL_COLUMNS;
            for (size_t k = 0; k < PANEL_COLUMNS; k += PACK_LANES)
                transform_lanes(out + c * stride + k, position_stride, of_channel + k, PANEL_COLUMNS, &maps, tile);
        }
    }
}

/* Segments are those of multiply_segments(), which so is given one at a time, and adds them in the same order: the bits
 * depend on it, because a plan may take this way or packed weights for one layer. */
TL_INLINE void run_raw(const struct tl_conv_call *call, size_t task, float *scratch, const size_t tile)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct tl_slice part = tl_division_locate(&call->division, task, call->photo_count, count_panels(shape));
    const size_t photo = part.first, panel_count = part.end_panel - part.first_panel;
    const size_t k_first = part.first_panel * PANEL_COLUMNS, k_end = part.end_panel * PANEL_COLUMNS;
    const size_t tile_count = count_tiles(shape, 1, tile).count, rows = round_up(shape->input_channels, CHANNEL_BLOCK);
    const float *const weights = call->weights + part.first_panel * count_raw_panel(shape);
    float *const sums = scratch + count_raw_weights(shape);
    struct winograd_product product = {
        .tile_count = tile_count,
        .position_count = count_positions(tile),
        .v_layout = lay_out_raw_v(shape, call->photo_count),
        .weights = scratch,
        .panel_count = panel_count,
        .panel_stride = PANEL_COLUMNS,
        .position_stride = panel_count * PANEL_COLUMNS,
        .weight_stride = stride_raw_channels(shape, panel_count),
        .m = sums,
        .m_layout = lay_out_m(tile_count, k_end - k_first),
    };
    for (size_t c = 0; c < rows; c += SEGMENT_CHANNELS) {
        const size_t channels = rows - c < SEGMENT_CHANNELS ? rows - c : SEGMENT_CHANNELS;
        transform_segment(scratch, shape, weights + c * 9 * PANEL_COLUMNS, channels, panel_count, tile);
        product.block_count = channels / CHANNEL_BLOCK;
        product.v = call->shared + photo * tile_count * product.v_layout.tile_stride +
                    c / CHANNEL_BLOCK * product.v_layout.block_stride;
        product.is_added = c > 0;
        multiply_positions(&product);
    }
    scatter_tiles(sums, &product.m_layout, call, photo * tile_count, (photo + 1) * tile_count, k_first,
                  k_end < shape->output_channels ? k_end : shape->output_channels, tile);
}

#endif
