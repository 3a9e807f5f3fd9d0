/* test_tensors.c - the list of tensors: what goes in comes out, absurd sizes do not go in. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/tensors.h"
#include "tests/support/suite.h"

static tl_tensors *make_list(void)
{
    struct tl_error err;
    tl_tensors *tensors = NULL;

    ck_assert_msg(tl_tensors_create(&tensors, &err) == TL_OK, "%s", err.message);
    return tensors;
}

START_TEST(added_tensors_come_back_in_order)
{
    tl_tensors *tensors = make_list();
    struct tl_error err;

    for (size_t i = 0; i < 100; i++) {
        size_t shape[2] = {2, i + 1};
        float *values = NULL;
        char layer[32];
        snprintf(layer, sizeof layer, "layer%zu", i);
        ck_assert_int_eq(tl_tensors_add(tensors, &values, layer, "kernel", 2, shape, &err), TL_OK);
        values[2 * i + 1] = (float)i;
    }
    ck_assert_uint_eq(tl_tensors_count(tensors), 100);
    for (size_t i = 0; i < 100; i++) {
        const struct tl_tensor *tensor = tl_tensors_get(tensors, i);
        char layer[32];
        snprintf(layer, sizeof layer, "layer%zu", i);
        ck_assert_str_eq(tensor->layer, layer);
        ck_assert_str_eq(tensor->name, "kernel");
        ck_assert_uint_eq(tensor->rank, 2);
        ck_assert_uint_eq(tl_tensor_value_count(tensor), 2 * (i + 1));
        ck_assert(tensor->values[2 * i + 1] == (float)i);
        ck_assert_uint_eq((uintptr_t)tensor->values % 64, 0);
    }
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(the_first_tensors_are_kept_where_they_are)
{
    tl_tensors *tensors = make_list();
    const size_t shape[1] = {3};
    float *values[3];
    struct tl_error err;

    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(tl_tensors_add(tensors, &values[i], "layer", "w", 1, shape, &err), TL_OK);
    tl_tensors_keep_first(tensors, 4);
    ck_assert_uint_eq(tl_tensors_count(tensors), 3);
    tl_tensors_keep_first(tensors, 2);
    ck_assert_uint_eq(tl_tensors_count(tensors), 2);
    ck_assert_ptr_eq(tl_tensors_get(tensors, 1)->values, values[1]);
    tl_tensors_keep_first(tensors, 0);
    ck_assert_uint_eq(tl_tensors_count(tensors), 0);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(shapes_read_as_python_writes_them)
{
    const size_t shape[4] = {3, 3, 64, 128};
    char text[32];

    tl_tensor_format_shape(text, sizeof text, 4, shape);
    ck_assert_str_eq(text, "(3, 3, 64, 128)");
    tl_tensor_format_shape(text, sizeof text, 1, shape);
    ck_assert_str_eq(text, "(3,)");
    tl_tensor_format_shape(text, sizeof text, 0, shape);
    ck_assert_str_eq(text, "()");
    tl_tensor_format_shape(text, 6, 4, shape);
    ck_assert_uint_lt(strlen(text), 6);
}
END_TEST

static const struct {
    size_t rank, shape[4];
    const char *message;
} absurd[] = {
    {0, {1, 1, 1, 1}, "tensor 'w' has 0 dimensions, expected 1 to 4"},
    {5, {1, 1, 1, 1}, "tensor 'w' has 5 dimensions, expected 1 to 4"},
    {2, {3, 0, 1, 1}, "tensor 'w' has shape (3, 0), expected 1 to 1073741824 values"},
    {2, {SIZE_MAX, 2, 1, 1}, "(18446744073709551615, 2)"},
    {3, {(size_t)1 << 32, (size_t)1 << 32, 2, 1}, "expected 1 to 1073741824 values"},
    {1, {((size_t)1 << 30) + 1, 0, 0, 0}, "expected 1 to 1073741824 values"},
};

START_TEST(an_absurd_shape_is_refused_and_the_list_left_alone)
{
    tl_tensors *tensors = make_list();
    struct tl_error err;
    float other = 0, *values = &other;
    enum tl_status status = tl_tensors_add(tensors, &values, "l", "w", absurd[_i].rank, absurd[_i].shape, &err);

    ck_assert_int_eq(status, TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, absurd[_i].message) != NULL, "%s", err.message);
    ck_assert_ptr_null(values);
    ck_assert_uint_eq(tl_tensors_count(tensors), 0);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(no_more_tensors_than_the_limit)
{
    tl_tensors *tensors = make_list();
    const size_t shape[1] = {1};
    struct tl_error err;

    for (int i = 0; i < TL_TENSORS_COUNT_MAX; i++)
        ck_assert_int_eq(tl_tensors_add(tensors, NULL, "l", "w", 1, shape, &err), TL_OK);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "l", "w", 1, shape, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "more than 4096 tensors");
    ck_assert_uint_eq(tl_tensors_count(tensors), TL_TENSORS_COUNT_MAX);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(all_tensors_together_have_a_limit_too)
{
    tl_tensors *tensors = make_list();
    const size_t small[1] = {8}, rest[1] = {((size_t)1 << 30) - 7};
    struct tl_error err;

    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "l", "w", 1, small, &err), TL_OK);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "l", "v", 1, rest, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "'v' brings the values of all tensors to 1073741825") != NULL, "%s", err.message);
    ck_assert_uint_eq(tl_tensors_count(tensors), 1);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(every_failed_allocation_leaves_a_whole_list)
{
    const size_t shape[1] = {4};
    size_t n = 1;
    enum tl_status status = TL_NO_MEMORY;

    for (; status != TL_OK; n++) {
        tl_tensors *tensors = NULL;
        float *values = NULL;
        struct tl_error err;

        ck_assert_uint_lt(n, 20);
        tl_memory_fail_at(n);
        status = tl_tensors_create(&tensors, &err);
        if (status == TL_OK) {
            status = tl_tensors_add(tensors, &values, "l", "w", 1, shape, &err);
            ck_assert_uint_eq(tl_tensors_count(tensors), status == TL_OK ? 1 : 0);
            ck_assert_int_eq(values != NULL, status == TL_OK);
        } else {
            ck_assert_ptr_null(tensors);
        }
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        tl_tensors_free(tensors);
    }
    ck_assert_uint_gt(n, 4);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("tensors");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, added_tensors_come_back_in_order);
    tcase_add_test(core, the_first_tensors_are_kept_where_they_are);
    tcase_add_test(core, shapes_read_as_python_writes_them);
    tcase_add_test(limits, no_more_tensors_than_the_limit);
    tcase_add_test(limits, all_tensors_together_have_a_limit_too);
    tcase_add_loop_test(faults, an_absurd_shape_is_refused_and_the_list_left_alone, 0, sizeof absurd / sizeof absurd[0]);
    tcase_add_test(faults, every_failed_allocation_leaves_a_whole_list);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
