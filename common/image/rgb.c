/* rgb.c - see rgb.h. */
#include "common/image/rgb.h"

#include <assert.h>
#include <string.h>

/* a * b / 255, rounded; exact for all bytes. */
static uint8_t multiply_255(unsigned a, unsigned b)
{
    return (uint8_t)((a * b + 127) / 255);
}

static void convert_cmyk(uint8_t *out, const uint8_t *in, size_t pixel_count, unsigned bands)
{
    for (size_t i = 0; i < pixel_count; i++, in += bands, out += 3) {
        unsigned white = 255u - in[3];
        for (int c = 0; c < 3; c++)
            out[c] = (uint8_t)(white - multiply_255(in[c], white));
    }
}

static void convert_8_bit(uint8_t *out, const uint8_t *in, size_t pixel_count, unsigned bands)
{
    if (bands == 3) {
        memcpy(out, in, pixel_count * 3);
        return;
    }
    for (size_t i = 0; i < pixel_count; i++, in += bands, out += 3) {
        out[0] = in[0];
        out[1] = bands < 3 ? in[0] : in[1];
        out[2] = bands < 3 ? in[0] : in[2];
    }
}

static void convert_16_bit(uint8_t *out, const uint16_t *in, size_t pixel_count, unsigned bands)
{
    for (size_t i = 0; i < pixel_count; i++, in += bands, out += 3) {
        if (bands == 1) {
            out[0] = out[1] = out[2] = (uint8_t)(in[0] > 255 ? 255 : in[0]);
        } else {
            out[0] = (uint8_t)(in[0] >> 8);
            out[1] = (uint8_t)((bands < 3 ? in[0] : in[1]) >> 8);
            out[2] = (uint8_t)((bands < 3 ? in[0] : in[2]) >> 8);
        }
    }
}

void tl_rgb_convert(uint8_t *out, const void *in, size_t pixel_count, struct tl_rgb_kind kind)
{
    assert(kind.bands >= (kind.is_cmyk ? 4u : 1u));
    assert(!(kind.is_cmyk && kind.is_16_bit));
    if (kind.is_cmyk)
        convert_cmyk(out, in, pixel_count, kind.bands);
    else if (kind.is_16_bit)
        convert_16_bit(out, in, pixel_count, kind.bands);
    else
        convert_8_bit(out, in, pixel_count, kind.bands);
}
