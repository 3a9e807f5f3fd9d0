/* bitmap.c - see bitmap.h. */
#include "common/image/bitmap.h"

#include <assert.h>
#include <string.h>

enum {
    FILE_HEADER_BYTES = 14,
    CORE_HEADER_BYTES = 12, /* BITMAPCOREHEADER */
    INFO_HEADER_BYTES = 40, /* BITMAPINFOHEADER; longer ones begin as this does */
    MASKED_HEADER_BYTES = 52, /* from here on the header itself holds the masks */
    COMPRESSION_NONE = 0,
    COMPRESSION_BITFIELDS = 3
};

static uint32_t get_u16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get_u32(const uint8_t *p)
{
    return get_u16(p) | get_u16(p + 2) << 16;
}

bool tl_bitmap_is_bitmap(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
}

/* Width, height, bits, compression and palette of either kind of header. */
static enum tl_status read_header(struct tl_bitmap *out, uint32_t *compression, const uint8_t *bytes, size_t size_bytes,
                                  struct tl_error *err)
{
    const uint8_t *header = bytes + FILE_HEADER_BYTES;
    uint32_t header_bytes, height;
    uint64_t palette_at;

    if (size_bytes < FILE_HEADER_BYTES + CORE_HEADER_BYTES)
        return tl_error_set(err, TL_BAD_INPUT, "a bitmap cut short: %zu bytes", size_bytes);
    header_bytes = get_u32(header);
    palette_at = (uint64_t)FILE_HEADER_BYTES + header_bytes;
    if ((header_bytes != CORE_HEADER_BYTES && header_bytes < INFO_HEADER_BYTES) || palette_at > size_bytes)
        return tl_error_set(err, TL_BAD_INPUT, "a bitmap with a header of %u bytes in a file of %zu", (unsigned)header_bytes,
                            size_bytes);
    if (header_bytes == CORE_HEADER_BYTES) {
        out->width_px = get_u16(header + 4);
        out->height_px = get_u16(header + 6);
        out->bits = get_u16(header + 10);
        out->palette_stride = 3;
        *compression = COMPRESSION_NONE;
    } else {
        out->width_px = get_u32(header + 4);
        height = get_u32(header + 8);
        out->is_top_down = height > INT32_MAX;
        out->height_px = out->is_top_down ? 0u - height : height;
        out->bits = get_u16(header + 14);
        out->palette_stride = 4;
        out->palette_count = get_u32(header + 32);
        *compression = get_u32(header + 16);
        if (*compression == COMPRESSION_BITFIELDS && header_bytes < MASKED_HEADER_BYTES)
            palette_at += 12;
    }
    if (out->bits != 1 && out->bits != 4 && out->bits != 8 && out->bits != 16 && out->bits != 24 && out->bits != 32)
        return tl_error_set(err, TL_BAD_INPUT, "a bitmap of %u bits a pixel", out->bits);
    if (out->bits <= 8) {
        if (out->palette_count == 0 || out->palette_count > 1u << out->bits)
            out->palette_count = 1u << out->bits;
        if (palette_at + (uint64_t)out->palette_count * out->palette_stride > size_bytes)
            return tl_error_set(err, TL_BAD_INPUT, "a bitmap cut short in its palette");
        out->palette = bytes + palette_at;
    }
    return TL_OK;
}

/* Where the samples of a pixel of 16 or 32 bits lie. */
static enum tl_status read_masks(struct tl_bitmap *out, uint32_t compression, const uint8_t *bytes, size_t size_bytes,
                                 struct tl_error *err)
{
    static const uint32_t usual_16[3] = {0x7c00, 0x03e0, 0x001f}, usual_32[3] = {0xff0000, 0x00ff00, 0x0000ff};
    enum { MASKS_AT = FILE_HEADER_BYTES + INFO_HEADER_BYTES };

    if (compression == COMPRESSION_NONE) {
        memcpy(out->masks, out->bits == 16 ? usual_16 : usual_32, sizeof out->masks);
        return TL_OK;
    }
    if (size_bytes < MASKS_AT + 12)
        return tl_error_set(err, TL_BAD_INPUT, "a bitmap cut short in its bit masks");
    for (size_t c = 0; c < 3; c++)
        out->masks[c] = get_u32(bytes + MASKS_AT + 4 * c);
    return TL_OK;
}

enum tl_status tl_bitmap_init(struct tl_bitmap *out, const uint8_t *bytes, size_t size_bytes, struct tl_error *err)
{
    uint32_t compression = COMPRESSION_NONE, rows_at;
    enum tl_status status;

    assert(tl_bitmap_is_bitmap(bytes, size_bytes));
    memset(out, 0, sizeof *out);
    status = read_header(out, &compression, bytes, size_bytes, err);
    if (status != TL_OK)
        return status;
    if (compression != COMPRESSION_NONE && !(compression == COMPRESSION_BITFIELDS && (out->bits == 16 || out->bits == 32)))
        return tl_error_set(err, TL_BAD_INPUT, "a bitmap with compression %u; only uncompressed ones are read",
                            (unsigned)compression);
    if (out->width_px == 0 || out->height_px == 0 || out->width_px > INT32_MAX || out->height_px > INT32_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "a bitmap of %u x %u pixels", (unsigned)out->width_px, (unsigned)out->height_px);
    status = read_masks(out, compression, bytes, size_bytes, err);
    if (status != TL_OK)
        return status;
    rows_at = get_u32(bytes + 10);
    out->row_bytes = ((size_t)out->width_px * out->bits + 31) / 32 * 4;
    if (rows_at > size_bytes || out->row_bytes > (size_bytes - rows_at) / out->height_px)
        return tl_error_set(err, TL_BAD_INPUT, "a truncated bitmap: %u x %u pixels of %u bits in %zu bytes",
                            (unsigned)out->width_px, (unsigned)out->height_px, out->bits, size_bytes);
    out->rows = bytes + rows_at;
    return TL_OK;
}

/* The sample under `mask`, stretched to 0..255 without rounding up, as Pillow does. */
static uint8_t get_sample(uint32_t pixel, uint32_t mask)
{
    uint64_t most;

    if (mask == 0)
        return 0;
    while (!(mask & 1u)) {
        mask >>= 1;
        pixel >>= 1;
    }
    most = mask;
    return (uint8_t)((uint64_t)(pixel & mask) * 255 / most);
}

static void look_up(const struct tl_bitmap *bitmap, uint8_t *out, uint32_t index)
{
    const uint8_t *entry = bitmap->palette + (size_t)index * bitmap->palette_stride;

    if (index >= bitmap->palette_count) {
        memset(out, 0, 3);
        return;
    }
    out[0] = entry[2];
    out[1] = entry[1];
    out[2] = entry[0];
}

void tl_bitmap_read(const struct tl_bitmap *bitmap, uint8_t *out, uint32_t x_first, uint32_t y, uint32_t count)
{
    const uint8_t *row = bitmap->rows + (size_t)(bitmap->is_top_down ? y : bitmap->height_px - 1 - y) * bitmap->row_bytes;

    assert(y < bitmap->height_px && x_first <= bitmap->width_px && count <= bitmap->width_px - x_first);
    for (size_t x = x_first; x < (size_t)x_first + count; x++, out += 3) {
        if (bitmap->bits <= 8) {
            size_t bit = x * bitmap->bits;
            unsigned shift = 8 - bitmap->bits - (unsigned)(bit % 8);
            look_up(bitmap, out, (unsigned)(row[bit / 8] >> shift) & ((1u << bitmap->bits) - 1));
        } else if (bitmap->bits == 24) {
            out[0] = row[3 * x + 2];
            out[1] = row[3 * x + 1];
            out[2] = row[3 * x];
        } else {
            uint32_t pixel = bitmap->bits == 16 ? get_u16(row + 2 * x) : get_u32(row + 4 * x);
            for (size_t c = 0; c < 3; c++)
                out[c] = get_sample(pixel, bitmap->masks[c]);
        }
    }
}
