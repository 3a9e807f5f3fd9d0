/* test_keras_h5_write.c - what is written is read back, whole; what cannot be written leaves nothing behind. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/exchange/keras_h5.h"
#include "tests/support/suite.h"

static tl_tensors *read_file(const char *path)
{
    struct tl_error err = {.message = ""};
    tl_tensors *tensors = NULL;
    enum tl_status status = tl_keras_h5_read(&tensors, path, &err);

    ck_assert_msg(status == TL_OK, "%s", err.message);
    ck_assert_ptr_nonnull(tensors);
    return tensors;
}

/* `layer_count` layers of a kernel and a bias, named as Keras names them, names padded to `name_bytes`. */
static tl_tensors *make_tensors(size_t layer_count, int name_bytes)
{
    struct tl_error err;
    tl_tensors *tensors = NULL;

    ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
    for (size_t i = 0; i < 2 * layer_count; i++) {
        const size_t kernel[4] = {3, 3, 2, 4}, bias[1] = {4};
        char layer[600], name[700];
        float *values = NULL;

        snprintf(layer, sizeof layer, "layer%0*zu", name_bytes, i / 2);
        snprintf(name, sizeof name, "%s/%s:0", layer, i % 2 == 0 ? "kernel" : "bias");
        ck_assert_int_eq(tl_tensors_add(tensors, &values, layer, name, i % 2 == 0 ? 4 : 1, i % 2 == 0 ? kernel : bias, &err),
                         TL_OK);
        for (size_t k = 0; k < (i % 2 == 0 ? 72U : 4U); k++)
            values[k] = (float)i + (float)k / 128;
    }
    return tensors;
}

static void check_equal(const tl_tensors *a, const tl_tensors *b)
{
    ck_assert_uint_eq(tl_tensors_count(a), tl_tensors_count(b));
    for (size_t i = 0; i < tl_tensors_count(a); i++) {
        const struct tl_tensor *p = tl_tensors_get(a, i), *q = tl_tensors_get(b, i);
        ck_assert_str_eq(p->layer, q->layer);
        ck_assert_str_eq(p->name, q->name);
        ck_assert_uint_eq(p->rank, q->rank);
        ck_assert_mem_eq(p->shape, q->shape, p->rank * sizeof p->shape[0]);
        ck_assert_mem_eq(p->values, q->values, tl_tensor_value_count(p) * sizeof *p->values);
    }
}

static size_t count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    size_t count = 0;

    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static const struct {
    size_t layer_count;
    int name_bytes;
} written[] = {{1, 1}, {13, 2}, {300, 250}}; /* the last passes 64512 bytes of layer_names */

START_TEST(write_then_read_returns_the_same_tensors)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    tl_tensors *tensors = make_tensors(written[_i].layer_count, written[_i].name_bytes), *back;
    struct tl_error err;

    ck_assert_msg(tl_keras_h5_write(tensors, path, &err) == TL_OK, "%s", err.message);
    back = read_file(path);
    check_equal(tensors, back);
    ck_assert_uint_eq(count_files(folder), 1);
    tl_tensors_free(back);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_file_and_nothing_else)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    tl_tensors *tensors = make_tensors(1, 1);
    const size_t shape[1] = {1};
    struct tl_error err;
    char old[4] = "";
    FILE *file;

    tl_test_write_file(path, "old", 3);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "layer0", "layer0/kernel:0", 1, shape, &err), TL_OK);
    ck_assert_int_eq(tl_keras_h5_write(tensors, path, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "two weights 'layer0/kernel:0' in layer 'layer0'") != NULL, "%s", err.message);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(old, 1, 4, file), 3);
    ck_assert_str_eq(old, "old");
    fclose(file);
    ck_assert_uint_eq(count_files(folder), 1);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_layer_that_comes_back_later_is_refused)
{
    const char *folder = tl_test_make_folder();
    tl_tensors *tensors = make_tensors(2, 1);
    const size_t shape[1] = {1};
    struct tl_error err;

    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "layer0", "more", 1, shape, &err), TL_OK);
    ck_assert_int_eq(tl_keras_h5_write(tensors, tl_test_path(folder, "out.h5"), &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "layer 'layer0' stands in two places") != NULL, "%s", err.message);
    ck_assert_uint_eq(count_files(folder), 0);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_named)
{
    const char *folder = tl_test_make_folder(), *fifo = tl_test_path(folder, "fifo");
    tl_tensors *tensors = make_tensors(1, 1);
    struct tl_error err;

    ck_assert_int_eq(tl_keras_h5_write(tensors, tl_test_path(folder, "none/out.h5"), &err), TL_IO);
    ck_assert_msg(strstr(err.message, "none/out.h5") && strstr(err.message, strerror(ENOENT)), "%s", err.message);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(tl_keras_h5_write(tensors, fifo, &err), TL_IO);
    ck_assert_msg(strstr(err.message, "not a regular file") != NULL, "%s", err.message);
    ck_assert_int_eq(tl_keras_h5_write(tensors, folder, &err), TL_IO);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(every_failed_allocation_unwinds)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "out.h5");
    tl_tensors *tensors = make_tensors(2, 1), *back = NULL;
    enum tl_status status = TL_NO_MEMORY;
    struct tl_error err;
    size_t n;

    for (n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 1000);
        tl_memory_fail_at(n);
        status = tl_keras_h5_write(tensors, path, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert_uint_eq(count_files(folder), status == TL_OK ? 1 : 0);
    }
    ck_assert_uint_gt(n, 5);
    status = TL_NO_MEMORY;
    for (n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 1000);
        tl_memory_fail_at(n);
        status = tl_keras_h5_read(&back, path, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert_int_eq(back != NULL, status == TL_OK);
    }
    ck_assert_uint_gt(n, 20);
    check_equal(tensors, back);
    tl_tensors_free(back);
    tl_tensors_free(tensors);
    tl_test_remove_folder(folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keras_h5_write");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, write_then_read_returns_the_same_tensors, 0, sizeof written / sizeof written[0]);
    tcase_add_test(faults, a_failed_write_leaves_the_old_file_and_nothing_else);
    tcase_add_test(faults, a_layer_that_comes_back_later_is_refused);
    tcase_add_test(faults, a_place_that_cannot_be_written_is_named);
    tcase_add_test(faults, every_failed_allocation_unwinds);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
