/* test_fit_golden.c - fitting against its definition, dense and in double, and against numbers that Keras wrote. */
#include <hdf5.h>
#include <math.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/evaluate.h"
#include "train/fit/fit.h"

enum { FEATURES = MADE_SEPARABLE };

/* ---- the definition: dense, in double, as the formulas have it ---- */

struct reference {
    size_t feature_count, class_count, step;
    double kernel[FEATURES * 6], bias[6];
    double m[FEATURES * 6 + 6], v[FEATURES * 6 + 6];
};

static void reference_adam(struct reference *r, double *weight, double gradient, size_t index, double rate)
{
    r->m[index] += (gradient - r->m[index]) * 0.1;
    r->v[index] += (gradient * gradient - r->v[index]) * 0.001;
    *weight -=
        rate * sqrt(1 - pow(0.999, (double)r->step)) / (1 - pow(0.9, (double)r->step)) * r->m[index] / (sqrt(r->v[index]) + 1e-7);
}

/* One batch of rows with classes, features divided by `scale`; returns the summed loss. */
static double reference_batch(struct reference *r, const struct tl_matrix *matrix, const size_t *rows, const uint32_t *classes,
                              size_t count, double scale, double rate, double l2)
{
    double kernel_gradient[FEATURES * 6] = {0}, bias_gradient[6] = {0}, loss = 0;

    for (size_t n = 0; n < count; n++) {
        double x[FEATURES] = {0}, p[6] = {0}, sum = 0;

        uint32_t indices[FEATURES];
        const size_t entry_count = tl_matrix_read_row(matrix, rows[n], indices);

        for (size_t i = 0; i < entry_count; i++)
            x[indices[i]] = (double)tl_matrix_values(matrix, rows[n])[i] / scale;
        for (size_t l = 0; l < r->class_count; l++) {
            p[l] = r->bias[l];
            for (size_t f = 0; f < r->feature_count; f++)
                p[l] += x[f] * r->kernel[f * r->class_count + l];
            p[l] = exp(p[l]);
            sum += p[l];
        }
        loss -= log(p[classes[n]] / sum);
        for (size_t l = 0; l < r->class_count; l++) {
            const double delta = (p[l] / sum - (l == classes[n])) / (double)count;
            bias_gradient[l] += delta;
            for (size_t f = 0; f < r->feature_count; f++)
                kernel_gradient[f * r->class_count + l] += delta * x[f];
        }
    }
    r->step++;
    for (size_t i = 0; i < r->feature_count * r->class_count; i++)
        reference_adam(r, &r->kernel[i], kernel_gradient[i] + 2 * l2 * r->kernel[i], i, rate);
    for (size_t l = 0; l < r->class_count; l++)
        reference_adam(r, &r->bias[l], bias_gradient[l], r->feature_count * r->class_count + l, rate);
    return loss;
}

/* Two to six classes: fewer than, as many as and more than four, the width of a quad. */
START_TEST(fitting_follows_the_definition)
{
    const size_t class_count = 2 + (size_t)_i;
    struct tl_samples *samples = make_separable(75, 0, 0, class_count);
    struct tl_head *head = make_head(FEATURES, class_count);
    struct tl_course course = {.variants = TL_FIT_PLAIN, .epochs = 4, .batch_size = 32,
                               .learning_rate = 0.01, .l2 = 0.003, .keeps_order = true};
    struct tl_store_epoch history[4];
    struct reference reference = {.feature_count = FEATURES, .class_count = class_count};

    head->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    for (size_t e = 0; e < 4; e++) {
        double loss = 0;

        for (size_t start = 0; start < 75; start += 32) {
            size_t rows[32], count = 0;
            uint32_t classes[32];

            for (; count < 32 && start + count < 75; count++) {
                rows[count] = samples->items[start + count].row;
                classes[count] = samples->items[start + count].class_index;
            }
            loss += reference_batch(&reference, samples->matrix, rows, classes, count, head->scale, 0.01, 0.003);
        }
        ck_assert_double_eq_tol(history[e].loss, loss / 75, 1e-5);
    }
    for (size_t i = 0; i < FEATURES * class_count; i++)
        ck_assert_double_eq_tol((double)head->kernel[i], reference.kernel[i], 1e-5);
    for (size_t l = 0; l < class_count; l++)
        ck_assert_double_eq_tol((double)head->bias[l], reference.bias[l], 1e-5);
    tl_samples_free(samples);
    tl_head_free(head);
}
END_TEST

/* ---- Keras's own numbers ---- */

static void read_golden(hid_t file, const char *name, hid_t type, void *out)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);

    ck_assert_msg(dataset >= 0, "no %s in the golden file", name);
    ck_assert_int_ge(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out), 0);
    H5Dclose(dataset);
}

struct golden {
    float x[70 * 300], kernel_before[300 * 4], kernel_after[300 * 4], bias_after[4], probabilities[70 * 4];
    int classes[70];
    double loss[5], accuracy[5];
};

static struct golden *read_golden_head(void)
{
    struct golden *golden = NULL;
    hid_t file;

    golden = tl_memory_alloc(1, sizeof *golden);
    ck_assert_ptr_nonnull(golden);
    file = H5Fopen("tests/golden/keras/keras_head.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    read_golden(file, "X", H5T_NATIVE_FLOAT, golden->x);
    read_golden(file, "y", H5T_NATIVE_INT, golden->classes);
    read_golden(file, "kernel_before", H5T_NATIVE_FLOAT, golden->kernel_before);
    read_golden(file, "kernel_after", H5T_NATIVE_FLOAT, golden->kernel_after);
    read_golden(file, "bias_after", H5T_NATIVE_FLOAT, golden->bias_after);
    read_golden(file, "probabilities", H5T_NATIVE_FLOAT, golden->probabilities);
    read_golden(file, "loss", H5T_NATIVE_DOUBLE, golden->loss);
    read_golden(file, "accuracy", H5T_NATIVE_DOUBLE, golden->accuracy);
    H5Fclose(file);
    return golden;
}

START_TEST(five_epochs_end_where_keras_ends)
{
    struct golden *golden = read_golden_head();
    struct tl_course course = {.variants = TL_FIT_PLAIN, .epochs = 5, .batch_size = 32,
                               .learning_rate = 0.001, .keeps_order = true};
    struct tl_store_epoch history[5];
    struct tl_evaluation evaluation;
    struct tl_samples *samples;
    struct tl_head *head;
    double probabilities[70 * 4];

    samples = make_samples(300, 70);
    head = make_head(300, 4);
    for (size_t n = 0; n < 70; n++)
        add_sample(samples, golden->x + n * 300, 0, (uint32_t)golden->classes[n], TL_ROLE_TRAIN);
    memcpy(head->kernel, golden->kernel_before, sizeof golden->kernel_before);
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    for (size_t e = 0; e < 5; e++) {
        ck_assert_double_eq_tol(history[e].loss, golden->loss[e], 1e-5);
        ck_assert_double_eq_tol(history[e].accuracy, golden->accuracy[e], 1e-6);
    }
    for (size_t i = 0; i < 300 * 4; i++)
        ck_assert_double_eq_tol((double)head->kernel[i], (double)golden->kernel_after[i], 1e-5);
    for (size_t l = 0; l < 4; l++)
        ck_assert_double_eq_tol((double)head->bias[l], (double)golden->bias_after[l], 1e-5);
    ck_assert_int_eq(tl_evaluate_role(&evaluation, NULL, probabilities, head, samples, TL_ROLE_TRAIN, NULL), TL_OK);
    for (size_t i = 0; i < 70 * 4; i++)
        ck_assert_double_eq_tol(probabilities[i], (double)golden->probabilities[i], 1e-5);
    tl_samples_free(samples);
    tl_head_free(head);
    tl_memory_free(golden);
}
END_TEST

START_TEST(an_epoch_too_many_would_be_noticed)
{
    /* The comparison above must be able to fail: one epoch more moves the kernel by far more than its tolerance. */
    struct golden *golden = read_golden_head();
    struct tl_course course = {.variants = TL_FIT_PLAIN, .epochs = 6, .batch_size = 32,
                               .learning_rate = 0.001, .keeps_order = true};
    struct tl_store_epoch history[6];
    struct tl_samples *samples;
    struct tl_head *head;
    float largest = 0;

    samples = make_samples(300, 70);
    head = make_head(300, 4);
    for (size_t n = 0; n < 70; n++)
        add_sample(samples, golden->x + n * 300, 0, (uint32_t)golden->classes[n], TL_ROLE_TRAIN);
    memcpy(head->kernel, golden->kernel_before, sizeof golden->kernel_before);
    ck_assert_int_eq(tl_fit_head(NULL, head, history, samples, &course, NULL, NULL), TL_OK);
    for (size_t i = 0; i < 300 * 4; i++)
        largest = fmaxf(largest, fabsf(head->kernel[i] - golden->kernel_after[i]));
    ck_assert_double_gt((double)largest, 1e-4);
    tl_samples_free(samples);
    tl_head_free(head);
    tl_memory_free(golden);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("fit_golden");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, fitting_follows_the_definition, 0, 5);
    tcase_add_test(core, five_epochs_end_where_keras_ends);
    tcase_add_test(faults, an_epoch_too_many_would_be_noticed);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
