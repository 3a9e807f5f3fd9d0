/* decode.c - see decode.h. */
#include "common/image/decode.h"

#include <string.h>

#include "common/base/system.h"
#include "common/image/modules.h"
#include "common/image/photo.h"
#include "common/image/rows.h"

static const double SIDE_PX_MAX = 1e6; /* libpng's own; it bounds what a resize plans for */

/* The formats that are read: how a file of each begins, and libvips's operation for it. libvips, asked what some bytes
 * are, would show them to every loader it has, the blocked ones too. Its errors' domains hold the format's name. */
struct loader {
    const char *format, *operation;
    size_t magic_at, magic_bytes;
    const char *magic;
};
static const struct loader LOADERS[] = {
    {"jpeg", "jpegload_buffer", 0, 3, "\xff\xd8\xff"},
    {"png", "pngload_buffer", 0, 4, "\x89PNG"},
    {"gif", "gifload_buffer", 0, 4, "GIF8"},
    {"webp", "webpload_buffer", 8, 4, "WEBP"},
    {"tiff", "tiffload_buffer", 0, 4, "II*\0"},
    {"tiff", "tiffload_buffer", 0, 4, "MM\0*"},
    {"tiff", "tiffload_buffer", 0, 4, "II+\0"}, /* BigTIFF */
    {"tiff", "tiffload_buffer", 0, 4, "MM\0+"},
    {"heif", "heifload_buffer", 4, 4, "ftyp"},
};
enum { LOADER_COUNT = sizeof LOADERS / sizeof *LOADERS };
static const struct loader PPM_LOADER = {"ppm", "ppmload_source", 0, 0, ""}; /* libvips has no ppmload_buffer */

static bool has_ppm_magic(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && strchr(" \t\r\n#", bytes[2]) &&
           bytes[2] != '\0';
}

/* The largest value a portable map says it has, third of the numbers in its header; 0 when there is none. */
static unsigned find_ppm_most(const uint8_t *bytes, size_t size_bytes)
{
    unsigned number = 0, number_count = 0;
    bool is_in_number = false;

    for (size_t i = 2; i < size_bytes; i++) {
        if (bytes[i] >= '0' && bytes[i] <= '9') {
            number = (is_in_number && number < 100000000 ? number * 10 : 0) + (unsigned)(bytes[i] - '0');
            is_in_number = true;
            continue;
        }
        number_count += is_in_number;
        is_in_number = false;
        if (number_count == 3)
            return number;
        if (bytes[i] == '#')
            while (i + 1 < size_bytes && bytes[i] != '\n')
                i++;
        else if (!strchr(" \t\r\n\v\f", bytes[i]) || bytes[i] == '\0')
            return 0;
    }
    return 0;
}

/* libvips does not scale by the largest value, so only the two that need none are taken; a map of bits has none. */
static enum tl_status check_ppm(const uint8_t *bytes, size_t size_bytes, struct tl_error *err)
{
    unsigned most;

    if (bytes[1] == '1' || bytes[1] == '4')
        return TL_OK;
    most = find_ppm_most(bytes, size_bytes);
    if (most != 255 && most != 65535)
        return tl_error_set(err, TL_BAD_INPUT, "a portable map with %u as its largest value; only 255 and 65535 are read", most);
    return TL_OK;
}

static const struct loader *find_loader(const uint8_t *bytes, size_t size_bytes)
{
    if (has_ppm_magic(bytes, size_bytes))
        return &PPM_LOADER;
    for (size_t i = 0; i < LOADER_COUNT; i++) {
        const struct loader *loader = &LOADERS[i];
        if (size_bytes >= loader->magic_at + loader->magic_bytes &&
            memcmp(bytes + loader->magic_at, loader->magic, loader->magic_bytes) == 0)
            return loader;
    }
    return NULL;
}

/* Of the lines that libvips gathered, the first about this format is taken: it names the cause, later ones what failed because
 * of it. The copy leaves libvips with none. */
static void take_vips_text(char *out, size_t out_bytes, const char *format)
{
    char *text = vips_error_buffer_copy();
    char *rest = NULL;

    out[0] = '\0';
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
        char *colon = strstr(line, ": ");
        if (!colon)
            continue;
        *colon = '\0';
        if (strcasestr(line, format)) {
            g_strlcpy(out, colon + 2, out_bytes);
            break;
        }
    }
    g_free(text);
}

bool tl_decode_has_time(struct tl_decode *decode)
{
    if (tl_system_seconds() > decode->end_seconds)
        decode->is_late = true;
    return !decode->is_late;
}

enum tl_status tl_decode_fail(struct tl_decode *decode, struct tl_error *err)
{
    char text[200] = "";

    if (decode->is_late)
        return tl_error_set(err, TL_TOO_SLOW, "decoding took longer than %g seconds and was stopped", decode->seconds_max);
    decode->wants_reason = !decode->is_alone;
    if (decode->is_alone)
        take_vips_text(text, sizeof text, decode->format);
    if (text[0] == '\0')
        return tl_error_set(err, TL_BAD_INPUT, "damaged or unusual %s data", decode->format);
    return tl_error_set(err, TL_BAD_INPUT, "damaged or unusual %s data: %s", decode->format, text);
}

static void stop_when_late(VipsImage *image, VipsProgress *progress, struct tl_decode *decode)
{
    (void)progress;
    if (!tl_decode_has_time(decode))
        vips_image_set_kill(image, TRUE);
}

static int generate_rgb(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = sequence;
    struct tl_decode *decode = b;
    const VipsRect *area = &out->valid;

    (void)a;
    (void)stop;
    if (!tl_decode_has_time(decode) || vips_region_prepare(in, area))
        return -1;
    for (int y = area->top; y < area->top + area->height; y++)
        tl_rgb_convert(tl_rows_locate(out, area->left, y), tl_rows_locate(in, area->left, y), (size_t)area->width, decode->kind);
    return 0;
}

static int generate_bitmap(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    struct tl_decode *decode = b;
    const VipsRect *area = &out->valid;

    (void)sequence;
    (void)a;
    (void)stop;
    if (!tl_decode_has_time(decode))
        return -1;
    for (int y = area->top; y < area->top + area->height; y++)
        tl_bitmap_read(&decode->bitmap, tl_rows_locate(out, area->left, y), (uint32_t)area->left, (uint32_t)y,
                       (uint32_t)area->width);
    return 0;
}

static enum tl_status check_size(double width_px, double height_px, struct tl_error *err)
{
    if (width_px > SIDE_PX_MAX || height_px > SIDE_PX_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "%.0f x %.0f pixels: no side is read beyond %.0f", width_px, height_px, SIDE_PX_MAX);
    if (width_px * height_px > (double)TL_PHOTO_PIXELS_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "%.0f x %.0f pixels are %.0f million; at most %.0f million are decoded", width_px,
                            height_px, width_px * height_px / 1e6, (double)TL_PHOTO_PIXELS_MAX / 1e6);
    return TL_OK;
}

static enum tl_status open_bitmap(struct tl_decode *decode, const uint8_t *bytes, size_t size_bytes, struct tl_error *err)
{
    struct tl_bitmap *bitmap = &decode->bitmap;
    enum tl_status status = tl_bitmap_init(bitmap, bytes, size_bytes, err);

    decode->format = "bmp";
    if (status == TL_OK)
        status = check_size(bitmap->width_px, bitmap->height_px, err);
    if (status != TL_OK)
        return status;
    decode->image = vips_image_new();
    vips_image_init_fields(decode->image, (int)bitmap->width_px, (int)bitmap->height_px, 3, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1, 1);
    if (vips_image_pipelinev(decode->image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(decode->image, NULL, generate_bitmap, NULL, NULL, decode))
        return tl_decode_fail(decode, err);
    return TL_OK;
}

/* Samples that are neither of 8 nor of 16 bits, and colours that are neither grey, RGB nor CMYK, are libvips's to bring
 * to 8 bits: no photo of Keras's kinds has them. */
static int simplify(VipsImage **image, struct tl_rgb_kind *kind)
{
    VipsInterpretation interpretation = (*image)->Type;
    VipsImage *simple = NULL;
    int failed = 0;

    kind->is_cmyk = interpretation == VIPS_INTERPRETATION_CMYK && (*image)->Bands >= 4;
    if (interpretation == VIPS_INTERPRETATION_LAB || interpretation == VIPS_INTERPRETATION_LABS ||
        interpretation == VIPS_INTERPRETATION_LABQ || interpretation == VIPS_INTERPRETATION_XYZ ||
        interpretation == VIPS_INTERPRETATION_scRGB)
        failed = vips_colourspace(*image, &simple, VIPS_INTERPRETATION_sRGB, NULL);
    else if (kind->is_cmyk && (*image)->BandFmt == VIPS_FORMAT_USHORT)
        failed = vips_cast(*image, &simple, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL);
    else if ((*image)->BandFmt != VIPS_FORMAT_UCHAR && (*image)->BandFmt != VIPS_FORMAT_USHORT)
        failed = vips_cast(*image, &simple, VIPS_FORMAT_UCHAR, NULL);
    if (simple) {
        g_object_unref(*image);
        *image = simple;
    }
    kind->bands = (unsigned)(*image)->Bands;
    kind->is_16_bit = (*image)->BandFmt == VIPS_FORMAT_USHORT;
    return failed;
}

static const struct loader *const JPEG_LOADER = &LOADERS[0];

static VipsImage *load(const struct loader *loader, const void *bytes, size_t size_bytes, unsigned shrink)
{
    VipsImage *image = NULL;

    if (loader == &PPM_LOADER) {
        VipsSource *source = vips_source_new_from_memory(bytes, size_bytes);
        if (source) {
            (void)vips_call(loader->operation, source, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                            VIPS_FAIL_ON_TRUNCATED, NULL);
            g_object_unref(source);
        }
    } else {
        VipsBlob *blob = vips_blob_new(NULL, bytes, size_bytes);
        if (loader == JPEG_LOADER)
            (void)vips_call(loader->operation, blob, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED,
                            "shrink", (int)shrink, NULL);
        else
            (void)vips_call(loader->operation, blob, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                            VIPS_FAIL_ON_TRUNCATED, NULL);
        vips_area_unref(VIPS_AREA(blob));
    }
    return image;
}

static enum tl_status open_loader(struct tl_decode *decode, const uint8_t *bytes, size_t size_bytes, unsigned shrink,
                                  struct tl_error *err)
{
    const struct loader *loader = find_loader(bytes, size_bytes);
    enum tl_status status = TL_OK;

    if (!loader)
        return tl_error_set(err, TL_BAD_INPUT, "not a photo: no format that is read begins with the bytes %02x %02x %02x %02x",
                            bytes[0], size_bytes > 1 ? bytes[1] : 0, size_bytes > 2 ? bytes[2] : 0,
                            size_bytes > 3 ? bytes[3] : 0);
    decode->format = loader->format;
    if (loader == &PPM_LOADER)
        status = check_ppm(bytes, size_bytes, err);
    if (status != TL_OK)
        return status;
    if (strcmp(loader->format, "heif") == 0)
        tl_modules_load_heif();
    decode->stored = load(loader, bytes, size_bytes, shrink);
    if (!decode->stored)
        return tl_decode_fail(decode, err);
    status = check_size(decode->stored->Xsize, decode->stored->Ysize, err);
    if (status != TL_OK)
        return status;
    vips_image_set_progress(decode->stored, TRUE);
    g_signal_connect(decode->stored, "eval", G_CALLBACK(stop_when_late), decode);
    decode->image = vips_image_new();
    if (simplify(&decode->stored, &decode->kind) ||
        vips_image_pipelinev(decode->image, VIPS_DEMAND_STYLE_THINSTRIP, decode->stored, NULL))
        return tl_decode_fail(decode, err);
    decode->image->Bands = 3;
    decode->image->BandFmt = VIPS_FORMAT_UCHAR;
    decode->image->Coding = VIPS_CODING_NONE;
    decode->image->Type = VIPS_INTERPRETATION_sRGB;
    if (vips_image_generate(decode->image, vips_start_one, generate_rgb, vips_stop_one, decode->stored, decode))
        return tl_decode_fail(decode, err);
    return TL_OK;
}

enum tl_status tl_decode_open(struct tl_decode *out, const void *bytes, size_t size_bytes, double seconds_max, bool is_alone,
                              struct tl_error *err)
{
    enum tl_status status;

    memset(out, 0, sizeof *out);
    out->format = "";
    out->is_alone = is_alone;
    if (is_alone)
        vips_error_clear(); /* of what other photos left there */
    out->seconds_max = seconds_max;
    out->end_seconds = tl_system_seconds() + seconds_max;
    if (size_bytes == 0)
        return tl_error_set(err, TL_BAD_INPUT, "empty: 0 bytes");
    out->shrink = 1;
    status = tl_bitmap_is_bitmap(bytes, size_bytes) ? open_bitmap(out, bytes, size_bytes, err)
                                                    : open_loader(out, bytes, size_bytes, 1, err);
    if (status != TL_OK) {
        tl_decode_close(out);
        return status;
    }
    out->width_px = (uint32_t)out->image->Xsize;
    out->height_px = (uint32_t)out->image->Ysize;
    return TL_OK;
}

enum tl_status tl_decode_shrink(struct tl_decode *decode, const void *bytes, size_t size_bytes, unsigned factor,
                                struct tl_error *err)
{
    if (factor == 1 || strcmp(decode->format, JPEG_LOADER->format) != 0)
        return TL_OK;
    tl_decode_close(decode);
    decode->shrink = factor;
    return open_loader(decode, bytes, size_bytes, factor, err);
}

void tl_decode_close(struct tl_decode *decode)
{
    if (decode->image)
        g_object_unref(decode->image);
    if (decode->stored)
        g_object_unref(decode->stored);
    decode->image = decode->stored = NULL;
}
