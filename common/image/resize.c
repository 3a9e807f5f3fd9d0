/* resize.c - see resize.h. */
#include "common/image/resize.h"

#include <assert.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/image/rows.h"

static const uint32_t CROP_ASPECT_MAX = 100;
enum { SHRINK_MAX = 8 }; /* what libjpeg can do */

static struct tl_resample_axis plan_axis(uint32_t in_px, uint32_t scaled_px, uint32_t size_px)
{
    return (struct tl_resample_axis){
        .in_px = in_px, .scaled_px = scaled_px, .offset_px = (scaled_px - size_px) / 2, .size_px = size_px};
}

/* The axis of a photo decoded smaller, from that of the full one: where a side is no multiple of `shrink`, the part of a
 * pixel at its end is not there, and what is seen stays where it was. */
static void shrink_axis(struct tl_resample_axis *axis, uint32_t in_px, unsigned shrink, bool is_reversed)
{
    axis->lost_px = (double)axis->in_px / shrink - in_px;
    axis->lost_before_px = is_reversed ? axis->lost_px : 0;
    axis->in_px = in_px;
}

/* A side scaled as the short one is to become 256, rounded. */
static uint32_t scale_side(uint32_t side_px, uint32_t short_px)
{
    return (uint32_t)(((uint64_t)side_px * TL_RECIPE_CROP_SHORT_SIDE_PX + short_px / 2) / short_px);
}

enum tl_status tl_resize_plan(struct tl_resample_axis *x, struct tl_resample_axis *y, uint32_t width_px, uint32_t height_px,
                              const struct tl_recipe *recipe, struct tl_error *err)
{
    uint32_t short_px = width_px < height_px ? width_px : height_px, long_px = width_px < height_px ? height_px : width_px;
    uint32_t size_px = recipe->size_px;

    assert(short_px > 0);
    if (!recipe->crop) {
        *x = plan_axis(width_px, size_px, size_px);
        *y = plan_axis(height_px, size_px, size_px);
        return TL_OK;
    }
    if (long_px / short_px >= CROP_ASPECT_MAX)
        return tl_error_set(err, TL_BAD_INPUT,
                            "%u x %u pixels are too thin a strip for a centre crop: one side is %u or more times the other",
                            (unsigned)width_px, (unsigned)height_px, (unsigned)CROP_ASPECT_MAX);
    *x = plan_axis(width_px, scale_side(width_px, short_px), size_px);
    *y = plan_axis(height_px, scale_side(height_px, short_px), size_px);
    return TL_OK;
}

unsigned tl_resize_choose_shrink(uint32_t width_px, uint32_t height_px, const struct tl_recipe *recipe)
{
    struct tl_resample_axis x, y;

    if (!recipe->shrink_on_load || tl_resize_plan(&x, &y, width_px, height_px, recipe, NULL) != TL_OK)
        return 1;
    for (unsigned factor = SHRINK_MAX; factor > 1; factor /= 2)
        if (width_px / factor >= 2 * x.scaled_px && height_px / factor >= 2 * y.scaled_px)
            return factor;
    return 1;
}

/* The whole image in memory of the caller's, as a second image that can be read in any order. */
static enum tl_status copy_to_memory(VipsImage **out, uint8_t **out_bytes, struct tl_decode *decode, struct tl_thumbnail *thumbnail,
                                     struct tl_error *err)
{
    VipsImage *image = decode->image;
    size_t row_bytes = (size_t)image->Xsize * 3, row_count = (size_t)image->Ysize;
    struct tl_rows rows;
    enum tl_status status = TL_OK;

    *out = NULL;
    *out_bytes = tl_memory_alloc(row_count, row_bytes);
    if (!*out_bytes)
        return tl_error_set_no_memory(err, "a decoded photo", row_count * row_bytes);
    tl_rows_open(&rows, image, decode, thumbnail);
    for (size_t y = 0; y < row_count && status == TL_OK; y++) {
        const uint8_t *row = tl_rows_get(&rows, (uint32_t)y, err);
        if (row)
            memcpy(*out_bytes + y * row_bytes, row, row_bytes);
        else
            status = TL_BAD_INPUT;
    }
    tl_rows_close(&rows);
    if (status != TL_OK)
        return status;
    *out = vips_image_new_from_memory(*out_bytes, row_count * row_bytes, image->Xsize, image->Ysize, 3, VIPS_FORMAT_UCHAR);
    if (!*out)
        return tl_decode_fail(decode, err);
    (*out)->Type = VIPS_INTERPRETATION_sRGB;
    return TL_OK;
}

/* The photo as its EXIF orientation says it should look. Turning reads columns, which no decoder gives. `bytes` hold its
 * pixels until the image is gone. */
static enum tl_status turn(VipsImage **out, uint8_t **out_bytes, struct tl_decode *decode, struct tl_thumbnail *thumbnail,
                           struct tl_error *err)
{
    VipsImage *copy = NULL;
    enum tl_status status = copy_to_memory(&copy, out_bytes, decode, thumbnail, err);

    *out = NULL;
    if (status != TL_OK)
        return status;
    vips_image_set_int(copy, VIPS_META_ORIENTATION, vips_image_get_orientation(decode->image));
    if (vips_autorot(copy, out, NULL))
        status = tl_decode_fail(decode, err);
    g_object_unref(copy);
    return status;
}

enum tl_status tl_resize_read(uint8_t *pixels, struct tl_thumbnail *thumbnail, struct tl_decode *decode,
                              const struct tl_recipe *recipe, struct tl_error *err)
{
    VipsImage *turned = NULL, *image = decode->image;
    uint8_t *bytes = NULL;
    struct tl_resample_axis x, y;
    struct tl_rows rows = {.image = NULL};
    int orientation;
    enum tl_status status;

    if (recipe->exif == TL_EXIF_APPLY && vips_image_get_orientation(image) > 1) {
        status = turn(&turned, &bytes, decode, thumbnail, err);
        if (status != TL_OK)
            goto done;
        image = turned;
    }
    orientation = turned ? vips_image_get_orientation(decode->image) : 1;
    status = tl_resize_plan(&x, &y, orientation < 5 ? decode->width_px : decode->height_px,
                            orientation < 5 ? decode->height_px : decode->width_px, recipe, err);
    if (status != TL_OK)
        goto done;
    shrink_axis(&x, (uint32_t)image->Xsize, decode->shrink,
                orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7);
    shrink_axis(&y, (uint32_t)image->Ysize, decode->shrink,
                orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8);
    tl_rows_open(&rows, image, decode, turned ? NULL : thumbnail); /* turning has read all rows */
    if (recipe->resize == TL_RESIZE_NEAREST)
        status = tl_resample_read_nearest(pixels, &rows, &x, &y, err);
    else
        status = tl_resample_read(pixels, &rows, &x, &y, recipe->resize, err);
    if (status == TL_OK)
        status = tl_rows_complete(&rows, err);
done:
    tl_rows_close(&rows);
    if (turned)
        g_object_unref(turned);
    tl_memory_free(bytes);
    return status;
}
