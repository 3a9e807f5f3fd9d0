/* winograd_product.h - the products V U at all positions of a block of tiles.
 */
#ifndef TL_NETWORK_WINOGRAD_PRODUCT_H
#define TL_NETWORK_WINOGRAD_PRODUCT_H

#include "common/network/microkernel.h"
#include "common/network/winograd_tiles.h"

/* One cache line beyond the tiles, because positions a multiple of 4 KiB apart would take turns in the same few cache lines. */
enum { POSITION_PADDING = 16 };

TL_INLINE size_t count_panels(const struct tl_conv_shape *shape)
{
    return (shape->output_channels + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
}

TL_INLINE struct layout lay_out_v(const struct tl_conv_shape *shape, size_t tile_count)
{
    return (struct layout){tile_count * round_up(shape->input_channels, CHANNEL_BLOCK) + POSITION_PADDING, CHANNEL_BLOCK,
                           tile_count * CHANNEL_BLOCK};
}

TL_INLINE struct layout lay_out_m(size_t tile_count, size_t columns)
{
    return (struct layout){tile_count * columns + POSITION_PADDING, columns, 0};
}

struct winograd_product {
    size_t tile_count, position_count, block_count; /* blocks of CHANNEL_BLOCK channels */
    const float *v;
    struct layout v_layout;
    const float *weights; /* of the first panel at the first position */
    size_t panel_count;
    size_t panel_stride, position_stride, weight_stride; /* floats from a panel, a position, a channel of the weights to the next */
    float *m;
    struct layout m_layout;
    bool is_added; /* to what M holds */
};

/* Each product asks for its share of what comes next: the next panel of weights, and V's next position. */
static __attribute__((noinline)) void multiply_positions(const struct winograd_product *p)
{
    const size_t group_count = (p->tile_count + PANEL_ROWS - 1) / PANEL_ROWS;
    const size_t weight_lines = (PANEL_COLUMNS + group_count - 1) / group_count;
    const size_t in_lines = (p->tile_count + p->panel_count * group_count - 1) / (p->panel_count * group_count);
    for (size_t position = 0; position < p->position_count; position++) {
        for (size_t panel = 0; panel < p->panel_count; panel++) {
            const float *const in = p->v + position * p->v_layout.position_stride;
            const float *const weights = p->weights + position * p->position_stride + panel * p->panel_stride;
            const struct product product = {
                .in = in,
                .segment_count = p->block_count,
                .segment_stride = p->v_layout.block_stride,
                .weights = weights,
                .weight_stride = p->weight_stride,
                .out = p->m + position * p->m_layout.position_stride + panel * PANEL_COLUMNS,
                .out_stride = p->m_layout.tile_stride,
                .is_added = p->is_added,
                .next_weights = {(uintptr_t)weights + p->panel_stride * sizeof *weights, weight_lines},
                .next_in = {(uintptr_t)in + p->v_layout.position_stride * sizeof *in +
                                panel * group_count * p->block_count * in_lines * LINE_BYTES,
                            in_lines},
            };
            multiply_tiles(&product, p->tile_count);
        }
    }
}

#endif
