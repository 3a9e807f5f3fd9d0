/* test_feature_file.c - what was added is what HDF5 reads back; until close there is no file, after a failure neither. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/exchange/feature_file.h"
#include "tests/common/exchange/h5_fixture.h"
#include "tests/support/suite.h"

static const char *const class_names[3] = {"cloudy", "sunrise", "r\303\251gn"};

static float value_of(size_t row, size_t column) { return (float)row + (float)column / 1024; }

/* Adds rows first .. end-1: label, variant, path and split follow from the row's number. */
static enum tl_status add_rows(tl_feature_file *file, size_t feature_count, size_t first, size_t end, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    float *values = malloc(feature_count * sizeof *values);

    ck_assert_ptr_nonnull(values);
    for (size_t row = first; status == TL_OK && row < end; row++) {
        char path[64];
        for (size_t column = 0; column < feature_count; column++)
            values[column] = value_of(row, column);
        snprintf(path, sizeof path, "sunrise/photo \xc3\xa4 %zu.jpg", row);
        status = tl_feature_file_add(file,
                                     &(struct tl_feature_row){.features = values,
                                                              .label = (int64_t)(row % 4) - 1,
                                                              .variant = (int64_t)(row % 7),
                                                              .path = path,
                                                              .split = row % 2 == 0 ? "Train" : ""},
                                     err);
    }
    free(values);
    return status;
}

static void read_all(hid_t file, const char *name, hid_t type, int rank, const hsize_t *expected, void *out)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space;
    hsize_t extent[2] = {0, 0};

    ck_assert_msg(dataset >= 0, "no %s", name);
    space = H5Dget_space(dataset);
    ck_assert_int_eq(H5Sget_simple_extent_dims(space, extent, NULL), rank);
    for (int i = 0; i < rank; i++)
        ck_assert_msg(extent[i] == expected[i], "%s has %llu along %d", name, (unsigned long long)extent[i], i);
    ck_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
}

static hid_t make_text_type(void)
{
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_cset(text, H5T_CSET_UTF8);
    return text;
}

static void check_file(const char *path, size_t row_count, const size_t shape[3])
{
    size_t feature_count = shape[0] * shape[1] * shape[2];
    hsize_t extent[2] = {row_count, feature_count};
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), text = make_text_type(), attribute;
    float *values = malloc(row_count * feature_count * sizeof *values + 1);
    int64_t *numbers = malloc((row_count + 1) * sizeof *numbers), stored_shape[3] = {0};
    char **strings = malloc((row_count + 3) * sizeof *strings), expected[64];

    ck_assert(file >= 0 && values && numbers && strings);
    read_all(file, "features", H5T_NATIVE_FLOAT, 2, extent, values);
    for (size_t row = 0; row < row_count; row++)
        for (size_t column = 0; column < feature_count; column++)
            ck_assert(values[row * feature_count + column] == value_of(row, column));
    attribute = H5Aopen_by_name(file, "features", "shape", H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Aread(attribute, H5T_NATIVE_INT64, stored_shape) >= 0);
    H5Aclose(attribute);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(stored_shape[i], (int64_t)shape[i]);
    read_all(file, "labels", H5T_NATIVE_INT64, 1, extent, numbers);
    for (size_t row = 0; row < row_count; row++)
        ck_assert_int_eq(numbers[row], (int64_t)(row % 4) - 1);
    read_all(file, "variant", H5T_NATIVE_INT64, 1, extent, numbers);
    for (size_t row = 0; row < row_count; row++)
        ck_assert_int_eq(numbers[row], (int64_t)(row % 7));
    read_all(file, "paths", text, 1, extent, strings);
    for (size_t row = 0; row < row_count; row++) {
        snprintf(expected, sizeof expected, "sunrise/photo \xc3\xa4 %zu.jpg", row);
        ck_assert_str_eq(strings[row], expected);
        H5free_memory(strings[row]);
    }
    read_all(file, "split", text, 1, extent, strings);
    for (size_t row = 0; row < row_count; row++) {
        ck_assert_str_eq(strings[row], row % 2 == 0 ? "Train" : "");
        H5free_memory(strings[row]);
    }
    read_all(file, "class_names", text, 1, (const hsize_t[1]){3}, strings);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(strings[i], class_names[i]);
        H5free_memory(strings[i]);
    }
    H5Tclose(text);
    H5Fclose(file);
    free(values);
    free(numbers);
    free(strings);
}

static const struct {
    size_t row_count, shape[3];
} sizes[] = {
    {0, {7, 7, 512}}, {1, {7, 7, 512}},  {2, {7, 7, 512}},  {3, {7, 7, 512}},
    {9, {1, 1, 4}},   {4097, {1, 1, 4}}, {8192, {1, 1, 1}}, {2, {1, 1, 100000}},
};

START_TEST(what_was_added_is_read_back)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    const size_t *shape = sizes[_i].shape;
    tl_feature_file *file = NULL;
    struct tl_error err = {.message = ""};

    ck_assert_msg(tl_feature_file_create(&file, path, shape, class_names, 3, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(add_rows(file, shape[0] * shape[1] * shape[2], 0, sizes[_i].row_count, &err) == TL_OK, "%s", err.message);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_msg(tl_feature_file_close(&file, &err) == TL_OK, "%s", err.message);
    ck_assert_ptr_null(file);
    check_file(path, sizes[_i].row_count, shape);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_msg(rmdir(folder) == 0, "something else was left in the folder");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_discarded_file_leaves_the_old_one)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    const size_t shape[3] = {1, 1, 4};
    tl_feature_file *file = NULL;
    struct tl_error err;
    char old[8] = "";
    FILE *stream;

    tl_test_write_file(path, "old", 3);
    ck_assert_int_eq(tl_feature_file_create(&file, path, shape, class_names, 3, &err), TL_OK);
    ck_assert_int_eq(add_rows(file, 4, 0, 5000, &err), TL_OK);
    tl_feature_file_discard(file);
    tl_feature_file_discard(NULL);
    stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fread(old, 1, sizeof old, stream), 3);
    fclose(stream);
    ck_assert_str_eq(old, "old");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_msg(rmdir(folder) == 0, "something else was left in the folder");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_named)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "none/out.h5");
    const size_t shape[3] = {1, 1, 4};
    tl_feature_file *file = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_feature_file_create(&file, path, shape, class_names, 3, &err), TL_IO);
    ck_assert_ptr_null(file);
    ck_assert_msg(strstr(err.message, "none/out.h5") != NULL, "%s", err.message);
    tl_test_remove_folder(folder);
}
END_TEST

/* A limit on the file's size stands for a full disk: HDF5 sees a failed write in both. */
START_TEST(a_full_disk_is_told_and_nothing_is_left)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    const size_t shape[3] = {7, 7, 512};
    const struct rlimit limit = {1 << 20, 1 << 20};
    tl_feature_file *file = NULL;
    struct tl_error err = {.message = ""};
    enum tl_status status;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(tl_feature_file_create(&file, path, shape, class_names, 3, &err), TL_OK);
    status = add_rows(file, 25088, 0, 20, &err);
    if (status == TL_OK)
        status = tl_feature_file_close(&file, &err);
    tl_feature_file_discard(file);
    ck_assert_int_eq(status, TL_IO);
    ck_assert_msg(strstr(err.message, "File too large") != NULL, "%s", err.message);
    ck_assert_msg(rmdir(folder) == 0, "something was left in the folder");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(every_failed_allocation_unwinds)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    const size_t shape[3] = {1, 1, 4};
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    for (n = 1; status != TL_OK; n++) {
        tl_feature_file *file = NULL;
        struct tl_error err;

        ck_assert_uint_lt(n, 100);
        tl_memory_fail_at(n);
        status = tl_feature_file_create(&file, path, shape, class_names, 3, &err);
        ck_assert_int_eq(file != NULL, status == TL_OK);
        if (status == TL_OK)
            status = add_rows(file, 4, 0, 2, &err);
        if (status == TL_OK)
            status = tl_feature_file_close(&file, &err);
        tl_memory_fail_at(0);
        tl_feature_file_discard(file);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
    }
    ck_assert_uint_gt(n, 10);
    check_file(path, 2, shape);
    tl_test_remove_folder(folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("feature_file");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, what_was_added_is_read_back, 0, sizeof sizes / sizeof sizes[0]);
    tcase_add_test(core, a_discarded_file_leaves_the_old_one);
    tcase_add_test(faults, a_place_that_cannot_be_written_is_named);
    tcase_add_test(faults, a_full_disk_is_told_and_nothing_is_left);
    tcase_add_test(faults, every_failed_allocation_unwinds);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
