/* test_memory.c - sizes cannot overflow, and each call can be made to fail. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"

START_TEST(alloc_gives_zeroed_memory)
{
    unsigned char *memory = tl_memory_alloc(1000, 3);

    ck_assert_ptr_nonnull(memory);
    for (size_t i = 0; i < 3000; i++)
        ck_assert_uint_eq(memory[i], 0);
    tl_memory_free(memory);
}
END_TEST

START_TEST(aligned_memory_is_aligned_and_zeroed)
{
    for (size_t size_bytes = 1; size_bytes < 300; size_bytes += 7) {
        unsigned char *memory = tl_memory_alloc_aligned(size_bytes, 1);

        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < size_bytes; i++)
            ck_assert_uint_eq(memory[i], 0);
        tl_memory_free(memory);
    }
}
END_TEST

START_TEST(large_memory_is_aligned_and_all_there)
{
    static const size_t sizes_bytes[] = {0, 1, 1000, (2U << 20) - 1, 2U << 20, (5U << 20) + 3};

    for (size_t i = 0; i < sizeof sizes_bytes / sizeof *sizes_bytes; i++) {
        unsigned char *memory = tl_memory_alloc_large(sizes_bytes[i], 1);

        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % 64, 0);
        memset(memory, 7, sizes_bytes[i]);
        tl_memory_free(memory);
    }
    ck_assert_ptr_null(tl_memory_alloc_large(SIZE_MAX, 2));
    ck_assert_ptr_null(tl_memory_alloc_large(TL_MEMORY_LIMIT_BYTES + 1, 1));
}
END_TEST

START_TEST(resize_keeps_what_was_there)
{
    int *numbers = tl_memory_resize(NULL, 2, sizeof *numbers), *more;

    ck_assert_ptr_nonnull(numbers);
    numbers[0] = 7;
    numbers[1] = 8;
    more = tl_memory_resize(numbers, 10000, sizeof *more);
    ck_assert_ptr_nonnull(more);
    ck_assert_int_eq(more[0], 7);
    ck_assert_int_eq(more[1], 8);
    tl_memory_free(more);
}
END_TEST

START_TEST(copies_are_equal_and_apart)
{
    char source[] = "photo";
    char *string = tl_memory_copy_string(source), *bytes = tl_memory_copy(source, 3);

    ck_assert_ptr_nonnull(string);
    ck_assert_ptr_nonnull(bytes);
    source[0] = 'P';
    ck_assert_str_eq(string, "photo");
    ck_assert_mem_eq(bytes, "pho", 3);
    tl_memory_free(string);
    tl_memory_free(bytes);
}
END_TEST

START_TEST(null_copies_to_null_and_frees)
{
    ck_assert_ptr_null(tl_memory_copy_string(NULL));
    ck_assert_ptr_null(tl_memory_copy(NULL, 5));
    tl_memory_free(NULL);
}
END_TEST

START_TEST(a_zero_product_is_a_valid_pointer)
{
    void *none = tl_memory_alloc(0, 8), *aligned = tl_memory_alloc_aligned(8, 0), *copy = tl_memory_copy("", 0);
    void *resized = tl_memory_resize(tl_memory_alloc(1, 1), 0, 1);

    ck_assert_ptr_nonnull(none);
    ck_assert_ptr_nonnull(aligned);
    ck_assert_ptr_nonnull(copy);
    ck_assert_ptr_nonnull(resized);
    tl_memory_free(none);
    tl_memory_free(aligned);
    tl_memory_free(copy);
    tl_memory_free(resized);
}
END_TEST

START_TEST(an_overflowing_product_is_refused)
{
    ck_assert_ptr_null(tl_memory_alloc(SIZE_MAX, 2));
    ck_assert_ptr_null(tl_memory_alloc_aligned(SIZE_MAX / 2 + 1, 2)); /* the product wraps to 0 */
    ck_assert_ptr_null(tl_memory_alloc((size_t)1 << 33, (size_t)1 << 33));
    ck_assert_ptr_null(tl_memory_resize(NULL, SIZE_MAX / 4, 8));
}
END_TEST

START_TEST(more_than_the_limit_is_refused)
{
    ck_assert_ptr_null(tl_memory_alloc(TL_MEMORY_LIMIT_BYTES + 1, 1));
    ck_assert_ptr_null(tl_memory_alloc_aligned(TL_MEMORY_LIMIT_BYTES + 1, 1));
    ck_assert_ptr_null(tl_memory_resize(NULL, TL_MEMORY_LIMIT_BYTES / 8 + 1, 8));
}
END_TEST

START_TEST(a_refused_resize_leaves_the_old_memory)
{
    char *old = tl_memory_copy_string("still here");

    ck_assert_ptr_nonnull(old);
    ck_assert_ptr_null(tl_memory_resize(old, SIZE_MAX, 2));
    ck_assert_str_eq(old, "still here");
    tl_memory_fail_at(1);
    ck_assert_ptr_null(tl_memory_resize(old, 100, 1));
    tl_memory_fail_at(0);
    ck_assert_str_eq(old, "still here");
    tl_memory_free(old);
}
END_TEST

/* One call of each kind in turn; how many came back NULL, as bits. */
static unsigned call_each_kind(void)
{
    void *results[5];
    unsigned failed = 0;

    results[0] = tl_memory_alloc(4, 4);
    results[1] = tl_memory_alloc_aligned(4, 4);
    results[2] = tl_memory_resize(NULL, 4, 4);
    results[3] = tl_memory_copy_string("four");
    results[4] = tl_memory_copy("four", 4);
    for (unsigned i = 0; i < 5; i++) {
        failed |= (unsigned)(results[i] == NULL) << i;
        tl_memory_free(results[i]);
    }
    return failed;
}

START_TEST(the_named_call_fails_once_and_only_that_one)
{
    for (unsigned n = 1; n <= 5; n++) {
        tl_memory_fail_at(n);
        ck_assert_uint_eq(call_each_kind(), 1u << (n - 1));
        ck_assert_uint_eq(call_each_kind(), 0);
        ck_assert_uint_eq(tl_memory_fail_at(0), 10);
    }
    ck_assert_uint_eq(call_each_kind(), 0);
    ck_assert_uint_eq(tl_memory_fail_at(0), 5);
}
END_TEST

static void *allocate_a_hundred(void *failed_count)
{
    for (int i = 0; i < 100; i++) {
        void *memory = tl_memory_alloc(1, 16);

        *(int *)failed_count += memory == NULL;
        tl_memory_free(memory);
    }
    return NULL;
}

START_TEST(one_call_of_all_threads_fails)
{
    pthread_t threads[4];
    int failed_counts[4] = {0};

    tl_memory_fail_at(237);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, allocate_a_hundred, &failed_counts[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(tl_memory_fail_at(0), 400);
    ck_assert_int_eq(failed_counts[0] + failed_counts[1] + failed_counts[2] + failed_counts[3], 1);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/memory");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, alloc_gives_zeroed_memory);
    tcase_add_test(core, aligned_memory_is_aligned_and_zeroed);
    tcase_add_test(core, large_memory_is_aligned_and_all_there);
    tcase_add_test(core, resize_keeps_what_was_there);
    tcase_add_test(core, copies_are_equal_and_apart);
    tcase_add_test(limits, null_copies_to_null_and_frees);
    tcase_add_test(limits, a_zero_product_is_a_valid_pointer);
    tcase_add_test(limits, an_overflowing_product_is_refused);
    tcase_add_test(limits, more_than_the_limit_is_refused);
    tcase_add_test(faults, a_refused_resize_leaves_the_old_memory);
    tcase_add_test(faults, the_named_call_fails_once_and_only_that_one);
    tcase_add_test(faults, one_call_of_all_threads_fails);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
