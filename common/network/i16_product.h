/* i16_product.h - a matrix product of 16-bit integers: rows of V by one panel of 32 output channels, to floats.
 *
 * Sums are of 32 bits and exact over a part of the channels (i16_values.h says why none overflows); then they become floats,
 * and parts are added in order. At last come the units: sum * weight's unit * row's unit. vpdpwssd adds the products of two
 * channels for 16 outputs; as sums are exact, the plain twin may add in any order.
 *
 * Weights of a panel: [C / 2][32 outputs][2 channels], channels as locate_channel() has them.
 */
#ifndef TL_NETWORK_I16_PRODUCT_H
#define TL_NETWORK_I16_PRODUCT_H

#include "common/network/i16_values.h"

enum { I16_PANEL = 32, I16_PANEL_ROWS = 14, I16_PAIRS = I16_BLOCK / 2 };

struct i16_product {
    const int16_t *in; /* [C / 32][row][32], blocks in_stride values apart */
    size_t in_stride, block_count;
    const int16_t *weights;
    const float *weight_units; /* of the panel's outputs */
    const float *row_units;    /* I16_UNITS apart */
    float *out;                /* rows lie out_stride floats apart */
    size_t out_stride;
    uintptr_t next_weights; /* their address: soon to be read */
};

/* Where the weight of a channel (of all) and an output (of the panel) lies. */
TL_INLINE size_t locate_weight(size_t channel, size_t output)
{
    const size_t place = channel / I16_BLOCK * I16_BLOCK + locate_channel(channel % I16_BLOCK);
    return (place / 2 * I16_PANEL + output) * 2 + place % 2;
}

#if defined(TL_ISA_VNNI)

/* In assembly, because gcc's intrinsic copies the sum before each addition. */
TL_INLINE __m512i add_pairs(__m512i sum, __m512i in, __m512i weights)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(in), "v"(weights));
    return sum;
}

TL_INLINE __m512i repeat_pair(const int16_t *pair)
{
    int32_t both;
    memcpy(&both, pair, sizeof both);
    return _mm512_set1_epi32(both);
}

/* Sums of a part's blocks to floats, after those of the parts before. */
TL_INLINE void finish_part(const struct i16_product *p, __m512i sums[I16_PANEL_ROWS][2], const size_t rows, bool is_first,
                           bool is_last)
{
    for (size_t r = 0; r < rows; r++) {
        float *const out = p->out + r * p->out_stride;
        for (size_t v = 0; v < 2; v++) {
            vec sum = _mm512_cvtepi32_ps(sums[r][v]);
            if (!is_first)
                sum = vec_add(vec_load(out + v * VEC_LANES), sum);
            if (is_last)
                sum = vec_mul(vec_mul(sum, vec_load(p->weight_units + v * VEC_LANES)), vec_set(p->row_units[r * I16_UNITS]));
            vec_store(out + v * VEC_LANES, sum);
        }
    }
}

/* `rows` is constant wherever this is expanded, so the sums are registers. */
TL_INLINE void multiply_i16_rows(const struct i16_product *p, const size_t rows, const size_t lines_ahead)
{
    const int16_t *weights = p->weights;
    uintptr_t ahead = p->next_weights;
    for (size_t b = 0; b < p->block_count;) {
        const size_t first = b, end = b + I16_PART / I16_BLOCK < p->block_count ? b + I16_PART / I16_BLOCK : p->block_count;
        __m512i sums[I16_PANEL_ROWS][2];
        for (size_t r = 0; r < rows; r++)
            sums[r][0] = sums[r][1] = _mm512_setzero_si512();
        for (; b < end; b++) {
            const int16_t *const in = p->in + b * p->in_stride;
            for (size_t j = 0; j < I16_PAIRS; j++, weights += 2 * I16_PANEL) {
                const __m512i low = _mm512_loadu_si512(weights), high = _mm512_loadu_si512(weights + I16_PANEL);
                for (size_t i = 0; i < lines_ahead; i++, ahead += LINE_BYTES)
                    ask_to_read(ahead);
#pragma GCC unroll 16
                for (size_t r = 0; r < rows; r++) {
                    const __m512i pair = repeat_pair(in + r * I16_BLOCK + 2 * j);
                    sums[r][0] = add_pairs(sums[r][0], pair, low);
                    sums[r][1] = add_pairs(sums[r][1], pair, high);
                }
            }
        }
        finish_part(p, sums, rows, first == 0, end == p->block_count);
    }
}

TL_INLINE void multiply_i16_some(const struct i16_product *p, size_t rows, const size_t lines_ahead)
{
    switch (rows) {
    case 1: multiply_i16_rows(p, 1, lines_ahead); return;
    case 2: multiply_i16_rows(p, 2, lines_ahead); return;
    case 3: multiply_i16_rows(p, 3, lines_ahead); return;
    case 4: multiply_i16_rows(p, 4, lines_ahead); return;
    case 5: multiply_i16_rows(p, 5, lines_ahead); return;
    case 6: multiply_i16_rows(p, 6, lines_ahead); return;
    case 7: multiply_i16_rows(p, 7, lines_ahead); return;
    case 8: multiply_i16_rows(p, 8, lines_ahead); return;
    case 9: multiply_i16_rows(p, 9, lines_ahead); return;
    case 10: multiply_i16_rows(p, 10, lines_ahead); return;
    case 11: multiply_i16_rows(p, 11, lines_ahead); return;
    case 12: multiply_i16_rows(p, 12, lines_ahead); return;
    case 13: multiply_i16_rows(p, 13, lines_ahead); return;
    case 14: multiply_i16_rows(p, 14, lines_ahead); return;
    default: return;
    }
}

/* Any number of rows, spread evenly: 16 as 8 + 8, not 14 + 2. Two neighbouring groups ask for half of the next weights each. */
TL_INLINE void multiply_i16(const struct i16_product *whole, size_t row_count)
{
    const size_t group_count = (row_count + I16_PANEL_ROWS - 1) / I16_PANEL_ROWS;
    for (size_t g = 0; g < group_count; g++) {
        const size_t first = row_count * g / group_count, end = row_count * (g + 1) / group_count;
        struct i16_product part = *whole;
        part.in += first * I16_BLOCK;
        part.row_units += first * I16_UNITS;
        part.out += first * part.out_stride;
        part.next_weights += g % 2 * part.block_count * I16_BLOCK * I16_PANEL / 2 * sizeof *part.weights;
        if (group_count == 1)
            multiply_i16_some(&part, end - first, 2);
        else
            multiply_i16_some(&part, end - first, 1);
    }
}

#else

TL_INLINE void multiply_i16(const struct i16_product *p, size_t row_count)
{
    const size_t channels = p->block_count * I16_BLOCK;
    for (size_t row = 0; row < row_count; row++) {
        for (size_t k = 0; k < I16_PANEL; k++) {
            float *const out = p->out + row * p->out_stride + k;
            for (size_t first = 0; first < channels; first += I16_PART) {
                int32_t sum = 0;
                for (size_t c = first; c < channels && c < first + I16_PART; c++)
                    sum += p->in[c / I16_BLOCK * p->in_stride + row * I16_BLOCK + locate_channel(c % I16_BLOCK)] *
                           p->weights[locate_weight(c, k)];
                *out = first == 0 ? (float)sum : *out + (float)sum;
            }
            *out = *out * p->weight_units[k] * p->row_units[row * I16_UNITS];
        }
    }
}

#endif

#endif
