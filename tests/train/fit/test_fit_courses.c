/* test_fit_courses.c - gradient descent, class weights, a hidden layer and early stopping, against numbers that Keras wrote
 * (tests/golden/keras/keras_courses.py).
 */
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/fit.h"

enum { FEATURES = 100, STRIDE = 300, COUNT = 70, TRAIN = 50, VALIDATION_FROM = 30, CLASSES = 4, HIDDEN = 12, EPOCHS_MAX = 60 };

static const double CLASS_WEIGHTS[CLASSES] = {0.5, 2, 1, 3.5};

static const struct golden_course {
    const char *group;
    size_t hidden_count;
    long epochs, best_epoch, epochs_run;
    struct tl_course course;
} COURSES[] = {
    {"sgd", 0, 5, 5, 5, {.solver = TL_COURSE_SGD, .learning_rate = 0.002, .momentum = 0.9}},
    {"sgd_plain", 0, 5, 5, 5, {.solver = TL_COURSE_SGD, .learning_rate = 0.002}},
    {"class_weights", 0, 5, 5, 5,
     {.solver = TL_COURSE_ADAM, .learning_rate = 0.001, .weighting = TL_COURSE_GIVEN, .class_weights = CLASS_WEIGHTS}},
    {"hidden", HIDDEN, 5, 5, 5, {.solver = TL_COURSE_ADAM, .learning_rate = 0.001}},
    {"hidden_sgd", HIDDEN, 5, 5, 5, {.solver = TL_COURSE_SGD, .learning_rate = 0.002, .momentum = 0.9}},
    {"stops", 0, 60, 5, 8, {.solver = TL_COURSE_ADAM, .learning_rate = 0.03, .monitor = TL_COURSE_VAL_LOSS, .patience = 3}},
    {"stops_accuracy", 0, 60, 4, 8,
     {.solver = TL_COURSE_ADAM, .learning_rate = 0.03, .monitor = TL_COURSE_VAL_ACCURACY, .patience = 4}},
};
enum { COURSE_COUNT = sizeof COURSES / sizeof COURSES[0] };

static void read_values(hid_t group, const char *name, hid_t type, void *out)
{
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);

    ck_assert_msg(dataset >= 0, "no %s in the golden file", name);
    ck_assert_int_ge(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out), 0);
    H5Dclose(dataset);
}

static struct tl_samples *read_samples(void)
{
    static float x[COUNT * STRIDE];
    static int classes[COUNT];
    struct tl_samples *samples = make_samples(FEATURES, TRAIN + COUNT - VALIDATION_FROM);
    hid_t file = H5Fopen("tests/golden/keras/keras_head.h5", H5F_ACC_RDONLY, H5P_DEFAULT);

    ck_assert_int_ge(file, 0);
    read_values(file, "X", H5T_NATIVE_FLOAT, x);
    read_values(file, "y", H5T_NATIVE_INT, classes);
    H5Fclose(file);
    for (size_t n = 0; n < TRAIN; n++)
        add_sample(samples, x + n * STRIDE, 0, (uint32_t)classes[n], TL_ROLE_TRAIN);
    for (size_t n = VALIDATION_FROM; n < COUNT; n++)
        add_sample(samples, x + n * STRIDE, 0, (uint32_t)classes[n], TL_ROLE_VALIDATION);
    return samples;
}

/* `when` is "before" or "after". */
static struct tl_head *read_head(hid_t group, size_t hidden_count, const char *when)
{
    static const char *const names[CLASSES] = {"a", "b", "c", "d"};
    const struct tl_head_shape shape = {.feature_count = FEATURES, .hidden_count = hidden_count, .class_count = CLASSES};
    struct tl_head *head = NULL;
    char name[32];

    ck_assert_int_eq(tl_head_create(&head, &shape, names, NULL), TL_OK);
    (void)snprintf(name, sizeof name, "kernel_%s", when);
    read_values(group, name, H5T_NATIVE_FLOAT, head->kernel);
    (void)snprintf(name, sizeof name, "bias_%s", when);
    read_values(group, name, H5T_NATIVE_FLOAT, head->bias);
    if (hidden_count == 0)
        return head;
    (void)snprintf(name, sizeof name, "hidden_kernel_%s", when);
    read_values(group, name, H5T_NATIVE_FLOAT, head->hidden_kernel);
    (void)snprintf(name, sizeof name, "hidden_bias_%s", when);
    read_values(group, name, H5T_NATIVE_FLOAT, head->hidden_bias);
    return head;
}

static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
    return largest;
}

static double compare_heads(const struct tl_head *a, const struct tl_head *b)
{
    double largest = fmax(largest_difference(a->kernel, b->kernel, tl_head_kernel_rows(a) * CLASSES),
                          largest_difference(a->bias, b->bias, CLASSES));

    if (a->hidden_count == 0)
        return largest;
    largest = fmax(largest, largest_difference(a->hidden_kernel, b->hidden_kernel, FEATURES * a->hidden_count));
    return fmax(largest, largest_difference(a->hidden_bias, b->hidden_bias, a->hidden_count));
}

static struct tl_course complete(const struct golden_course *golden)
{
    struct tl_course course = golden->course;

    course.variants = TL_FIT_PLAIN;
    course.epochs = golden->epochs;
    course.batch_size = 32;
    course.keeps_order = true;
    return course;
}

static void expect_history(hid_t group, const char *name, const double *values, size_t count, double tolerance)
{
    double expected[EPOCHS_MAX];

    read_values(group, name, H5T_NATIVE_DOUBLE, expected);
    for (size_t e = 0; e < count; e++)
        ck_assert_msg(fabs(values[e] - expected[e]) <= tolerance, "%s of epoch %zu: %.9g, not %.9g", name, e + 1, values[e],
                      expected[e]);
}

START_TEST(a_course_ends_where_keras_ends)
{
    const struct golden_course *golden = &COURSES[_i];
    const struct tl_course course = complete(golden);
    hid_t file = H5Fopen("tests/golden/keras/keras_courses.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t group = H5Gopen2(file, golden->group, H5P_DEFAULT);
    struct tl_samples *samples = read_samples();
    struct tl_head *head = read_head(group, golden->hidden_count, "before");
    struct tl_head *expected = read_head(group, golden->hidden_count, "after");
    struct tl_store_epoch history[EPOCHS_MAX];
    struct tl_fit_result result;
    double losses[EPOCHS_MAX], accuracies[EPOCHS_MAX], val_losses[EPOCHS_MAX];

    ck_assert_double_gt(compare_heads(head, expected), 1e-4); /* so that a fit that does nothing would show */
    ck_assert_int_eq(tl_fit_head(&result, head, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_int_eq(result.epoch_count, golden->epochs_run);
    ck_assert_int_eq(result.best_epoch, golden->best_epoch);
    for (long e = 0; e < result.epoch_count; e++) {
        losses[e] = history[e].loss;
        accuracies[e] = history[e].accuracy;
        val_losses[e] = history[e].val_loss;
    }
    expect_history(group, "loss", losses, (size_t)result.epoch_count, 2e-5);
    expect_history(group, "accuracy", accuracies, (size_t)result.epoch_count, 1e-6);
    if (course.weighting == TL_COURSE_EQUAL)
        expect_history(group, "val_loss", val_losses, (size_t)result.epoch_count, 2e-5);
    ck_assert_double_le(compare_heads(head, expected), 2e-5);
    tl_samples_free(samples);
    tl_head_free(head);
    tl_head_free(expected);
    H5Gclose(group);
    H5Fclose(file);
}
END_TEST

/* The comparison above must be able to fail: each course by itself, with one thing changed. */
START_TEST(a_changed_course_would_be_noticed)
{
    const struct golden_course *golden = &COURSES[_i];
    struct tl_course course = complete(golden);
    hid_t file = H5Fopen("tests/golden/keras/keras_courses.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t group = H5Gopen2(file, golden->group, H5P_DEFAULT);
    struct tl_samples *samples = read_samples();
    struct tl_head *head = read_head(group, golden->hidden_count, "before");
    struct tl_head *expected = read_head(group, golden->hidden_count, "after");
    struct tl_store_epoch history[EPOCHS_MAX];

    if (course.momentum > 0)
        course.momentum = 0.8;
    else if (course.weighting == TL_COURSE_GIVEN)
        course.weighting = TL_COURSE_EQUAL;
    else if (course.patience > 0)
        course.monitor = TL_COURSE_LAST_EPOCH;
    else
        course.epochs++;
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_double_gt(compare_heads(head, expected), 1e-4);
    tl_samples_free(samples);
    tl_head_free(head);
    tl_head_free(expected);
    H5Gclose(group);
    H5Fclose(file);
}
END_TEST

/* ---- Limits ---- */

START_TEST(without_validation_photos_nothing_is_monitored)
{
    struct tl_samples *samples = make_separable(40, 0, 0, 3);
    struct tl_head *head = make_head(MADE_SEPARABLE, 3);
    struct tl_course course = {.epochs = 6, .batch_size = 8, .learning_rate = 0.01, .monitor = TL_COURSE_VAL_LOSS, .patience = 1};
    struct tl_store_epoch history[6];
    struct tl_fit_result result;

    ck_assert_int_eq(tl_fit_head(&result, head, history, samples, &course, NULL, NULL), TL_OK);
    ck_assert_int_eq(result.epoch_count, 6);
    ck_assert_int_eq(result.best_epoch, 6);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("fit_courses");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, a_course_ends_where_keras_ends, 0, COURSE_COUNT);
    tcase_add_test(limits, without_validation_photos_nothing_is_monitored);
    tcase_add_loop_test(faults, a_changed_course_would_be_noticed, 0, COURSE_COUNT);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
