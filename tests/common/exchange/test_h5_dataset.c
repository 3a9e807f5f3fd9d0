/* test_h5_dataset.c - datasets large enough to be mapped, and those that have to be read: the same values. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/exchange/h5.h"
#include "common/exchange/h5_dataset.h"
#include "tests/common/exchange/h5_fixture.h"
#include "tests/support/suite.h"

enum { ROWS = 150, COLUMNS = 211, VALUE_COUNT = ROWS * COLUMNS }; /* 126,600 bytes */

enum storage { PLAIN, BIG_ENDIAN_VALUES, DOUBLES, CHUNKS };

static const struct {
    const char *title;
    enum storage storage;
    hsize_t user_block_bytes; /* in front of HDF5's part, from where it counts */
} cases[] = {
    {"plain", PLAIN, 0},     {"plain behind a user block", PLAIN, 512}, {"big-endian", BIG_ENDIAN_VALUES, 0},
    {"doubles", DOUBLES, 0}, {"chunks", CHUNKS, 0},
};

static void write_file(const char *path, enum storage storage, hsize_t user_block_bytes)
{
    const hsize_t extent[2] = {ROWS, COLUMNS}, chunk[2] = {10, 100};
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), dataset_creation = H5Pcreate(H5P_DATASET_CREATE), file, dataset;
    hid_t type = storage == BIG_ENDIAN_VALUES ? H5T_IEEE_F32BE : storage == DOUBLES ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
    float *values = tl_memory_alloc(VALUE_COUNT, sizeof *values);

    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < VALUE_COUNT; i++)
        values[i] = (float)i * 0.5F;
    ck_assert(H5Pset_userblock(creation, user_block_bytes) >= 0);
    if (storage == CHUNKS)
        ck_assert(H5Pset_chunk(dataset_creation, 2, chunk) >= 0);
    file = H5Fcreate(path, H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    dataset = fixture_dataset(file, "w", type, 2, extent, dataset_creation);
    ck_assert(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    H5Pclose(creation);
    H5Pclose(dataset_creation);
    tl_memory_free(values);
}

static enum tl_status read_file(tl_tensors *tensors, const char *path, struct tl_error *err)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    enum tl_status status;

    ck_assert(file >= 0);
    status = tl_h5_read_tensor(tensors, file, "layer", "w", "w", err);
    H5Fclose(file);
    return status;
}

/* The file may be gone by then. */
static void check_values(const tl_tensors *tensors)
{
    const struct tl_tensor *tensor = tl_tensors_get(tensors, 0);

    ck_assert_uint_eq(tl_tensor_value_count(tensor), VALUE_COUNT);
    for (size_t i = 0; i < VALUE_COUNT; i++)
        ck_assert_msg(tensor->values[i] == (float)i * 0.5F, "value %zu is %f", i, (double)tensor->values[i]);
}

START_TEST(values_are_the_same_however_they_are_stored)
{
    const char *path = tl_test_path(tl_test_make_folder(), "w.h5");
    tl_tensors *tensors = NULL;
    struct tl_error err;

    write_file(path, cases[_i].storage, cases[_i].user_block_bytes);
    ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
    ck_assert_msg(read_file(tensors, path, &err) == TL_OK, "%s: %s", cases[_i].title, err.message);
    ck_assert_int_eq(unlink(path), 0);
    check_values(tensors);
    tl_tensors_free(tensors);
}
END_TEST

/* What is mapped takes no memory of ours for its values, what is read does. */
START_TEST(plain_values_are_mapped_and_others_read)
{
    const char *path = tl_test_path(tl_test_make_folder(), "w.h5");
    size_t counts[2];

    for (int i = 0; i < 2; i++) {
        tl_tensors *tensors = NULL;
        struct tl_error err;

        write_file(path, i == 0 ? PLAIN : CHUNKS, 0);
        ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
        (void)tl_memory_fail_at(0);
        ck_assert_int_eq(read_file(tensors, path, &err), TL_OK);
        counts[i] = tl_memory_fail_at(0);
        tl_tensors_free(tensors);
    }
    ck_assert_uint_eq(counts[0] + 1, counts[1]);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_leaves_the_list)
{
    const char *path = tl_test_path(tl_test_make_folder(), "w.h5");

    for (int i = 0; i < 2; i++) {
        size_t n = 1;
        tl_tensors *tensors = NULL;
        struct tl_error err;

        write_file(path, i == 0 ? PLAIN : CHUNKS, 0);
        ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
        for (;; n++) {
            enum tl_status status;

            (void)tl_memory_fail_at(n);
            status = read_file(tensors, path, &err);
            (void)tl_memory_fail_at(0);
            if (status == TL_OK)
                break;
            ck_assert_int_eq(status, TL_NO_MEMORY);
            ck_assert_uint_eq(tl_tensors_count(tensors), 0);
        }
        ck_assert_uint_ge(n, 3);
        check_values(tensors);
        tl_tensors_free(tensors);
    }
}
END_TEST

static void prepare(void)
{
    tl_h5_prepare();
}

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("h5_dataset");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, prepare, NULL);
    tcase_add_checked_fixture(faults, prepare, NULL);
    tcase_add_loop_test(core, values_are_the_same_however_they_are_stored, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(core, plain_values_are_mapped_and_others_read);
    tcase_add_test(faults, every_failed_allocation_is_reported_and_leaves_the_list);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
