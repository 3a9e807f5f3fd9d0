/* test_shrink.c - photos that are decoded smaller: which, by how much, and that they stay the photos they were. */
#include <math.h>
#include <string.h>

#include "common/image/resize.h"
#include "tests/common/image/photo_fixture.h"

/* EXIF that says an orientation, as a JPEG's segment. */
enum { ORIENTATION_AT = 29 };
static const uint8_t TURNED[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
                                 0,    1,    1, 18, 0,   3,   0,   0,   0, 1, 0,   1,   0, 0,  0, 0, 0, 0};

struct file {
    uint8_t *bytes;
    size_t size_bytes;
};

static double wave(int x, int period, double phase)
{
    return 127.5 + 127 * sin(2 * acos(-1) * x / period + phase);
}

/* A landscape whose corners differ, smooth as photos are. */
static struct file make_landscape(int width, int height, const char *suffix, uint8_t orientation)
{
    size_t count = (size_t)width * (size_t)height * 3, at = 0;
    uint8_t *pixels = tl_memory_alloc(count, 1);
    struct file file = {NULL, 0}, plain = {NULL, 0};
    VipsImage *image = NULL;
    void *bytes = NULL;

    ck_assert_ptr_nonnull(pixels);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            pixels[at++] = (uint8_t)(x * 255 / width);
            pixels[at++] = (uint8_t)(y * 255 / height);
            pixels[at++] = (uint8_t)wave(x + 2 * y, 97, 1);
        }
    image = vips_image_new_from_memory(pixels, count, width, height, 3, VIPS_FORMAT_UCHAR);
    ck_assert_ptr_nonnull(image);
    image->Type = VIPS_INTERPRETATION_sRGB;
    ck_assert_msg(vips_image_write_to_buffer(image, suffix, &bytes, &plain.size_bytes, NULL) == 0, "%s", vips_error_buffer());
    plain.bytes = bytes;
    g_object_unref(image);
    tl_memory_free(pixels);
    file.bytes = tl_memory_alloc(plain.size_bytes + sizeof TURNED, 1);
    ck_assert_ptr_nonnull(file.bytes);
    file.size_bytes = plain.size_bytes;
    memcpy(file.bytes, plain.bytes, plain.size_bytes);
    if (orientation > 1) { /* behind the two bytes that begin a JPEG */
        memcpy(file.bytes + 2, TURNED, sizeof TURNED);
        file.bytes[2 + ORIENTATION_AT] = orientation;
        memcpy(file.bytes + 2 + sizeof TURNED, plain.bytes + 2, plain.size_bytes - 2);
        file.size_bytes += sizeof TURNED;
    }
    g_free(plain.bytes);
    return file;
}

static struct tl_photo decode(const struct file *file, const struct tl_recipe *recipe)
{
    struct tl_photo photo;
    struct tl_error err;

    ck_assert_msg(tl_photo_decode(&photo, file->bytes, file->size_bytes, recipe, &err) == TL_OK, "%s", err.message);
    return photo;
}

static double find_mean_difference(const uint8_t *a, const uint8_t *b, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += fabs((double)a[i] - (double)b[i]);
    return sum / (double)count;
}

/* Full and shrunk: nearly the same pixels where the file is large, the very same where it is not. */
static void compare_recipes(const struct file *file, struct tl_recipe recipe, bool is_shrunk)
{
    struct tl_photo full, shrunk;

    recipe.shrink_on_load = false;
    full = decode(file, &recipe);
    recipe.shrink_on_load = true;
    shrunk = decode(file, &recipe);
    ck_assert_uint_eq(shrunk.width_px, full.width_px);
    ck_assert_uint_eq(shrunk.height_px, full.height_px);
    ck_assert_uint_eq(shrunk.exif_orientation, full.exif_orientation);
    ck_assert_mem_eq(shrunk.sha256, full.sha256, TL_DIGEST_BYTES);
    if (is_shrunk) {
        ck_assert_mem_ne(shrunk.pixels_digest, full.pixels_digest, TL_DIGEST_BYTES);
        ck_assert_double_lt(find_mean_difference(shrunk.pixels, full.pixels, TL_PHOTO_VALUES), 1.5);
        ck_assert_double_lt(find_mean_difference(shrunk.thumbnail, full.thumbnail, TL_THUMBNAIL_PIXELS), 3);
    } else {
        ck_assert_mem_eq(shrunk.pixels_digest, full.pixels_digest, TL_DIGEST_BYTES);
        ck_assert_mem_eq(shrunk.thumbnail, full.thumbnail, TL_THUMBNAIL_PIXELS);
    }
}

static const struct tl_recipe RECIPES[] = {
    {.resize = TL_RESIZE_BILINEAR, .size_px = TL_RECIPE_SIZE_PX},
    {.resize = TL_RESIZE_AREA, .size_px = TL_RECIPE_SIZE_PX},
    {.resize = TL_RESIZE_LANCZOS3, .size_px = TL_RECIPE_SIZE_PX},
    {.resize = TL_RESIZE_BILINEAR, .size_px = TL_RECIPE_SIZE_PX, .crop = true},
    {.resize = TL_RESIZE_AREA, .size_px = TL_RECIPE_SIZE_PX, .exif = TL_EXIF_APPLY},
    {.resize = TL_RESIZE_LANCZOS3, .size_px = TL_RECIPE_SIZE_PX, .crop = true, .exif = TL_EXIF_APPLY},
};

START_TEST(a_large_jpeg_is_decoded_smaller_and_looks_the_same)
{
    struct file file = make_landscape(2003, 1501, ".jpg", 1);

    compare_recipes(&file, RECIPES[_i], true);
    tl_memory_free(file.bytes);
}
END_TEST

/* Sides that are no multiple of 4: the part of a pixel that is lost comes to lie elsewhere by each orientation. */
START_TEST(a_turned_photo_stays_in_its_place)
{
    struct file file = make_landscape(2047, 1923, ".jpg", (uint8_t)_i);
    struct tl_photo photo;

    compare_recipes(&file, RECIPES[4], true);
    photo = decode(&file, &RECIPES[4]);
    ck_assert_uint_eq(photo.exif_orientation, (unsigned)_i);
    tl_memory_free(file.bytes);
}
END_TEST

START_TEST(small_and_other_photos_keep_their_pixels)
{
    struct file small = make_landscape(447, 2000, ".jpg", 1), png = make_landscape(2003, 1501, ".png", 1);

    compare_recipes(&small, RECIPES[_i], false);
    compare_recipes(&png, RECIPES[_i], false);
    tl_memory_free(small.bytes);
    tl_memory_free(png.bytes);
}
END_TEST

static const struct {
    uint32_t width_px, height_px;
    unsigned stretched, cropped;
} SIZES[] = {
    {1, 1, 1, 1},         {895, 896, 1, 1},     {896, 896, 2, 1},     {896, 100000, 2, 1},  {1023, 1024, 2, 1},
    {1024, 1024, 2, 2},   {1791, 1792, 2, 2},   {1792, 1792, 4, 2},   {2048, 2048, 4, 4},   {3583, 3584, 4, 4},
    {3584, 3584, 8, 4},   {4096, 4096, 8, 8},   {100000, 447, 1, 1},  {16000, 16000, 8, 8},
};

START_TEST(twice_the_pixels_that_are_needed_remain)
{
    struct tl_recipe recipe = RECIPES[1];

    ck_assert_uint_eq(tl_resize_choose_shrink(SIZES[_i].width_px, SIZES[_i].height_px, &recipe), 1);
    recipe.shrink_on_load = true;
    ck_assert_uint_eq(tl_resize_choose_shrink(SIZES[_i].width_px, SIZES[_i].height_px, &recipe), SIZES[_i].stretched);
    recipe.crop = true;
    ck_assert_uint_eq(tl_resize_choose_shrink(SIZES[_i].width_px, SIZES[_i].height_px, &recipe), SIZES[_i].cropped);
}
END_TEST

START_TEST(a_truncated_large_jpeg_has_its_reason)
{
    struct file file = make_landscape(2003, 1501, ".jpg", 1);
    struct tl_recipe recipe = RECIPES[1];
    struct tl_photo photo;
    struct tl_error err;

    recipe.shrink_on_load = true;
    ck_assert_int_eq(tl_photo_decode(&photo, file.bytes, file.size_bytes / 2, &recipe, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "Premature end of input file") != NULL, "%s", err.message);
    tl_memory_free(file.bytes);
}
END_TEST

START_TEST(a_strip_too_thin_for_a_crop_is_refused_as_ever)
{
    struct file file = make_landscape(60000, 600, ".jpg", 1);
    struct tl_recipe recipe = RECIPES[3];
    struct tl_photo photo;
    struct tl_error err;

    recipe.shrink_on_load = true;
    ck_assert_int_eq(tl_photo_decode(&photo, file.bytes, file.size_bytes, &recipe, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "60000 x 600 pixels are too thin") != NULL, "%s", err.message);
    tl_memory_free(file.bytes);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("shrink");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    TCase *cases[] = {core, limits, faults};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tcase_add_checked_fixture(cases[i], start_photos, tl_photo_stop);
        tcase_set_timeout(cases[i], 60);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_loop_test(core, a_large_jpeg_is_decoded_smaller_and_looks_the_same, 0, sizeof RECIPES / sizeof *RECIPES);
    tcase_add_loop_test(core, a_turned_photo_stays_in_its_place, 1, 9);
    tcase_add_loop_test(limits, small_and_other_photos_keep_their_pixels, 0, sizeof RECIPES / sizeof *RECIPES);
    tcase_add_loop_test(limits, twice_the_pixels_that_are_needed_remain, 0, sizeof SIZES / sizeof *SIZES);
    tcase_add_test(faults, a_truncated_large_jpeg_has_its_reason);
    tcase_add_test(faults, a_strip_too_thin_for_a_crop_is_refused_as_ever);
    return suite;
}
