/* resample.h - an image scaled by a kernel as wide as its step, so that nothing aliases: bilinear, area, lanczos3.
 *
 * The kernels and their centres are those of Pillow, so of load_img(interpolation=...), but sums are doubles and rounded once
 * at the end; `area` weighs a pixel by the part of it that is covered, where Pillow's box takes whole pixels. Written here
 * because vips_resize, whose enlarging is an affine, puts a photo that is smaller than 224 on either side up to 0.6 pixels
 * off its place (8.14), and has no area. Cost: 18 multiplications an input pixel for lanczos3, 6 for bilinear, 3 for area.
 */
#ifndef TL_IMAGE_RESAMPLE_H
#define TL_IMAGE_RESAMPLE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/image/recipe.h"
#include "common/image/rows.h"

/* One axis: `in` pixels become `scaled`, of which `size` are kept from `offset` on. */
struct tl_resample_axis {
    uint32_t in_px, scaled_px, offset_px, size_px;
    /* The photo reaches farther than its pixels, by parts of one: of a photo decoded smaller the last pixel may be missing. */
    double lost_px, lost_before_px; /* in all, and of that before the first; nearest does not ask */
};

/* pixels: y->size x x->size x RGB; reads the rows that are needed, once, in order. `kernel` is not nearest.
 * Fails with: TL_BAD_INPUT (a row could not be decoded), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_resample_read(uint8_t *pixels, struct tl_rows *rows, const struct tl_resample_axis *x,
                                            const struct tl_resample_axis *y, enum tl_resize kernel, struct tl_error *err);

/* The input index of each kept pixel by Pillow's NEAREST, which adds up a double (keras-semantics section 3).
 * indices: axis->size of them. */
void tl_resample_index(uint32_t *indices, const struct tl_resample_axis *axis);
/* The same pixels by those indices. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_resample_read_nearest(uint8_t *pixels, struct tl_rows *rows, const struct tl_resample_axis *x,
                                                    const struct tl_resample_axis *y, struct tl_error *err);

#endif
