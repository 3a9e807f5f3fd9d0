/* photo_fixture.h - what the tests of photos share: libvips started, and a photo made in memory in any format.
 */
#ifndef TL_TESTS_PHOTO_FIXTURE_H
#define TL_TESTS_PHOTO_FIXTURE_H

#include <vips/vips.h>

#include "common/base/memory.h"
#include "common/image/photo.h"
#include "tests/support/suite.h"

static inline void start_photos(void)
{
    struct tl_error err;

    ck_assert_int_eq(tl_photo_start(&err), TL_OK);
}

/* A coloured pattern as a file of the format that `suffix` (".jpg", ".png[interlace]", ...) names; g_free() it. */
static inline uint8_t *make_photo(size_t *size_bytes, int width, int height, const char *suffix)
{
    size_t count = (size_t)width * (size_t)height * 3;
    uint8_t *pixels = tl_memory_alloc(count, 1);
    VipsImage *image = NULL;
    void *bytes = NULL;

    ck_assert_ptr_nonnull(pixels);
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)((i * i / 97 + i * 7) % 256);
    image = vips_image_new_from_memory(pixels, count, width, height, 3, VIPS_FORMAT_UCHAR);
    ck_assert_ptr_nonnull(image);
    image->Type = VIPS_INTERPRETATION_sRGB;
    ck_assert_msg(vips_image_write_to_buffer(image, suffix, &bytes, size_bytes, NULL) == 0, "%s", vips_error_buffer());
    g_object_unref(image);
    tl_memory_free(pixels);
    return bytes;
}

#endif
