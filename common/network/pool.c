/* pool.c - max pooling in the order of its formula. */
#include "common/network/kernels.h"

#include <assert.h>
#include <string.h>

/* Sizes fixed at compile time let compilers use vector registers. */
enum { LANES = 16 };

/* The larger; once NaN, always NaN. */
static float choose_larger(float largest, float value)
{
    return value > largest || value != value ? value : largest;
}

static void keep_larger_lanes(float *restrict largest, const float *restrict values)
{
    for (size_t i = 0; i < LANES; i++)
        largest[i] = choose_larger(largest[i], values[i]);
}

static void keep_larger(float *restrict largest, const float *restrict values, size_t count)
{
    size_t c = 0;
    for (; c + LANES <= count; c += LANES)
        keep_larger_lanes(largest + c, values + c);
    for (; c < count; c++)
        largest[c] = choose_larger(largest[c], values[c]);
}

void tl_pool_max(float *out, const float *in, uint32_t height, uint32_t width, uint32_t channels, uint32_t size, uint32_t stride)
{
    assert(size >= 1 && stride >= 1 && height >= size && width >= size);
    for (uint32_t top = 0; top <= height - size; top += stride) {
        for (uint32_t left = 0; left <= width - size; left += stride, out += channels) {
            const float *window = in + ((size_t)top * width + left) * channels;
            memcpy(out, window, channels * sizeof *out);
            for (uint32_t i = 1; i < size * size; i++)
                keep_larger(out, window + ((size_t)(i / size) * width + i % size) * channels, channels);
        }
    }
}
