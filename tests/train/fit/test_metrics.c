/* test_metrics.c - figures of probabilities against those that scikit-learn 1.x computed of the same. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/fit/metrics.h"

enum { PHOTOS = 24, CLASSES = 4 };

/* In 64ths; no photo is of the last class. */
static const int probabilities_64[PHOTOS][CLASSES] = {
    {1, 35, 2, 26}, {9, 11, 39, 5},  {44, 1, 3, 16}, {19, 1, 40, 4}, {2, 17, 30, 15}, {27, 3, 23, 11},
    {41, 10, 12, 1}, {6, 18, 11, 29}, {3, 6, 41, 14}, {51, 4, 1, 8},  {17, 24, 12, 11}, {50, 1, 3, 10},
    {3, 46, 7, 8},   {37, 10, 14, 3}, {6, 9, 31, 18}, {42, 2, 12, 8}, {53, 1, 3, 7},    {1, 39, 23, 1},
    {58, 1, 1, 4},   {4, 11, 40, 9},  {27, 16, 20, 1}, {18, 32, 7, 7}, {29, 17, 17, 1},  {44, 15, 4, 1}};
static const uint32_t true_classes[PHOTOS] = {2, 2, 0, 0, 2, 0, 0, 0, 1, 0, 0, 1, 1, 0, 2, 0, 0, 1, 0, 2, 0, 1, 0, 1};

static double probabilities[PHOTOS * CLASSES];

static void set_up(void)
{
    for (size_t i = 0; i < (size_t)PHOTOS * CLASSES; i++)
        probabilities[i] = probabilities_64[i / CLASSES][i % CLASSES] / 64.0;
}

static struct tl_metrics_photos all_photos(void)
{
    return (struct tl_metrics_photos){probabilities, true_classes, NULL, NULL, PHOTOS, CLASSES};
}

static struct tl_metrics *measure(const struct tl_metrics_photos *photos)
{
    struct tl_metrics *metrics = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_metrics_measure(&metrics, photos, &err), TL_OK);
    return metrics;
}

START_TEST(figures_are_those_of_scikit_learn)
{
    static const double precision[CLASSES] = {0.8333333333333334, 0.6, 0.6666666666666666, 0};
    static const double recall[CLASSES] = {0.7692307692307693, 0.5, 0.8, 0};
    static const double f1[CLASSES] = {0.8, 0.5454545454545454, 0.7272727272727273, 0};
    static const size_t support[CLASSES] = {13, 6, 5, 0};
    static const int64_t confusion[CLASSES * CLASSES] = {10, 1, 1, 1, 2, 3, 1, 0, 0, 1, 4, 0, 0, 0, 0, 0};
    const struct tl_metrics_photos photos = all_photos();
    struct tl_metrics *metrics = measure(&photos);

    ck_assert_uint_eq(metrics->photo_count, PHOTOS);
    ck_assert_double_eq_tol(metrics->loss, 1.0473908906297371, 1e-14);
    ck_assert_double_eq_tol(metrics->accuracy, 0.7083333333333334, 1e-15);
    ck_assert_double_eq_tol(metrics->top[0], 0.8333333333333334, 1e-15);
    ck_assert_double_eq_tol(metrics->top[1], 0.9166666666666666, 1e-15);
    ck_assert_double_nan(metrics->top[2]);
    ck_assert_double_eq_tol(metrics->ece, 0.201171875, 1e-15);
    ck_assert_double_eq_tol(metrics->precision, 0.525, 1e-15);
    ck_assert_double_eq_tol(metrics->recall, 0.5173076923076922, 1e-15);
    ck_assert_double_eq_tol(metrics->f1, 0.5181818181818182, 1e-15);
    ck_assert_int_eq(memcmp(metrics->confusion, confusion, sizeof confusion), 0);
    for (size_t l = 0; l < CLASSES; l++) {
        ck_assert_double_eq_tol(metrics->classes[l].precision, precision[l], 1e-15);
        ck_assert_double_eq_tol(metrics->classes[l].recall, recall[l], 1e-15);
        ck_assert_double_eq_tol(metrics->classes[l].f1, f1[l], 1e-15);
        ck_assert_uint_eq(metrics->classes[l].support, support[l]);
    }
    tl_metrics_free(metrics);
}
END_TEST

START_TEST(copies_are_counted_and_left_out_of_a_second_accuracy)
{
    bool has_copy[PHOTOS];
    struct tl_metrics_photos photos = all_photos();
    struct tl_metrics *metrics;

    for (size_t i = 0; i < PHOTOS; i++)
        has_copy[i] = i % 3 == 0;
    photos.has_copy = has_copy;
    metrics = measure(&photos);
    ck_assert_uint_eq(metrics->copy_count, 8);
    ck_assert_double_eq_tol(metrics->accuracy, 0.7083333333333334, 1e-15);
    ck_assert_double_eq_tol(metrics->accuracy_without_copies, 0.6875, 1e-15);
    tl_metrics_free(metrics);
}
END_TEST

/* NumPy, 200,000 resamples: 0.5 to 0.875 photo by photo, 0.5 to 0.9167 where four in a row are one group. */
START_TEST(the_interval_is_wider_where_photos_are_not_independent)
{
    uint32_t groups[PHOTOS];
    struct tl_metrics_photos photos = all_photos();
    struct tl_metrics *alone = measure(&photos), *again = measure(&photos), *grouped;

    for (size_t i = 0; i < PHOTOS; i++)
        groups[i] = 1000 - (uint32_t)i / 4;
    photos.groups = groups;
    grouped = measure(&photos);
    ck_assert_double_eq_tol(alone->accuracy_interval.low, 0.5, 0.0417);
    ck_assert_double_eq_tol(alone->accuracy_interval.high, 0.875, 0.0417);
    ck_assert_double_eq_tol(grouped->accuracy_interval.low, 0.5, 0.0417);
    ck_assert_double_eq_tol(grouped->accuracy_interval.high, 0.9167, 0.0417);
    ck_assert_double_gt(grouped->accuracy_interval.high - grouped->accuracy_interval.low,
                        alone->accuracy_interval.high - alone->accuracy_interval.low);
    ck_assert_double_eq(alone->accuracy_interval.low, again->accuracy_interval.low);
    ck_assert_double_eq(alone->accuracy_interval.high, again->accuracy_interval.high);
    tl_metrics_free(alone);
    tl_metrics_free(again);
    tl_metrics_free(grouped);
}
END_TEST

START_TEST(bins_hold_each_photo_once)
{
    const struct tl_metrics_photos photos = all_photos();
    struct tl_metrics *metrics = measure(&photos);
    size_t count = 0;

    for (size_t i = 0; i < TL_METRICS_BINS; i++) {
        const struct tl_metrics_bin *bin = &metrics->bins[i];

        count += bin->photo_count;
        if (bin->photo_count == 0)
            continue;
        ck_assert_double_gt(bin->confidence, (double)i / TL_METRICS_BINS);
        ck_assert_double_le(bin->confidence, (double)(i + 1) / TL_METRICS_BINS);
    }
    ck_assert_uint_eq(count, PHOTOS);
    tl_metrics_free(metrics);
}
END_TEST

static const struct tl_metrics_value *find(const struct tl_metrics_value *values, size_t count, const char *name,
                                           size_t class_index)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0 && values[i].class_index == class_index)
            return &values[i];
    return NULL;
}

START_TEST(figures_have_names_and_unknown_ones_are_left_out)
{
    const struct tl_metrics_photos photos = all_photos();
    struct tl_metrics *metrics = measure(&photos);
    struct tl_metrics_value values[64];
    size_t count;

    ck_assert_uint_le(tl_metrics_value_count_max(CLASSES), 64);
    count = tl_metrics_list(values, metrics);
    ck_assert_uint_eq(count, tl_metrics_value_count_max(CLASSES) - 3); /* copies, the accuracy without them, top_5 */
    ck_assert_double_eq(find(values, count, "accuracy", TL_METRICS_OVERALL)->value, metrics->accuracy);
    ck_assert_double_eq(find(values, count, "ece", TL_METRICS_OVERALL)->value, metrics->ece);
    ck_assert_double_eq(find(values, count, "support", 0)->value, 13);
    ck_assert_double_eq(find(values, count, "recall", 2)->value, metrics->classes[2].recall);
    ck_assert_ptr_null(find(values, count, "top_5", TL_METRICS_OVERALL));
    ck_assert_ptr_null(find(values, count, "copies", TL_METRICS_OVERALL));
    tl_metrics_free(metrics);
}
END_TEST

START_TEST(without_photos_only_counts_are_numbers)
{
    struct tl_metrics_photos photos = all_photos();
    struct tl_metrics *metrics;
    struct tl_metrics_value values[64];

    photos.photo_count = 0;
    metrics = measure(&photos);
    ck_assert_double_nan(metrics->loss);
    ck_assert_double_nan(metrics->accuracy);
    ck_assert_double_nan(metrics->accuracy_interval.low);
    ck_assert_double_nan(metrics->ece);
    ck_assert_double_nan(metrics->f1);
    ck_assert_double_eq(find(values, tl_metrics_list(values, metrics), "support", TL_METRICS_OVERALL)->value, 0);
    tl_metrics_free(metrics);
}
END_TEST

START_TEST(certainty_that_is_wrong_costs_much_but_not_infinitely)
{
    static const double certain[] = {1, 0};
    static const uint32_t second = 1;
    const struct tl_metrics_photos photos = {certain, &second, NULL, NULL, 1, 2};
    struct tl_metrics *metrics = measure(&photos);

    ck_assert_double_gt(metrics->loss, 700);
    ck_assert_double_finite(metrics->loss);
    ck_assert_double_eq(metrics->ece, 1);
    ck_assert_uint_eq(metrics->bins[TL_METRICS_BINS - 1].photo_count, 1);
    tl_metrics_free(metrics);
}
END_TEST

START_TEST(without_copies_there_is_no_accuracy_when_all_are_copies)
{
    static const double certain[] = {1, 0};
    static const uint32_t first = 0;
    static const bool is_copy = true;
    const struct tl_metrics_photos photos = {certain, &first, &is_copy, NULL, 1, 2};
    struct tl_metrics *metrics = measure(&photos);

    ck_assert_double_nan(metrics->accuracy_without_copies);
    ck_assert_uint_eq(metrics->copy_count, 1);
    tl_metrics_free(metrics);
}
END_TEST

START_TEST(running_out_of_memory_leaves_nothing_behind)
{
    uint32_t groups[PHOTOS] = {0};
    struct tl_metrics_photos photos = all_photos();
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    photos.groups = groups;
    for (n = 1; status != TL_OK; n++) {
        struct tl_metrics *metrics = NULL;
        struct tl_error err;

        (void)tl_memory_fail_at(n);
        status = tl_metrics_measure(&metrics, &photos, &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && metrics == NULL));
        tl_metrics_free(metrics);
    }
    ck_assert_uint_gt(n, 6);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");

    tcase_add_checked_fixture(core, set_up, NULL);
    tcase_add_checked_fixture(limits, set_up, NULL);
    tcase_add_checked_fixture(faults, set_up, NULL);
    tcase_add_test(core, figures_are_those_of_scikit_learn);
    tcase_add_test(core, copies_are_counted_and_left_out_of_a_second_accuracy);
    tcase_add_test(core, the_interval_is_wider_where_photos_are_not_independent);
    tcase_add_test(core, bins_hold_each_photo_once);
    tcase_add_test(core, figures_have_names_and_unknown_ones_are_left_out);
    tcase_add_test(limits, without_photos_only_counts_are_numbers);
    tcase_add_test(limits, certainty_that_is_wrong_costs_much_but_not_infinitely);
    tcase_add_test(limits, without_copies_there_is_no_accuracy_when_all_are_copies);
    tcase_add_test(faults, running_out_of_memory_leaves_nothing_behind);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
