/* test_feature_npy.c - NumPy's arrays byte by byte, the table beside them, and nothing after a failure. */
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/exchange/feature_file.h"
#include "tests/support/suite.h"

enum { HEADER = 128, F = 6, L = 2 };

static const size_t shape[3] = {1, 2, 3};
static const char *const class_names[L] = {"a", "b, c"};
static const float first[F] = {0, 1.5F, -2, 0, 3, 4}, second[F] = {7, 0, 0, 0, 0, -0.0F};
static const char *folder;

static void setup(void)
{
    folder = tl_test_make_folder();
}

static enum tl_status write_two(const char *path, struct tl_error *err)
{
    const struct tl_feature_row rows[2] = {{first, 1, 0, "Train/x, y.jpg", "train"}, {second, -1, 12, "z.jpg", ""}};
    tl_feature_file *file = NULL;
    enum tl_status status = tl_feature_file_create(&file, path, shape, class_names, L, err);

    for (size_t i = 0; i < 2 && status == TL_OK; i++)
        status = tl_feature_file_add(file, &rows[i], err);
    if (status == TL_OK)
        return tl_feature_file_close(&file, err);
    tl_feature_file_discard(file);
    return status;
}

static void check_bytes(const char *name, const void *expected, size_t expected_bytes, size_t skipped_bytes)
{
    uint8_t *bytes = NULL;
    size_t size_bytes;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, tl_test_path(folder, name), 1 << 20, NULL), TL_OK);
    ck_assert_uint_eq(size_bytes, skipped_bytes + expected_bytes);
    ck_assert_mem_eq(bytes + skipped_bytes, expected, expected_bytes);
    tl_memory_free(bytes);
}

static void check_header(const char *name, const char *expected)
{
    uint8_t *bytes = NULL;
    size_t size_bytes;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, tl_test_path(folder, name), 1 << 20, NULL), TL_OK);
    ck_assert_mem_eq(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    ck_assert_mem_eq(bytes + 10, expected, strlen(expected));
    for (size_t i = 10 + strlen(expected); i < HEADER - 1; i++)
        ck_assert_int_eq(bytes[i], ' ');
    ck_assert_int_eq(bytes[HEADER - 1], '\n');
    tl_memory_free(bytes);
}

START_TEST(features_labels_and_table_say_the_same_rows)
{
    static const char table[] = "path,class,label,split,variant\n"
                                "\"Train/x, y.jpg\",\"b, c\",1,train,0\n"
                                "z.jpg,,-1,,12\n";
    static const uint8_t labels[16] = {1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255};
    float values[2 * F];

    memcpy(values, first, sizeof first);
    memcpy(values + F, second, sizeof second);
    ck_assert_int_eq(write_two(tl_test_path(folder, "out.npy"), NULL), TL_OK);
    check_header("out.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 6), }");
    check_bytes("out.npy", values, sizeof values, HEADER); /* as they lie in a little-endian machine's memory */
    check_header("out.labels.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }");
    check_bytes("out.labels.npy", labels, sizeof labels, HEADER);
    check_bytes("out.csv", table, strlen(table), 0);
}
END_TEST

START_TEST(the_ending_says_what_is_written)
{
    char *path = tl_feature_file_copy_npy_path("a/b.NPY", ".csv");

    ck_assert_str_eq(path, "a/b.csv");
    tl_memory_free(path);
    ck_assert(tl_feature_file_is_npy("x.NPY"));
    ck_assert(!tl_feature_file_is_npy(".npy"));
    ck_assert(!tl_feature_file_is_npy("x.npy.h5"));
}
END_TEST

/* ---- Faults ---- */

START_TEST(until_close_there_is_no_file)
{
    tl_feature_file *file = NULL;

    ck_assert_int_eq(tl_feature_file_create(&file, tl_test_path(folder, "out.npy"), shape, class_names, L, NULL), TL_OK);
    ck_assert_int_ne(access(tl_test_path(folder, "out.npy"), F_OK), 0);
    tl_feature_file_discard(file);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing was left in it */
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const char *path = tl_test_path(folder, "out.npy");
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = write_two(path, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert((status == TL_OK) == (access(path, F_OK) == 0));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 10);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told)
{
    struct tl_error err;

    ck_assert_int_eq(write_two("/nowhere/out.npy", &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/out.npy"));
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("feature_npy");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, setup, NULL);
    tcase_add_checked_fixture(faults, setup, NULL);
    tcase_add_test(core, features_labels_and_table_say_the_same_rows);
    tcase_add_test(core, the_ending_says_what_is_written);
    tcase_add_test(faults, until_close_there_is_no_file);
    tcase_add_test(faults, every_allocation_may_fail);
    tcase_add_test(faults, a_folder_that_is_not_there_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
