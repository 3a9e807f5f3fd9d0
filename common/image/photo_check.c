/* photo_check.c - see photo_check.h. */
#include "common/image/photo_check.h"

#include <string.h>

#include "common/base/text.h"

static bool is_format(const char *format, size_t size_bytes)
{
    static const char *const formats[] = {"jpeg", "png", "gif", "webp", "tiff", "heif", "bmp", "ppm"};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strncmp(format, formats[i], size_bytes) == 0)
            return true;
    return false;
}

/* "", or digits where a pattern has zeros, and its own characters elsewhere. */
static bool is_time(const char *text, size_t size_bytes)
{
    static const char pattern[] = "0000-00-00 00:00:00";

    if (text[0] == '\0')
        return true;
    for (size_t i = 0; i < size_bytes; i++) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';

        if (pattern[i] == '0' ? !is_digit : text[i] != pattern[i])
            return false;
    }
    return true;
}

static bool is_plain_text(const char *text, size_t size_bytes)
{
    const char *end = memchr(text, '\0', size_bytes);

    return end && tl_text_is_plain(text, (size_t)(end - text));
}

bool tl_photo_check_is_possible(const struct tl_photo *photo)
{
    _Static_assert(sizeof photo->captured_at == sizeof "0000-00-00 00:00:00", "a time fills its place");
    if (photo->width_px < 1 || photo->height_px < 1 || (uint64_t)photo->width_px * photo->height_px > TL_PHOTO_PIXELS_MAX)
        return false;
    return photo->exif_orientation >= 1 && photo->exif_orientation <= 8 && is_format(photo->format, sizeof photo->format) &&
           is_time(photo->captured_at, sizeof photo->captured_at) && is_plain_text(photo->camera, sizeof photo->camera);
}
