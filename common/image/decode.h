/* decode.h - a photo's bytes as a libvips image of RGB of 8 bits, decoded while its rows are asked for.
 *
 *     struct tl_decode decode;
 *     tl_decode_open(&decode, bytes, size_bytes, seconds_max, is_alone, err);
 *     ... rows of decode.image, from the top down, in this thread ...
 *     if (a libvips call failed) status = tl_decode_fail(&decode, err);
 *     tl_decode_close(&decode);
 *
 * Opening reads the header alone and refuses what is too large. The bytes and the struct must stay where they are
 * until the close. Only loaders on a short list are used, chosen by content. The clock is looked at between strips of
 * rows; interlaced PNG, progressive JPEG and WebP are decoded by their libraries in one call before the first row (1 to 3 s at
 * the size limit), and can be stopped only after it, or with the process (decoders.h).
 *
 * Any number of threads decode at once, but libvips keeps one text for the failures of all of them. So a failure has a reason
 * only where nothing else is decoded meanwhile; elsewhere `wants_reason` asks for a second decode, alone.
 */
#ifndef TL_IMAGE_DECODE_H
#define TL_IMAGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vips/vips.h>

#include "common/base/error.h"
#include "common/image/bitmap.h"
#include "common/image/rgb.h"

struct tl_decode {
    VipsImage *image;    /* 3 bands of uint8, to be read from the top down */
    VipsImage *stored;   /* what `image` is made from; NULL for a bitmap */
    const char *format;  /* static: "jpeg", "png", ... */
    uint32_t width_px, height_px; /* as stored; `image` is `shrink` times smaller */
    unsigned shrink;
    struct tl_bitmap bitmap;
    struct tl_rgb_kind kind;
    double seconds_max, end_seconds;
    bool is_late;
    bool is_alone, wants_reason;
};

/* `is_alone`: no other thread decodes until the close. Fails with: TL_BAD_INPUT (not a photo, damaged, too large), TL_NO_MEMORY.
 * *out needs a close after success only; its wants_reason holds in any case. */
TL_MUST_USE enum tl_status tl_decode_open(struct tl_decode *out, const void *bytes, size_t size_bytes, double seconds_max,
                                          bool is_alone, struct tl_error *err);
void tl_decode_close(struct tl_decode *decode);

/* Before any row was asked for: the image anew, of the same bytes, `factor` (1, 2, 4 or 8) times smaller on both sides,
 * rounded down, where its format can be decoded so (JPEG can, by a smaller inverse transform of its blocks); else as it was.
 * Fails with: as open. */
TL_MUST_USE enum tl_status tl_decode_shrink(struct tl_decode *decode, const void *bytes, size_t size_bytes, unsigned factor,
                                            struct tl_error *err);

/* False once the time is used up; the reader of rows asks now and then, and libvips is stopped by the same clock. */
bool tl_decode_has_time(struct tl_decode *decode);

/* After a failed libvips call on decode->image: takes libvips's text, in one line, where it is surely of this photo, and
 * returns TL_BAD_INPUT, or TL_TOO_SLOW where the time is used up. */
enum tl_status tl_decode_fail(struct tl_decode *decode, struct tl_error *err);

#endif
