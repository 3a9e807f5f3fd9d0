/* test_recipe.c - a recipe's text is canonical, and only this program's recipes are read. */
#include <string.h>

#include "common/image/recipe.h"
#include "tests/support/suite.h"

static const char DEFAULT_JSON[] = "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
                                   "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}";

START_TEST(the_default_is_load_img)
{
    struct tl_recipe recipe;
    char json[TL_RECIPE_JSON_BYTES];

    tl_recipe_init(&recipe);
    tl_recipe_to_json(json, &recipe);
    ck_assert_str_eq(json, DEFAULT_JSON);
}
END_TEST

START_TEST(every_recipe_reads_back_and_has_its_own_digest)
{
    uint8_t digests[56][TL_DIGEST_BYTES];
    size_t count = 0;

    for (int resize = 0; tl_recipe_resize_names[resize]; resize++)
        for (int exif = 0; tl_recipe_exif_names[exif]; exif++)
            for (int preprocess = 0; tl_recipe_preprocess_names[preprocess]; preprocess++)
                for (int more = 0; more < (resize == TL_RESIZE_NEAREST ? 2 : 4); more++) {
                    struct tl_recipe recipe, again;
                    struct tl_error err;
                    char json[TL_RECIPE_JSON_BYTES];

                    tl_recipe_init(&recipe);
                    recipe.resize = (enum tl_resize)resize;
                    recipe.exif = (enum tl_exif)exif;
                    recipe.preprocess = (enum tl_preprocess)preprocess;
                    recipe.crop = more % 2;
                    recipe.shrink_on_load = more >= 2;
                    ck_assert_int_eq(tl_recipe_check(&recipe, &err), TL_OK);
                    tl_recipe_to_json(json, &recipe);
                    ck_assert_int_eq(tl_recipe_from_json(&again, json, &err), TL_OK);
                    ck_assert_int_eq((int)again.resize, resize);
                    ck_assert_int_eq((int)again.exif, exif);
                    ck_assert_int_eq((int)again.preprocess, preprocess);
                    ck_assert_int_eq(again.crop, recipe.crop);
                    ck_assert_int_eq(again.shrink_on_load, recipe.shrink_on_load);
                    ck_assert_uint_eq(again.size_px, TL_RECIPE_SIZE_PX);
                    tl_recipe_digest(digests[count], &recipe);
                    for (size_t i = 0; i < count; i++)
                        ck_assert_mem_ne(digests[i], digests[count], TL_DIGEST_BYTES);
                    count++;
                }
    ck_assert_uint_eq(count, 56);
}
END_TEST

START_TEST(only_a_recipe_that_shrinks_says_so)
{
    struct tl_recipe recipe;
    char json[TL_RECIPE_JSON_BYTES];

    tl_recipe_init(&recipe);
    recipe.resize = TL_RESIZE_AREA;
    recipe.shrink_on_load = true;
    tl_recipe_to_json(json, &recipe);
    ck_assert_str_eq(json, "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
                           "\"resize\":\"area\",\"shrink_on_load\":true,\"sixteen_bit\":\"clip\",\"size\":224}");
}
END_TEST

START_TEST(nearest_does_not_shrink)
{
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    recipe.shrink_on_load = true;
    ck_assert_int_eq(tl_recipe_check(&recipe, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "nearest takes pixels of the full photo, so it cannot shrink on load");
}
END_TEST

START_TEST(the_digest_is_that_of_the_text)
{
    struct tl_recipe recipe;
    uint8_t digest[TL_DIGEST_BYTES], expected[TL_DIGEST_BYTES];

    tl_recipe_init(&recipe);
    tl_recipe_digest(digest, &recipe);
    tl_digest_bytes(expected, DEFAULT_JSON, strlen(DEFAULT_JSON));
    ck_assert_mem_eq(digest, expected, TL_DIGEST_BYTES);
}
END_TEST

static const char *const REFUSED[] = {
    "",
    "{}",
    "null",
    "{\"alpha\":\"drop\",\"compat\":2,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}",
    "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"bicubic\",\"sixteen_bit\":\"clip\",\"size\":224}",
    "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":299}",
    "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"nearest\",\"shrink_on_load\":true,\"sixteen_bit\":\"clip\",\"size\":224}",
    "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"area\",\"shrink_on_load\":false,\"sixteen_bit\":\"clip\",\"size\":224}",
    "{\"alpha\":\"drop\", \"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}",
    "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
    "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}\n",
};

START_TEST(another_text_is_refused)
{
    struct tl_recipe recipe;
    struct tl_error err;

    memset(&recipe, 0x5a, sizeof recipe);
    ck_assert_int_eq(tl_recipe_from_json(&recipe, REFUSED[_i], &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "not one this version can carry out"));
    for (size_t i = 0; i < sizeof recipe; i++)
        ck_assert_uint_eq(((unsigned char *)&recipe)[i], 0x5a);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("recipe");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, the_default_is_load_img);
    tcase_add_test(core, every_recipe_reads_back_and_has_its_own_digest);
    tcase_add_test(core, only_a_recipe_that_shrinks_says_so);
    tcase_add_test(core, the_digest_is_that_of_the_text);
    tcase_add_test(faults, nearest_does_not_shrink);
    tcase_add_loop_test(faults, another_text_is_refused, 0, sizeof REFUSED / sizeof *REFUSED);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
