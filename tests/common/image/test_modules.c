/* test_modules.c - what of libvips is loaded when: HEIF with the first photo of it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/modules.h"
#include "tests/common/image/photo_fixture.h"

enum { THREAD_COUNT = 4 };

/* 4 bytes of a box's size, then what HEIF is known by; no picture. */
static const uint8_t SHAM[24] = "\0\0\0\x18" "ftypheic\0\0\0\0heicmif1";

static bool has(const char *operation)
{
    return vips_type_find("VipsForeignLoad", operation) != 0;
}

static bool has_heif_or_say(void)
{
    tl_modules_load_heif();
    if (!has("heifload_buffer"))
        printf("skipped: this libvips reads no HEIF\n");
    return has("heifload_buffer");
}

static enum tl_status decode(struct tl_photo *photo, const void *bytes, size_t size_bytes, struct tl_error *err)
{
    struct tl_recipe recipe;

    tl_recipe_init(&recipe);
    return tl_photo_decode(photo, bytes, size_bytes, &recipe, err);
}

static void *decode_sham(void *nothing)
{
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    struct tl_error err;

    (void)nothing;
    ck_assert_int_eq(decode(photo, SHAM, sizeof SHAM, &err), TL_BAD_INPUT);
    tl_memory_free(photo);
    tl_photo_end_thread();
    return NULL;
}

START_TEST(heif_comes_with_the_first_photo_of_it)
{
    pthread_t threads[THREAD_COUNT];

    ck_assert_ptr_null(getenv("VIPSHOME"));
    ck_assert(has("jpegload_buffer"));
    ck_assert(!has("magickload_buffer") || !has("pdfload_buffer")); /* of modules; some libvips has one built in */
    for (size_t i = 0; i < THREAD_COUNT; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, decode_sham, NULL), 0);
    for (size_t i = 0; i < THREAD_COUNT; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    const bool has_come = has("heifload_buffer");
    ck_assert(has_heif_or_say() == has_come); /* else asking for it once more brought it */
}
END_TEST

/* 64 x 48 of the colour 200, 100, 50, as near as HEVC comes to it. */
START_TEST(a_heif_photo_is_read)
{
    static const int COLOUR[] = {200, 100, 50};
    struct tl_photo *photo;
    struct tl_recipe recipe;
    struct tl_error err;
    enum tl_status status;

    if (!has_heif_or_say())
        return;
    photo = tl_memory_alloc(1, sizeof *photo);
    tl_recipe_init(&recipe);
    status = tl_photo_read(photo, "tests/golden/image/plain.heic", &recipe, &err);
    if (status != TL_OK && strstr(err.message, "codec")) {
        printf("skipped: %s\n", err.message);
        tl_memory_free(photo);
        return;
    }
    ck_assert_msg(status == TL_OK, "%s", err.message);
    ck_assert_str_eq(photo->format, "heif");
    ck_assert_uint_eq(photo->width_px, 64);
    ck_assert_uint_eq(photo->height_px, 48);
    for (size_t i = 0; i < TL_PHOTO_VALUES; i++)
        ck_assert_int_le(abs(photo->pixels[i] - COLOUR[i % 3]), 6);
    tl_memory_free(photo);
}
END_TEST

START_TEST(what_is_no_heif_behind_its_first_bytes_is_refused)
{
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    struct tl_error err;

    ck_assert_int_eq(decode(photo, SHAM, sizeof SHAM, &err), TL_BAD_INPUT);
    ck_assert_msg(strlen(err.message) > 0, "no reason");
    tl_memory_free(photo);
}
END_TEST

START_TEST(who_says_where_modules_are_is_obeyed)
{
    ck_assert_int_eq(setenv("VIPSHOME", "/nowhere", 1), 0);
    ck_assert(!tl_modules_hold_back());
    tl_modules_let_go(false);
    ck_assert_str_eq(getenv("VIPSHOME"), "/nowhere");
    ck_assert_int_eq(unsetenv("VIPSHOME"), 0);
    ck_assert(tl_modules_hold_back());
    ck_assert_ptr_nonnull(getenv("VIPSHOME"));
    tl_modules_let_go(true);
    ck_assert_ptr_null(getenv("VIPSHOME"));
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("modules");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    (void)unsetenv("VIPSHOME");
    tcase_add_checked_fixture(core, start_photos, tl_photo_stop);
    tcase_add_checked_fixture(faults, start_photos, tl_photo_stop);
    tcase_add_test(core, heif_comes_with_the_first_photo_of_it);
    tcase_add_test(core, a_heif_photo_is_read);
    tcase_add_test(core, who_says_where_modules_are_is_obeyed);
    tcase_add_test(faults, what_is_no_heif_behind_its_first_bytes_is_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
