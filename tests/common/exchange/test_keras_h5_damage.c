/* test_keras_h5_damage.c - weight files cut short, or with changed bytes: refused, or read, but never a crash. */
#include <stdint.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/exchange/keras_h5.h"
#include "tests/common/exchange/h5_fixture.h"
#include "tests/support/suite.h"

static void check_refused(const char *path, enum tl_status expected, const char *message)
{
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_keras_h5_read(&tensors, path, &err);

    ck_assert_msg(status == expected, "status %d, expected %d: %s", (int)status, (int)expected, err.message);
    ck_assert_ptr_null(tensors);
    ck_assert_msg(strstr(err.message, message) != NULL, "'%s' should say '%s'", err.message, message);
    ck_assert_msg(strncmp(err.message, path, strlen(path)) == 0, "'%s' should begin with the path", err.message);
}

static const char *write_good_file(const char *folder)
{
    const char *path = tl_test_path(folder, "good.h5"), *layers[2] = {"block1_conv1", "dense"};
    hid_t file = fixture_open(path);

    fixture_strings(file, "layer_names", FIXTURE_VARIABLE, layers, 2);
    fixture_layer(file, layers[0], FIXTURE_VARIABLE, "block1_conv1/kernel", "block1_conv1/bias", 1);
    fixture_layer(file, layers[1], FIXTURE_FIXED, "dense/kernel:0", "dense/bias:0", 9);
    H5Fclose(file);
    return path;
}

static uint8_t *load(size_t *size_bytes, const char *path)
{
    uint8_t *bytes = NULL;
    struct tl_error err;

    ck_assert_msg(tl_system_read_file(&bytes, size_bytes, path, 1 << 24, &err) == TL_OK, "%s", err.message);
    return bytes;
}

START_TEST(a_truncated_file_is_called_truncated)
{
    const char *folder = tl_test_make_folder(), *good = write_good_file(folder), *path = tl_test_path(folder, "cut.h5");
    size_t size_bytes = 0;
    uint8_t *bytes = load(&size_bytes, good);

    for (size_t cut = 4; cut < size_bytes; cut += 1 + size_bytes / 50) {
        tl_test_write_file(path, bytes, cut);
        check_refused(path, TL_BAD_INPUT, "found a damaged or truncated file of");
    }
    tl_memory_free(bytes);
    tl_test_remove_folder(folder);
}
END_TEST

static const struct {
    size_t offset; /* from the heap's start */
    uint8_t byte;
    const char *message;
} heap_damage[] = {
    {0, 'g', "expected a heap of strings at address"},
    {4, 9, "expected a heap of strings at address"},
    {9, 0, "expected a heap of strings at address"},              /* a size of less than its own head */
    {12, 1, "expected a heap of strings at address"},             /* 4 GiB */
    {10, 2, "a string's heap at address"},                        /* 128 KiB, beyond the file */
    {16, 9, "expected a string of 5 bytes in the heap"},         /* not object 1 */
    {16, 0, "expected a string of 12 bytes in the heap"},         /* free space, which ends the list */
    {24, 3, "expected a string of 5 bytes in the heap"},         /* shorter than its reference says */
    {30, 1, "expected a string of 12 bytes in the heap"},         /* longer than the heap */
};

START_TEST(a_damaged_heap_of_names_is_refused)
{
    const char *folder = tl_test_make_folder(), *good = write_good_file(folder), *path = tl_test_path(folder, "bad.h5");
    size_t size_bytes = 0;
    uint8_t *bytes = load(&size_bytes, good), *heap = memmem(bytes, size_bytes, "GCOL", 4);

    ck_assert_ptr_nonnull(heap);
    ck_assert_uint_eq(heap[9], 16); /* 4096 bytes, object 1 first: the offsets above */
    ck_assert_uint_eq(heap[16], 1);
    ck_assert_uint_eq(heap[24], 5); /* HDF5 writes a list from its end: "dense" */
    heap[heap_damage[_i].offset] = heap_damage[_i].byte;
    tl_test_write_file(path, bytes, size_bytes);
    check_refused(path, TL_BAD_INPUT, heap_damage[_i].message);
    tl_memory_free(bytes);
    tl_test_remove_folder(folder);
}
END_TEST

/* HDF5 1.10 loses memory of its own when it gives up on a damaged file; ours is still watched. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libhdf5"; }

/* HDF5's own structures under random damage: any answer is right but a crash, a hang or a half-made result. */
START_TEST(damaged_bytes_are_read_or_refused)
{
    const char *folder = tl_test_make_folder(), *good = write_good_file(folder), *path = tl_test_path(folder, "bad.h5");
    struct tl_random random;
    size_t size_bytes = 0, refused_count = 0;
    uint8_t *bytes = load(&size_bytes, good), *copy = tl_memory_alloc(size_bytes, 1);

    ck_assert_ptr_nonnull(copy);
    tl_random_init(&random, (uint64_t)_i, "mutate");
    for (int round = 0; round < 100; round++) {
        tl_tensors *tensors = NULL;
        struct tl_error err = {.message = ""};
        enum tl_status status;

        memcpy(copy, bytes, size_bytes);
        for (uint64_t changes = 1 + tl_random_below(&random, 4); changes > 0; changes--)
            copy[tl_random_below(&random, size_bytes)] = (uint8_t)tl_random_next(&random);
        tl_test_write_file(path, copy, size_bytes);
        status = tl_keras_h5_read(&tensors, path, &err);
        ck_assert_msg(status == TL_OK || status == TL_BAD_INPUT, "seed %d, round %d: status %d", _i, round, (int)status);
        ck_assert_int_eq(tensors != NULL, status == TL_OK);
        ck_assert(status == TL_OK || strlen(err.message) > strlen(path));
        refused_count += status != TL_OK;
        tl_tensors_free(tensors);
    }
    ck_assert_uint_gt(refused_count, 0);
    tl_memory_free(copy);
    tl_memory_free(bytes);
    tl_test_remove_folder(folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keras_h5_damage");
    TCase *faults = tcase_create("Faults"), *fuzz = tcase_create("Fuzz");

    tcase_add_test(faults, a_truncated_file_is_called_truncated);
    tcase_add_loop_test(faults, a_damaged_heap_of_names_is_refused, 0, sizeof heap_damage / sizeof heap_damage[0]);
    tcase_add_loop_test(fuzz, damaged_bytes_are_read_or_refused, 0, 4);
    tcase_set_timeout(fuzz, 60);
    suite_add_tcase(suite, faults);
    suite_add_tcase(suite, fuzz);
    return suite;
}
