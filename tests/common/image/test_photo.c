/* test_photo.c - a photo's pixels are load_img's, for each kind of file, and for the golden photos. */
#include <hdf5.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/common/image/photo_fixture.h"

static const char FIXTURES[] = "tests/golden/image";

/* Each file's pixels as Pillow gives them (convert RGB, resize nearest): tests/golden/image/README.md. */
static const struct {
    const char *name, *format;
    unsigned width, height;
    const char *sha256;
} FILES[] = {
    {"alpha.png", "png", 40, 30, "ac984754b86176c9feabea1c789089127fb87866d72959b1df352e10a6a69761"},
    {"alpha.tif", "tiff", 40, 30, "ac984754b86176c9feabea1c789089127fb87866d72959b1df352e10a6a69761"},
    {"alpha.webp", "webp", 40, 30, "ac984754b86176c9feabea1c789089127fb87866d72959b1df352e10a6a69761"},
    {"animated.gif", "gif", 40, 30, "14e1f84c2cdec776c808d2ee0e29f42994bc99f08024f69a7e249f50a3ed775a"},
    {"bits.bmp", "bmp", 40, 30, "359664affc407e12f9036bdff0e8e329540b4719b3c1053662f5d60fa7593a79"},
    {"bits.pbm", "ppm", 40, 30, "359664affc407e12f9036bdff0e8e329540b4719b3c1053662f5d60fa7593a79"},
    {"bits.png", "png", 40, 30, "359664affc407e12f9036bdff0e8e329540b4719b3c1053662f5d60fa7593a79"},
    {"cmyk.jpg", "jpeg", 48, 32, "b51558127018cbd2d45aa7e6745c29b363d94b461bbc35bc8a46333ae5b10282"},
    {"colour.bmp", "bmp", 40, 30, "ac984754b86176c9feabea1c789089127fb87866d72959b1df352e10a6a69761"},
    {"colour.ppm", "ppm", 40, 30, "ac984754b86176c9feabea1c789089127fb87866d72959b1df352e10a6a69761"},
    {"colour16.png", "png", 40, 30, "95d6da90d4cb0d740bf486727696153504ac320305084092f01db109f4f162ef"},
    {"grey.jpg", "jpeg", 48, 32, "3fe4bb668016ca72f6088ad82faf823fb8fb13b64a10949d35ca610de927d106"},
    {"grey16.png", "png", 40, 30, "c85f3b46db44787ce5d687eb05edc047b5bdc511de4d50fce896bd7388b69a0a"},
    {"grey_alpha.png", "png", 40, 30, "f6de0cd856c51b40f83b0b86e3b3cb359e403c45ec0a5b6ac8e2ffc8e5a750fa"},
    {"orientation6.jpg", "jpeg", 48, 32, "4c213e9ad30b27f472a6203b06fb66a378c82fbf4d6bef02d5277066bb6e24cc"},
    {"core.bmp", "bmp", 37, 29, "cd295c0b8c072994f82fdcf560226f7970f5e65d367ca04ea58caf08e42cf939"},
    {"masks565.bmp", "bmp", 37, 29, "8459299c27dacbb2e64e1d7b09a00a23a322fd8d351a6618b5da76c274c7b2a3"},
    {"nibbles.bmp", "bmp", 37, 29, "a5707fe17f8ed960f563fa1a1b4666a88f08d6025414704a12fb0843479c73c8"},
    {"topdown.bmp", "bmp", 37, 29, "546aebfdbd473e8fca10e066a004e6b284823405572c453856bf1592d83cb4b6"},
    {"palette.bmp", "bmp", 40, 30, "7ea13396d6175b1b3590aece235b84940e8ff8d90a0090a3ccca99c8a412b1b5"},
    {"palette.gif", "gif", 40, 30, "14e1f84c2cdec776c808d2ee0e29f42994bc99f08024f69a7e249f50a3ed775a"},
    {"palette.png", "png", 40, 30, "e2bdaa26b927fbd9183ac348e2092b253f4b9c450bd5f69fe0517efe2cdf6f87"},
    {"stripes_640x400.png", "png", 640, 400, "6aa4565d64233cbaf817fb2099e22ade54bf977afb7e6c6a1b4e609bcc3cd6e3"},
};

START_TEST(each_kind_of_file_gives_pillows_pixels)
{
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;
    char hex[TL_DIGEST_HEX_BYTES];

    tl_recipe_init(&recipe);
    ck_assert_msg(tl_photo_read(&photo, tl_test_path(FIXTURES, FILES[_i].name), &recipe, &err) == TL_OK, "%s: %s", FILES[_i].name,
                  err.message);
    ck_assert_str_eq(photo.format, FILES[_i].format);
    ck_assert_uint_eq(photo.width_px, FILES[_i].width);
    ck_assert_uint_eq(photo.height_px, FILES[_i].height);
    tl_digest_to_hex(hex, photo.pixels_digest);
    ck_assert_msg(strcmp(hex, FILES[_i].sha256) == 0, "%s: pixels %s", FILES[_i].name, hex);
}
END_TEST

/* Reads each file some times, with a damaged one between; returns the name that went wrong, or NULL. */
static void *read_all(void *first)
{
    const size_t count = sizeof FILES / sizeof *FILES;
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    const char *wrong = photo ? NULL : "no memory";
    struct tl_recipe recipe;
    struct tl_error err;
    char hex[TL_DIGEST_HEX_BYTES];

    tl_recipe_init(&recipe);
    for (size_t i = 0; i < 3 * count && !wrong; i++) {
        size_t k = (*(size_t *)first + i) % count;
        char path[128];

        snprintf(path, sizeof path, "%s/%s", FIXTURES, FILES[k].name);
        if (tl_photo_read(photo, path, &recipe, &err) == TL_OK)
            tl_digest_to_hex(hex, photo->pixels_digest);
        else
            hex[0] = '\0';
        if (strcmp(hex, FILES[k].sha256) != 0)
            wrong = FILES[k].name;
        if (tl_photo_decode(photo, "GIF89a????????", 14, &recipe, &err) != TL_BAD_INPUT)
            wrong = "the damaged one";
    }
    tl_memory_free(photo);
    tl_photo_end_thread();
    return (void *)(uintptr_t)wrong;
}

START_TEST(threads_read_without_disturbing_each_other)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t firsts[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        firsts[i] = i * 3;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_all, &firsts[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_msg(wrong == NULL, "%s", (const char *)wrong);
    }
}
END_TEST

START_TEST(keras_reads_the_golden_photos_the_same)
{
    const char *golden = tl_test_shared_path("golden/keras_features.h5"), *path;
    static uint8_t expected[TL_PHOTO_VALUES];
    char name[64], below[256], *stored = NULL, hex[TL_DIGEST_HEX_BYTES], expected_hex[TL_DIGEST_HEX_BYTES];
    hid_t file, group, item, type;
    struct tl_recipe recipe;
    struct tl_photo photo;
    struct tl_error err;
    int differing = 0;

    if (!golden)
        return;
    file = H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert(H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)_i, name, sizeof name, H5P_DEFAULT) > 0);
    group = H5Gopen2(file, name, H5P_DEFAULT);
    item = H5Aopen(group, "path", H5P_DEFAULT);
    type = H5Aget_type(item);
    ck_assert(H5Aread(item, type, (void *)&stored) >= 0);
    snprintf(below, sizeof below, "data/weather/%s", stored);
    H5free_memory(stored);
    H5Aclose(item);
    item = H5Aopen(group, "sha256", H5P_DEFAULT);
    ck_assert(H5Aread(item, type, (void *)&stored) >= 0);
    snprintf(expected_hex, sizeof expected_hex, "%s", stored);
    H5free_memory(stored);
    H5Aclose(item);
    H5Tclose(type);
    item = H5Dopen2(group, "pixels", H5P_DEFAULT);
    ck_assert(H5Dread(item, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, expected) >= 0);
    H5Dclose(item);
    H5Gclose(group);
    H5Fclose(file);
    path = tl_test_shared_path(below);
    if (!path)
        return;
    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_read(&photo, path, &recipe, &err), TL_OK);
    tl_digest_to_hex(hex, photo.sha256);
    ck_assert_str_eq(hex, expected_hex);
    for (size_t i = 0; i < TL_PHOTO_VALUES; i++)
        differing += photo.pixels[i] != expected[i];
    ck_assert_msg(differing == 0, "%s: %d values differ", name, differing);
}
END_TEST

START_TEST(the_orientation_is_read_and_turns_only_when_asked)
{
    const char *path = tl_test_path(FIXTURES, "orientation6.jpg");
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;
    char hex[TL_DIGEST_HEX_BYTES];

    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_read(&photo, path, &recipe, &err), TL_OK);
    ck_assert_uint_eq(photo.exif_orientation, 6);
    ck_assert_str_eq(photo.captured_at, "2015-03-01 12:30:00");
    ck_assert_str_eq(photo.camera, "Lens Works Model (7)");
    tl_digest_to_hex(hex, photo.pixels_digest);
    ck_assert_str_eq(hex, "4c213e9ad30b27f472a6203b06fb66a378c82fbf4d6bef02d5277066bb6e24cc");
    recipe.exif = TL_EXIF_APPLY;
    ck_assert_int_eq(tl_photo_read(&photo, path, &recipe, &err), TL_OK);
    ck_assert_uint_eq(photo.width_px, 48);
    tl_digest_to_hex(hex, photo.pixels_digest);
    ck_assert_str_eq(hex, "572cb77122e0fa9f9d4aff8d02149d81a7557991dc1205ef440ad42aaac9a2d4");
}
END_TEST

START_TEST(the_thumbnail_is_the_mean_grey)
{
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;
    uint8_t *ppm = tl_memory_alloc(15 + TL_PHOTO_VALUES, 1);

    memcpy(ppm, "P6 224 224 255\n", 15);
    for (size_t y = 0; y < 224; y++)
        for (size_t x = 0; x < 224; x++) /* columns 0..27 are three thumbnail pixels; the tenth column's pixel is shared */
            memset(ppm + 15 + (y * 224 + x) * 3, x < 10 ? 90 : 30, 3);
    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_decode(&photo, ppm, 15 + TL_PHOTO_VALUES, &recipe, &err), TL_OK);
    ck_assert_uint_eq(photo.thumbnail[0], 90);
    ck_assert_uint_eq(photo.thumbnail[1], 34); /* 30 + 60 * (10 - 28/3) / (28/3) = 34.3 */
    ck_assert_uint_eq(photo.thumbnail[2], 30);
    ck_assert_uint_eq(photo.thumbnail[24 * 24 - 1], 30);
    tl_memory_free(ppm);
}
END_TEST

/* Big, small, thin, and turned by EXIF: whatever the recipe makes of a photo, its thumbnail is of its bytes. */
START_TEST(the_thumbnail_is_the_same_by_every_recipe)
{
    static const char *const names[] = {"stripes_640x400.png", "orientation6.jpg", "cmyk.jpg", "palette.gif", "colour.bmp"};
    uint8_t first[TL_THUMBNAIL_PIXELS];
    size_t count = 0;

    for (unsigned n = 0; n < 16; n++, count++) {
        struct tl_recipe recipe;
        struct tl_photo photo;
        struct tl_error err;

        tl_recipe_init(&recipe);
        recipe.resize = (enum tl_resize)(n % 4);
        recipe.crop = n & 4u;
        recipe.exif = n & 8u ? TL_EXIF_APPLY : TL_EXIF_IGNORE;
        ck_assert_msg(tl_photo_read(&photo, tl_test_path(FIXTURES, names[_i]), &recipe, &err) == TL_OK, "%s: %s", names[_i],
                      err.message);
        if (n == 0)
            memcpy(first, photo.thumbnail, sizeof first);
        ck_assert_msg(memcmp(photo.thumbnail, first, sizeof first) == 0, "%s by recipe %u", names[_i], n);
    }
    ck_assert_uint_eq(count, 16);
}
END_TEST

START_TEST(names_end_as_photos_do)
{
    static const char *const photos[] = {"a.jpg", "A.JPEG", "x.tiff", "notdotjpg", "a.b.HEIC", "png"};
    static const char *const others[] = {"", "a.txt", "jp", "a.jpg.txt", "a.svg", "a.jpg "};

    for (size_t i = 0; i < sizeof photos / sizeof *photos; i++)
        ck_assert_msg(tl_photo_is_photo_name(photos[i]), "%s", photos[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!tl_photo_is_photo_name(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(small_and_thin_photos_are_read)
{
    static const int shapes[][2] = {{1, 1}, {1, 5000}, {5000, 1}, {2, 3}, {224, 224}, {223, 225}};
    static const char *const suffixes[] = {".png", ".jpg", ".tif", ".webp", ".gif", ".jpg[interlace]", ".png[interlace]"};

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t f = 0; f < sizeof suffixes / sizeof *suffixes; f++)
            for (int kernel = TL_RESIZE_NEAREST; kernel <= TL_RESIZE_LANCZOS3; kernel++) {
                struct tl_photo photo;
                struct tl_recipe recipe;
                struct tl_error err;
                size_t size_bytes;
                uint8_t *bytes = make_photo(&size_bytes, shapes[s][0], shapes[s][1], suffixes[f]);

                tl_recipe_init(&recipe);
                recipe.resize = (enum tl_resize)kernel;
                ck_assert_msg(tl_photo_decode(&photo, bytes, size_bytes, &recipe, &err) == TL_OK, "%d x %d %s: %s", shapes[s][0],
                              shapes[s][1], suffixes[f], err.message);
                ck_assert_uint_eq(photo.width_px, (unsigned)shapes[s][0]);
                ck_assert_uint_eq(photo.height_px, (unsigned)shapes[s][1]);
                g_free(bytes);
            }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("photo");
    TCase *core = tcase_create("Core"), *golden = tcase_create("Golden"), *limits = tcase_create("Limits");

    tcase_add_checked_fixture(core, start_photos, tl_photo_stop);
    tcase_add_checked_fixture(golden, start_photos, tl_photo_stop);
    tcase_add_checked_fixture(limits, start_photos, tl_photo_stop);
    tcase_set_timeout(core, 60);
    tcase_set_timeout(limits, 120);
    tcase_set_timeout(golden, 60);
    tcase_add_loop_test(core, each_kind_of_file_gives_pillows_pixels, 0, sizeof FILES / sizeof *FILES);
    tcase_add_test(core, threads_read_without_disturbing_each_other);
    tcase_add_test(core, the_orientation_is_read_and_turns_only_when_asked);
    tcase_add_test(core, the_thumbnail_is_the_mean_grey);
    tcase_add_loop_test(core, the_thumbnail_is_the_same_by_every_recipe, 0, 5);
    tcase_add_test(core, names_end_as_photos_do);
    tcase_add_loop_test(golden, keras_reads_the_golden_photos_the_same, 0, 8);
    tcase_add_test(limits, small_and_thin_photos_are_read);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, golden);
    suite_add_tcase(suite, limits);
    return suite;
}
