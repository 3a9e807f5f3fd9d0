/* rgb.h - stored pixels of any kind as RGB of 8 bits, by Pillow's rules, which are load_img's.
 *
 * Grey is replicated, alpha dropped, CMYK mixed without a profile; 16-bit grey clips at 255, 16-bit colour (and grey
 * with alpha, which Pillow makes colour) keeps its high byte. Source: Pillow's Convert.c and PngImagePlugin.
 */
#ifndef TL_IMAGE_RGB_H
#define TL_IMAGE_RGB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How one stored pixel lies in memory. */
struct tl_rgb_kind {
    unsigned bands;  /* samples a pixel, at least 1; at least 4 for CMYK */
    bool is_16_bit;  /* samples are uint16 of this machine, else uint8 */
    bool is_cmyk;    /* full ink is the largest value */
};

/* out: pixel_count x RGB. in: pixel_count pixels, aligned for their samples. */
void tl_rgb_convert(uint8_t *out, const void *in, size_t pixel_count, struct tl_rgb_kind kind);

#endif
