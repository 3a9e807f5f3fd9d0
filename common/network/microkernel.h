/* microkernel.h - a small matrix product held in registers: up to PANEL_ROWS rows by one panel of output channels.
 *
 * Each output has one accumulator, which takes its products in order by fused multiply-add from zero, and is then stored, or
 * added to what is there. So neither the number of rows beside it nor the registers' width changes its bits.
 */
#ifndef TL_NETWORK_MICROKERNEL_H
#define TL_NETWORK_MICROKERNEL_H

#include "common/network/vector.h"
#include "common/network/winograd.h"

enum { PANEL_COLUMNS = PANEL_REGISTERS * VEC_LANES };

/* Memory that will be read soon: `lines` cache lines from the address `at` on for each segment. */
struct ahead {
    uintptr_t at;
    size_t lines;
};

TL_INLINE void ask_for(const struct ahead *ahead, size_t segment)
{
    const uintptr_t at = ahead->at + segment * ahead->lines * LINE_BYTES;
    for (size_t i = 0; i < ahead->lines; i++)
        ask_to_read(at + i * LINE_BYTES);
}

/* out[r][k] (+)= sum over segments s and j < segment_length of in[s * segment_stride + r * row_stride + j] * weights[...][k]. */
struct product {
    const float *in;
    size_t segment_count, segment_stride, segment_length, row_stride;
    const float *weights; /* [segment_count * segment_length][PANEL_COLUMNS], rows weight_stride floats apart */
    size_t weight_stride;
    float *out;           /* rows lie out_stride floats apart */
    size_t out_stride;
    bool is_added; /* to what out holds */
    struct ahead next_weights, next_in;
};

/* `rows` is constant wherever this is expanded, so the accumulators are registers; so are the strides of V. */
TL_INLINE void multiply_rows(const struct product *p, const size_t rows, const bool is_blocked)
{
    const size_t row_stride = is_blocked ? CHANNEL_BLOCK : p->row_stride;
    const size_t length = is_blocked ? CHANNEL_BLOCK : p->segment_length;
    const float *weights = p->weights;
    /* With few rows memory is the limit: what is asked for all at once would wait in a queue, and the loop with it.
     * LINE_FLOATS is the length of a segment, so a line for each of its steps, `lines` floats further, is the same share. */
    const bool is_hungry = is_blocked && rows <= (PANEL_ROWS + 2) / 2;
    vec sums[PANEL_ROWS][PANEL_REGISTERS];
    for (size_t r = 0; r < rows; r++) {
        for (size_t v = 0; v < PANEL_REGISTERS; v++)
            sums[r][v] = vec_set(0);
    }
    for (size_t s = 0; s < p->segment_count; s++) {
        const float *in = p->in + s * p->segment_stride;
        if (!is_hungry)
            ask_for(&p->next_weights, s);
        ask_for(&p->next_in, s);
        for (size_t j = 0; j < length; j++, weights += p->weight_stride) {
            vec w[PANEL_REGISTERS];
            if (is_hungry)
                ask_to_read(p->next_weights.at + (s * length + j) * p->next_weights.lines * sizeof(float));
            for (size_t v = 0; v < PANEL_REGISTERS; v++)
                w[v] = vec_load(weights + v * VEC_LANES);
#pragma GCC unroll 16
            for (size_t r = 0; r < rows; r++) {
                const vec x = vec_set(in[r * row_stride + j]);
                for (size_t v = 0; v < PANEL_REGISTERS; v++)
                    sums[r][v] = vec_fma(x, w[v], sums[r][v]);
            }
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t v = 0; v < PANEL_REGISTERS; v++) {
            float *const out = p->out + r * p->out_stride + v * VEC_LANES;
            vec_store(out, p->is_added ? vec_add(vec_load(out), sums[r][v]) : sums[r][v]);
        }
    }
}

_Static_assert(PANEL_ROWS <= 14, "multiply() expands up to 14 rows");

/* Cases beyond PANEL_ROWS are never reached, and not compiled. */
TL_INLINE void multiply(const struct product *p, size_t rows, const bool is_blocked)
{
    switch (rows) {
    case 1: multiply_rows(p, 1, is_blocked); return;
    case 2: multiply_rows(p, 2, is_blocked); return;
    case 3: multiply_rows(p, 3, is_blocked); return;
    case 4: multiply_rows(p, 4, is_blocked); return;
    case 5: multiply_rows(p, 5, is_blocked); return;
    case 6: multiply_rows(p, 6, is_blocked); return;
#if defined(TL_ISA_AVX512)
    case 7: multiply_rows(p, 7, is_blocked); return;
    case 8: multiply_rows(p, 8, is_blocked); return;
    case 9: multiply_rows(p, 9, is_blocked); return;
    case 10: multiply_rows(p, 10, is_blocked); return;
    case 11: multiply_rows(p, 11, is_blocked); return;
    case 12: multiply_rows(p, 12, is_blocked); return;
    case 13: multiply_rows(p, 13, is_blocked); return;
    case 14: multiply_rows(p, 14, is_blocked); return;
#endif
    default: return;
    }
}

/* The channels of V in segments of SEGMENT_CHANNELS, one after the other. run_raw() of winograd_raw.h takes the same segments
 * in the same order, but all its tiles by one before the next; its bits are these only while both cut alike. */
TL_INLINE void multiply_segments(const struct product *whole, size_t rows)
{
    enum { SEGMENT_BLOCKS = SEGMENT_CHANNELS / CHANNEL_BLOCK };
    struct product part = *whole;
    for (size_t block = 0; block < whole->segment_count; block += SEGMENT_BLOCKS) {
        const size_t left = whole->segment_count - block;
        part.segment_count = left < SEGMENT_BLOCKS ? left : SEGMENT_BLOCKS;
        part.in = whole->in + block * whole->segment_stride;
        part.weights = whole->weights + block * CHANNEL_BLOCK * whole->weight_stride;
        multiply(&part, rows, true);
        part.next_weights.at += SEGMENT_BLOCKS * part.next_weights.lines * LINE_BYTES;
        part.next_in.at += SEGMENT_BLOCKS * part.next_in.lines * LINE_BYTES;
        part.is_added = true;
    }
}

/* The same for any number of tiles, spread evenly: 16 as 8 + 8, not 14 + 2. */
TL_INLINE void multiply_tiles(const struct product *whole, size_t tile_count)
{
    const size_t group_count = (tile_count + PANEL_ROWS - 1) / PANEL_ROWS;
    for (size_t g = 0; g < group_count; g++) {
        const size_t first = tile_count * g / group_count, end = tile_count * (g + 1) / group_count;
        struct product part = *whole;
        part.in += first * CHANNEL_BLOCK;
        part.out += first * whole->out_stride;
        part.next_weights.at += g * whole->segment_count * whole->next_weights.lines * LINE_BYTES;
        part.next_in.at += g * whole->segment_count * whole->next_in.lines * LINE_BYTES;
        multiply_segments(&part, end - first);
    }
}

#endif
