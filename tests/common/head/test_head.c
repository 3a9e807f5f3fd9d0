/* test_head.c - the head as a value: what it predicts, and what it becomes. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/head/head.h"
#include "tests/support/suite.h"

enum { FEATURES = 50, CLASSES = 5 };

static const char *const NAMES[CLASSES] = {"a", "b", "c", "d", "e"};

static struct tl_head *make_head(enum tl_head_transform transform, double scale)
{
    struct tl_head *head = NULL;
    struct tl_random random;

    ck_assert_int_eq(tl_head_create(&head, FEATURES, NAMES, CLASSES, NULL), TL_OK);
    tl_random_init(&random, 3, "head");
    for (size_t i = 0; i < FEATURES * CLASSES; i++)
        head->kernel[i] = (float)(tl_random_uniform(&random) - 0.5);
    for (size_t l = 0; l < CLASSES; l++)
        head->bias[l] = (float)tl_random_uniform(&random);
    head->transform = transform;
    head->scale = scale;
    return head;
}

/* About 70% zeros, some of them negative zeros, some values below zero. */
static void make_vector(float x[FEATURES])
{
    struct tl_random random;

    tl_random_init(&random, 4, "vector");
    for (size_t f = 0; f < FEATURES; f++)
        x[f] = tl_random_uniform(&random) < 0.3 ? (float)(tl_random_uniform(&random) * 40 - 5) : f % 2 ? 0.0F : -0.0F;
}

static size_t list_nonzeros(uint32_t *indices, float *values, const float *x)
{
    size_t count = 0;

    for (uint32_t f = 0; f < FEATURES; f++) {
        if (x[f] != 0 || signbit(x[f])) { /* as the codec: whatever has a bit set */
            indices[count] = f;
            values[count++] = x[f];
        }
    }
    return count;
}

START_TEST(dense_and_sparse_give_the_same_bits)
{
    struct tl_head *head = make_head(_i % 2 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE, _i < 2 ? 1 : 3.7);
    float x[FEATURES], values[FEATURES];
    uint32_t indices[FEATURES];
    double dense[CLASSES], sparse[CLASSES];

    make_vector(x);
    tl_head_logits(head, dense, x);
    tl_head_logits_sparse(head, sparse, indices, values, list_nonzeros(indices, values, x));
    ck_assert_int_eq(memcmp(dense, sparse, sizeof dense), 0);
    tl_head_free(head);
}
END_TEST

START_TEST(logits_are_those_of_the_formula)
{
    struct tl_head *head = make_head(_i ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE, 3.7);
    float x[FEATURES];
    double logits[CLASSES];

    make_vector(x);
    tl_head_logits(head, logits, x);
    for (size_t l = 0; l < CLASSES; l++) {
        double expected = (double)head->bias[l];

        for (size_t f = 0; f < FEATURES; f++) {
            double value = (double)x[f];
            if (_i)
                value = value < 0 ? -sqrt(-value) : sqrt(value);
            expected += (double)head->kernel[f * CLASSES + l] * (value / 3.7);
        }
        ck_assert_double_eq_tol(logits[l], expected, 1e-5);
    }
    tl_head_free(head);
}
END_TEST

START_TEST(the_square_root_keeps_the_sign)
{
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, 9) == 3);
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, -9) == -3);
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, 0) == 0);
    ck_assert(isnan(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, NAN)));
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_NONE, -9) == -9);
    ck_assert_str_eq(tl_head_transform_names[TL_HEAD_TRANSFORM_SQRT], "sqrt");
    ck_assert_str_eq(tl_head_transform_names[TL_HEAD_TRANSFORM_NONE], "none");
    ck_assert_ptr_null(tl_head_transform_names[2]);
}
END_TEST

START_TEST(softmax_sums_to_one_and_does_not_overflow)
{
    static const double expected[3] = {0.125, 0.25, 0.625};
    double small[3] = {0, log(2), log(5)}, large[3] = {-1e6, 1e6, 1e6 - 1};

    tl_head_softmax(small, 3);
    for (size_t l = 0; l < 3; l++)
        ck_assert_double_eq_tol(small[l], expected[l], 1e-12);
    tl_head_softmax(large, 3);
    ck_assert_double_eq(large[0], 0);
    ck_assert_double_eq_tol(large[1], 1 / (1 + exp(-1)), 1e-12);
    ck_assert_double_eq_tol(large[1] + large[2], 1, 1e-12);
}
END_TEST

START_TEST(rank_falls_and_ties_go_by_index)
{
    const double probabilities[6] = {0.1, 0.3, 0.1, 0.3, 0.05, 0.15};
    const size_t expected[6] = {1, 3, 5, 0, 2, 4};
    size_t order[6];

    tl_head_rank(order, probabilities, 6);
    for (size_t l = 0; l < 6; l++)
        ck_assert_uint_eq(order[l], expected[l]);
}
END_TEST

START_TEST(json_is_in_the_order_given_and_as_long_as_wanted)
{
    static const char *const names[3] = {"a\"b", "c", "d"};
    const double probabilities[3] = {0.25, 0.125, 0.625};
    struct tl_text text;
    size_t order[3];

    tl_head_rank(order, probabilities, 3);
    tl_text_init(&text, 100);
    tl_head_append_json(&text, names, order, probabilities, 3);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    ck_assert_str_eq(text.bytes, "{\"d\": 0.625, \"a\\\"b\": 0.25, \"c\": 0.125}");
    tl_text_clear(&text);
    tl_head_append_json(&text, names, order, probabilities, 1);
    tl_head_append_json(&text, names, order, probabilities, 0);
    ck_assert_str_eq(text.bytes, "{\"d\": 0.625}{}");
    tl_text_free(&text);
}
END_TEST

START_TEST(a_folded_kernel_gives_kerass_dense_the_same_answer)
{
    struct tl_head *head = make_head(TL_HEAD_TRANSFORM_NONE, 3.7);
    tl_tensors *tensors = NULL;
    float x[FEATURES];
    double logits[CLASSES];

    ck_assert_int_eq(tl_head_to_tensors(head, &tensors, 1, NULL), TL_OK);
    ck_assert_uint_eq(tl_tensors_count(tensors), 2);
    const struct tl_tensor *kernel = tl_tensors_get(tensors, 0), *bias = tl_tensors_get(tensors, 1);
    ck_assert_str_eq(kernel->layer, "head");
    ck_assert_uint_eq(kernel->shape[0], FEATURES);
    ck_assert_uint_eq(kernel->shape[1], CLASSES);
    ck_assert_uint_eq(bias->rank, 1);
    make_vector(x);
    tl_head_logits(head, logits, x);
    for (size_t l = 0; l < CLASSES; l++) {
        double sum = (double)bias->values[l];

        for (size_t f = 0; f < FEATURES; f++)
            sum += (double)x[f] * (double)kernel->values[f * CLASSES + l];
        ck_assert_double_eq_tol(sum, logits[l], 1e-5);
    }
    tl_tensors_free(tensors);
    ck_assert_int_eq(tl_head_to_tensors(head, &tensors, 0, NULL), TL_OK);
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 0)->values, head->kernel, FEATURES * CLASSES * sizeof(float)), 0);
    tl_tensors_free(tensors);
    tl_head_free(head);
}
END_TEST

START_TEST(a_new_head_is_zeros_and_owns_its_names)
{
    char name[] = "first";
    const char *names[2] = {name, "second"};
    struct tl_head *head = NULL;

    ck_assert_int_eq(tl_head_create(&head, 3, names, 2, NULL), TL_OK);
    name[0] = 'x';
    ck_assert_str_eq(head->class_names[0], "first");
    ck_assert_double_eq(head->scale, 1);
    for (size_t i = 0; i < 6; i++)
        ck_assert(head->kernel[i] == 0);
    ck_assert_int_eq(tl_head_check(head, NULL), TL_OK);
    tl_head_free(head);
    tl_head_free(NULL);
}
END_TEST

/* ---- Faults ---- */

START_TEST(shapes_that_are_no_head_are_refused)
{
    struct tl_head *head = (struct tl_head *)&head;
    struct tl_error err;

    ck_assert_int_eq(tl_head_create(&head, 0, NAMES, 2, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(head);
    ck_assert_int_eq(tl_head_create(&head, 5, NAMES, 1, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "a head has 2 to 65536 classes, not 1");
    ck_assert_int_eq(tl_head_create(&head, 5, NAMES, TL_HEAD_CLASSES_MAX + 1, &err), TL_BAD_INPUT);
    ck_assert_int_eq(tl_head_create(&head, SIZE_MAX / 8, NAMES, 4, &err), TL_BAD_INPUT);
}
END_TEST

START_TEST(values_that_are_not_finite_are_corrupt)
{
    struct tl_head *head = make_head(TL_HEAD_TRANSFORM_NONE, 2);
    struct tl_error err;

    ck_assert_int_eq(tl_head_check(head, &err), TL_OK);
    head->bias[4] = INFINITY;
    ck_assert_int_eq(tl_head_check(head, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message, "the head's bias is not usable: value 4 of 5 is inf");
    head->kernel[123] = NAN;
    ck_assert_int_eq(tl_head_check(head, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, "kernel is not usable: value 123 of 250"));
    static const double scales[] = {0, -1, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < 4; i++) {
        head->scale = scales[i];
        ck_assert_int_eq(tl_head_check(head, &err), TL_CORRUPT);
        ck_assert_ptr_nonnull(strstr(err.message, "scale"));
    }
    tl_head_free(head);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_head *head = NULL;
    tl_tensors *tensors = NULL;
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = tl_head_create(&head, FEATURES, NAMES, CLASSES, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !head));
    } while (status != TL_OK);
    ck_assert_uint_eq(n, 4 + CLASSES + 1);
    n = 0;
    do {
        tl_memory_fail_at(++n);
        status = tl_head_to_tensors(head, &tensors, 1, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !tensors));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 2);
    tl_tensors_free(tensors);
    tl_head_free(head);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("head");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, dense_and_sparse_give_the_same_bits, 0, 4);
    tcase_add_loop_test(core, logits_are_those_of_the_formula, 0, 2);
    tcase_add_test(core, the_square_root_keeps_the_sign);
    tcase_add_test(core, softmax_sums_to_one_and_does_not_overflow);
    tcase_add_test(core, rank_falls_and_ties_go_by_index);
    tcase_add_test(core, json_is_in_the_order_given_and_as_long_as_wanted);
    tcase_add_test(core, a_folded_kernel_gives_kerass_dense_the_same_answer);
    tcase_add_test(core, a_new_head_is_zeros_and_owns_its_names);
    tcase_add_test(faults, shapes_that_are_no_head_are_refused);
    tcase_add_test(faults, values_that_are_not_finite_are_corrupt);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
