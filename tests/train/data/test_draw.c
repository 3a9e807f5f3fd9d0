/* test_draw.c - shares and folds: all of a group together, classes even, and what was drawn stays. */
#include <stdlib.h>
#include <string.h>

#include "common/base/digest.h"
#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/data/draw.h"

enum { COUNT = 500, CLASSES = 3 };

static uint8_t digests[COUNT][TL_DIGEST_BYTES];
static struct tl_draw_item items[COUNT];

/* Classes of 60%, 30% and 10%; each tenth item starts a group of up to four. Digests rise, as those of labels do. */
static void make_items(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        tl_digest_bytes(digests[i], &i, sizeof i);
        digests[i][0] = (uint8_t)(i >> 8);
        digests[i][1] = (uint8_t)i;
        items[i] = (struct tl_draw_item){digests[i], i, i % 10 < 6 ? 0U : i % 10 < 9 ? 1U : 2U};
    }
    for (size_t i = 0; i + 33 < COUNT; i += 40)
        for (size_t k = 1; k <= 3; k++)
            items[i + 11 * k].group = i; /* of other classes too */
}

static size_t count_of(const bool *drawn, uint32_t class_index)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT; i++)
        count += drawn[i] && items[i].class_index == class_index;
    return count;
}

START_TEST(a_share_keeps_groups_together_and_classes_even)
{
    const double fraction = 0.05 * _i;
    bool drawn[COUNT] = {false}, again[COUNT] = {false};
    size_t all[CLASSES] = {0};

    make_items();
    ck_assert_int_eq(tl_draw_share(drawn, items, COUNT, CLASSES, fraction, NULL), TL_OK);
    ck_assert_int_eq(tl_draw_share(again, items, COUNT, CLASSES, fraction, NULL), TL_OK);
    ck_assert_mem_eq(drawn, again, sizeof drawn);
    for (size_t i = 0; i < COUNT; i++) {
        all[items[i].class_index]++;
        ck_assert_int_eq(drawn[i], drawn[items[i].group]);
    }
    for (uint32_t l = 0; l < CLASSES; l++) {
        ck_assert_double_le((double)count_of(drawn, l), fraction * (double)all[l] + 14);
        ck_assert_double_ge((double)count_of(drawn, l), fraction * (double)all[l] - 14);
        ck_assert_uint_lt(count_of(drawn, l), all[l]);
    }
}
END_TEST

START_TEST(what_was_drawn_stays_when_photos_are_added)
{
    bool few[COUNT] = {false}, all[COUNT] = {false};
    struct tl_draw_item old[COUNT];
    size_t moved_count = 0, old_count = 0;

    make_items();
    for (size_t i = 0; i < COUNT; i++)
        if (items[i].group % 5 != 0 || items[i].group != i) /* a tenth comes later */
            old[old_count++] = items[i];
    ck_assert_int_eq(tl_draw_share(few, old, old_count, CLASSES, 0.2, NULL), TL_OK);
    ck_assert_int_eq(tl_draw_share(all, items, COUNT, CLASSES, 0.2, NULL), TL_OK);
    for (size_t i = 0; i < old_count; i++)
        for (size_t k = 0; k < COUNT; k++)
            if (items[k].sha256 == old[i].sha256)
                moved_count += few[i] != all[k];
    ck_assert_uint_lt(moved_count, 40);
}
END_TEST

START_TEST(the_last_of_a_class_is_never_drawn)
{
    bool drawn[COUNT] = {false};

    make_items();
    for (size_t i = 0; i < COUNT; i++)
        items[i].group = i % 2; /* two groups of all classes: none can be taken twice */
    ck_assert_int_eq(tl_draw_share(drawn, items, COUNT, CLASSES, 0.9, NULL), TL_OK);
    for (uint32_t l = 0; l < CLASSES; l++)
        for (size_t i = 0, left = 0; i < COUNT; i++) {
            left += !drawn[i] && items[i].class_index == l;
            ck_assert(i + 1 < COUNT || left > 0);
        }
    for (size_t i = 0; i < COUNT; i++)
        items[i].group = 0;
    memset(drawn, 0, sizeof drawn);
    ck_assert_int_eq(tl_draw_share(drawn, items, COUNT, CLASSES, 0.9, NULL), TL_OK);
    ck_assert_uint_eq(count_of(drawn, 0) + count_of(drawn, 1) + count_of(drawn, 2), 0);
}
END_TEST

START_TEST(folds_are_even_in_each_class_and_keep_groups_together)
{
    const size_t fold_count = (size_t)_i;
    uint32_t folds[COUNT], again[COUNT], other[COUNT];

    make_items();
    ck_assert_int_eq(tl_draw_folds(folds, items, COUNT, CLASSES, fold_count, 1, NULL), TL_OK);
    ck_assert_int_eq(tl_draw_folds(again, items, COUNT, CLASSES, fold_count, 1, NULL), TL_OK);
    ck_assert_int_eq(tl_draw_folds(other, items, COUNT, CLASSES, fold_count, 2, NULL), TL_OK);
    ck_assert_mem_eq(folds, again, sizeof folds);
    ck_assert_mem_ne(folds, other, sizeof folds);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_uint_lt(folds[i], fold_count);
        ck_assert_uint_eq(folds[i], folds[items[i].group]);
    }
    for (uint32_t l = 0; l < CLASSES; l++) {
        size_t least = COUNT, most = 0;

        for (uint32_t k = 0; k < fold_count; k++) {
            size_t count = 0;

            for (size_t i = 0; i < COUNT; i++)
                count += folds[i] == k && items[i].class_index == l;
            least = count < least ? count : least;
            most = count > most ? count : most;
        }
        ck_assert_uint_le(most - least, 2);
    }
}
END_TEST

START_TEST(without_groups_folds_differ_by_one)
{
    uint32_t folds[COUNT];
    size_t counts[5][CLASSES] = {{0}}, totals[5] = {0};

    make_items();
    for (size_t i = 0; i < COUNT; i++)
        items[i].group = i;
    ck_assert_int_eq(tl_draw_folds(folds, items, COUNT - 3, CLASSES, 5, 0, NULL), TL_OK);
    for (size_t i = 0; i < COUNT - 3; i++) {
        counts[folds[i]][items[i].class_index]++;
        totals[folds[i]]++;
    }
    for (size_t k = 1; k < 5; k++) {
        for (size_t l = 0; l < CLASSES; l++)
            ck_assert_int_le(labs((long)counts[k][l] - (long)counts[0][l]), 1);
        ck_assert_int_le(labs((long)totals[k] - (long)totals[0]), 3);
    }
}
END_TEST

START_TEST(hashing_takes_about_the_shares_and_knows_only_the_content)
{
    size_t counts[3] = {0};

    make_items();
    for (size_t i = 0; i < COUNT; i++) {
        const int part = tl_draw_part(digests[i], 0.1, 0.2);

        counts[part]++;
        ck_assert(part != 0 || tl_draw_part(digests[i], 0.3, 0.2) == 0); /* the test share does not move with the other */
        ck_assert_int_eq(tl_draw_part(digests[i], 0, 0), 2);
    }
    ck_assert_uint_gt(counts[0], 70);
    ck_assert_uint_lt(counts[0], 130);
    ck_assert_uint_gt(counts[1], 30);
    ck_assert_uint_lt(counts[1], 75);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    bool drawn[COUNT] = {false};
    uint32_t folds[COUNT];
    enum tl_status status;
    size_t n = 0;

    make_items();
    do {
        tl_memory_fail_at(++n);
        status = tl_draw_share(drawn, items, COUNT, CLASSES, 0.1, NULL);
        if (status == TL_OK)
            status = tl_draw_folds(folds, items, COUNT, CLASSES, 3, 0, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    } while (status != TL_OK);
    ck_assert_uint_eq(n, 10);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("draw");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, a_share_keeps_groups_together_and_classes_even, 0, 20);
    tcase_add_test(core, what_was_drawn_stays_when_photos_are_added);
    tcase_add_loop_test(core, folds_are_even_in_each_class_and_keep_groups_together, 2, 11);
    tcase_add_test(core, without_groups_folds_differ_by_one);
    tcase_add_test(core, hashing_takes_about_the_shares_and_knows_only_the_content);
    tcase_add_test(limits, the_last_of_a_class_is_never_drawn);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
