/* test_dataset.c - data sets of a store: edited, grouped, split. */
#include "common/base/memory.h"
#include "tests/train/data/made_dataset.h"

START_TEST(a_copy_across_the_splits_is_told)
{
    read_dataset();
    ck_assert_uint_eq(dataset.selection->sample_count, PHOTO_COUNT);
    ck_assert_uint_eq(dataset.selection->group_count, 1);
    ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_TEST], 1);
    ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_VALIDATION], 0);
    ck_assert(find("-6.jpg")->has_copy && !find("-9.jpg")->has_copy && !find("-1.jpg")->has_copy);
    ck_assert_uint_eq(find("-6.jpg")->group, find("-1.jpg")->group);
    ck_assert_uint_eq(find("-2.jpg")->group, 0);
    ck_assert_str_eq(dataset.recipe, "{\"label-set\":\"default\",\"split\":\"folder\",\"group-by\":\"near-duplicates\","
                                     "\"validation\":\"val\"}");
    wish.group_by = "none";
    read_dataset();
    ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_TEST], 0);
}
END_TEST

START_TEST(photos_are_grouped_by_path_and_by_time)
{
    wish.group_by = "path:([a-z]+)-[0-9]+[.]jpg";
    read_dataset();
    ck_assert_uint_eq(dataset.selection->group_count, 3);
    ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_TEST], 3);
    ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_VALIDATION], 1);
    wish.group_by = "capture-time:60s";
    read_dataset();
    ck_assert_uint_eq(dataset.selection->group_count, 1);
    ck_assert(find("-7.jpg")->has_copy);
    wish.group_by = "capture-time:1s";
    read_dataset();
    ck_assert_uint_eq(dataset.selection->group_count, 0);
}
END_TEST

START_TEST(splits_by_hash_leave_no_copy_behind)
{
    wish.group_by = "path:([a-z]+)-[0-9]+[.]jpg";
    wish.split = "hash:0.3,0.3";
    wish.classes = "rain,sun";
    for (unsigned drawn = 0; drawn < 2; drawn++) {
        const enum tl_status status = tl_dataset_read(&dataset, store, &wish, 1, MADE_FEATURES, &err);

        if (status == TL_OK) {
            ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_TEST], 0);
            ck_assert_uint_eq(dataset.selection->copied_counts[TL_ROLE_VALIDATION], 0);
            for (size_t i = 0; i < dataset.selection->sample_count; i++)
                for (size_t j = 0; j < i; j++)
                    if (dataset.selection->samples[i].group > 0 &&
                        dataset.selection->samples[i].group == dataset.selection->samples[j].group)
                        ck_assert_int_eq(dataset.selection->samples[i].role, dataset.selection->samples[j].role);
        }
        tl_dataset_release(&dataset);
        wish.group_by = NULL;
        wish.split = "hash:0.2,0.1";
    }
}
END_TEST

START_TEST(without_a_split_all_photos_have_folds)
{
    wish.split = "none";
    wish.fold_count = 2;
    wish.classes = "sun,rain";
    read_dataset();
    expect_classes("sun,rain");
    ck_assert_uint_eq(dataset.selection->sample_count, 8);
    ck_assert_uint_eq(dataset.other_count, 2);
    ck_assert_uint_eq(tl_selection_count(dataset.selection, TL_ROLE_TRAIN), 8);
    ck_assert_uint_eq(find("-1.jpg")->fold, find("-6.jpg")->fold);
    for (size_t i = 0; i < dataset.selection->sample_count; i++)
        ck_assert_uint_lt(dataset.selection->samples[i].fold, 2);
    wish.split = NULL;
    read_dataset();
    ck_assert_uint_eq(find("-6.jpg")->fold, TL_SELECT_NO_FOLD);
    ck_assert_uint_lt(find("-10.jpg")->fold, 2); /* a val split is one of the folds' photos */
    ck_assert(!dataset.selection->has_validation_split);
}
END_TEST

START_TEST(classes_are_merged_then_chosen)
{
    const char *const merges[] = {"wet=rain,fog", "dry=sun"};
    size_t index;

    wish.merges = merges;
    wish.merge_count = 2;
    read_dataset();
    expect_classes("dry,snow,wet");
    ck_assert_uint_eq(find("-5.jpg")->class_index, 2);
    wish.classes = "wet,dry";
    read_dataset();
    expect_classes("wet,dry");
    ck_assert_uint_eq(dataset.other_count, 1);
    ck_assert(!has_sample("-8.jpg", &index));
    ck_assert_ptr_nonnull(strstr(dataset.recipe, ",\"classes\":\"wet,dry\",\"merge\":[\"wet=rain,fog\",\"dry=sun\"]"));
}
END_TEST

START_TEST(what_sql_says_is_left_out)
{
    wish.exclude_where = "path LIKE '%carl%' OR path IN (SELECT path FROM photos WHERE class = 'fog') -- and nothing else";
    read_dataset();
    expect_classes("rain,sun");
    ck_assert_uint_eq(dataset.excluded_count, 4);
    ck_assert_uint_eq(dataset.selection->sample_count, 6);
    ck_assert_ptr_nonnull(strstr(dataset.recipe, ",\"exclude-where\":\"path LIKE '%carl%' OR"));
    wish.exclude_where = "NULL";
    read_dataset();
    ck_assert_uint_eq(dataset.excluded_count, 0);
}
END_TEST

/* ---- Faults ---- */

static const struct fault_case {
    struct tl_dataset_wish wish;
    const char *merge, *message;
} FAULTS[] = {
    {{.split = "random"}, NULL, "--split takes folder, none, hash or hash:VAL,TEST"},
    {{.split = "hash:0.5"}, NULL, "--split takes"},
    {{.split = "hash:0.5,0.5"}, NULL, "together below 1"},
    {{.split = "hash:-0.1,0.5"}, NULL, "--split takes"},
    {{.split = "hash:nan,0.5"}, NULL, "--split takes"},
    {{.split = "none", .validation = TL_SELECT_SPLIT}, NULL, "--validation val: --split none makes no val split"},
    {{.group_by = "colour"}, NULL, "--group-by takes none"},
    {{.classes = "rain"}, NULL, "--classes rain: a head needs at least two classes"},
    {{.classes = "rain,,sun"}, NULL, "--classes: a class without a name"},
    {{.classes = "rain,rain"}, NULL, "--classes: the class 'rain' stands there twice"},
    {{.classes = "rain,hail"}, NULL, "--classes: no photo is of the class 'hail'; there are "},
    {{0}, "wet", "--merge takes new=a,b"},
    {{0}, "=rain", "--merge takes new=a,b"},
    {{0}, "wet=", "--merge: a class without a name"},
    {{0}, "wet=rain,hail", "--merge: no photo is of the class 'hail'"},
    {{.exclude_where = "colour = 'red'"}, NULL, "--exclude-where 'colour = 'red'': no such column: colour"},
    {{.exclude_where = "1"}, NULL, "--exclude-where '1' leaves no photo"},
    {{.exclude_where = "class <> 'rain'"}, NULL, "a head needs at least two classes"},
    {{.group_by = "path:("}, NULL, "path:(: "},
    {{.fold_count = 3}, NULL, "3 folds: all photos of the class 'fog' would be in one"},
};
enum { FAULT_COUNT = sizeof FAULTS / sizeof FAULTS[0] };

START_TEST(a_wish_that_cannot_be_met_is_told)
{
    const struct fault_case *c = &FAULTS[_i];
    struct tl_dataset_wish wrong = c->wish;

    wrong.label_set = "default";
    wrong.merges = &c->merge;
    wrong.merge_count = c->merge != NULL;
    ck_assert_int_eq(tl_dataset_read(&dataset, store, &wrong, 1, MADE_FEATURES, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, c->message) != NULL, "%s", err.message);
}
END_TEST

START_TEST(words_are_checked_before_any_store)
{
    const char *merge = "wet";

    ck_assert_int_eq(tl_dataset_wish_check(&wish, &err), TL_OK);
    wish.classes = "a,b";
    ck_assert_int_eq(tl_dataset_wish_check(&wish, &err), TL_OK);
    wish.merges = &merge;
    wish.merge_count = 1;
    ck_assert_int_eq(tl_dataset_wish_check(&wish, &err), TL_BAD_INPUT);
}
END_TEST

START_TEST(an_unknown_label_set_is_named)
{
    wish.label_set = "mine";
    ck_assert_int_eq(tl_dataset_read(&dataset, store, &wish, 1, MADE_FEATURES, &err), TL_NOT_FOUND);
    ck_assert_str_eq(err.message, "label set 'mine': there are no photos that have both a class and features");
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const char *merge = "wet=rain,fog";
    enum tl_status status;
    size_t n = 0;

    wish.merges = &merge;
    wish.merge_count = 1;
    wish.classes = "wet,sun";
    wish.exclude_where = "path LIKE '%carl%'";
    wish.group_by = "near-duplicates,path:-([0-9]+),capture-time:60s";
    do {
        tl_memory_fail_at(++n);
        status = tl_dataset_read(&dataset, store, &wish, 1, MADE_FEATURES, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        if (status == TL_OK)
            break;
        tl_dataset_release(&dataset);
    } while (true);
    ck_assert_uint_gt(n, 25);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("dataset");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, open_made, close_made);
    tcase_add_checked_fixture(faults, open_made, close_made);
    tcase_add_test(core, a_copy_across_the_splits_is_told);
    tcase_add_test(core, photos_are_grouped_by_path_and_by_time);
    tcase_add_test(core, splits_by_hash_leave_no_copy_behind);
    tcase_add_test(core, without_a_split_all_photos_have_folds);
    tcase_add_test(core, classes_are_merged_then_chosen);
    tcase_add_test(core, what_sql_says_is_left_out);
    tcase_add_loop_test(faults, a_wish_that_cannot_be_met_is_told, 0, FAULT_COUNT);
    tcase_add_test(faults, words_are_checked_before_any_store);
    tcase_add_test(faults, an_unknown_label_set_is_named);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
