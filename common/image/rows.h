/* rows.h - rows of a libvips image, pulled in order by the calling thread.
 *
 * libvips's own sinks would start worker threads for each photo; a photo is small, and photos are the parallelism
 * here. Strips of 16 rows keep sequential loaders in step and cost 1.3 ms a weather photo against 2.1 for a whole image.
 */
#ifndef TL_IMAGE_ROWS_H
#define TL_IMAGE_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <vips/vips.h>

#include "common/base/error.h"
#include "common/image/decode.h"
#include "common/image/thumbnail.h"

struct tl_rows {
    VipsImage *image; /* all three borrowed */
    struct tl_decode *decode;
    struct tl_thumbnail *thumbnail; /* gets its lines in passing; or NULL */
    VipsRegion *region;
    int top, height; /* the strip that is ready */
};

/* `decode` is where the image's pixels come from, for the error's sake. `thumbnail` may be NULL. */
void tl_rows_open(struct tl_rows *out, VipsImage *image, struct tl_decode *decode, struct tl_thumbnail *thumbnail);
void tl_rows_close(struct tl_rows *rows);

/* Row `y`, until the next call; NULL, and *err as tl_decode_fail() sets it, when it cannot be had. `y` never falls below an
 * earlier one's strip. */
const uint8_t *tl_rows_get(struct tl_rows *rows, uint32_t y, struct tl_error *err);

/* The thumbnail's lines beyond the last row that was asked for; no row can be had afterwards. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_rows_complete(struct tl_rows *rows, struct tl_error *err);

/* Where the prepared region has pixel (x, y): VIPS_REGION_ADDR without its mixed signs. */
uint8_t *tl_rows_locate(const VipsRegion *region, int x, int y);

#endif
