/* metadata.h - what a photo file says of itself: orientation, time, camera; every word of it untrusted.
 */
#ifndef TL_IMAGE_METADATA_H
#define TL_IMAGE_METADATA_H

#include "common/image/decode.h"
#include "common/image/photo.h"

/* Fills format, width_px, height_px, exif_orientation, captured_at and camera. What is missing, odd or hostile
 * counts as not said. */
void tl_metadata_read(struct tl_photo *out, const struct tl_decode *decode);

/* "2015:03:01 12:30:00" as "2015-03-01 12:30:00"; false, and "", when it is not a time. */
bool tl_metadata_parse_time(char out[20], const char *exif);

/* The text in libvips's rendering of an EXIF string, "TEXT (TEXT, ASCII, n components, n bytes)", with blanks at its
 * ends cut off; "" when it is not plain UTF-8. Cut between characters when it is longer than `out`. */
void tl_metadata_parse_text(char *out, size_t out_bytes, const char *rendered);

#endif
