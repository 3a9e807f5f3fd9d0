/* augment.c - see augment.h. */
#include "common/image/augment.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "common/base/memory.h"
#include "common/image/rows.h"

static const double PI = 3.14159265358979323846;

/* NaN becomes 0 as well. */
static double clamp(double value, double most)
{
    return !(value > 0) ? 0 : value > most ? most : value;
}

/* For each output pixel the input coordinate (column, row) it is sampled at: shear and zoom about the centre, shift,
 * fill nearest by clamping, and the flips, which come last, folded in. Doubles throughout: a float32 index is good to
 * 1e-3 grey levels only. */
static void fill_index(double *index, uint32_t size_px, const struct tl_variant *variant)
{
    double centre = size_px / 2.0 - 0.5, most = size_px - 1.0;
    double shear = variant->shear_degrees * PI / 180, sine = sin(shear), cosine = cos(shear);

    for (uint32_t i = 0; i < size_px; i++) {
        uint32_t r = variant->flip_vertical ? size_px - 1 - i : i;
        for (uint32_t j = 0; j < size_px; j++, index += 2) {
            uint32_t c = variant->flip_horizontal ? size_px - 1 - j : j;
            double x = variant->zoom_x * (c - centre) - variant->zoom_y * sine * (r - centre) + centre + variant->shift_x_px;
            double y = variant->zoom_y * cosine * (r - centre) + centre + variant->shift_y_px;
            index[0] = clamp(x, most);
            index[1] = clamp(y, most);
        }
    }
}

/* Takes all of vips_mapim(photo, index) in one piece. False when libvips fails. */
static bool sample(float *out, const float *photo, const double *index, int size_px)
{
    size_t pixel_count = (size_t)size_px * (size_t)size_px, row_values = (size_t)size_px * 3;
    VipsRect all = {0, 0, size_px, size_px};
    VipsImage *in = NULL, *at = NULL, *mapped = NULL;
    VipsInterpolate *bilinear = NULL;
    VipsRegion *region = NULL;
    bool is_sampled = false;

    in = vips_image_new_from_memory(photo, pixel_count * 3 * sizeof *photo, size_px, size_px, 3, VIPS_FORMAT_FLOAT);
    at = vips_image_new_from_memory(index, pixel_count * 2 * sizeof *index, size_px, size_px, 2, VIPS_FORMAT_DOUBLE);
    bilinear = vips_interpolate_new("bilinear");
    if (!in || !at || !bilinear || vips_mapim(in, &mapped, at, "interpolate", bilinear, "extend", VIPS_EXTEND_COPY, NULL))
        goto done;
    region = vips_region_new(mapped);
    if (!region || vips_region_prepare(region, &all))
        goto done;
    for (int y = 0; y < size_px; y++)
        memcpy(out + (size_t)y * row_values, tl_rows_locate(region, 0, y), row_values * sizeof *out);
    is_sampled = true;
done:
    if (region)
        g_object_unref(region);
    if (mapped)
        g_object_unref(mapped);
    if (bilinear)
        g_object_unref(bilinear);
    if (at)
        g_object_unref(at);
    if (in)
        g_object_unref(in);
    return is_sampled;
}

static void flip(float *out, const uint8_t *pixels, uint32_t size_px, const struct tl_variant *variant)
{
    for (uint32_t i = 0; i < size_px; i++) {
        uint32_t r = variant->flip_vertical ? size_px - 1 - i : i;
        for (uint32_t j = 0; j < size_px; j++, out += 3) {
            const uint8_t *in = pixels + ((size_t)r * size_px + (variant->flip_horizontal ? size_px - 1 - j : j)) * 3;
            for (int c = 0; c < 3; c++)
                out[c] = in[c];
        }
    }
}

static enum tl_status check_variant(const struct tl_variant *variant, struct tl_error *err)
{
    if (!isfinite(variant->shear_degrees) || !isfinite(variant->shift_x_px) || !isfinite(variant->shift_y_px) ||
        !isfinite(variant->zoom_x) || !isfinite(variant->zoom_y))
        return tl_error_set(err, TL_BAD_INPUT, "variant %u has a parameter that is not finite: shear %g, zoom %g x %g, shift %g, %g",
                            (unsigned)variant->index, variant->shear_degrees, variant->zoom_x, variant->zoom_y, variant->shift_x_px,
                            variant->shift_y_px);
    if (variant->zoom_x <= 0 || variant->zoom_y <= 0)
        return tl_error_set(err, TL_BAD_INPUT, "variant %u has a zoom that is not positive: %g x %g", (unsigned)variant->index,
                            variant->zoom_x, variant->zoom_y);
    return TL_OK;
}

enum tl_status tl_augment_apply(float *out, const uint8_t *pixels, uint32_t size_px, const struct tl_variant *variant,
                                struct tl_error *err)
{
    size_t pixel_count = (size_t)size_px * size_px;
    double *index = NULL;
    float *photo = NULL;
    enum tl_status status = check_variant(variant, err);

    if (status != TL_OK)
        return status;
    if (variant->shear_degrees == 0 && variant->zoom_x == 1 && variant->zoom_y == 1 && variant->shift_x_px == 0 &&
        variant->shift_y_px == 0) {
        flip(out, pixels, size_px, variant);
        return TL_OK;
    }
    index = tl_memory_alloc(pixel_count * 2, sizeof *index);
    photo = tl_memory_alloc(pixel_count * 3, sizeof *photo); /* a uchar photo would be interpolated in fixed point */
    if (!index || !photo) {
        status = tl_error_set_no_memory(err, "an augmented photo", pixel_count * (2 * sizeof *index + 3 * sizeof *photo));
        goto done;
    }
    fill_index(index, size_px, variant);
    for (size_t i = 0; i < pixel_count * 3; i++)
        photo[i] = pixels[i];
    if (!sample(out, photo, index, (int)size_px)) {
        status = tl_error_set(err, TL_IO, "libvips could not make variant %u: %.200s", (unsigned)variant->index, vips_error_buffer());
        vips_error_clear();
    }
done:
    tl_memory_free(index);
    tl_memory_free(photo);
    return status;
}

void tl_augment_preprocess(float *values, uint32_t size_px, enum tl_preprocess preprocess)
{
    static const float means_bgr[3] = {103.939f, 116.779f, 123.68f};
    size_t value_count = (size_t)size_px * size_px * 3;

    if (preprocess == TL_PREPROCESS_RESCALE) {
        for (size_t i = 0; i < value_count; i++)
            values[i] /= 255;
        return;
    }
    for (size_t i = 0; i < value_count; i += 3) {
        float red = values[i];
        values[i] = values[i + 2] - means_bgr[0];
        values[i + 1] -= means_bgr[1];
        values[i + 2] = red - means_bgr[2];
    }
}
