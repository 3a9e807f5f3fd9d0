/* picture.h - pixels as the bytes of a picture file, for who shows them: JPEG, PNG, and SVG drawn into PNG.
 *
 * Needs tl_photo_start(). Bytes that come out are the caller's to free with tl_memory_free(). Pixels are 8 bits a sample, rows
 * first.
 */
#ifndef TL_IMAGE_PICTURE_H
#define TL_IMAGE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/* `band_count` 3: RGB; 1: grey. `quality` 1 to 100. Fails with: TL_IO (libvips's words), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_picture_encode_jpeg(uint8_t **out, size_t *out_bytes, const uint8_t *pixels, uint32_t width_px,
                                                  uint32_t height_px, unsigned band_count, int quality, struct tl_error *err);
TL_MUST_USE enum tl_status tl_picture_encode_png(uint8_t **out, size_t *out_bytes, const uint8_t *pixels, uint32_t width_px,
                                                 uint32_t height_px, unsigned band_count, struct tl_error *err);

/* A drawing of our own (SVG is no photo format here) on white, `scale` dots a pixel. No other thread decodes photos
 * meanwhile. Fails with: TL_NOT_FOUND (a libvips without SVG), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_picture_draw_svg(uint8_t **out, size_t *out_bytes, const char *svg, size_t svg_bytes, double scale,
                                               struct tl_error *err);

/* Each 2 x 2 pixels of RGB become their mean; an odd last row or column is left out. `out` has room for it. */
void tl_picture_halve(uint8_t *out, const uint8_t *pixels, uint32_t width_px, uint32_t height_px);

#endif
