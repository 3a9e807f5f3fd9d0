/* rows.c - see rows.h. */
#include "common/image/rows.h"

#include <assert.h>

enum { STRIP_ROWS = 16 };

uint8_t *tl_rows_locate(const VipsRegion *region, int x, int y)
{
    ptrdiff_t pixel_bytes = (ptrdiff_t)vips_format_sizeof(region->im->BandFmt) * region->im->Bands;

    return region->data + (ptrdiff_t)(y - region->valid.top) * region->bpl + (x - region->valid.left) * pixel_bytes;
}

void tl_rows_open(struct tl_rows *out, VipsImage *image, struct tl_decode *decode, struct tl_thumbnail *thumbnail)
{
    out->image = image;
    out->decode = decode;
    out->thumbnail = thumbnail;
    out->region = vips_region_new(image);
    out->top = out->height = 0;
}

void tl_rows_close(struct tl_rows *rows)
{
    if (rows->region)
        g_object_unref(rows->region);
    rows->region = NULL;
}

static const uint8_t *pull(struct tl_rows *rows, uint32_t y, struct tl_error *err)
{
    int row = (int)y;

    assert(row >= rows->top && row < rows->image->Ysize);
    if (row >= rows->top + rows->height) {
        VipsRect strip = {0, row, rows->image->Xsize, VIPS_MIN(STRIP_ROWS, rows->image->Ysize - row)};
        if (!rows->region || vips_region_prepare(rows->region, &strip)) {
            (void)tl_decode_fail(rows->decode, err);
            return NULL;
        }
        rows->top = strip.top;
        rows->height = strip.height;
    }
    return tl_rows_locate(rows->region, 0, row);
}

/* The thumbnail's lines up to row `last`. Rows cannot be had again, so they are taken before the ones below them. */
static bool feed_thumbnail(struct tl_rows *rows, uint32_t last, struct tl_error *err)
{
    while (rows->thumbnail && tl_thumbnail_next_line(rows->thumbnail) <= last) {
        const uint8_t *row = pull(rows, tl_thumbnail_next_line(rows->thumbnail), err);

        if (!row)
            return false;
        tl_thumbnail_add_line(rows->thumbnail, row);
    }
    return true;
}

const uint8_t *tl_rows_get(struct tl_rows *rows, uint32_t y, struct tl_error *err)
{
    return feed_thumbnail(rows, y, err) ? pull(rows, y, err) : NULL;
}

enum tl_status tl_rows_complete(struct tl_rows *rows, struct tl_error *err)
{
    return feed_thumbnail(rows, TL_THUMBNAIL_COMPLETE - 1, err) ? TL_OK : TL_BAD_INPUT;
}
