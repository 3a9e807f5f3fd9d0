/* test_picture.c - pixels become JPEG, PNG and, of SVG, PNG again; photos in SVG stay refused. */
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/image/photo.h"
#include "common/image/picture.h"
#include "tests/support/suite.h"

enum { SIDE = 16 };
static const char SVG[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect x=\"5\" y=\"0\" width=\"10\" "
                          "height=\"10\" fill=\"#0000FF\"/></svg>";

static struct tl_photo photo;

static void start(void)
{
    ck_assert_int_eq(tl_photo_start(NULL), TL_OK);
}

/* What a decoder makes of the bytes. */
static void decode(const uint8_t *bytes, size_t size_bytes)
{
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    ck_assert_msg(tl_photo_decode(&photo, bytes, size_bytes, &recipe, &err) == TL_OK, "%s", err.message);
}

static void fill(uint8_t pixels[SIDE * SIDE * 3], uint8_t red, uint8_t green, uint8_t blue)
{
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        pixels[i * 3] = red;
        pixels[i * 3 + 1] = green;
        pixels[i * 3 + 2] = blue;
    }
}

START_TEST(a_jpeg_decodes_to_nearly_the_pixels)
{
    uint8_t pixels[SIDE * SIDE * 3], *bytes;
    size_t size_bytes;

    fill(pixels, 200, 40, 90);
    ck_assert_int_eq(tl_picture_encode_jpeg(&bytes, &size_bytes, pixels, SIDE, SIDE, 3, 90, NULL), TL_OK);
    decode(bytes, size_bytes);
    ck_assert_str_eq(photo.format, "jpeg");
    ck_assert_int_le(abs(photo.pixels[0] - 200), 4);
    ck_assert_int_le(abs(photo.pixels[1] - 40), 4);
    ck_assert_int_le(abs(photo.pixels[2] - 90), 4);
    tl_memory_free(bytes);
}
END_TEST

START_TEST(a_png_decodes_to_the_pixels)
{
    uint8_t greys[SIDE * SIDE], *bytes;
    size_t size_bytes;

    memset(greys, 77, sizeof greys);
    ck_assert_int_eq(tl_picture_encode_png(&bytes, &size_bytes, greys, SIDE, SIDE, 1, NULL), TL_OK);
    decode(bytes, size_bytes);
    ck_assert_str_eq(photo.format, "png");
    ck_assert_uint_eq(photo.width_px, SIDE);
    ck_assert_uint_eq(photo.pixels[0], 77);
    tl_memory_free(bytes);
}
END_TEST

START_TEST(a_drawing_becomes_a_png_on_white)
{
    uint8_t *bytes;
    size_t size_bytes;
    struct tl_error err;

    ck_assert_msg(tl_picture_draw_svg(&bytes, &size_bytes, SVG, sizeof SVG - 1, 2, &err) == TL_OK, "%s", err.message);
    decode(bytes, size_bytes);
    ck_assert_uint_eq(photo.width_px, 40);
    ck_assert_uint_eq(photo.height_px, 20);
    ck_assert_uint_eq(photo.pixels[0], 255);
    ck_assert_uint_eq(photo.pixels[(224 * 112 + 112) * 3], 0);
    ck_assert_uint_eq(photo.pixels[(224 * 112 + 112) * 3 + 2], 255);
    tl_memory_free(bytes);
}
END_TEST

START_TEST(halving_takes_means_and_may_be_in_place)
{
    uint8_t pixels[4 * 2 * 3] = {0, 10, 20, 4, 10, 20, 100, 100, 100, 100, 100, 100,
                                 0, 10, 20, 4, 10, 20, 101, 101, 101, 101, 101, 101};
    const uint8_t expected[] = {2, 10, 20, 101, 101, 101};

    tl_picture_halve(pixels, pixels, 4, 2);
    ck_assert_mem_eq(pixels, expected, sizeof expected);
}
END_TEST

START_TEST(after_a_drawing_a_photo_in_svg_is_still_refused)
{
    struct tl_recipe recipe;
    struct tl_error err;
    uint8_t *bytes;
    size_t size_bytes;

    ck_assert_int_eq(tl_picture_draw_svg(&bytes, &size_bytes, SVG, sizeof SVG - 1, 1, NULL), TL_OK);
    tl_memory_free(bytes);
    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_decode(&photo, SVG, sizeof SVG - 1, &recipe, &err), TL_BAD_INPUT);
}
END_TEST

START_TEST(what_is_no_drawing_fails)
{
    struct tl_error err;
    uint8_t *bytes = NULL;
    size_t size_bytes;

    ck_assert_int_eq(tl_picture_draw_svg(&bytes, &size_bytes, "<svg", 4, 1, &err), TL_IO);
    ck_assert_ptr_null(bytes);
    ck_assert_ptr_nonnull(strstr(err.message, "a plot could not be drawn"));
}
END_TEST

START_TEST(without_memory_nothing_comes_out)
{
    uint8_t pixels[SIDE * SIDE * 3] = {0}, *bytes = pixels;
    size_t size_bytes = 1;

    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_picture_encode_jpeg(&bytes, &size_bytes, pixels, SIDE, SIDE, 3, 80, NULL), TL_NO_MEMORY);
    ck_assert_ptr_null(bytes);
    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_picture_encode_png(&bytes, &size_bytes, pixels, SIDE, SIDE, 3, NULL), TL_NO_MEMORY);
    ck_assert_ptr_null(bytes);
    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_picture_draw_svg(&bytes, &size_bytes, SVG, sizeof SVG - 1, 1, NULL), TL_NO_MEMORY);
    ck_assert_ptr_null(bytes);
    tl_memory_fail_at(0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("picture");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, start, NULL);
    tcase_add_checked_fixture(limits, start, NULL);
    tcase_add_checked_fixture(faults, start, NULL);
    tcase_add_test(core, a_jpeg_decodes_to_nearly_the_pixels);
    tcase_add_test(core, a_png_decodes_to_the_pixels);
    tcase_add_test(core, a_drawing_becomes_a_png_on_white);
    tcase_add_test(core, halving_takes_means_and_may_be_in_place);
    tcase_add_test(limits, after_a_drawing_a_photo_in_svg_is_still_refused);
    tcase_add_test(faults, what_is_no_drawing_fails);
    tcase_add_test(faults, without_memory_nothing_comes_out);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
