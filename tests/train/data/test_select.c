/* test_select.c - which photos train, choose, report or stay out: a table of label lists and what becomes of them. */
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_labels.h"
#include "train/data/select.h"

enum { CASE_LABELS = 10 };

/* Content numbers order contents: they are the first byte of the hash. */
struct case_label {
    unsigned char content;
    const char *class_name, *split,
        *becomes; /* "train", "validation", "test", or why it is left out; NULL: as the place before it */
};

static const struct tl_select_wish AUTO = {.validation = TL_SELECT_AUTO, .fraction = 0.2},
                                   NO_VALIDATION = {.validation = TL_SELECT_FRACTION},
                                   VAL = {.validation = TL_SELECT_SPLIT, .fraction = 0.2};

static const struct selection_case {
    const char *title;
    const struct tl_select_wish *wish;
    struct case_label labels[CASE_LABELS];
    const char *classes; /* joined by commas; or the message */
    size_t repeated_count, both_sides_count;
    enum tl_status status;
} CASES[] = {
    {"classes by bytes, no split",
     &NO_VALIDATION,
     {{1, "b", "", "train"}, {2, "a", "", "train"}, {3, "B", "", "train"}, {4, "10", "", "train"}, {5, "2", "", "train"}},
     "10,2,B,a,b",
     0,
     0,
     TL_OK},
    {"splits are roles",
     &AUTO,
     {{1, "a", "train", "train"}, {2, "b", "train", "train"}, {3, "a", "val", "validation"}, {4, "b", "test", "test"}},
     "a,b",
     0,
     0,
     TL_OK},
    {"a split and photos without one",
     &AUTO,
     {{1, "a", "", "train"}, {2, "b", "train", "train"}, {3, "a", "test", "test"}, {4, "b", "val", "validation"}},
     "a,b",
     0,
     0,
     TL_OK},
    {"a content counts once",
     &NO_VALIDATION,
     {{1, "a", "", "train"}, {1, "a", "", NULL}, {1, "a", "", NULL}, {2, "b", "", "train"}},
     "a,b",
     2,
     0,
     TL_OK},
    {"both sides: the evaluation side",
     &NO_VALIDATION,
     {{1, "a", "train", "test"}, {1, "a", "test", NULL}, {2, "a", "train", "train"}, {3, "b", "", "train"}},
     "a,b",
     1,
     1,
     TL_OK},
    {"both sides, in the other order, test before val",
     &AUTO,
     {{1, "a", "test", "test"},
      {1, "a", "train", NULL},
      {1, "a", "val", NULL},
      {2, "a", "val", "validation"},
      {2, "a", "train", NULL},
      {3, "a", "train", "train"},
      {4, "b", "train", "train"}},
     "a,b",
     3,
     2,
     TL_OK},
    {"two classes: left out, wherever they are",
     &NO_VALIDATION,
     {{1, "a", "train", "conflict"},
      {1, "b", "train", NULL},
      {2, "a", "train", "conflict"},
      {2, "b", "test", NULL},
      {3, "a", "", "train"},
      {4, "b", "", "train"},
      {5, "c", "", "conflict"},
      {5, "d", "", NULL}},
     "a,b",
     0,
     0,
     TL_OK},
    {"a class that only the test has: left out",
     &NO_VALIDATION,
     {{1, "a", "train", "train"}, {2, "b", "train", "train"}, {3, "c", "test", "untrained"}},
     "a,b",
     0,
     0,
     TL_OK},
    {"a class that only conflicts have is no class",
     &NO_VALIDATION,
     {{1, "a", "", "train"}, {2, "b", "", "train"}, {3, "c", "", "conflict"}, {3, "a", "", NULL}, {4, "c", "test", "untrained"}},
     "a,b",
     0,
     0,
     TL_OK},
    {"a share asked for: the val split is left out",
     &NO_VALIDATION,
     {{1, "a", "train", "train"}, {2, "b", "train", "train"}, {3, "a", "val", "unused"}},
     "a,b",
     0,
     0,
     TL_OK},
    {"val asked for and there",
     &VAL,
     {{1, "a", "train", "train"}, {2, "b", "train", "train"}, {3, "a", "val", "validation"}},
     "a,b",
     0,
     0,
     TL_OK},
    {"one photo a class stays in training", &AUTO, {{1, "a", "", "train"}, {2, "b", "", "train"}}, "a,b", 0, 0, TL_OK},
    {"val asked for and not there",
     &VAL,
     {{1, "a", "train", NULL}, {2, "b", "test", NULL}},
     "no photo is in a val split",
     0,
     0,
     TL_BAD_INPUT},
    {"nothing to train on",
     &AUTO,
     {{1, "a", "test", NULL}, {2, "b", "val", NULL}, {3, "b", "test", NULL}},
     "there is no photo to train on: of 3, 1 are for validation, 2 for test, 0 are left out",
     0,
     0,
     TL_BAD_INPUT},
    {"only conflicts",
     &AUTO,
     {{1, "a", "", NULL}, {1, "b", "", NULL}},
     "there is no photo to train on: of 1, 0 are for validation, 0 for test, 1 are left out",
     0,
     0,
     TL_BAD_INPUT},
    {"one class",
     &AUTO,
     {{1, "a", "", NULL}, {2, "a", "", NULL}, {3, "b", "test", NULL}},
     "all 2 photos to train on are of the class 'a'; a head needs at least two classes",
     0,
     0,
     TL_BAD_INPUT},
    {"no labels", &AUTO, {{0}}, "there are no photos that have both a class and features", 0, 0, TL_NOT_FOUND},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

static size_t make_labels(struct tl_store_label labels[CASE_LABELS], const struct case_label *from)
{
    size_t count = 0;

    for (; count < CASE_LABELS && from[count].class_name; count++)
        labels[count] = (struct tl_store_label){.content_id = from[count].content,
                                                .sha256 = {from[count].content},
                                                .source = "s",
                                                .path = "p",
                                                .class_name = from[count].class_name,
                                                .split = from[count].split};
    return count;
}

static const char *name_outcome(const struct tl_selection *selection, const struct tl_store_label *label, size_t *class_index)
{
    static const char *const reasons[] = {"conflict", "untrained", "unused"};

    for (size_t i = 0; i < selection->sample_count; i++) {
        if (selection->samples[i].label == label) {
            *class_index = selection->samples[i].class_index;
            return tl_role_names[selection->samples[i].role];
        }
    }
    for (size_t i = 0; i < selection->left_out_count; i++)
        if (selection->left_out[i].labels == label)
            return reasons[selection->left_out[i].reason];
    return NULL;
}

static void expect_selection(const struct selection_case *c, const struct tl_store_label *labels, size_t label_count,
                             const struct tl_selection *selection)
{
    char classes[100] = "";
    size_t shown_count = 0;

    for (size_t l = 0; l < selection->class_count; l++) {
        strcat(classes, l == 0 ? "" : ",");
        strcat(classes, selection->class_names[l]);
    }
    ck_assert_str_eq(classes, c->classes);
    for (size_t i = 0; i < label_count; i++) {
        size_t class_index = SIZE_MAX;
        const char *outcome = name_outcome(selection, &labels[i], &class_index);

        ck_assert_msg(outcome == c->labels[i].becomes ||
                          (outcome && c->labels[i].becomes && strcmp(outcome, c->labels[i].becomes) == 0),
                      "%s: label %zu becomes %s", c->title, i, outcome ? outcome : "nothing");
        if (class_index != SIZE_MAX)
            ck_assert_str_eq(selection->class_names[class_index], c->labels[i].class_name);
        shown_count += outcome != NULL;
    }
    ck_assert_uint_eq(selection->sample_count + selection->left_out_count, shown_count);
    ck_assert_uint_eq(selection->repeated_count, c->repeated_count);
    ck_assert_uint_eq(selection->both_sides_count, c->both_sides_count);
    ck_assert_uint_eq(tl_selection_count(selection, TL_ROLE_TRAIN) + tl_selection_count(selection, TL_ROLE_VALIDATION) +
                      tl_selection_count(selection, TL_ROLE_TEST), selection->sample_count);
}

START_TEST(the_rules_hold)
{
    const struct selection_case *c = &CASES[_i];
    struct tl_store_label labels[CASE_LABELS];
    struct tl_selection *selection = (struct tl_selection *)labels;
    const size_t label_count = make_labels(labels, c->labels);
    struct tl_error err = {0};

    ck_assert_msg(tl_select_samples(&selection, labels, label_count, NULL, c->wish, &err) == c->status, "%s: %s", c->title,
                  err.message);
    if (c->status == TL_OK) {
        expect_selection(c, labels, label_count, selection);
    } else {
        ck_assert_str_eq(err.message, c->classes);
        ck_assert_ptr_null(selection);
    }
    tl_selection_free(selection);
}
END_TEST

/* ---- the share ---- */

static size_t count_of(const struct tl_selection *selection, enum tl_role role, size_t class_index)
{
    return selection->counts[(size_t)role * selection->class_count + class_index];
}

START_TEST(the_share_is_of_each_class_rounded_to_nearest)
{
    static const double fractions[] = {0, 0.1, 0.2, 0.5, 0.999};
    const struct tl_select_wish wish = {.validation = TL_SELECT_FRACTION, .fraction = fractions[_i]};
    struct tl_store_label labels[MANY];
    struct tl_selection *selection = NULL;

    make_many(labels, 100);
    ck_assert_int_eq(tl_select_samples(&selection, labels, 100, NULL, &wish, NULL), TL_OK);
    for (size_t l = 0; l < 2; l++) {
        const size_t all = l == 0 ? 66 : 34;
        size_t expected = (size_t)(fractions[_i] * (double)all + 0.5);

        if (expected == all)
            expected--;
        ck_assert_uint_eq(count_of(selection, TL_ROLE_VALIDATION, l), expected);
        ck_assert_uint_eq(count_of(selection, TL_ROLE_TRAIN, l), all - expected);
    }
    tl_selection_free(selection);
}
END_TEST

START_TEST(a_photo_is_drawn_by_its_content_alone)
{
    /* Paths, sources and ids differ, and a photo joins another class: what was drawn of the rest stays. */
    struct tl_store_label labels[MANY], changed[MANY];
    struct tl_selection *first = NULL, *second = NULL;

    make_many(labels, MANY);
    memcpy(changed, labels, sizeof labels);
    for (size_t i = 0; i < MANY; i++) {
        changed[i].path = "q";
        changed[i].content_id = (int64_t)(MANY - i);
    }
    ck_assert_int_eq(tl_select_samples(&first, labels, MANY, NULL, &AUTO, NULL), TL_OK);
    ck_assert_int_eq(tl_select_samples(&second, changed, MANY, NULL, &AUTO, NULL), TL_OK);
    ck_assert_uint_eq(tl_selection_count(first, TL_ROLE_VALIDATION), 80);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(first->samples[i].role, second->samples[i].role);
        ck_assert_ptr_eq(first->samples[i].label, &labels[i]);
    }
    tl_selection_free(first);
    tl_selection_free(second);
}
END_TEST

START_TEST(the_lowest_draws_of_each_class_validate)
{
    struct tl_store_label labels[MANY];
    struct tl_selection *selection = NULL;
    double highest[2] = {0, 0}, lowest[2] = {1, 1};

    make_many(labels, MANY);
    ck_assert_int_eq(tl_select_samples(&selection, labels, MANY, NULL, &AUTO, NULL), TL_OK);
    for (size_t i = 0; i < MANY; i++) {
        const struct tl_selected *selected = &selection->samples[i];
        const double draw = tl_random_draw(0, selected->label->sha256, 0, "validation");

        if (selected->role == TL_ROLE_VALIDATION && draw > highest[selected->class_index])
            highest[selected->class_index] = draw;
        if (selected->role == TL_ROLE_TRAIN && draw < lowest[selected->class_index])
            lowest[selected->class_index] = draw;
    }
    for (size_t l = 0; l < 2; l++) {
        ck_assert_double_lt(highest[l], lowest[l]);
        ck_assert_double_gt(highest[l], 0.1);
        ck_assert_double_lt(highest[l], 0.3);
    }
    tl_selection_free(selection);
}
END_TEST

START_TEST(a_test_split_gives_no_photo_to_the_share)
{
    struct tl_store_label labels[MANY];
    struct tl_selection *selection = NULL;

    make_many(labels, MANY);
    for (size_t i = 0; i < MANY; i += 2)
        labels[i].split = "test";
    ck_assert_int_eq(tl_select_samples(&selection, labels, MANY, NULL, &AUTO, NULL), TL_OK);
    ck_assert_uint_eq(tl_selection_count(selection, TL_ROLE_TEST), MANY / 2);
    ck_assert_uint_eq(tl_selection_count(selection, TL_ROLE_VALIDATION), MANY / 10);
    ck_assert(!selection->has_validation_split);
    for (size_t i = 0; i < MANY; i += 2)
        ck_assert_int_eq(selection->samples[i].role, TL_ROLE_TEST);
    tl_selection_free(selection);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_store_label labels[MANY];
    struct tl_selection *selection = NULL;
    const struct tl_select_wish folds = {.fold_count = 3};
    enum tl_status status;
    size_t n = 0;

    make_many(labels, 30);
    do {
        tl_memory_fail_at(++n);
        status = tl_select_samples(&selection, labels, 30, NULL, _i ? &folds : &AUTO, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !selection));
    } while (status != TL_OK);
    ck_assert_uint_eq(n, _i ? 15 : 14);
    tl_selection_free(selection);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("select");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, the_rules_hold, 0, CASE_COUNT);
    tcase_add_loop_test(core, the_share_is_of_each_class_rounded_to_nearest, 0, 5);
    tcase_add_test(core, a_photo_is_drawn_by_its_content_alone);
    tcase_add_test(core, the_lowest_draws_of_each_class_validate);
    tcase_add_test(core, a_test_split_gives_no_photo_to_the_share);
    tcase_add_loop_test(faults, every_allocation_may_fail, 0, 2);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
