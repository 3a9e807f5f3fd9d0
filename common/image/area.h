/* area.h - the mean over the exact area that each output pixel covers; libvips's shrink has whole steps only.
 */
#ifndef TL_IMAGE_AREA_H
#define TL_IMAGE_AREA_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/image/resize.h"
#include "common/image/rows.h"

/* pixels: y->size x x->size x RGB, from rows of uint8 RGB. True when all rows could be read. */
TL_MUST_USE bool tl_area_read(uint8_t *pixels, struct tl_rows *rows, const struct tl_resize_axis *x, const struct tl_resize_axis *y);

#endif
