/* area.c - see area.h. */
#include "common/image/area.h"

#include <assert.h>
#include <string.h>

/* The input interval [first, last] of pixels that output pixel `i` touches, and how much of the first and last it covers. */
struct span {
    uint32_t first, last;
    double first_weight, last_weight; /* the sum of all weights is in/scaled; the pixels between weigh 1 */
};

static struct span find_span(const struct tl_resize_axis *axis, uint32_t i)
{
    double step = (double)axis->in_px / axis->scaled_px;
    double from = (axis->offset_px + (double)i) * step, to = (axis->offset_px + (double)i + 1) * step;
    struct span span;

    span.first = (uint32_t)from < axis->in_px ? (uint32_t)from : axis->in_px - 1;
    span.last = (uint32_t)to < axis->in_px ? (uint32_t)to : axis->in_px - 1;
    if (span.last > span.first && to <= span.last)
        span.last--; /* `to` is the edge itself */
    if (span.first == span.last) {
        span.first_weight = to - from;
        span.last_weight = 0;
    } else {
        span.first_weight = span.first + 1 - from;
        span.last_weight = to - span.last;
    }
    return span;
}

/* One input row, summed over each output column's span. */
static void sum_row(double *out, const uint8_t *row, const struct span *columns, uint32_t column_count)
{
    for (uint32_t j = 0; j < column_count; j++, out += 3) {
        const struct span *span = &columns[j];
        const uint8_t *first = row + (size_t)span->first * 3, *last = row + (size_t)span->last * 3;
        uint64_t between[3] = {0, 0, 0};

        for (const uint8_t *p = first + 3; p < last; p += 3)
            for (int c = 0; c < 3; c++)
                between[c] += p[c];
        for (int c = 0; c < 3; c++)
            out[c] = first[c] * span->first_weight + (double)between[c] + last[c] * span->last_weight;
    }
}

bool tl_area_read(uint8_t *pixels, struct tl_rows *rows, const struct tl_resize_axis *x, const struct tl_resize_axis *y)
{
    struct span columns[TL_RECIPE_SIZE_PX];
    double sums[TL_RECIPE_SIZE_PX * 3], row_sums[TL_RECIPE_SIZE_PX * 3];
    double area = (double)x->in_px / x->scaled_px * ((double)y->in_px / y->scaled_px);
    uint32_t value_count = x->size_px * 3, ready = UINT32_MAX;

    assert(x->size_px <= TL_RECIPE_SIZE_PX);
    for (uint32_t j = 0; j < x->size_px; j++)
        columns[j] = find_span(x, j);
    for (uint32_t i = 0; i < y->size_px; i++) {
        struct span span = find_span(y, i);
        memset(sums, 0, sizeof sums);
        for (uint32_t r = span.first; r <= span.last; r++) {
            double weight = r == span.first ? span.first_weight : r == span.last ? span.last_weight : 1;
            if (r != ready) { /* the row at an edge is shared by two output rows, and by more where a photo is enlarged */
                const uint8_t *row = tl_rows_get(rows, r);
                if (!row)
                    return false;
                sum_row(row_sums, row, columns, x->size_px);
                ready = r;
            }
            for (uint32_t k = 0; k < value_count; k++)
                sums[k] += row_sums[k] * weight;
        }
        for (uint32_t k = 0; k < value_count; k++) {
            double value = sums[k] / area + 0.5;
            pixels[(size_t)i * value_count + k] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
    return true;
}
