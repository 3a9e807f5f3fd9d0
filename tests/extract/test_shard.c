/* test_shard.c - parts of photos: disjoint, complete, of about one size, and the same everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "extract/shard.h"
#include "tests/support/suite.h"

static const char *photo_name(int i)
{
    static char name[32];

    (void)snprintf(name, sizeof name, "class/%d.jpg", i);
    return name;
}

START_TEST(every_photo_is_in_exactly_one_part)
{
    for (uint32_t count = 1; count <= 9; count++) {
        for (int i = 0; i < 200; i++) {
            unsigned parts = 0;

            for (uint32_t index = 1; index <= count; index++)
                parts += tl_shard_has(&(struct tl_store_shard){index, count}, "sky", photo_name(i));
            ck_assert_uint_eq(parts, 1);
        }
    }
}
END_TEST

START_TEST(parts_are_of_about_one_size)
{
    for (uint32_t index = 1; index <= 8; index++) {
        int count = 0;

        for (int i = 0; i < 8000; i++)
            count += tl_shard_has(&(struct tl_store_shard){index, 8}, "sky", photo_name(i));
        ck_assert_int_ge(count, 870); /* 1000 +- 4.4 standard deviations */
        ck_assert_int_le(count, 1130);
    }
}
END_TEST

/* The parts of yesterday's stores must be those of today's program: SHA-256 of the two strings, each behind its length. */
START_TEST(parts_never_change)
{
    static const char parts[] = "17934";
    char found[sizeof parts];

    for (int i = 0; i < 5; i++)
        for (uint32_t index = 1; index <= 9; index++)
            if (tl_shard_has(&(struct tl_store_shard){index, 9}, "sky", photo_name(i)))
                found[i] = (char)('0' + index);
    found[5] = '\0';
    ck_assert_str_eq(found, parts);
    ck_assert(tl_shard_has(&(struct tl_store_shard){0, 0}, "sky", "any"));
}
END_TEST

START_TEST(the_source_counts_too)
{
    int differences = 0;

    for (int i = 0; i < 100; i++)
        differences += tl_shard_has(&(struct tl_store_shard){1, 2}, "sky", photo_name(i)) !=
                       tl_shard_has(&(struct tl_store_shard){1, 2}, "sea", photo_name(i));
    ck_assert_int_ge(differences, 20);
}
END_TEST

START_TEST(a_scan_keeps_its_part_in_order)
{
    struct tl_scan *scan = NULL;
    struct tl_error err;
    const struct tl_store_shard shard = {2, 3};
    const char *root = tl_test_make_folder();
    size_t kept = 0;
    char path[4096];

    (void)snprintf(path, sizeof path, "mkdir '%s/a' && cd '%s/a' && touch 1.jpg 2.jpg 3.jpg 4.jpg 5.jpg 6.jpg 7.jpg", root, root);
    ck_assert_int_eq(system(path), 0);
    ck_assert_int_eq(tl_scan_read(&scan, root, "sky", NULL, &err), TL_OK);
    for (size_t i = 0; i < 7; i++) {
        const char *now = scan->entries[i].path;

        kept += tl_shard_has(&shard, "sky", now);
    }
    tl_shard_keep(&shard, scan);
    ck_assert_uint_eq(scan->entry_count, kept);
    ck_assert_uint_ge(kept, 1);
    for (size_t i = 0; i < kept; i++) {
        ck_assert(tl_shard_has(&shard, "sky", scan->entries[i].path));
        ck_assert(i == 0 || strcmp(scan->entries[i - 1].path, scan->entries[i].path) < 0);
    }
    tl_shard_keep(&(struct tl_store_shard){0, 0}, scan);
    ck_assert_uint_eq(scan->entry_count, kept);
    ck_assert_uint_eq(scan->class_count, 1);
    tl_scan_free(scan);
}
END_TEST

static const struct {
    const char *text;
    uint32_t index, count; /* 0: refused */
} TEXTS[] = {{"1/1", 1, 1},   {"2/4", 2, 4},         {"100000/100000", 100000, 100000}, {"04/08", 4, 8}, {"0/4", 0, 0},
             {"5/4", 0, 0},   {"1/100001", 0, 0},    {"1/0", 0, 0},                     {"1", 0, 0},     {"/4", 0, 0},
             {"1/", 0, 0},    {"1/4x", 0, 0},        {" 1/4", 0, 0},                    {"-1/4", 0, 0},  {"", 0, 0},
             {"1/2/3", 0, 0}, {"4294967297/4294967298", 0, 0}};

START_TEST(words_are_read_or_refused)
{
    struct tl_store_shard shard = {7, 7};
    struct tl_error err;
    const enum tl_status status = tl_shard_read(&shard, TEXTS[_i].text, &err);

    ck_assert_int_eq(status, TEXTS[_i].count > 0 ? TL_OK : TL_BAD_INPUT);
    ck_assert_uint_eq(shard.index, TEXTS[_i].index);
    ck_assert_uint_eq(shard.count, TEXTS[_i].count);
    if (status != TL_OK)
        ck_assert_ptr_nonnull(strstr(err.message, TEXTS[_i].text));
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("shard");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits");

    tcase_add_test(core, every_photo_is_in_exactly_one_part);
    tcase_add_test(core, parts_are_of_about_one_size);
    tcase_add_test(core, parts_never_change);
    tcase_add_test(core, the_source_counts_too);
    tcase_add_test(core, a_scan_keeps_its_part_in_order);
    tcase_add_loop_test(limits, words_are_read_or_refused, 0, (int)(sizeof TEXTS / sizeof TEXTS[0]));
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
