/* photo.h - a photo file as pixels of the network's size, and what the file says of itself.
 *
 *     tl_photo_start(err);                                    once a process, before threads
 *     tl_photo_read(&photo, path, &recipe, err);              any thread
 *     tl_photo_end_thread();                                  before a thread that read photos ends
 *     tl_photo_stop();                                        once, at the end
 *
 * One call: path in, pixels or failure out, so that helper processes can do it (decoders.h). The content decides what a
 * file is, never its name. Bounded: regular files only, TL_PHOTO_FILE_BYTES_MAX, TL_PHOTO_PIXELS_MAX before anything is
 * decoded, TL_PHOTO_SECONDS_MAX as far as decode.h says. libvips decodes; its vector paths are off because they change pixels
 * between CPUs.
 */
#ifndef TL_IMAGE_PHOTO_H
#define TL_IMAGE_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/image/recipe.h"
#include "common/image/thumbnail.h"

enum {
    TL_PHOTO_VALUES = TL_RECIPE_SIZE_PX * TL_RECIPE_SIZE_PX * 3, /* H x W x 3 */
    TL_PHOTO_SECONDS_MAX = 30
};
static const uint64_t TL_PHOTO_PIXELS_MAX = 256 * 1000 * 1000;
static const uint64_t TL_PHOTO_FILE_BYTES_MAX = (uint64_t)1 << 30;

struct tl_photo {
    uint8_t sha256[TL_DIGEST_BYTES]; /* of the file's bytes, the very ones decoded */
    uint32_t width_px, height_px;    /* as stored in the file */
    char format[16];                 /* "jpeg", "png", "gif", "webp", "tiff", "heif", "bmp", "ppm": what the bytes are */
    unsigned exif_orientation;       /* 1 to 8; 1 where the file says nothing or nonsense */
    char captured_at[20];            /* EXIF DateTimeOriginal as "YYYY-MM-DD HH:MM:SS", or "" */
    char camera[64];                 /* EXIF make and model, UTF-8, or "" */
    uint8_t thumbnail[TL_THUMBNAIL_PIXELS]; /* grey, rows first, the same by every recipe that does not shrink on load */
    uint8_t pixels[TL_PHOTO_VALUES]; /* size x size x RGB after resize or crop, before augmentation and preprocessing */
    uint8_t pixels_digest[TL_DIGEST_BYTES]; /* SHA-256 of `pixels` */
};

/* Starts libvips with one thread a call, no operation cache, no vector paths, no untrusted loaders. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_photo_start(struct tl_error *err);
/* Only after a start that succeeded. */
void tl_photo_stop(void);
void tl_photo_end_thread(void);

/* Reads, hashes, decodes and resizes. On failure *out is unspecified but for `sha256`, which is zero unless the file could be read.
 * Fails with: TL_NOT_FOUND (no file, dangling link), TL_BAD_INPUT (not a regular file, empty, not a photo, truncated,
 * too large), TL_TOO_SLOW, TL_IO (unreadable), TL_NO_MEMORY. The message has no path in it. */
TL_MUST_USE enum tl_status tl_photo_read(struct tl_photo *out, const char *path, const struct tl_recipe *recipe,
                                         struct tl_error *err);

/* The same from bytes in memory (standard input, tests). */
TL_MUST_USE enum tl_status tl_photo_decode(struct tl_photo *out, const void *bytes, size_t size_bytes,
                                           const struct tl_recipe *recipe, struct tl_error *err);

/* True when a file name ends as a photo's does: Keras's list (png jpg jpeg bmp ppm tif tiff, no dot needed, any case) and
 * what libvips reads besides (gif, webp, heic, heif, avif, pgm, pnm). */
bool tl_photo_is_photo_name(const char *file_name);
/* True when a folder pretends to be a photo, as "x.jpg" does and "jpg" or "mypng" does not: a walk gives it out as a photo that
 * cannot be read, and does not go into it. */
bool tl_photo_is_folder_disguised(const char *folder_name);

#endif
