/* test_augmentation.c - ranges as text and back, and draws that depend on nothing but their key. */
#include <math.h>
#include <string.h>

#include "common/image/augmentation.h"
#include "common/image/recipe.h"
#include "tests/support/suite.h"

START_TEST(the_named_sets_have_their_texts)
{
    struct tl_augmentation augmentation;
    char json[TL_AUGMENTATION_JSON_BYTES];

    tl_augmentation_init_mild(&augmentation);
    tl_augmentation_to_json(json, &augmentation);
    ck_assert_str_eq(json,
                     "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false,\"order\":1,\"seed\":0,"
                     "\"shear_degrees\":0,\"zoom\":0,\"zoom_both\":[0.75,1.05]}");
    tl_augmentation_init_keras(&augmentation);
    tl_augmentation_to_json(json, &augmentation);
    ck_assert_str_eq(json,
                     "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":true,\"order\":1,\"seed\":0,"
                     "\"shear_degrees\":0.5,\"zoom\":0.7,\"zoom_both\":[1,1]}");
}
END_TEST

START_TEST(every_bit_of_a_number_comes_back)
{
    struct tl_augmentation augmentation, again;
    struct tl_error err;
    char json[TL_AUGMENTATION_JSON_BYTES], json_again[TL_AUGMENTATION_JSON_BYTES];

    tl_augmentation_init_mild(&augmentation);
    augmentation.seed = UINT64_MAX;
    augmentation.shear_degrees = nextafter(0.1, 1);
    augmentation.zoom_both[0] = 5e-324;
    augmentation.zoom_both[1] = nextafter(1, 2);
    tl_augmentation_to_json(json, &augmentation);
    ck_assert_int_eq(tl_augmentation_from_json(&again, json, &err), TL_OK);
    ck_assert(again.seed == augmentation.seed && again.shear_degrees == augmentation.shear_degrees);
    ck_assert(again.zoom_both[0] == augmentation.zoom_both[0] && again.zoom_both[1] == augmentation.zoom_both[1]);
    ck_assert(again.flip_horizontal && !again.flip_vertical);
    tl_augmentation_to_json(json_again, &again);
    ck_assert_str_eq(json, json_again);
}
END_TEST

START_TEST(minus_zero_is_zero)
{
    struct tl_augmentation plus, minus;
    uint8_t plus_digest[TL_DIGEST_BYTES], minus_digest[TL_DIGEST_BYTES];

    tl_augmentation_init_mild(&plus);
    minus = plus;
    minus.shear_degrees = -0.0;
    tl_augmentation_digest(plus_digest, &plus);
    tl_augmentation_digest(minus_digest, &minus);
    ck_assert_mem_eq(plus_digest, minus_digest, TL_DIGEST_BYTES);
}
END_TEST

static void make_content(uint8_t out[TL_DIGEST_BYTES], unsigned n)
{
    tl_digest_bytes(out, &n, sizeof n);
}

START_TEST(mild_draws_stay_in_range_and_inside_the_photo)
{
    struct tl_augmentation augmentation;
    unsigned flip_count = 0, magnified_count = 0;
    double least = 10, most = 0;

    tl_augmentation_init_mild(&augmentation);
    for (unsigned n = 0; n < 4000; n++) {
        uint8_t content[TL_DIGEST_BYTES];
        struct tl_variant variant;
        double room;

        make_content(content, n / 4);
        tl_variant_draw(&variant, &augmentation, content, 1 + n % 4);
        ck_assert_uint_eq(variant.index, 1 + n % 4);
        ck_assert(variant.zoom_x == variant.zoom_y && variant.zoom_x >= 0.75 && variant.zoom_x < 1.05);
        ck_assert(variant.shear_degrees == 0 && !variant.flip_vertical);
        room = fmax(0, (1 - variant.zoom_x) * (TL_RECIPE_SIZE_PX - 1) / 2);
        ck_assert(fabs(variant.shift_x_px) <= room && fabs(variant.shift_y_px) <= room);
        magnified_count += variant.zoom_x < 1 && variant.shift_x_px != 0 && variant.shift_y_px != variant.shift_x_px;
        flip_count += variant.flip_horizontal;
        least = fmin(least, variant.zoom_x);
        most = fmax(most, variant.zoom_x);
    }
    ck_assert(least < 0.751 && most > 1.049);
    ck_assert_uint_gt(flip_count, 1850);
    ck_assert_uint_lt(flip_count, 2150);
    ck_assert_uint_gt(magnified_count, 3100);
}
END_TEST

START_TEST(keras_draws_are_two_independent_zooms_and_no_shift)
{
    struct tl_augmentation augmentation;
    unsigned up_count = 0;

    tl_augmentation_init_keras(&augmentation);
    for (unsigned n = 0; n < 2000; n++) {
        uint8_t content[TL_DIGEST_BYTES];
        struct tl_variant variant;

        make_content(content, n);
        tl_variant_draw(&variant, &augmentation, content, 1);
        ck_assert(fabs(variant.shear_degrees) <= 0.5 && variant.shear_degrees != 0);
        ck_assert(variant.zoom_x >= 0.3 && variant.zoom_x <= 1.7 && variant.zoom_y >= 0.3 && variant.zoom_y <= 1.7);
        ck_assert(variant.zoom_x != variant.zoom_y);
        ck_assert(variant.shift_x_px == 0 && variant.shift_y_px == 0);
        up_count += (variant.zoom_x < 1) == (variant.zoom_y < 1);
    }
    ck_assert_uint_gt(up_count, 900);
    ck_assert_uint_lt(up_count, 1100);
}
END_TEST

/* A new kind of augmentation changes none of the old. */
START_TEST(one_parameter_draws_the_same_whatever_else_is_drawn)
{
    struct tl_augmentation mild, sheared;
    struct tl_variant one, other;
    uint8_t content[TL_DIGEST_BYTES];

    make_content(content, 7);
    tl_augmentation_init_mild(&mild);
    sheared = mild;
    sheared.shear_degrees = 10;
    sheared.flip_vertical = true;
    tl_variant_draw(&one, &mild, content, 3);
    tl_variant_draw(&other, &sheared, content, 3);
    ck_assert(one.zoom_x == other.zoom_x && one.shift_x_px == other.shift_x_px && one.shift_y_px == other.shift_y_px);
    ck_assert(one.flip_horizontal == other.flip_horizontal && other.shear_degrees != 0);
    sheared.seed = 1;
    tl_variant_draw(&other, &sheared, content, 3);
    ck_assert(one.zoom_x != other.zoom_x);
}
END_TEST

START_TEST(an_empty_augmentation_draws_the_plain_photo)
{
    struct tl_augmentation nothing;
    struct tl_variant variant;
    uint8_t content[TL_DIGEST_BYTES];

    make_content(content, 1);
    tl_augmentation_init_mild(&nothing);
    nothing.flip_horizontal = false;
    nothing.zoom_both[0] = nothing.zoom_both[1] = 1;
    tl_variant_draw(&variant, &nothing, content, 2);
    ck_assert(variant.zoom_x == 1 && variant.zoom_y == 1 && variant.shear_degrees == 0 && variant.shift_x_px == 0 &&
              variant.shift_y_px == 0);
    ck_assert(!variant.flip_horizontal && !variant.flip_vertical);
}
END_TEST

static const struct {
    double shear, zoom, least, most;
    const char *message; /* NULL: allowed */
} RANGES[] = {
    {0, 0, 1, 1, NULL},
    {89, 0, 1, 1, NULL},
    {0, 0.999, 1, 1, NULL},
    {0, 0, 5e-324, 10, NULL},
    {89.1, 0, 1, 1, "shear is 89.1"},
    {-1, 0, 1, 1, "shear is -1"},
    {(double)NAN, 0, 1, 1, "shear is"},
    {0, 1, 1, 1, "zoom is 1"},
    {0, -0.1, 1, 1, "zoom is -0.1"},
    {0, (double)NAN, 1, 1, "zoom is"},
    {0, 0, 0, 1, "both axes is 0 to 1"},
    {0, 0, 1.1, 1, "both axes is 1.1 to 1"},
    {0, 0, 1, (double)INFINITY, "both axes is 1 to inf"},
    {0, 0, (double)NAN, 1, "both axes is"},
    {0, 0.5, 0.9, 1, "exclude each other"},
};

START_TEST(ranges_are_checked)
{
    struct tl_augmentation augmentation;
    struct tl_error err;

    tl_augmentation_init_mild(&augmentation);
    augmentation.shear_degrees = RANGES[_i].shear;
    augmentation.zoom = RANGES[_i].zoom;
    augmentation.zoom_both[0] = RANGES[_i].least;
    augmentation.zoom_both[1] = RANGES[_i].most;
    if (RANGES[_i].message == NULL) {
        ck_assert_int_eq(tl_augmentation_check(&augmentation, &err), TL_OK);
        return;
    }
    ck_assert_int_eq(tl_augmentation_check(&augmentation, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, RANGES[_i].message) != NULL, "%s", err.message);
}
END_TEST

#define REST ",\"order\":1,\"seed\":0,\"shear_degrees\":0,\"zoom\":0,\"zoom_both\":[0.75,1.05]}"
static const char *const REFUSED[] = {
    "",
    "{\"draw\":2,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false" REST,
    "{\"draw\":1,\"fill\":\"constant\",\"flip_horizontal\":true,\"flip_vertical\":false" REST,
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":maybe,\"flip_vertical\":false" REST,
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false" REST " ",
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false,\"order\":1,\"seed\":0,\"shear_degrees\":0."
    "50,\"zoom\":0,\"zoom_both\":[0.75,1.05]}",
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false,\"order\":1,\"seed\":-1,\"shear_degrees\":0,"
    "\"zoom\":0,\"zoom_both\":[0.75,1.05]}",
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false,\"order\":1,\"seed\":0,\"shear_degrees\":"
    "nan,\"zoom\":0,\"zoom_both\":[0.75,1.05]}",
    "{\"draw\":1,\"fill\":\"nearest\",\"flip_horizontal\":true,\"flip_vertical\":false,\"order\":1,\"seed\":0,\"shear_degrees\":0,"
    "\"zoom\":0.5,\"zoom_both\":[0.75,1.05]}",
};

START_TEST(another_text_is_refused)
{
    struct tl_augmentation augmentation;
    struct tl_error err;

    memset(&augmentation, 0x5a, sizeof augmentation);
    ck_assert_int_eq(tl_augmentation_from_json(&augmentation, REFUSED[_i], &err), TL_BAD_INPUT);
    for (size_t i = 0; i < sizeof augmentation; i++)
        ck_assert_uint_eq(((unsigned char *)&augmentation)[i], 0x5a);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("augmentation");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, the_named_sets_have_their_texts);
    tcase_add_test(core, every_bit_of_a_number_comes_back);
    tcase_add_test(core, minus_zero_is_zero);
    tcase_add_test(core, mild_draws_stay_in_range_and_inside_the_photo);
    tcase_add_test(core, keras_draws_are_two_independent_zooms_and_no_shift);
    tcase_add_test(core, one_parameter_draws_the_same_whatever_else_is_drawn);
    tcase_add_test(core, an_empty_augmentation_draws_the_plain_photo);
    tcase_add_loop_test(limits, ranges_are_checked, 0, sizeof RANGES / sizeof *RANGES);
    tcase_add_loop_test(faults, another_text_is_refused, 0, sizeof REFUSED / sizeof *REFUSED);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
