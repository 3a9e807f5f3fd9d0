/* test_onnx_write.c - models written: as the reader reads them, byte by byte where it does not, and faults. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/exchange/onnx.h"
#include "common/exchange/onnx_write.h"
#include "tests/support/suite.h"

enum { KERNEL = 3, INPUTS = 2, OUTPUTS = 5, VALUES = KERNEL * KERNEL * INPUTS * OUTPUTS };

static char path[512];
static float kernel[VALUES], bias[OUTPUTS];
static const int64_t pads[4] = {1, 1, 1, 1}, numbers[2] = {-1, 258};

static void setup(void)
{
    snprintf(path, sizeof path, "%s/written.onnx", tl_test_make_folder());
    for (size_t i = 0; i < VALUES; i++)
        kernel[i] = (float)i;
    for (size_t i = 0; i < OUTPUTS; i++)
        bias[i] = (float)i - 2;
}

static enum tl_status write_small(const char *to, struct tl_error *err)
{
    static const size_t input[4] = {0, 8, 8, 2}, shape[4] = {KERNEL, KERNEL, INPUTS, OUTPUTS}, bias_shape[1] = {OUTPUTS};
    static const char *const inputs[3] = {"x", "k", "b"};
    const struct tl_onnx_attribute attributes[2] = {{.name = "pads", .values = pads, .count = 4}, {.name = "group", .value = 1}};
    tl_onnx_writer *writer = NULL;
    enum tl_status status = tl_onnx_writer_create(&writer, "small", err);

    if (status != TL_OK) {
        ck_assert_ptr_null(writer);
        return status;
    }
    tl_onnx_writer_add_input(writer, "x", TL_ONNX_FLOAT, input, 4);
    tl_onnx_writer_add_floats(writer, "k", TL_ONNX_CONVOLUTION, kernel, shape, 4);
    tl_onnx_writer_add_floats(writer, "b", TL_ONNX_AS_IT_IS, bias, bias_shape, 1);
    tl_onnx_writer_add_integers(writer, "n", numbers, 2);
    tl_onnx_writer_add_node(writer, "Conv", inputs, 3, "y", attributes, 2);
    tl_onnx_writer_add_output(writer, "y", TL_ONNX_FLOAT, input, 4);
    tl_onnx_writer_add_metadata(writer, "class_names", "[\"a\"]");
    status = tl_onnx_writer_write(writer, to, err);
    tl_onnx_writer_free(writer);
    return status;
}

START_TEST(what_is_written_reads_back)
{
    tl_tensors *tensors = NULL;

    ck_assert_int_eq(write_small(path, NULL), TL_OK);
    ck_assert_int_eq(tl_onnx_read_convolutions(&tensors, path, NULL), TL_OK);
    ck_assert_uint_eq(tl_tensors_count(tensors), 2);
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 0)->values, kernel, sizeof kernel), 0);
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 1)->values, bias, sizeof bias), 0);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(numbers_and_words_are_in_the_file)
{
    static const uint8_t integers[16] = {255, 255, 255, 255, 255, 255, 255, 255, 2, 1};
    uint8_t *bytes = NULL;
    size_t size_bytes;

    ck_assert_int_eq(write_small(path, NULL), TL_OK);
    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, 1 << 20, NULL), TL_OK);
    ck_assert_ptr_nonnull(memmem(bytes, size_bytes, integers, sizeof integers));
    ck_assert_ptr_nonnull(memmem(bytes, size_bytes, "class_names\x12\x05[\"a\"]", 18));
    ck_assert_ptr_nonnull(memmem(bytes, size_bytes, "\x08\x07\x12\x02tl", 6)); /* IR version 7, written by tl */
    tl_memory_free(bytes);
}
END_TEST

/* ---- Limits ---- */

START_TEST(a_tensor_of_many_pieces_is_whole)
{
    enum { ROWS = 300, COLUMNS = 70 };
    static float large[ROWS * COLUMNS];
    const size_t shape[4] = {1, 1, ROWS, COLUMNS};
    static const char *const inputs[2] = {"x", "large"};
    tl_onnx_writer *writer = NULL;
    tl_tensors *tensors = NULL;

    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        large[i] = (float)i;
    ck_assert_int_eq(tl_onnx_writer_create(&writer, "large", NULL), TL_OK);
    tl_onnx_writer_add_floats(writer, "large", TL_ONNX_CONVOLUTION, large, shape, 4);
    tl_onnx_writer_add_node(writer, "Conv", inputs, 2, "y", NULL, 0);
    ck_assert_int_eq(tl_onnx_writer_write(writer, path, NULL), TL_OK);
    tl_onnx_writer_free(writer);
    ck_assert_int_eq(tl_onnx_read_convolutions(&tensors, path, NULL), TL_OK);
    ck_assert_int_eq(memcmp(tl_tensors_get(tensors, 0)->values, large, sizeof large), 0);
    tl_tensors_free(tensors);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_folder_that_is_not_there_is_told)
{
    struct tl_error err;

    ck_assert_int_eq(write_small("/nowhere/model.onnx", &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot write '/nowhere/model.onnx'"));
}
END_TEST

START_TEST(a_disk_that_takes_no_more_leaves_the_old_file)
{
    const struct rlimit limit = {100, 100};
    struct tl_error err;
    struct stat before, after;

    ck_assert_int_eq(write_small(path, NULL), TL_OK);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(write_small(path, &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "File too large"));
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_model_of_more_than_2_gib_is_refused)
{
    const size_t shape[1] = {(size_t)1 << 29};
    tl_onnx_writer *writer = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_onnx_writer_create(&writer, "large", NULL), TL_OK);
    tl_onnx_writer_add_floats(writer, "large", TL_ONNX_AS_IT_IS, bias, shape, 1);
    ck_assert_int_eq(tl_onnx_writer_write(writer, path, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "2 GiB"));
    ck_assert_int_ne(access(path, F_OK), 0);
    tl_onnx_writer_free(writer);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    enum tl_status status;
    size_t n = 0;

    do {
        tl_memory_fail_at(++n);
        status = write_small(path, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert((status == TL_OK) == (access(path, F_OK) == 0));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 20);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("onnx_write");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, setup, NULL);
    tcase_add_checked_fixture(limits, setup, NULL);
    tcase_add_checked_fixture(faults, setup, NULL);
    tcase_add_test(core, what_is_written_reads_back);
    tcase_add_test(core, numbers_and_words_are_in_the_file);
    tcase_add_test(limits, a_tensor_of_many_pieces_is_whole);
    tcase_add_test(faults, a_folder_that_is_not_there_is_told);
    tcase_add_test(faults, a_disk_that_takes_no_more_leaves_the_old_file);
    tcase_add_test(faults, a_model_of_more_than_2_gib_is_refused);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
