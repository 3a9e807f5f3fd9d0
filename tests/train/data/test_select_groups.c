/* test_select_groups.c - what groups mean for splits, shares and folds. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/train/data/made_labels.h"
#include "train/data/select.h"

static const struct tl_select_wish AUTO = {.validation = TL_SELECT_AUTO, .fraction = 0.2};

/* Labels 0 and 1, 2 and 3, ... belong together. */
static struct tl_grouping *make_pairs(const struct tl_store_label *labels, size_t count)
{
    struct tl_grouping *grouping = NULL;

    ck_assert_int_eq(tl_grouping_create(&grouping, labels, count, NULL), TL_OK);
    for (size_t i = 0; i + 1 < count; i += 2)
        tl_grouping_join(grouping, i, i + 1);
    return grouping;
}

static struct tl_selection *select_pairs(struct tl_store_label labels[MANY], const struct tl_select_wish *wish)
{
    struct tl_grouping *grouping = make_pairs(labels, MANY);
    struct tl_selection *selection = NULL;

    ck_assert_int_eq(tl_select_samples(&selection, labels, MANY, grouping, wish, NULL), TL_OK);
    ck_assert_uint_eq(selection->sample_count, MANY);
    ck_assert_uint_eq(selection->group_count, MANY / 2);
    tl_grouping_free(grouping);
    return selection;
}

START_TEST(the_share_takes_groups_whole)
{
    struct tl_store_label labels[MANY];
    struct tl_selection *selection;

    make_many(labels, MANY);
    selection = select_pairs(labels, &AUTO);
    for (size_t i = 0; i < MANY; i += 2) {
        ck_assert_int_eq(selection->samples[i].role, selection->samples[i + 1].role);
        ck_assert_uint_eq(selection->samples[i].group, i / 2 + 1);
        ck_assert_uint_eq(selection->samples[i + 1].group, i / 2 + 1);
    }
    ck_assert_uint_ge(tl_selection_count(selection, TL_ROLE_VALIDATION), MANY / 5 - 4);
    ck_assert_uint_le(tl_selection_count(selection, TL_ROLE_VALIDATION), MANY / 5 + 4);
    ck_assert_uint_eq(selection->copied_counts[TL_ROLE_VALIDATION], 0);
    tl_selection_free(selection);
}
END_TEST

/* A val split is not moved: its copies are counted, and a test photo's copy in it is none, as it never trains. */
START_TEST(given_splits_stay_and_their_copies_are_counted)
{
    struct tl_store_label labels[MANY];
    struct tl_selection *selection;

    make_many(labels, MANY);
    labels[0].split = "test";
    labels[2].split = labels[4].split = "val";
    labels[5].split = "test";
    selection = select_pairs(labels, &AUTO);
    ck_assert(selection->has_validation_split);
    ck_assert_int_eq(selection->samples[0].role, TL_ROLE_TEST);
    ck_assert_int_eq(selection->samples[1].role, TL_ROLE_TRAIN);
    ck_assert(selection->samples[0].has_copy && !selection->samples[1].has_copy);
    ck_assert(selection->samples[2].has_copy && !selection->samples[4].has_copy && !selection->samples[5].has_copy);
    ck_assert_uint_eq(selection->copied_counts[TL_ROLE_TEST], 1);
    ck_assert_uint_eq(selection->copied_counts[TL_ROLE_VALIDATION], 1);
    tl_selection_free(selection);
}
END_TEST

/* A share of the training photos trains after it has measured: whoever has a copy in it has one in training. */
START_TEST(a_copy_in_the_share_is_a_copy_in_training)
{
    struct tl_store_label labels[MANY];
    struct tl_selection *selection;
    size_t in_share_count = 0;

    make_many(labels, MANY);
    for (size_t i = 0; i < MANY; i += 4)
        labels[i].split = "test";
    selection = select_pairs(labels, &AUTO);
    for (size_t i = 0; i < MANY; i += 4) {
        ck_assert(selection->samples[i].has_copy);
        in_share_count += selection->samples[i + 1].role == TL_ROLE_VALIDATION;
    }
    ck_assert_uint_gt(in_share_count, 0);
    ck_assert_uint_eq(selection->copied_counts[TL_ROLE_TEST], MANY / 4);
    tl_selection_free(selection);
}
END_TEST

START_TEST(splits_by_hash_stay_when_photos_are_added_and_keep_groups_together)
{
    const struct tl_select_wish wish = {
        .validation = TL_SELECT_AUTO, .split = TL_SELECT_HASH, .hash_validation = 0.2, .hash_test = 0.2};
    struct tl_store_label labels[MANY];
    struct tl_selection *all, *few = NULL;
    struct tl_grouping *grouping;

    make_many(labels, MANY);
    all = select_pairs(labels, &wish);
    for (size_t i = 0; i < MANY; i += 2)
        ck_assert_int_eq(all->samples[i].role, all->samples[i + 1].role);
    ck_assert_uint_gt(tl_selection_count(all, TL_ROLE_TEST), MANY / 10);
    ck_assert_uint_gt(tl_selection_count(all, TL_ROLE_VALIDATION), MANY / 10);
    ck_assert(all->is_split_by_hash && all->has_validation_split);
    grouping = make_pairs(labels, MANY / 2);
    ck_assert_int_eq(tl_select_samples(&few, labels, MANY / 2, grouping, &wish, NULL), TL_OK);
    for (size_t i = 0; i < MANY / 2; i++)
        ck_assert_int_eq(few->samples[i].role, all->samples[i].role);
    tl_grouping_free(grouping);
    tl_selection_free(few);
    tl_selection_free(all);
}
END_TEST

START_TEST(folds_keep_groups_together_and_take_all_but_the_test)
{
    const struct tl_select_wish wish = {.validation = TL_SELECT_AUTO, .fraction = 0.2, .fold_count = 5, .fold_seed = 3};
    struct tl_store_label labels[MANY];
    struct tl_selection *selection;
    size_t counts[5] = {0};

    make_many(labels, MANY);
    for (size_t i = 0; i < 40; i++)
        labels[i].split = i % 2 ? "test" : "val";
    selection = select_pairs(labels, &wish);
    ck_assert_uint_eq(selection->fold_count, 5);
    ck_assert_uint_eq(tl_selection_count(selection, TL_ROLE_VALIDATION), 0);
    for (size_t i = 0; i < MANY; i++) {
        if (selection->samples[i].role == TL_ROLE_TEST) {
            ck_assert_uint_eq(selection->samples[i].fold, TL_SELECT_NO_FOLD);
            continue;
        }
        counts[selection->samples[i].fold]++;
        if (i >= 40)
            ck_assert_uint_eq(selection->samples[i].fold, selection->samples[i ^ 1].fold);
    }
    for (size_t k = 0; k < 5; k++) {
        ck_assert_uint_ge(counts[k], 380 / 5 - 4);
        ck_assert_uint_le(counts[k], 380 / 5 + 4);
    }
    tl_selection_free(selection);
}
END_TEST

START_TEST(listed_classes_are_in_their_order_and_have_to_have_photos)
{
    static const char *const names[] = {"b", "a"}, *const others[] = {"a", "c"};
    const struct tl_select_wish wish = {.fraction = 0.2, .class_names = names, .class_count = 2},
                                wrong = {.fraction = 0.2, .class_names = others, .class_count = 2};
    struct tl_store_label labels[MANY];
    struct tl_selection *selection = NULL;
    struct tl_error err;

    make_many(labels, MANY);
    ck_assert_int_eq(tl_select_samples(&selection, labels, MANY, NULL, &wish, NULL), TL_OK);
    ck_assert_str_eq(selection->class_names[0], "b");
    ck_assert_uint_eq(selection->samples[0].class_index, 0);
    tl_selection_free(selection);
    ck_assert_int_eq(tl_select_samples(&selection, labels, MANY, NULL, &wrong, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "no photo to train on is of the class 'c'");
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("select_groups");
    TCase *core = tcase_create("Core");

    tcase_add_test(core, the_share_takes_groups_whole);
    tcase_add_test(core, given_splits_stay_and_their_copies_are_counted);
    tcase_add_test(core, a_copy_in_the_share_is_a_copy_in_training);
    tcase_add_test(core, splits_by_hash_stay_when_photos_are_added_and_keep_groups_together);
    tcase_add_test(core, folds_keep_groups_together_and_take_all_but_the_test);
    tcase_add_test(core, listed_classes_are_in_their_order_and_have_to_have_photos);
    suite_add_tcase(suite, core);
    return suite;
}
