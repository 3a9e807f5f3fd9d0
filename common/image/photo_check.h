/* photo_check.h - whether a photo that came from a process which may be broken can be one at all.
 *
 * What can be checked without the file is: texts end and are UTF-8, numbers are within their bounds, the format is one that
 * is read. Digests, pixels and thumbnail are any bytes; that they belong to the file is believed.
 */
#ifndef TL_IMAGE_PHOTO_CHECK_H
#define TL_IMAGE_PHOTO_CHECK_H

#include <stdbool.h>

#include "common/image/photo.h"

bool tl_photo_check_is_possible(const struct tl_photo *photo);

#endif
