/* test_head.c - the head as a value: made, checked, and what it becomes. */
#include <string.h>

#include "common/base/memory.h"
#include "tests/common/head/drawn_head.h"

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

START_TEST(a_folded_hidden_layer_is_two_of_kerass_dense)
{
    struct tl_head *head = make_kind(8 + 4 + 2);
    tl_tensors *tensors = NULL;

    ck_assert_int_eq(tl_head_to_tensors(head, &tensors, 1, NULL), TL_OK);
    ck_assert_uint_eq(tl_tensors_count(tensors), 4);
    ck_assert_str_eq(tl_tensors_get(tensors, 0)->layer, "hidden");
    ck_assert_uint_eq(tl_tensors_get(tensors, 0)->shape[0], CHANNELS);
    ck_assert_uint_eq(tl_tensors_get(tensors, 0)->shape[1], HIDDEN);
    ck_assert(tl_tensors_get(tensors, 0)->values[5] == (float)((double)head->hidden_kernel[5] / 3.7));
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 1)->values, head->hidden_bias, HIDDEN * sizeof(float)), 0);
    ck_assert_str_eq(tl_tensors_get(tensors, 2)->layer, "head");
    ck_assert_uint_eq(tl_tensors_get(tensors, 2)->shape[0], HIDDEN);
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 2)->values, head->kernel, HIDDEN * CLASSES * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 3)->values, head->bias, CLASSES * sizeof(float)), 0);
    tl_tensors_free(tensors);
    tl_head_free(head);
}
END_TEST

START_TEST(a_new_head_is_zeros_and_owns_its_names)
{
    char name[] = "first";
    const char *names[2] = {name, "second"};
    struct tl_head *head = NULL;

    ck_assert_int_eq(tl_head_create(&head, &(struct tl_head_shape){.feature_count = 3, .class_count = 2}, names, NULL), TL_OK);
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

static void refuse(const struct tl_head_shape *shape, const char *message)
{
    struct tl_head *head = (struct tl_head *)&head;
    struct tl_error err;

    ck_assert_int_eq(tl_head_create(&head, shape, NAMES, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(head);
    ck_assert_str_eq(err.message, message);
}

START_TEST(shapes_that_are_no_head_are_refused)
{
    struct tl_head_shape shape = {.feature_count = 10, .channel_count = 3, .pool = TL_HEAD_POOL_AVG, .class_count = 2};

    refuse(&(struct tl_head_shape){.class_count = 2}, "a head needs at least one feature");
    refuse(&(struct tl_head_shape){.feature_count = 5, .class_count = 1}, "a head has 2 to 65536 classes, not 1");
    refuse(&(struct tl_head_shape){.feature_count = 5, .class_count = 65537}, "a head has 2 to 65536 classes, not 65537");
    refuse(&(struct tl_head_shape){.feature_count = (size_t)1 << 50, .class_count = 4},
           "a head of 1125899906842624 features, 0 hidden units and 4 classes is too large");
    refuse(&(struct tl_head_shape){.feature_count = (size_t)1 << 30, .class_count = 2, .hidden_count = 65536},
           "a head of 1073741824 features, 65536 hidden units and 2 classes is too large");
    refuse(&(struct tl_head_shape){.feature_count = 5, .class_count = 2, .hidden_count = 65537},
           "a hidden layer has at most 65536 units, not 65537");
    refuse(&shape, "10 features of 3 channels cannot be pooled; at most 4096 channels can");
    shape.channel_count = 0;
    refuse(&shape, "10 features of 0 channels cannot be pooled; at most 4096 channels can");
    shape.feature_count = shape.channel_count = 4097;
    refuse(&shape, "4097 features of 4097 channels cannot be pooled; at most 4096 channels can");
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
    tl_head_free(head);
    head = make_kind(8);
    head->hidden_bias[69] = INFINITY;
    ck_assert_int_eq(tl_head_check(head, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message, "the head's hidden bias is not usable: value 69 of 70 is inf");
    head->hidden_kernel[FEATURES * HIDDEN - 1] = NAN;
    ck_assert_int_eq(tl_head_check(head, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, "hidden kernel is not usable: value 3499 of 3500"));
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
    const struct tl_head_shape shape = {.feature_count = FEATURES, .hidden_count = HIDDEN, .class_count = CLASSES};
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = tl_head_create(&head, &shape, NAMES, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !head));
    } while (status != TL_OK);
    ck_assert_uint_eq(n, 6 + CLASSES + 1);
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

    tcase_add_test(core, a_folded_kernel_gives_kerass_dense_the_same_answer);
    tcase_add_test(core, a_folded_hidden_layer_is_two_of_kerass_dense);
    tcase_add_test(core, a_new_head_is_zeros_and_owns_its_names);
    tcase_add_test(faults, shapes_that_are_no_head_are_refused);
    tcase_add_test(faults, values_that_are_not_finite_are_corrupt);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
