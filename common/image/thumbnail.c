/* thumbnail.c - see thumbnail.h. */
#include "common/image/thumbnail.h"

#include <assert.h>
#include <string.h>

#include "common/image/resample.h"

enum { SIDE = TL_THUMBNAIL_SIDE_PX, SIZE = TL_RECIPE_SIZE_PX };

void tl_thumbnail_init(struct tl_thumbnail *out, uint32_t width_px, uint32_t height_px)
{
    const struct tl_resample_axis x = {.in_px = width_px, .scaled_px = SIZE, .size_px = SIZE};
    const struct tl_resample_axis y = {.in_px = height_px, .scaled_px = SIZE, .size_px = SIZE};

    memset(out, 0, sizeof *out);
    tl_resample_index(out->columns, &x);
    tl_resample_index(out->lines, &y);
}

uint32_t tl_thumbnail_next_line(const struct tl_thumbnail *thumbnail)
{
    return thumbnail->line_count < SIZE ? thumbnail->lines[thumbnail->line_count] : TL_THUMBNAIL_COMPLETE;
}

/* How much of one axis, in 1/24 of a sampled pixel, thumbnail pixel `t` shares with sampled pixel `p`. */
static uint32_t measure_overlap(uint32_t t, uint32_t p)
{
    uint32_t from = t * SIZE, to = from + SIZE;
    uint32_t left = p * SIDE, right = left + SIDE;
    uint32_t begin = left > from ? left : from, end = right < to ? right : to;

    return begin < end ? end - begin : 0;
}

/* A sampled pixel is smaller than one of the thumbnail, so it lies in one or two of them: the first, and the next. */
void tl_thumbnail_add_line(struct tl_thumbnail *thumbnail, const uint8_t *row)
{
    uint32_t y = thumbnail->line_count++, first_line = y * SIDE / SIZE;
    uint64_t greys[SIDE + 1] = {0};

    assert(y < SIZE);
    for (uint32_t x = 0; x < SIZE; x++) {
        const uint8_t *rgb = row + (size_t)thumbnail->columns[x] * 3;
        uint32_t grey = 299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2], first = x * SIDE / SIZE;

        greys[first] += (uint64_t)grey * measure_overlap(first, x);
        greys[first + 1] += (uint64_t)grey * measure_overlap(first + 1, x);
    }
    for (uint32_t i = first_line; i < SIDE && i <= first_line + 1; i++)
        for (uint32_t j = 0; j < SIDE; j++)
            thumbnail->sums[i * SIDE + j] += greys[j] * measure_overlap(i, y);
}

void tl_thumbnail_finish(const struct tl_thumbnail *thumbnail, uint8_t out[TL_THUMBNAIL_PIXELS])
{
    static const uint64_t area = (uint64_t)SIZE * SIZE * 1000;

    assert(thumbnail->line_count == SIZE);
    for (size_t i = 0; i < TL_THUMBNAIL_PIXELS; i++)
        out[i] = (uint8_t)((thumbnail->sums[i] + area / 2) / area);
}
