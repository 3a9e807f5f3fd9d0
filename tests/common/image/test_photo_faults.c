/* test_photo_faults.c - what is no photo, or half of one, or too much of one, is refused with the reason; nothing crashes. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/image/decode.h"
#include "tests/common/image/photo_fixture.h"

/* Each must be refused as bad input with `message`. */
static void expect_refusal(const void *bytes, size_t size_bytes, const char *message)
{
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_decode(&photo, bytes, size_bytes, &recipe, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, message) != NULL, "'%s' is not in '%s'", message, err.message);
    ck_assert_ptr_null(strchr(err.message, '\n'));
}

static const struct {
    const char *bytes, *message;
} TEXTS[] = {
    {"", "empty: 0 bytes"},
    {"x", "not a photo: no format that is read begins with the bytes 78"},
    {"hello world, I am no photo", "begins with the bytes 68 65 6c 6c"},
    {"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "not a photo"},
    {"%PDF-1.4", "not a photo"},
    {"GIF89a", "gif"},
    {"\xff\xd8\xff", "jpeg"},
    {"II*", "not a photo"},
    {"P5 2 2 15\nabcd", "15 as its largest value"},
    {"P5 2", "0 as its largest value"},
    {"P6 # words 7 7 7\n 2 2 255\nabc", "ppm"},
    {"P6 2000000 1 255\nabc", "beyond 1000000"},
    {"BM", "a bitmap cut short: 2 bytes"},
};

START_TEST(what_is_no_photo_is_refused)
{
    expect_refusal(TEXTS[_i].bytes, strlen(TEXTS[_i].bytes), TEXTS[_i].message);
}
END_TEST

static const char *const SUFFIXES[] = {".jpg", ".jpg[interlace]", ".png", ".png[interlace]",
                                       ".gif", ".webp",           ".tif", ".tif[compression=lzw]"};

START_TEST(half_a_photo_is_refused)
{
    size_t size_bytes;
    uint8_t *bytes = make_photo(&size_bytes, 400, 300, SUFFIXES[_i]);

    expect_refusal(bytes, size_bytes / 2, "damaged or unusual");
    g_free(bytes);
}
END_TEST

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* PNG's CRC-32, bit by bit. */
static uint32_t compute_crc(const uint8_t *bytes, size_t size_bytes)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1u ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

/* One PNG chunk; returns its end. */
static uint8_t *put_chunk(uint8_t *out, const char *name, const uint8_t *data, uint32_t size_bytes)
{
    put_u32(out, size_bytes);
    memcpy(out + 4, name, 4);
    memcpy(out + 8, data, size_bytes);
    put_u32(out + 8 + size_bytes, compute_crc(out + 4, size_bytes + 4));
    return out + 12 + size_bytes;
}

/* A PNG of 8-bit RGB whose data are four zeros, stored, whatever size it claims. */
static size_t make_png(uint8_t *out, uint32_t width, uint32_t height)
{
    static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t data[15] = {0x78, 1, 1, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 4, 0, 1};
    uint8_t header[13] = {[8] = 8, [9] = 2}, *end;

    put_u32(header, width);
    put_u32(header + 4, height);
    memcpy(out, magic, 8);
    end = put_chunk(out + 8, "IHDR", header, 13);
    end = put_chunk(end, "IDAT", data, sizeof data);
    end = put_chunk(end, "IEND", data, 0);
    return (size_t)(end - out);
}

START_TEST(a_bomb_is_refused_by_its_header)
{
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;
    uint8_t png[100];

    tl_recipe_init(&recipe);
    ck_assert_msg(tl_photo_decode(&photo, png, make_png(png, 1, 1), &recipe, &err) == TL_OK, "%s", err.message);
    expect_refusal(png, make_png(png, 20000, 20000), "20000 x 20000 pixels are 400 million; at most 256 million are decoded");
    expect_refusal(png, make_png(png, 16000, 16001), "16000 x 16001 pixels are 256 million");
    expect_refusal(png, make_png(png, 16000, 16000), "damaged or unusual png data");
}
END_TEST

START_TEST(bitmaps_that_lie_are_refused)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *message;
    } lies[] = {
        {10, 200, "truncated bitmap"},       {14, 13, "header of 13 bytes"}, {17, 1, "header of"},
        {18, 0, "of 0 x 2 pixels"},          {20, 9, "truncated bitmap"},    {21, 255, "of 4278190082 x 2 pixels"},
        {22, 3, "truncated bitmap"},         {25, 128, "truncated bitmap"},  {28, 5, "5 bits a pixel"},
        {28, 8, "cut short in its palette"}, {30, 1, "compression 1"},
    };
    static const uint8_t good[70] = {
        'B', 'M', [10] = 54, [14] = 40, [18] = 2, [22] = 2, [26] = 1, [28] = 24, [54] = 1, [55] = 2, [56] = 3};
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_decode(&photo, good, sizeof good, &recipe, &err), TL_OK);
    ck_assert_uint_eq(photo.pixels[223 * 224 * 3], 3);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint8_t bad[sizeof good];
        memcpy(bad, good, sizeof bad);
        bad[lies[i].at] = lies[i].value;
        expect_refusal(bad, sizeof bad, lies[i].message);
    }
}
END_TEST

START_TEST(a_slow_photo_is_stopped)
{
    size_t size_bytes;
    uint8_t *bytes = make_photo(&size_bytes, 400, 300, SUFFIXES[_i]);
    struct tl_decode decode;
    struct tl_error err;
    VipsRegion *region;
    VipsRect all = {0, 0, 400, 300};

    ck_assert_int_eq(tl_decode_open(&decode, bytes, size_bytes, 0, false, &err), TL_OK);
    region = vips_region_new(decode.image);
    ck_assert_int_ne(vips_region_prepare(region, &all), 0);
    ck_assert_int_eq(tl_decode_fail(&decode, &err), TL_TOO_SLOW);
    ck_assert_str_eq(err.message, "decoding took longer than 0 seconds and was stopped");
    g_object_unref(region);
    tl_decode_close(&decode);
    g_free(bytes);
}
END_TEST

/* Reading `path` fails so, and the digest says that no bytes were had. */
static void expect_unread(const char *path, enum tl_status status, const char *message)
{
    static const uint8_t zeros[TL_DIGEST_BYTES];
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;

    memset(photo.sha256, 0xee, sizeof photo.sha256);
    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_read(&photo, path, &recipe, &err), status);
    ck_assert_msg(strstr(err.message, message) != NULL, "'%s' is not in '%s'", message, err.message);
    ck_assert_ptr_null(strstr(err.message, path));
    ck_assert_mem_eq(photo.sha256, zeros, sizeof zeros);
}

START_TEST(what_is_no_file_is_refused)
{
    const char *folder = tl_test_make_folder();
    const char *fifo = tl_test_path(folder, "fifo.jpg"), *link = tl_test_path(folder, "link.jpg"),
               *empty = tl_test_path(folder, "empty.jpg");

    expect_unread(folder, TL_BAD_INPUT, "not a regular file");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    expect_unread(fifo, TL_BAD_INPUT, "not a regular file");
    ck_assert_int_eq(symlink("nowhere", link), 0);
    expect_unread(link, TL_NOT_FOUND, "no such file");
    tl_test_write_file(empty, "", 0);
    expect_unread(empty, TL_BAD_INPUT, "empty");
    if (geteuid() == 0) {
        printf("skipped: root may read everything, so no file is unreadable\n");
    } else {
        const char *closed = tl_test_path(folder, "closed.jpg");
        tl_test_write_file(closed, "x", 1);
        ck_assert_int_eq(chmod(closed, 0), 0);
        expect_unread(closed, TL_IO, "Permission denied");
    }
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_damaged_photo_keeps_its_digest)
{
    uint8_t digest[TL_DIGEST_BYTES];
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    ck_assert_int_eq(tl_photo_decode(&photo, "hello", 5, &recipe, &err), TL_BAD_INPUT);
    tl_digest_bytes(digest, "hello", 5);
    ck_assert_mem_eq(photo.sha256, digest, sizeof digest);
}
END_TEST

START_TEST(each_failed_allocation_is_told)
{
    struct tl_photo photo;
    struct tl_recipe recipe;
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    tl_recipe_init(&recipe);
    recipe.exif = TL_EXIF_APPLY;
    recipe.resize = TL_RESIZE_AREA;
    for (n = 1; status != TL_OK; n++) {
        tl_memory_fail_at(n);
        status = tl_photo_read(&photo, "tests/golden/image/orientation6.jpg", &recipe, &err);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "%s", err.message);
    }
    tl_memory_fail_at(0);
    ck_assert_uint_gt(n, 5);
}
END_TEST

/* Bytes changed, cut, doubled: every result is a photo or an error, in every recipe. The seed is the row. */
START_TEST(mutated_photos_never_crash)
{
    static const char *const suffixes[] = {".jpg",  ".jpg[interlace]",       ".png",       ".gif",
                                           ".webp", ".tif[compression=lzw]", ".tif[tile]", ".ppm"};
    enum { ROUNDS = 150 };
    const char *suffix = suffixes[_i];
    size_t size_bytes, read_count = 0, refused_count = 0;
    uint8_t *bytes = make_photo(&size_bytes, 40, 30, suffix), *mutated = tl_memory_alloc(size_bytes, 1);
    struct tl_random random;

    tl_random_init(&random, (uint64_t)_i, "mutate");
    for (int round = 0; round < ROUNDS; round++) {
        size_t length = size_bytes;
        struct tl_photo photo;
        struct tl_recipe recipe;
        struct tl_error err;

        memcpy(mutated, bytes, size_bytes);
        for (uint64_t k = 1 + tl_random_below(&random, 4); k > 0; k--) /* headers are where the trouble is */
            mutated[tl_random_below(&random, tl_random_below(&random, 2) ? size_bytes : 64)] =
                (uint8_t)tl_random_below(&random, 256);
        if (tl_random_below(&random, 4) == 0)
            length = 1 + tl_random_below(&random, size_bytes);
        tl_recipe_init(&recipe);
        recipe.resize = (enum tl_resize)tl_random_below(&random, 4);
        recipe.exif = tl_random_below(&random, 2) ? TL_EXIF_APPLY : TL_EXIF_IGNORE;
        recipe.crop = tl_random_below(&random, 2);
        err.message[0] = '\0';
        if (tl_photo_decode(&photo, mutated, length, &recipe, &err) == TL_OK) {
            read_count++;
        } else {
            ck_assert(err.status == TL_BAD_INPUT && err.message[0] != '\0');
            refused_count++;
        }
    }
    ck_assert_uint_eq(read_count + refused_count, ROUNDS);
    ck_assert_uint_gt(refused_count, 10);
    g_free(bytes);
    tl_memory_free(mutated);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("photo_faults");
    TCase *limits = tcase_create("Limits"), *faults = tcase_create("Faults"), *fuzz = tcase_create("Fuzz");
    const int suffix_count = sizeof SUFFIXES / sizeof *SUFFIXES;

    tcase_add_checked_fixture(limits, start_photos, tl_photo_stop);
    tcase_add_checked_fixture(faults, start_photos, tl_photo_stop);
    tcase_add_checked_fixture(fuzz, start_photos, tl_photo_stop);
    tcase_set_timeout(faults, 60);
    tcase_set_timeout(fuzz, 300);
    tcase_add_test(limits, a_bomb_is_refused_by_its_header);
    tcase_add_loop_test(limits, a_slow_photo_is_stopped, 0, suffix_count);
    tcase_add_loop_test(faults, what_is_no_photo_is_refused, 0, sizeof TEXTS / sizeof *TEXTS);
    tcase_add_loop_test(faults, half_a_photo_is_refused, 0, suffix_count);
    tcase_add_test(faults, bitmaps_that_lie_are_refused);
    tcase_add_test(faults, what_is_no_file_is_refused);
    tcase_add_test(faults, a_damaged_photo_keeps_its_digest);
    tcase_add_test(faults, each_failed_allocation_is_told);
    tcase_add_loop_test(fuzz, mutated_photos_never_crash, 0, 8);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    suite_add_tcase(suite, fuzz);
    return suite;
}
