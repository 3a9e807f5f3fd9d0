/* resize.h - a decoded photo as exactly 224 x 224 pixels: turned or not, stretched or cropped, by the recipe's kernel.
 */
#ifndef TL_IMAGE_RESIZE_H
#define TL_IMAGE_RESIZE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/image/decode.h"
#include "common/image/recipe.h"
#include "common/image/resample.h"
#include "common/image/thumbnail.h"

/* The geometry of a recipe: x is columns. Fails with: TL_BAD_INPUT (a strip too thin for a centre crop). */
TL_MUST_USE enum tl_status tl_resize_plan(struct tl_resample_axis *x, struct tl_resample_axis *y, uint32_t width_px,
                                          uint32_t height_px, const struct tl_recipe *recipe, struct tl_error *err);

/* How many times smaller, 1, 2, 4 or 8, a photo may be decoded by a recipe that shrinks on load; 1 by others. Both sides keep twice
 * what they are scaled to, as vips_thumbnail does it: the antialiasing kernel then still decides what is seen. */
unsigned tl_resize_choose_shrink(uint32_t width_px, uint32_t height_px, const struct tl_recipe *recipe);

/* pixels: size x size x RGB. Reads the image from the top down, once, and completes the thumbnail, which may be NULL, by the
 * way. Fails with: TL_BAD_INPUT (damaged, too slow, too thin), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_resize_read(uint8_t *pixels, struct tl_thumbnail *thumbnail, struct tl_decode *decode,
                                          const struct tl_recipe *recipe, struct tl_error *err);

#endif
