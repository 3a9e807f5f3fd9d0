/* augment.h - variant parameters to augmented pixels, and pixels to the network's input.
 *
 * Keras's apply_transform by the newest column of keras-semantics section 1: one affine, bilinear in double, fill
 * nearest, then flips; float32 out, neither clipped nor rounded. A variant whose affine is the identity is only flipped, as in
 * Keras. Written here rather than asked of libvips, whose vips_mapim gives the same values in five times the time (1.5 ms
 * a variant of 224 x 224, against 0.3).
 */
#ifndef TL_IMAGE_AUGMENT_H
#define TL_IMAGE_AUGMENT_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/image/augmentation.h"
#include "common/image/recipe.h"

/* pixels: size x size x 3 of uint8; out: the same shape of float32, 0 to 255, RGB. Any thread.
 * Fails with: TL_BAD_INPUT (a parameter that is not finite, or a zoom that is not positive), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_augment_apply(float *out, const uint8_t *pixels, uint32_t size_px, const struct tl_variant *variant,
                                            struct tl_error *err);

/* In place, size x size x 3: caffe makes BGR less the ImageNet means [103.939, 116.779, 123.68]; rescale divides by 255
 * and keeps RGB. Source: Keras applications/imagenet_utils.py. */
void tl_augment_preprocess(float *values, uint32_t size_px, enum tl_preprocess preprocess);

#endif
