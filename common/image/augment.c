/* augment.c - see augment.h. */
#include "common/image/augment.h"

#include <math.h>

#include "common/base/memory.h"

static const double PI = 3.14159265358979323846;

/* NaN becomes 0 as well. */
static double clamp(double value, double most)
{
    return !(value > 0) ? 0 : value > most ? most : value;
}

/* Where an output pixel samples one axis: between input pixels `first` and `second`, `share` of the way to the second. */
struct place {
    uint32_t first, second;
    double share;
};

/* Fill nearest: a coordinate is clamped, so no pixel outside is ever asked for. */
static struct place find_place(double coordinate, uint32_t size_px)
{
    const double at = clamp(coordinate, size_px - 1.0);
    const uint32_t first = (uint32_t)at;

    return (struct place){first, first + 1 < size_px ? first + 1 : first, at - first};
}

/* Bilinear, in doubles, by Keras's sum: v00 (1-y)(1-x) + v01 (1-y)x + v10 y(1-x) + v11 yx. A value does not depend on the
 * CPU: nothing is contracted into fused operations, and every order is written out. */
static void sample_row(float *out, const uint8_t *upper, const uint8_t *lower, double y, const struct place *columns,
                       uint32_t size_px)
{
    for (uint32_t j = 0; j < size_px; j++, out += 3) {
        const double x = columns[j].share;
        const double w00 = (1 - y) * (1 - x), w01 = (1 - y) * x, w10 = y * (1 - x), w11 = y * x;
        const size_t first = (size_t)columns[j].first * 3, second = (size_t)columns[j].second * 3;

        for (size_t c = 0; c < 3; c++)
            out[c] = (float)(w00 * upper[first + c] + w01 * upper[second + c] + w10 * lower[first + c] + w11 * lower[second + c]);
    }
}

/* For each output pixel the input coordinate it is sampled at: shear and zoom about the centre, shift, and the flips, which
 * come last, folded in. Doubles throughout: a float32 coordinate is good to 1e-3 grey levels only. Without shear all rows sample
 * the same columns. */
static void warp(float *out, const uint8_t *pixels, uint32_t size_px, const struct tl_variant *variant, struct place *columns)
{
    const size_t row_values = (size_t)size_px * 3;
    const double centre = size_px / 2.0 - 0.5;
    const double shear = variant->shear_degrees * PI / 180, sine = sin(shear), cosine = cos(shear);

    for (uint32_t i = 0; i < size_px; i++, out += row_values) {
        const uint32_t r = variant->flip_vertical ? size_px - 1 - i : i;
        const struct place line = find_place(variant->zoom_y * cosine * (r - centre) + centre + variant->shift_y_px, size_px);

        for (uint32_t j = 0; j < size_px && (i == 0 || sine != 0); j++) {
            const uint32_t c = variant->flip_horizontal ? size_px - 1 - j : j;
            columns[j] = find_place(
                variant->zoom_x * (c - centre) - variant->zoom_y * sine * (r - centre) + centre + variant->shift_x_px, size_px);
        }
        sample_row(out, pixels + line.first * row_values, pixels + line.second * row_values, line.share, columns, size_px);
    }
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
        return tl_error_set(err, TL_BAD_INPUT,
                            "variant %u has a parameter that is not finite: shear %g, zoom %g x %g, shift %g, %g",
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
    struct place *columns = NULL;
    enum tl_status status = check_variant(variant, err);

    if (status != TL_OK)
        return status;
    if (variant->shear_degrees == 0 && variant->zoom_x == 1 && variant->zoom_y == 1 && variant->shift_x_px == 0 &&
        variant->shift_y_px == 0) {
        flip(out, pixels, size_px, variant);
        return TL_OK;
    }
    columns = tl_memory_alloc(size_px, sizeof *columns);
    if (!columns)
        return tl_error_set_no_memory(err, "an augmented photo", size_px * sizeof *columns);
    warp(out, pixels, size_px, variant, columns);
    tl_memory_free(columns);
    return TL_OK;
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
