/* metadata.c - see metadata.h. */
#include "common/image/metadata.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

void tl_metadata_parse_text(char *out, size_t out_bytes, const char *rendered)
{
    const char *end = NULL, *begin = rendered;
    size_t length;

    out[0] = '\0';
    for (const char *p = strstr(rendered, ", ASCII, "); p; p = strstr(p + 1, ", ASCII, "))
        end = p;
    if (!end)
        return;
    /* The text stands there twice, so it is half of what is left; it may itself hold parentheses. */
    length = (size_t)(end - rendered);
    if (length < 2 || length % 2 != 0 || memcmp(rendered + length / 2 - 1, " (", 2) != 0)
        return;
    length = length / 2 - 1;
    if (memcmp(rendered, rendered + length + 2, length) != 0)
        return;
    while (length > 0 && (begin[length - 1] == ' ' || begin[length - 1] == '\0'))
        length--;
    while (length > 0 && *begin == ' ') {
        begin++;
        length--;
    }
    if (!tl_text_is_plain(begin, length))
        return;
    if (length >= out_bytes) {
        length = out_bytes - 1;
        while (length > 0 && ((unsigned char)begin[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, begin, length);
    out[length] = '\0';
}

bool tl_metadata_parse_time(char out[20], const char *exif)
{
    static const char pattern[] = "dddd:dd:dd dd:dd:dd";
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

    out[0] = '\0';
    if (strlen(exif) != sizeof pattern - 1)
        return false;
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        if (pattern[i] == 'd' ? !isdigit((unsigned char)exif[i]) : exif[i] != pattern[i])
            return false;
    if (sscanf(exif, "%4d:%2d:%2d %2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6)
        return false;
    if (year == 0 || month < 1 || month > 12 || day < 1 || day > days[month - 1] || hour > 23 || minute > 59 || second > 60)
        return false;
    memcpy(out, exif, 20);
    out[4] = out[7] = '-';
    return true;
}

/* The field's text, or "". */
static void read_text(char *out, size_t out_bytes, VipsImage *image, const char *field)
{
    const char *rendered = NULL;

    out[0] = '\0';
    if (vips_image_get_typeof(image, field) == VIPS_TYPE_REF_STRING && vips_image_get_string(image, field, &rendered) == 0)
        tl_metadata_parse_text(out, out_bytes, rendered);
}

/* "Make Model", or the model alone where it begins with the make, as many do. */
static void read_camera(char *out, size_t out_bytes, VipsImage *image)
{
    char make[64], model[64], both[sizeof make + sizeof model + 1];
    size_t length;

    read_text(make, sizeof make, image, "exif-ifd0-Make");
    read_text(model, sizeof model, image, "exif-ifd0-Model");
    if (make[0] == '\0' || strncasecmp(model, make, strlen(make)) == 0)
        snprintf(both, sizeof both, "%s", model);
    else
        snprintf(both, sizeof both, "%s%s%s", make, model[0] ? " " : "", model);
    length = strlen(both);
    if (length >= out_bytes) {
        length = out_bytes - 1;
        while (length > 0 && ((unsigned char)both[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, both, length);
    out[length] = '\0';
}

void tl_metadata_read(struct tl_photo *out, const struct tl_decode *decode)
{
    VipsImage *image = decode->image;
    char text[32];

    snprintf(out->format, sizeof out->format, "%s", decode->format);
    out->width_px = decode->width_px;
    out->height_px = decode->height_px;
    out->exif_orientation = (unsigned)vips_image_get_orientation(image);
    read_text(text, sizeof text, image, "exif-ifd2-DateTimeOriginal");
    tl_metadata_parse_time(out->captured_at, text);
    read_camera(out->camera, sizeof out->camera, image);
}
