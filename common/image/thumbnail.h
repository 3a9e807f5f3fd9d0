/* thumbnail.h - a photo as 24 x 24 grey pixels that depend on its bytes alone, whatever the recipe.
 *
 *     tl_thumbnail_init(&thumbnail, width_px, height_px);
 *     while ((line = tl_thumbnail_next_line(&thumbnail)) != TL_THUMBNAIL_COMPLETE)
 *         tl_thumbnail_add_line(&thumbnail, row number `line`);
 *     tl_thumbnail_finish(&thumbnail, out);
 *
 * The mean grey over the 224 x 224 pixels that Keras's nearest would take of the photo as it is stored, neither turned nor
 * cropped. Lines come from the top down, so that one pass over the rows serves it beside a resize. Whole numbers throughout,
 * so that every machine makes the same thumbnail. Only where a recipe has the photo decoded smaller (shrink_on_load), the smaller
 * photo's pixels are taken, whose greys are a few levels off.
 */
#ifndef TL_IMAGE_THUMBNAIL_H
#define TL_IMAGE_THUMBNAIL_H

#include <stdint.h>

#include "common/image/recipe.h"

enum { TL_THUMBNAIL_SIDE_PX = 24, TL_THUMBNAIL_PIXELS = TL_THUMBNAIL_SIDE_PX * TL_THUMBNAIL_SIDE_PX };
static const uint32_t TL_THUMBNAIL_COMPLETE = UINT32_MAX;

struct tl_thumbnail {
    uint32_t columns[TL_RECIPE_SIZE_PX], lines[TL_RECIPE_SIZE_PX]; /* indices into the photo, never falling */
    uint32_t line_count;                                           /* lines added */
    uint64_t sums[TL_THUMBNAIL_PIXELS];
};

/* Sides are at least 1. */
void tl_thumbnail_init(struct tl_thumbnail *out, uint32_t width_px, uint32_t height_px);
/* The row of the photo that is to be added next, the same one several times where the photo is small; COMPLETE at the end. */
uint32_t tl_thumbnail_next_line(const struct tl_thumbnail *thumbnail);
/* row: the photo's width x RGB. */
void tl_thumbnail_add_line(struct tl_thumbnail *thumbnail, const uint8_t *row);
/* Once it is complete: grey, rows first. */
void tl_thumbnail_finish(const struct tl_thumbnail *thumbnail, uint8_t out[TL_THUMBNAIL_PIXELS]);

#endif
