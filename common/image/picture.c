/* picture.c - see picture.h. */
#include "common/image/picture.h"

#include <vips/vips.h>

#include "common/base/memory.h"

static enum tl_status fail(const char *what, struct tl_error *err)
{
    enum tl_status status = tl_error_set(err, TL_IO, "%s: libvips says: %.200s", what, vips_error_buffer());

    vips_error_clear();
    return status;
}

/* libvips's bytes become ours, and are freed in any case. */
static enum tl_status take(uint8_t **out, size_t *out_bytes, void *bytes, size_t size_bytes, struct tl_error *err)
{
    *out = tl_memory_copy(bytes, size_bytes);
    *out_bytes = *out ? size_bytes : 0;
    g_free(bytes);
    return *out ? TL_OK : tl_error_set_no_memory(err, "a picture", size_bytes);
}

static VipsImage *wrap(const uint8_t *pixels, uint32_t width_px, uint32_t height_px, unsigned band_count)
{
    VipsImage *image = vips_image_new_from_memory(pixels, (size_t)width_px * height_px * band_count, (int)width_px, (int)height_px,
                                                  (int)band_count, VIPS_FORMAT_UCHAR);

    if (image)
        image->Type = band_count == 3 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W;
    return image;
}

enum tl_status tl_picture_encode_jpeg(uint8_t **out, size_t *out_bytes, const uint8_t *pixels, uint32_t width_px,
                                      uint32_t height_px, unsigned band_count, int quality, struct tl_error *err)
{
    VipsImage *image = wrap(pixels, width_px, height_px, band_count);
    void *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status;

    *out = NULL;
    *out_bytes = 0;
    if (!image || vips_jpegsave_buffer(image, &bytes, &size_bytes, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, NULL))
        status = fail("a JPEG could not be made", err);
    else
        status = take(out, out_bytes, bytes, size_bytes, err);
    if (image)
        g_object_unref(image);
    return status;
}

static enum tl_status encode_png(uint8_t **out, size_t *out_bytes, VipsImage *image, struct tl_error *err)
{
    void *bytes = NULL;
    size_t size_bytes = 0;

    if (!image || vips_pngsave_buffer(image, &bytes, &size_bytes, "compression", 9, "strip", TRUE, NULL))
        return fail("a PNG could not be made", err);
    return take(out, out_bytes, bytes, size_bytes, err);
}

enum tl_status tl_picture_encode_png(uint8_t **out, size_t *out_bytes, const uint8_t *pixels, uint32_t width_px, uint32_t height_px,
                                     unsigned band_count, struct tl_error *err)
{
    VipsImage *image = wrap(pixels, width_px, height_px, band_count);
    enum tl_status status;

    *out = NULL;
    *out_bytes = 0;
    status = encode_png(out, out_bytes, image, err);
    if (image)
        g_object_unref(image);
    return status;
}

static enum tl_status draw(uint8_t **out, size_t *out_bytes, const char *svg, size_t svg_bytes, double scale, struct tl_error *err)
{
    static const double white[] = {255, 255, 255};
    VipsArrayDouble *background = vips_array_double_new(white, 3);
    VipsImage *image = NULL, *flat = NULL;
    enum tl_status status;

    /* The cast: vips takes no const, and reads only. */
    if (vips_svgload_buffer((void *)(uintptr_t)svg, svg_bytes, &image, "scale", scale, NULL) ||
        vips_flatten(image, &flat, "background", background, NULL))
        status = fail("a plot could not be drawn", err);
    else
        status = encode_png(out, out_bytes, flat, err);
    vips_area_unref(VIPS_AREA(background));
    if (flat)
        g_object_unref(flat);
    if (image)
        g_object_unref(image);
    return status;
}

enum tl_status tl_picture_draw_svg(uint8_t **out, size_t *out_bytes, const char *svg, size_t svg_bytes, double scale,
                                   struct tl_error *err)
{
    static const char loader[] = "VipsForeignLoadSvg"; /* held back from photos: it is too rich a language for a stranger's file */
    enum tl_status status;

    *out = NULL;
    *out_bytes = 0;
    if (vips_type_find("VipsForeignLoadSvg", "svgload_buffer") == 0)
        return tl_error_set(err, TL_NOT_FOUND, "the libvips here draws no SVG, so no PNG of it can be made; SVG itself can");
    vips_operation_block_set(loader, FALSE);
    status = draw(out, out_bytes, svg, svg_bytes, scale, err);
    vips_operation_block_set(loader, TRUE);
    return status;
}

void tl_picture_halve(uint8_t *out, const uint8_t *pixels, uint32_t width_px, uint32_t height_px)
{
    const size_t row_bytes = (size_t)width_px * 3;

    for (size_t y = 0; y < height_px / 2; y++)
        for (size_t x = 0; x < width_px / 2; x++)
            for (size_t band = 0; band < 3; band++) {
                const uint8_t *at = pixels + 2 * y * row_bytes + 2 * x * 3 + band;
                *out++ = (uint8_t)((at[0] + at[3] + at[row_bytes] + at[row_bytes + 3] + 2) / 4);
            }
}
