/* test_likeness.c - pairs that a tree finds are those that comparing all with all finds. */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "train/data/likeness.h"

enum { COUNT = 700, COPY_EVERY = 7 };

static uint8_t thumbnails[COUNT][TL_LIKENESS_PIXELS];

/* Smooth pictures, as photos are; each seventh is a darker copy, with noise, of the one before it. */
static void make_thumbnails(size_t count)
{
    struct tl_random random;

    tl_random_init(&random, 3, "thumbnails");
    for (size_t i = 0; i < count; i++) {
        const double down = tl_random_uniform(&random) * 100, across = tl_random_uniform(&random) * 60;
        const double spot_x = tl_random_uniform(&random) * 24, spot_y = tl_random_uniform(&random) * 24;

        for (size_t p = 0; p < TL_LIKENESS_PIXELS; p++) {
            const double x = (double)(p % TL_LIKENESS_SIDE), y = (double)(p / TL_LIKENESS_SIDE);
            const double square = (x - spot_x) * (x - spot_x) + (y - spot_y) * (y - spot_y);
            const double noise = tl_random_uniform(&random) * 4;

            thumbnails[i][p] = (uint8_t)(i % COPY_EVERY == COPY_EVERY - 1
                                             ? 0.7 * thumbnails[i - 1][p] + noise
                                             : 20 + down * y / 24 + across * x / 24 + 60 / (1 + square / 9) + noise);
        }
    }
}

struct found {
    bool pairs[COUNT][COUNT];
    size_t count;
};
static struct found found;

static enum tl_status note_pair(void *context, size_t first, size_t second, struct tl_error *err)
{
    (void)context, (void)err;
    ck_assert_uint_lt(first, second);
    ck_assert(!found.pairs[first][second]);
    found.pairs[first][second] = true;
    found.count++;
    return TL_OK;
}

static void visit(size_t count)
{
    tl_likeness *likeness = NULL;

    memset(&found, 0, sizeof found);
    ck_assert_int_eq(tl_likeness_create(&likeness, thumbnails[0], count, NULL), TL_OK);
    ck_assert_int_eq(tl_likeness_visit(likeness, note_pair, NULL, NULL), TL_OK);
    tl_likeness_free(likeness);
}

START_TEST(what_the_tree_finds_is_what_comparing_all_finds)
{
    size_t alike_count = 0;

    make_thumbnails(COUNT);
    visit(COUNT);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = i + 1; j < COUNT; j++) {
            const bool is_alike = tl_likeness_measure(thumbnails[i], thumbnails[j]) >= TL_LIKENESS_MIN;

            alike_count += is_alike;
            ck_assert_msg(found.pairs[i][j] == is_alike, "pair %zu, %zu", i, j);
        }
    ck_assert_uint_eq(found.count, alike_count);
    for (size_t i = COPY_EVERY - 1; i < COUNT; i += COPY_EVERY)
        ck_assert_msg(found.pairs[i - 1][i], "copy %zu", i);
    ck_assert_uint_lt(alike_count, COUNT * COUNT / 8);
}
END_TEST

START_TEST(equal_pictures_are_alike_to_the_last)
{
    make_thumbnails(100);
    for (size_t i = 1; i < 100; i++)
        memcpy(thumbnails[i], thumbnails[0], sizeof thumbnails[i]);
    visit(100);
    ck_assert_uint_eq(found.count, 100 * 99 / 2);
}
END_TEST

START_TEST(brightness_and_contrast_are_of_no_matter_and_a_negative_is_another_picture)
{
    uint8_t changed[TL_LIKENESS_PIXELS];

    make_thumbnails(2);
    for (size_t p = 0; p < TL_LIKENESS_PIXELS; p++)
        changed[p] = (uint8_t)(10 + thumbnails[0][p] / 2);
    ck_assert_double_gt(tl_likeness_measure(thumbnails[0], changed), 0.99);
    for (size_t p = 0; p < TL_LIKENESS_PIXELS; p++)
        changed[p] = (uint8_t)(255 - thumbnails[0][p]);
    ck_assert_double_lt(tl_likeness_measure(thumbnails[0], changed), -0.99);
    ck_assert_double_eq_tol(tl_likeness_measure(thumbnails[0], thumbnails[0]), 1, 1e-12);
}
END_TEST

START_TEST(a_thumbnail_of_one_grey_is_like_none)
{
    make_thumbnails(10);
    memset(thumbnails[3], 0, sizeof thumbnails[3]);
    memset(thumbnails[4], 0, sizeof thumbnails[4]);
    memset(thumbnails[5], 255, sizeof thumbnails[5]);
    visit(10);
    for (size_t i = 0; i < 10; i++)
        ck_assert(!found.pairs[i][4] && !found.pairs[3][i] && !found.pairs[5][i]);
    ck_assert(tl_likeness_measure(thumbnails[3], thumbnails[4]) == 0);
}
END_TEST

START_TEST(few_photos_are_no_matter)
{
    make_thumbnails(20);
    visit((size_t)_i);
    ck_assert_uint_ge(found.count, (size_t)_i / COPY_EVERY);
}
END_TEST

static enum tl_status refuse(void *context, size_t first, size_t second, struct tl_error *err)
{
    (void)first, (void)second;
    ++*(size_t *)context;
    return tl_error_set(err, TL_IO, "no");
}

START_TEST(the_callers_failure_ends_the_visit)
{
    tl_likeness *likeness = NULL;
    struct tl_error err;
    size_t count = 0;

    make_thumbnails(COUNT);
    ck_assert_int_eq(tl_likeness_create(&likeness, thumbnails[0], COUNT, NULL), TL_OK);
    ck_assert_int_eq(tl_likeness_visit(likeness, refuse, &count, &err), TL_IO);
    ck_assert_str_eq(err.message, "no");
    ck_assert_uint_eq(count, 1);
    tl_likeness_free(likeness);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    tl_likeness *likeness = NULL;
    enum tl_status status;
    size_t n = 0;

    make_thumbnails(30);
    do {
        tl_memory_fail_at(++n);
        status = tl_likeness_create(&likeness, thumbnails[0], 30, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !likeness));
    } while (status != TL_OK);
    ck_assert_uint_eq(n, 5);
    tl_likeness_free(likeness);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("likeness");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, what_the_tree_finds_is_what_comparing_all_finds);
    tcase_add_test(core, equal_pictures_are_alike_to_the_last);
    tcase_add_test(core, brightness_and_contrast_are_of_no_matter_and_a_negative_is_another_picture);
    tcase_add_test(limits, a_thumbnail_of_one_grey_is_like_none);
    tcase_add_loop_test(limits, few_photos_are_no_matter, 0, 20);
    tcase_add_test(faults, the_callers_failure_ends_the_visit);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
