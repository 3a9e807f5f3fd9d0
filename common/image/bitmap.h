/* bitmap.h - Windows bitmaps (.bmp) as rows of RGB.
 *
 * Keras's list of photos has them, but libvips reads them only through ImageMagick, which is not let near strange bytes.
 * Uncompressed bitmaps of 1, 4, 8, 16, 24 and 32 bits are read, with or without bit masks; run-length ones are
 * refused. A fourth byte is never alpha, as in Pillow. Nothing is allocated: the bytes must outlive the struct.
 * Source: Microsoft's BITMAPINFOHEADER and its successors.
 */
#ifndef TL_IMAGE_BITMAP_H
#define TL_IMAGE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

struct tl_bitmap {
    uint32_t width_px, height_px;
    unsigned bits;           /* a pixel */
    bool is_top_down;        /* else the last row comes first */
    uint32_t masks[3];       /* red, green, blue; for 16 and 32 bits */
    const uint8_t *palette;  /* for 1, 4 and 8 bits */
    uint32_t palette_count;
    unsigned palette_stride; /* bytes an entry: blue, green, red [, unused] */
    const uint8_t *rows;
    size_t row_bytes;
};

/* True when the bytes begin as a bitmap's do. */
bool tl_bitmap_is_bitmap(const uint8_t *bytes, size_t size_bytes);
/* Reads the headers and makes sure that every row is there. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_bitmap_init(struct tl_bitmap *out, const uint8_t *bytes, size_t size_bytes, struct tl_error *err);
/* `count` pixels from column `x` of row `y`, from the top, as RGB. A colour past the palette's end is black. */
void tl_bitmap_read(const struct tl_bitmap *bitmap, uint8_t *out, uint32_t x, uint32_t y, uint32_t count);

#endif
