/* test_grouping.c - what joins photos, and what a pattern or a sign may not do. */
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/data/grouping.h"
#include "train/data/grouping_wish.h"
#include "train/data/likeness.h"

enum { PLACES = 7, CONTENTS = 6, MANY = 400 };

/* Content 2 has two places. */
static const char *const PATHS[PLACES] = {"anna/1.jpg",  "bob/2.jpg", "anna/3.jpg", "copies/bob/3.jpg",
                                          "carl/4.jpg", "bob/5.jpg",  "6.jpg"};
static const unsigned char CONTENT_OF[PLACES] = {0, 1, 2, 2, 3, 4, 5};
static struct tl_store_label labels[MANY];
static struct tl_grouping *grouping;
static struct tl_error err;

static void create(void)
{
    memset(labels, 0, sizeof labels);
    for (size_t i = 0; i < PLACES; i++) {
        labels[i].path = PATHS[i];
        labels[i].sha256[0] = CONTENT_OF[i];
    }
    ck_assert_int_eq(tl_grouping_create(&grouping, labels, PLACES, &err), TL_OK);
    ck_assert_uint_eq(grouping->content_count, CONTENTS);
}

static void release(void)
{
    tl_grouping_free(grouping);
}

/* The groups as the first content of each content. */
static void expect_groups(const char *wanted)
{
    char got[CONTENTS + 1] = "";

    for (size_t i = 0; i < CONTENTS; i++)
        got[i] = (char)('0' + tl_grouping_find(grouping, i));
    ck_assert_str_eq(got, wanted);
}

START_TEST(joins_are_transitive_and_named_by_the_first)
{
    expect_groups("012345");
    tl_grouping_join(grouping, 5, 4);
    tl_grouping_join(grouping, 1, 3);
    expect_groups("012144");
    tl_grouping_join(grouping, 3, 5);
    tl_grouping_join(grouping, 5, 1);
    expect_groups("012111");
}
END_TEST

START_TEST(paths_with_the_same_words_belong_together)
{
    static const struct {
        const char *pattern, *groups;
    } cases[] = {
        {"([a-z]+)/[0-9]", "000305"}, /* content 2 is anna's and bob's, so that these are one */
        {"^([a-z]+)/", "010315"},     /* ... and here anna's and copies' */
        {"^[^/]*", "010315"},
        {"^(anna|carl)/", "010345"},
        {"x", "012345"},
        {"", "000000"},
        {"[.]jpg", "000000"},
        {"^(zz)?", "012345"},
        {"[{]", "012345"},
        {"[0-9]{1,2}", "012345"},
    };

    ck_assert_msg(tl_grouping_join_paths(grouping, labels, PLACES, cases[_i].pattern, &err) == TL_OK, "%s", err.message);
    expect_groups(cases[_i].groups);
}
END_TEST

START_TEST(a_burst_is_a_chain_of_shots_of_one_camera)
{
    struct tl_grouping_shot shots[] = {{"s", "x", 100, 0}, {"s", "x", 220, 4}, {"s", "x", 159, 1},
                                       {"s", "y", 160, 2}, {"t", "x", 161, 3}, {"s", "x", 219, 5}};

    tl_grouping_join_shots(grouping, shots, 6, 60);
    expect_groups("002344"); /* 159 and 219 are 60 apart, which is not less */
}
END_TEST

START_TEST(negative_times_and_far_ones_are_times_too)
{
    struct tl_grouping_shot shots[] = {{"s", "", INT64_MAX, 0}, {"s", "", INT64_MIN, 1}, {"s", "", -5, 2}, {"s", "", -4, 3}};

    tl_grouping_join_shots(grouping, shots, 4, 60);
    expect_groups("012245");
}
END_TEST

/* ---- likenesses ---- */

static uint8_t thumbnails[MANY][TL_LIKENESS_PIXELS];

static void make_equal_thumbnails(size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < TL_LIKENESS_PIXELS; p++)
            thumbnails[i][p] = (uint8_t)(p % 251);
}

struct confirming {
    size_t count;
    enum tl_status status;
};

static enum tl_status confirm_even(void *context, bool *out_is_same, size_t first, size_t second, struct tl_error *to)
{
    struct confirming *confirming = context;

    confirming->count++;
    *out_is_same = (first + second) % 2 == 0;
    return confirming->status == TL_OK ? TL_OK : tl_error_set(to, confirming->status, "unreadable");
}

START_TEST(likenesses_have_to_be_confirmed)
{
    struct confirming confirming = {0, TL_OK};

    make_equal_thumbnails(CONTENTS);
    thumbnails[4][0] = 200; /* still alike */
    memset(thumbnails[2], 9, sizeof thumbnails[2]);
    ck_assert_int_eq(tl_grouping_join_likenesses(grouping, thumbnails[0], confirm_even, &confirming, &err), TL_OK);
    expect_groups("012101");
    ck_assert_uint_le(confirming.count, 10);
}
END_TEST

static enum tl_status confirm_none(void *context, bool *out_is_same, size_t first, size_t second, struct tl_error *to)
{
    (void)first, (void)second, (void)to;
    ++*(size_t *)context;
    *out_is_same = false;
    return TL_OK;
}

START_TEST(a_picture_that_is_like_everything_is_not_tried_for_ever)
{
    size_t count = 0;

    tl_grouping_free(grouping);
    for (size_t i = 0; i < MANY; i++) {
        labels[i].sha256[0] = (uint8_t)(i >> 8);
        labels[i].sha256[1] = (uint8_t)i;
    }
    ck_assert_int_eq(tl_grouping_create(&grouping, labels, MANY, &err), TL_OK);
    make_equal_thumbnails(MANY);
    ck_assert_int_eq(tl_grouping_join_likenesses(grouping, thumbnails[0], confirm_none, &count, &err), TL_OK);
    ck_assert_uint_gt(count, MANY);
    ck_assert_uint_le(count, 32 * MANY / 2);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_pattern_that_is_none_or_costs_too_much_is_refused)
{
    static const char *const patterns[] = {"(",           "[a",           "a{2",          "(a)\\1",    "a{1001}",
                                           "(a{40}){40}", "((a{9}){9}){99}", "a{1,99999999999}", "\\(a\\)\\2{2}"};

    ck_assert_int_eq(tl_grouping_join_paths(grouping, labels, PLACES, patterns[_i], &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, patterns[_i]));
    expect_groups("012345");
}
END_TEST

START_TEST(a_confirmation_that_fails_is_told)
{
    struct confirming confirming = {0, TL_IO};

    make_equal_thumbnails(CONTENTS);
    ck_assert_int_eq(tl_grouping_join_likenesses(grouping, thumbnails[0], confirm_even, &confirming, &err), TL_IO);
    ck_assert_str_eq(err.message, "unreadable");
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct confirming confirming = {0, TL_OK};
    enum tl_status status;
    size_t n = 0;

    make_equal_thumbnails(CONTENTS);
    do {
        struct tl_grouping *made = NULL;

        tl_memory_fail_at(++n);
        status = tl_grouping_create(&made, labels, PLACES, &err);
        if (status == TL_OK)
            status = tl_grouping_join_paths(made, labels, PLACES, "a", &err);
        if (status == TL_OK)
            status = tl_grouping_join_likenesses(made, thumbnails[0], confirm_even, &confirming, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        tl_grouping_free(made);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 6);
}
END_TEST

/* ---- the wish ---- */

START_TEST(what_group_by_says_is_read)
{
    static const struct {
        const char *text;
        bool has_near_duplicates;
        const char *pattern;
        double seconds;
    } cases[] = {
        {NULL, true, "", 0},
        {"none", false, "", 0},
        {"near-duplicates", true, "", 0},
        {"capture-time:60s", false, "", 60},
        {"path:^([a-z]{1,3}),x/,capture-time:2m", false, "^([a-z]{1,3}),x/", 120},
        {"path:a,none", false, "a,none", 0},
        {"capture-time:1.5s,path:(a|b),near-duplicates", true, "(a|b)", 1.5},
    };
    struct tl_grouping_wish wish;
    const enum tl_status status = tl_grouping_wish_read(&wish, cases[_i].text, &err);

    if (_i == 5) { /* `none` stands alone */
        ck_assert_int_eq(status, TL_BAD_INPUT);
        return;
    }
    ck_assert_msg(status == TL_OK, "%s", err.message);
    ck_assert_int_eq(wish.has_near_duplicates, cases[_i].has_near_duplicates);
    ck_assert_str_eq(wish.path_pattern, cases[_i].pattern);
    ck_assert_double_eq_tol(wish.capture_seconds, cases[_i].seconds, 1e-9);
}
END_TEST

START_TEST(what_means_nothing_is_refused)
{
    static const char *const texts[] = {"",      "likeness",    "near-duplicates,", "path:", "capture-time:", "capture-time:60",
                                        "path:a,path:b", ",none", "capture-time:-1s"};
    struct tl_grouping_wish wish;
    char longer[600] = "path:";

    ck_assert_int_eq(tl_grouping_wish_read(&wish, texts[_i], &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "--group-by"));
    memset(longer + 5, 'a', 500);
    ck_assert_int_eq(tl_grouping_wish_read(&wish, longer, &err), TL_BAD_INPUT);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("grouping");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, create, release);
    tcase_add_checked_fixture(limits, create, release);
    tcase_add_checked_fixture(faults, create, release);
    tcase_add_test(core, joins_are_transitive_and_named_by_the_first);
    tcase_add_loop_test(core, paths_with_the_same_words_belong_together, 0, 10);
    tcase_add_test(core, a_burst_is_a_chain_of_shots_of_one_camera);
    tcase_add_test(core, likenesses_have_to_be_confirmed);
    tcase_add_loop_test(core, what_group_by_says_is_read, 0, 7);
    tcase_add_test(limits, negative_times_and_far_ones_are_times_too);
    tcase_add_test(limits, a_picture_that_is_like_everything_is_not_tried_for_ever);
    tcase_add_loop_test(faults, a_pattern_that_is_none_or_costs_too_much_is_refused, 0, 9);
    tcase_add_test(faults, a_confirmation_that_fails_is_told);
    tcase_add_test(faults, every_allocation_may_fail);
    tcase_add_loop_test(faults, what_means_nothing_is_refused, 0, 9);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
