/* pool.c - max pooling in the order of its formula. */
#include "common/network/kernels.h"

#include <assert.h>
#include <string.h>

/* largest[c] = the larger of it and values[c]; once NaN, always NaN. */
static void keep_larger(float *restrict largest, const float *restrict values, size_t count)
{
    for (size_t c = 0; c < count; c++) {
        const float value = values[c];
        largest[c] = value > largest[c] || value != value ? value : largest[c];
    }
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
