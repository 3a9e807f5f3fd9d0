/* resample.c - see resample.h. */
#include "common/image/resample.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/base/memory.h"

static const double PI = 3.14159265358979323846;

/* The input pixels that make one output pixel. */
struct tap {
    uint32_t first, count;
    const double *weights; /* they sum to 1 */
};

struct taps {
    struct tap each[TL_RECIPE_SIZE_PX];
    double *weights; /* all of them, owned */
};

static double sinc(double x)
{
    return x == 0 ? 1 : sin(PI * x) / (PI * x);
}

/* The weight of an input pixel whose centre lies `distance` input pixels from the output pixel's. */
static double weigh(enum tl_resize kernel, double distance, double step)
{
    double widened = distance / (step > 1 ? step : 1), left, right;

    switch (kernel) {
    case TL_RESIZE_BILINEAR:
        return fmax(0, 1 - fabs(widened));
    case TL_RESIZE_LANCZOS3:
        return fabs(widened) < 3 ? sinc(widened) * sinc(widened / 3) : 0;
    case TL_RESIZE_AREA: /* the length that the two have in common */
        left = fmax(distance - 0.5, -step / 2);
        right = fmin(distance + 0.5, step / 2);
        return fmax(0, right - left);
    case TL_RESIZE_NEAREST:
        break;
    }
    assert(false);
    return 0;
}

/* How far from its centre, in input pixels, an output pixel looks. */
static double find_reach(enum tl_resize kernel, double step)
{
    double widening = step > 1 ? step : 1;

    return kernel == TL_RESIZE_AREA ? step / 2 + 0.5 : kernel == TL_RESIZE_LANCZOS3 ? 3 * widening : widening;
}

static enum tl_status plan_taps(struct taps *out, const struct tl_resample_axis *axis, enum tl_resize kernel, struct tl_error *err)
{
    double step = (axis->in_px + axis->lost_px) / axis->scaled_px, reach = find_reach(kernel, step);
    size_t tap_count_max = (size_t)ceil(2 * reach) + 2;
    double *weights;

    assert(axis->size_px <= TL_RECIPE_SIZE_PX);
    weights = out->weights = tl_memory_alloc(tap_count_max * axis->size_px, sizeof *weights);
    if (!weights)
        return tl_error_set_no_memory(err, "the weights of a resize", tap_count_max * axis->size_px * sizeof *weights);
    for (uint32_t i = 0; i < axis->size_px; i++) {
        double centre = ((double)axis->offset_px + i + 0.5) * step - axis->lost_before_px, sum = 0;
        uint32_t first = (uint32_t)fmax(0, floor(centre - reach)), end = (uint32_t)fmin(axis->in_px, ceil(centre + reach) + 1);

        assert(first < end && end - first <= tap_count_max);
        for (uint32_t p = first; p < end; p++)
            sum += weights[p - first] = weigh(kernel, p + 0.5 - centre, step);
        for (uint32_t p = first; p < end; p++)
            weights[p - first] /= sum;
        /* Pixels beyond the kernel are not read: nothing that is not a number, and no row, comes in by a weight of zero. */
        while (end > first + 1 && weights[end - first - 1] == 0)
            end--;
        out->each[i] = (struct tap){first, end - first, weights};
        weights += end - first;
    }
    return TL_OK;
}

static void scale_row(double *out, const uint8_t *row, const struct taps *columns, uint32_t column_count)
{
    for (uint32_t j = 0; j < column_count; j++, out += 3) {
        const struct tap *tap = &columns->each[j];
        const uint8_t *in = row + (size_t)tap->first * 3;
        double red = 0, green = 0, blue = 0;

        for (uint32_t k = 0; k < tap->count; k++, in += 3) {
            red += in[0] * tap->weights[k];
            green += in[1] * tap->weights[k];
            blue += in[2] * tap->weights[k];
        }
        out[0] = red;
        out[1] = green;
        out[2] = blue;
    }
}

enum tl_status tl_resample_read(uint8_t *pixels, struct tl_rows *rows, const struct tl_resample_axis *x,
                                const struct tl_resample_axis *y, enum tl_resize kernel, struct tl_error *err)
{
    size_t row_values = (size_t)x->size_px * 3, value_count = row_values * y->size_px;
    struct taps columns = {.weights = NULL}, lines = {.weights = NULL};
    double *sums = NULL, scaled[TL_RECIPE_SIZE_PX * 3];
    uint32_t begin = 0; /* output rows before it are complete */
    enum tl_status status;

    status = plan_taps(&columns, x, kernel, err);
    if (status == TL_OK)
        status = plan_taps(&lines, y, kernel, err);
    if (status != TL_OK)
        goto done;
    sums = tl_memory_alloc(value_count, sizeof *sums);
    if (!sums) {
        status = tl_error_set_no_memory(err, "a resize", value_count * sizeof *sums);
        goto done;
    }
    for (uint32_t r = lines.each[0].first; begin < y->size_px; r++) {
        const uint8_t *row = tl_rows_get(rows, r, err);
        if (!row) {
            status = TL_BAD_INPUT;
            goto done;
        }
        scale_row(scaled, row, &columns, x->size_px);
        for (uint32_t i = begin; i < y->size_px && lines.each[i].first <= r; i++) {
            const struct tap *tap = &lines.each[i];
            if (r - tap->first < tap->count)
                for (size_t k = 0; k < row_values; k++)
                    sums[i * row_values + k] += scaled[k] * tap->weights[r - tap->first];
        }
        while (begin < y->size_px && lines.each[begin].first + lines.each[begin].count <= r + 1)
            begin++;
    }
    for (size_t k = 0; k < value_count; k++)
        pixels[k] = (uint8_t)fmin(255, fmax(0, sums[k] + 0.5));
done:
    tl_memory_free(columns.weights);
    tl_memory_free(lines.weights);
    tl_memory_free(sums);
    return status;
}

/* The sum of steps is not the product i * step: where a product falls on a whole number the two differ (640 to 224 does),
 * and Keras's pixels are those of the sum. vips_resize(nearest) and vips_mapim round otherwise still, which is why
 * nearest goes by index here. */
void tl_resample_index(uint32_t *indices, const struct tl_resample_axis *axis)
{
    double step = (double)axis->in_px / axis->scaled_px, position = 0.5 * step;

    for (uint32_t i = 0; i < axis->offset_px + axis->size_px; i++, position += step) {
        uint32_t index = (uint32_t)position;
        if (i >= axis->offset_px)
            indices[i - axis->offset_px] = index < axis->in_px ? index : axis->in_px - 1;
    }
}

enum tl_status tl_resample_read_nearest(uint8_t *pixels, struct tl_rows *rows, const struct tl_resample_axis *x,
                                        const struct tl_resample_axis *y, struct tl_error *err)
{
    uint32_t columns[TL_RECIPE_SIZE_PX], lines[TL_RECIPE_SIZE_PX];

    assert(x->size_px <= TL_RECIPE_SIZE_PX && y->size_px <= TL_RECIPE_SIZE_PX);
    tl_resample_index(columns, x);
    tl_resample_index(lines, y);
    for (uint32_t i = 0; i < y->size_px; i++) {
        const uint8_t *row = tl_rows_get(rows, lines[i], err);
        if (!row)
            return TL_BAD_INPUT;
        for (uint32_t j = 0; j < x->size_px; j++, pixels += 3)
            memcpy(pixels, row + (size_t)columns[j] * 3, 3);
    }
    return TL_OK;
}
