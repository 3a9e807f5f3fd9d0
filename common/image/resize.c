/* resize.c - see resize.h. */
#include "common/image/resize.h"

#include <assert.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/image/area.h"
#include "common/image/rows.h"

static const uint32_t CROP_ASPECT_MAX = 100;

static struct tl_resize_axis plan_axis(uint32_t in_px, uint32_t scaled_px, uint32_t size_px)
{
    struct tl_resize_axis axis = {in_px, scaled_px, (scaled_px - size_px) / 2, size_px};

    return axis;
}

/* `long_px` scaled as `short_px` is to become 256, rounded. */
static uint32_t scale_long_side(uint32_t long_px, uint32_t short_px)
{
    return (uint32_t)(((uint64_t)long_px * TL_RECIPE_CROP_SHORT_SIDE_PX + short_px / 2) / short_px);
}

enum tl_status tl_resize_plan(struct tl_resize_axis *x, struct tl_resize_axis *y, uint32_t width_px, uint32_t height_px,
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
        return tl_error_set(err, TL_BAD_INPUT, "%u x %u pixels are too thin a strip for a centre crop: one side is over %u times the other",
                            (unsigned)width_px, (unsigned)height_px, (unsigned)CROP_ASPECT_MAX);
    *x = plan_axis(width_px, width_px == short_px ? TL_RECIPE_CROP_SHORT_SIDE_PX : scale_long_side(width_px, short_px), size_px);
    *y = plan_axis(height_px, height_px == short_px ? TL_RECIPE_CROP_SHORT_SIDE_PX : scale_long_side(height_px, short_px), size_px);
    return TL_OK;
}

/* The sum of steps is not the product i * step: where a product falls on a whole number the two differ (640 to 224 does),
 * and Keras's pixels are those of the sum. vips_resize(nearest) and vips_mapim round otherwise still, which is why
 * nearest is done by index here. */
void tl_resize_index(uint32_t *out, const struct tl_resize_axis *axis)
{
    double step = (double)axis->in_px / axis->scaled_px, position = 0.5 * step;

    for (uint32_t i = 0; i < axis->offset_px + axis->size_px; i++, position += step) {
        uint32_t index = (uint32_t)position;
        if (i >= axis->offset_px)
            out[i - axis->offset_px] = index < axis->in_px ? index : axis->in_px - 1;
    }
}

static bool read_nearest(uint8_t *pixels, struct tl_rows *rows, const struct tl_resize_axis *x, const struct tl_resize_axis *y)
{
    uint32_t columns[TL_RECIPE_SIZE_PX], lines[TL_RECIPE_SIZE_PX];

    assert(x->size_px <= TL_RECIPE_SIZE_PX && y->size_px <= TL_RECIPE_SIZE_PX);
    tl_resize_index(columns, x);
    tl_resize_index(lines, y);
    for (uint32_t i = 0; i < y->size_px; i++) {
        const uint8_t *row = tl_rows_get(rows, lines[i]);
        if (!row)
            return false;
        for (uint32_t j = 0; j < x->size_px; j++, pixels += 3)
            memcpy(pixels, row + (size_t)columns[j] * 3, 3);
    }
    return true;
}

/* bilinear and lanczos3 are libvips's reduce with that kernel: the kernel widens with the step, so nothing aliases. */
static bool read_reduced(uint8_t *pixels, VipsImage *image, const struct tl_resize_axis *x, const struct tl_resize_axis *y, VipsKernel kernel)
{
    VipsImage *scaled = NULL, *kept = NULL;
    struct tl_rows rows = {0};
    bool is_read = false;

    if (vips_resize(image, &scaled, (double)x->scaled_px / x->in_px, "vscale", (double)y->scaled_px / y->in_px, "kernel", kernel, NULL) ||
        vips_extract_area(scaled, &kept, (int)x->offset_px, (int)y->offset_px, (int)x->size_px, (int)y->size_px, NULL))
        goto done;
    tl_rows_open(&rows, kept);
    for (uint32_t i = 0; i < y->size_px; i++) {
        const uint8_t *row = tl_rows_get(&rows, i);
        if (!row)
            goto done;
        memcpy(pixels + (size_t)i * x->size_px * 3, row, (size_t)x->size_px * 3);
    }
    is_read = true;
done:
    tl_rows_close(&rows);
    if (kept)
        g_object_unref(kept);
    if (scaled)
        g_object_unref(scaled);
    return is_read;
}

/* The whole image in memory of the caller's, as a second image that can be read in any order. */
static enum tl_status copy_to_memory(VipsImage **out, uint8_t **out_bytes, struct tl_decode *decode, struct tl_error *err)
{
    VipsImage *image = decode->image;
    size_t row_bytes = (size_t)image->Xsize * 3, rows_count = (size_t)image->Ysize;
    struct tl_rows rows;
    enum tl_status status = TL_OK;

    *out = NULL;
    *out_bytes = tl_memory_alloc(rows_count, row_bytes);
    if (!*out_bytes)
        return tl_error_set_no_memory(err, "a decoded photo", rows_count * row_bytes);
    tl_rows_open(&rows, image);
    for (size_t y = 0; y < rows_count && status == TL_OK; y++) {
        const uint8_t *row = tl_rows_get(&rows, (uint32_t)y);
        if (row)
            memcpy(*out_bytes + y * row_bytes, row, row_bytes);
        else
            status = tl_decode_fail(decode, err);
    }
    tl_rows_close(&rows);
    if (status == TL_OK) {
        *out = vips_image_new_from_memory(*out_bytes, rows_count * row_bytes, image->Xsize, image->Ysize, 3, VIPS_FORMAT_UCHAR);
        if (!*out)
            status = tl_decode_fail(decode, err);
        else
            (*out)->Type = VIPS_INTERPRETATION_sRGB;
    }
    return status;
}

/* *image in memory becomes what the EXIF orientation says it should look like. */
static int turn(VipsImage **image, int orientation)
{
    VipsImage *turned = NULL;

    vips_image_set_int(*image, VIPS_META_ORIENTATION, orientation);
    if (vips_autorot(*image, &turned, NULL))
        return -1;
    g_object_unref(*image);
    *image = turned;
    return 0;
}

enum tl_status tl_resize_read(uint8_t *pixels, struct tl_decode *decode, const struct tl_recipe *recipe, struct tl_error *err)
{
    int orientation = vips_image_get_orientation(decode->image);
    bool has_turn = recipe->exif == TL_EXIF_APPLY && orientation > 1, has_kernel, is_read = false;
    VipsImage *image = decode->image;
    uint8_t *bytes = NULL;
    struct tl_resize_axis x, y;
    struct tl_rows rows = {0};
    enum tl_status status;

    g_object_ref(image);
    has_kernel = recipe->resize == TL_RESIZE_BILINEAR || recipe->resize == TL_RESIZE_LANCZOS3;
    /* Turning reads columns, and enlarging reads rows again: neither can follow a decoder. */
    if (has_turn || (has_kernel && (image->Xsize < (int)recipe->size_px * 2 || image->Ysize < (int)recipe->size_px * 2))) {
        g_object_unref(image);
        status = copy_to_memory(&image, &bytes, decode, err);
        if (status != TL_OK)
            goto done;
        if (has_turn && turn(&image, orientation)) {
            status = tl_decode_fail(decode, err);
            goto done;
        }
    }
    status = tl_resize_plan(&x, &y, (uint32_t)image->Xsize, (uint32_t)image->Ysize, recipe, err);
    if (status != TL_OK)
        goto done;
    if (has_kernel) {
        is_read = read_reduced(pixels, image, &x, &y, recipe->resize == TL_RESIZE_BILINEAR ? VIPS_KERNEL_LINEAR : VIPS_KERNEL_LANCZOS3);
    } else {
        tl_rows_open(&rows, image);
        is_read = recipe->resize == TL_RESIZE_AREA ? tl_area_read(pixels, &rows, &x, &y) : read_nearest(pixels, &rows, &x, &y);
        tl_rows_close(&rows);
    }
    if (!is_read)
        status = tl_decode_fail(decode, err);
done:
    if (image)
        g_object_unref(image);
    tl_memory_free(bytes);
    return status;
}
