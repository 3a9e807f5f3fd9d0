/* bf16_product.h - a matrix product of bf16 with sums in fp32: rows of V by one panel of 32 output channels.
 *
 * AMX multiplies tiles of 16 rows x 32 channels by 32 channels x 16 outputs, in one instruction. For each output that is
 *
 *     even = odd = 0; for each pair i of channels: even = fma(v[2i], u[2i], even), odd = fma(v[2i + 1], u[2i + 1], odd)
 *     sum = sum + (even + odd)
 *
 * (Intel's Software Developer's Manual, volume 2, TDPBF16PS), which the plain twin does word by word. With values in two parts
 * each 32 channels take three products: low * high, high * high, high * low; low * low is below what fp32 sums keep.
 *
 * Weights of a panel: [C / 32][part][2 halves of the panel][16 pairs of channels][16 outputs][2 channels].
 */
#ifndef TL_NETWORK_BF16_PRODUCT_H
#define TL_NETWORK_BF16_PRODUCT_H

#include "common/network/winograd_values.h"

enum { BF16_PANEL = 32, BF16_TILE_ROWS = 16 };
enum { BF16_TILE_VALUES = BF16_TILE_ROWS * V_BLOCK, BF16_WEIGHT_BLOCK = 2 * BF16_TILE_VALUES };

/* Where the weight of a channel (of its 32) and an output (of the panel) lies in its block. */
TL_INLINE size_t locate_weight(size_t channel, size_t output)
{
    return ((output / 16 * 16 + channel / 2) * 16 + output % 16) * 2 + channel % 2;
}

struct bf16_product {
    const v_value *in; /* high parts; rows lie in_stride values apart, low parts in_low further */
    size_t in_stride, in_low;
    const v_value *weights;
    size_t block_count; /* C / 32 */
    float *out;         /* rows lie out_stride floats apart; whole tiles of rows are written */
    size_t out_stride;
};

#if defined(TL_ISA_AMX)

/* Tiles 0 to 3 are sums, of two tiles of rows by two halves of the panel; 4 and 5 hold rows, 6 and 7 weights. */
struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

TL_INLINE void begin_products(void)
{
    static const struct tile_config config = {
        .palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    _tile_loadconfig(&config);
}

TL_INLINE void end_products(void)
{
    _tile_release();
}

/* What loads and stores of tiles touch is not told to the compiler. */
TL_INLINE void settle_memory(void)
{
    __asm__ volatile("" ::: "memory");
}

TL_INLINE void load_rows(const v_value *in, size_t stride, const bool is_tall)
{
    _tile_loadd(4, in, stride * sizeof *in);
    if (is_tall)
        _tile_loadd(5, in + BF16_TILE_ROWS * stride, stride * sizeof *in);
}

TL_INLINE void load_weights(const v_value *weights)
{
    _tile_loadd(6, weights, V_BLOCK * sizeof *weights);
    _tile_loadd(7, weights + BF16_TILE_VALUES, V_BLOCK * sizeof *weights);
}

TL_INLINE void add_products(const bool is_tall)
{
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if (is_tall) {
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
}

/* 16 rows, or 32 where is_tall. */
TL_INLINE void multiply_tile_pair(const struct bf16_product *p, const size_t part_count, const bool is_tall)
{
    const size_t out_bytes = p->out_stride * sizeof *p->out;
    float *const below = p->out + BF16_TILE_ROWS * p->out_stride;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t b = 0; b < p->block_count; b++) {
        const v_value *const in = p->in + b * V_BLOCK, *const weights = p->weights + b * part_count * BF16_WEIGHT_BLOCK;
        load_weights(weights);
        if (part_count == 2) {
            load_rows(in + p->in_low, p->in_stride, is_tall);
            add_products(is_tall);
        }
        load_rows(in, p->in_stride, is_tall);
        add_products(is_tall);
        if (part_count == 2) {
            load_weights(weights + BF16_WEIGHT_BLOCK);
            add_products(is_tall);
        }
    }
    _tile_stored(0, p->out, out_bytes);
    _tile_stored(1, p->out + 16, out_bytes);
    if (is_tall) {
        _tile_stored(2, below, out_bytes);
        _tile_stored(3, below + 16, out_bytes);
    }
}

TL_INLINE void multiply_bf16(const struct bf16_product *whole, size_t row_count, const size_t part_count)
{
    settle_memory();
    for (size_t row = 0; row < row_count; row += 2 * BF16_TILE_ROWS) {
        struct bf16_product part = *whole;
        part.in += row * part.in_stride;
        part.out += row * part.out_stride;
        if (row_count - row > BF16_TILE_ROWS)
            multiply_tile_pair(&part, part_count, true);
        else
            multiply_tile_pair(&part, part_count, false);
    }
    settle_memory();
}

#else

TL_INLINE void begin_products(void)
{
}

TL_INLINE void end_products(void)
{
}

TL_INLINE float add_block(float sum, const v_value *in, const v_value *weights, size_t output)
{
    float odd_and_even[2] = {0, 0};
    for (size_t c = 0; c < V_BLOCK; c++)
        odd_and_even[c % 2] = fmaf(widen_bf16(in[c]), widen_bf16(weights[locate_weight(c, output)]), odd_and_even[c % 2]);
    return sum + (odd_and_even[0] + odd_and_even[1]);
}

TL_INLINE void multiply_bf16(const struct bf16_product *p, size_t row_count, const size_t part_count)
{
    for (size_t row = 0; row < row_count; row++) {
        for (size_t k = 0; k < BF16_PANEL; k++) {
            float sum = 0;
            for (size_t b = 0; b < p->block_count; b++) {
                const v_value *const in = p->in + row * p->in_stride + b * V_BLOCK;
                const v_value *const weights = p->weights + b * part_count * BF16_WEIGHT_BLOCK;
                if (part_count == 2)
                    sum = add_block(sum, in + p->in_low, weights, k);
                sum = add_block(sum, in, weights, k);
                if (part_count == 2)
                    sum = add_block(sum, in, weights + BF16_WEIGHT_BLOCK, k);
            }
            p->out[row * p->out_stride + k] = sum;
        }
    }
}

#endif

#endif
