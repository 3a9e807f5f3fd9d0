/* test_history_csv.c - epochs as Keras's CSVLogger writes them. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "tests/support/suite.h"
#include "train/export/history_csv.h"

static void check_file(const char *path, const char *expected)
{
    uint8_t *bytes = NULL;
    size_t size_bytes;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, 1 << 20, NULL), TL_OK);
    ck_assert_uint_eq(size_bytes, strlen(expected));
    ck_assert_mem_eq(bytes, expected, size_bytes);
    tl_memory_free(bytes);
}

START_TEST(columns_and_numbers_are_pythons)
{
    const char *path = tl_test_path(tl_test_make_folder(), "h.csv");
    const struct tl_store_epoch epochs[2] = {{0.123456789012345, 0.5, 2, 1}, {1e-7, 1, 0.25, 0.1}};

    ck_assert_int_eq(tl_history_csv_write(epochs, 2, path, NULL), TL_OK);
    check_file(path, "epoch,accuracy,loss,val_accuracy,val_loss\r\n"
                     "0,0.5,0.123456789012345,1.0,2.0\r\n"
                     "1,1.0,1e-07,0.1,0.25\r\n");
}
END_TEST

START_TEST(without_validation_there_is_na)
{
    const char *path = tl_test_path(tl_test_make_folder(), "h.csv");
    const struct tl_store_epoch epoch = {0.75, 0.5, (double)NAN, (double)NAN};

    ck_assert_int_eq(tl_history_csv_write(&epoch, 1, path, NULL), TL_OK);
    check_file(path, "epoch,accuracy,loss,val_accuracy,val_loss\r\n0,0.5,0.75,NA,NA\r\n");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told)
{
    const struct tl_store_epoch epoch = {0.75, 0.5, 1, 1};
    struct tl_error err;

    ck_assert_int_eq(tl_history_csv_write(&epoch, 1, "/nowhere/h.csv", &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/h.csv"));
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("history_csv");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, columns_and_numbers_are_pythons);
    tcase_add_test(core, without_validation_there_is_na);
    tcase_add_test(faults, a_folder_that_is_not_there_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
