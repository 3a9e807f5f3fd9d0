/* test_derive.c - derived rows are what a head reads of the stored vector, to the bit. */
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/data/derive.h"

enum { FEATURES = 24, CHANNELS = 6, ROWS = 9 };

static struct tl_matrix *make_raw(void)
{
    struct tl_matrix *raw = NULL;
    struct tl_random random;

    tl_random_init(&random, 3, "derive");
    ck_assert_int_eq(tl_matrix_create(&raw, FEATURES, TL_HEAD_TRANSFORM_NONE, NULL), TL_OK);
    for (size_t row = 0; row < ROWS; row++) {
        uint32_t indices[FEATURES];
        float values[FEATURES];
        size_t count = 0;

        for (uint32_t f = 0; f < FEATURES && row > 0; f++) { /* the first row is empty */
            if (tl_random_uniform(&random) < 0.4) {
                indices[count] = f;
                values[count++] = (float)(tl_random_uniform(&random) * 50 - 5);
            }
        }
        ck_assert_int_eq(tl_matrix_add(raw, indices, values, count, NULL), TL_OK);
    }
    return raw;
}

static struct tl_head *make_reader(enum tl_head_pool pool, enum tl_head_transform transform)
{
    static const char *const names[] = {"a", "b", "c"};
    const struct tl_head_shape shape = {.feature_count = FEATURES, .channel_count = CHANNELS, .pool = pool, .class_count = 3};
    struct tl_head *head = NULL;
    struct tl_random random;

    ck_assert_int_eq(tl_head_create(&head, &shape, names, NULL), TL_OK);
    head->transform = transform;
    head->scale = 1.75;
    tl_random_init(&random, 4, "kernel");
    for (size_t i = 0; i < head->input_count * 3; i++)
        head->kernel[i] = (float)(tl_random_uniform(&random) - 0.5);
    return head;
}

START_TEST(logits_of_derived_rows_are_those_of_the_vectors)
{
    const enum tl_head_pool pool = _i % 2 ? TL_HEAD_POOL_AVG : TL_HEAD_POOL_NONE;
    const enum tl_head_transform transform = _i / 2 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE;
    struct tl_matrix *raw = make_raw(), *derived = NULL;
    struct tl_head *head = make_reader(pool, transform);

    ck_assert_int_eq(tl_derive_matrix(&derived, raw, CHANNELS, pool, transform, NULL), TL_OK);
    ck_assert_uint_eq(derived->row_count, ROWS);
    ck_assert_uint_eq(derived->feature_count, pool == TL_HEAD_POOL_AVG ? CHANNELS : FEATURES);
    ck_assert_int_eq(derived->transform, transform);
    for (size_t row = 0; row < ROWS; row++) {
        uint32_t indices[FEATURES];
        double expected[3], found[3];
        size_t count = tl_matrix_read_row(raw, row, indices);

        tl_head_logits_sparse(head, expected, indices, tl_matrix_values(raw, row), count);
        count = tl_matrix_read_row(derived, row, indices);
        tl_head_logits_of_input(head, found, indices, tl_matrix_values(derived, row), count);
        ck_assert_mem_eq(found, expected, sizeof found);
    }
    tl_matrix_free(raw);
    tl_matrix_free(derived);
    tl_head_free(head);
}
END_TEST

START_TEST(channels_that_do_not_divide_are_told)
{
    struct tl_matrix *raw = make_raw(), *derived = raw;
    struct tl_error err;

    ck_assert_int_eq(tl_derive_matrix(&derived, raw, 5, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_NONE, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "features of 24 values in 5 channels cannot be pooled");
    ck_assert_ptr_null(derived);
    ck_assert_int_eq(tl_derive_matrix(&derived, raw, 0, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_NONE, NULL), TL_BAD_INPUT);
    ck_assert_int_eq(tl_derive_matrix(&derived, raw, 0, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_SQRT, NULL), TL_OK);
    tl_matrix_free(raw);
    tl_matrix_free(derived);
}
END_TEST

START_TEST(no_memory_is_told)
{
    struct tl_matrix *raw = make_raw(), *derived = NULL;
    enum tl_status status = TL_NO_MEMORY;
    size_t n = 0;

    while (status == TL_NO_MEMORY && ++n < 100) {
        (void)tl_memory_fail_at(n);
        status = tl_derive_matrix(&derived, raw, CHANNELS, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_SQRT, NULL);
        ck_assert((status == TL_OK) == (derived != NULL));
    }
    (void)tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_OK);
    ck_assert_uint_gt(n, 4);
    tl_matrix_free(raw);
    tl_matrix_free(derived);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("train/derive");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, logits_of_derived_rows_are_those_of_the_vectors, 0, 4);
    tcase_add_test(faults, channels_that_do_not_divide_are_told);
    tcase_add_test(faults, no_memory_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
