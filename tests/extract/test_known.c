/* test_known.c - photos of which only counts and ids are kept. */
#include "common/base/memory.h"
#include "extract/known.h"
#include "tests/support/suite.h"

static const char CLOUDY[] = "cloudy", SHINE[] = "shine";

START_TEST(photos_are_counted_by_class_and_split)
{
    const struct tl_scan scan = {.name = NULL};
    const struct tl_scan_entry entries[] = {{.class_name = CLOUDY}, {.class_name = SHINE, .split = "train"}, {.class_name = SHINE}};
    struct tl_known known = {.counts = NULL};
    struct tl_error err;

    for (int64_t i = 0; i < 3000; i++)
        ck_assert_int_eq(tl_known_add(&known, &scan, &entries[i % 3], i * 7, i % 2 == 0, &err), TL_OK);
    ck_assert_uint_eq(known.photo_count, 3000);
    ck_assert_uint_eq(known.count_count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_eq(known.counts[i].scan, &scan);
        ck_assert_ptr_eq(known.counts[i].class_name, entries[i].class_name);
        ck_assert_ptr_eq(known.counts[i].split, entries[i].split);
        ck_assert_uint_eq(known.counts[i].photo_count, 1000);
        ck_assert_uint_eq(known.counts[i].turned_count, 500);
    }
    for (int64_t i = 0; i < 3000; i++)
        ck_assert_int_eq(known.photo_ids[i], i * 7);
    tl_known_free(&known);
    ck_assert_ptr_null(known.photo_ids);
}
END_TEST

START_TEST(without_memory_nothing_is_counted)
{
    const struct tl_scan scan = {.name = NULL};
    const struct tl_scan_entry entry = {.class_name = CLOUDY};

    for (size_t n = 1; n <= 2; n++) {
        struct tl_known known = {.counts = NULL};
        struct tl_error err;

        (void)tl_memory_fail_at(n);
        ck_assert_int_eq(tl_known_add(&known, &scan, &entry, 1, false, &err), TL_NO_MEMORY);
        (void)tl_memory_fail_at(0);
        ck_assert_uint_eq(known.photo_count, 0);
        ck_assert_uint_eq(known.count_count, 0);
        tl_known_free(&known);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("known");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_test(core, photos_are_counted_by_class_and_split);
    suite_add_tcase(suite, core);
    tcase_add_test(faults, without_memory_nothing_is_counted);
    suite_add_tcase(suite, faults);
    return suite;
}
