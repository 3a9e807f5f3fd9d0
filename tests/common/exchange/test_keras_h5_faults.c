/* test_keras_h5_faults.c - files that are not Keras weights, or mean harm: each is refused in one line that says why. */
#include <string.h>
#include <sys/stat.h>

#include "common/exchange/keras_h5.h"
#include "tests/common/exchange/h5_fixture.h"
#include "tests/support/suite.h"

/* One layer "l" with one weight "w" that `build_weight` makes in its own way. */
static void build_layer(const char *path, void (*build_weight)(hid_t group))
{
    const char *layers[1] = {"l"}, *weights[1] = {"w"};
    hid_t file = fixture_open(path), group = fixture_group(file, "l");

    fixture_strings(file, "layer_names", FIXTURE_FIXED, layers, 1);
    fixture_strings(group, "weight_names", FIXTURE_FIXED, weights, 1);
    if (build_weight)
        build_weight(group);
    H5Gclose(group);
    H5Fclose(file);
}

static void link_softly(hid_t group) { ck_assert(H5Lcreate_soft("/other", group, "w", H5P_DEFAULT, H5P_DEFAULT) >= 0); }

static void link_outside(hid_t group)
{
    ck_assert(H5Lcreate_external("/etc/passwd", "/w", group, "w", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void make_group(hid_t group) { H5Gclose(fixture_group(group, "w")); }

static void make_type(hid_t group)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    ck_assert(H5Tcommit2(group, "w", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Tclose(type);
}

static void store_outside(hid_t group)
{
    const hsize_t extent[1] = {4};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert(H5Pset_external(creation, "/etc/passwd", 0, 16) >= 0);
    H5Dclose(fixture_dataset(group, "w", H5T_IEEE_F32LE, 1, extent, creation));
    H5Pclose(creation);
}

static void store_virtually(hid_t group)
{
    const hsize_t extent[1] = {4};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, extent, NULL);
    ck_assert(H5Pset_virtual(creation, space, "/etc/passwd", "/w", space) >= 0);
    H5Dclose(fixture_dataset(group, "w", H5T_IEEE_F32LE, 1, extent, creation));
    H5Sclose(space);
    H5Pclose(creation);
}

static void make_dataset(hid_t group, hid_t type, int rank, const hsize_t *extent)
{
    H5Dclose(fixture_dataset(group, "w", type, rank, extent, H5P_DEFAULT));
}

static void make_integers(hid_t group) { make_dataset(group, H5T_STD_I32LE, 1, (const hsize_t[1]){3}); }

static void make_half(hid_t group)
{
    hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    ck_assert(H5Tset_fields(half, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(half, 2) >= 0 && H5Tset_ebias(half, 15) >= 0);
    make_dataset(group, half, 1, (const hsize_t[1]){3});
    H5Tclose(half);
}

static void make_rank_5(hid_t group) { fixture_floats(group, "w", H5T_IEEE_F32LE, 5, (const hsize_t[5]){1, 1, 1, 1, 2}, 0); }

static void make_scalar(hid_t group) { make_dataset(group, H5T_IEEE_F32LE, 0, NULL); }

static void make_nothing_in_a_row(hid_t group) { make_dataset(group, H5T_IEEE_F32LE, 2, (const hsize_t[2]){3, 0}); }

static void declare_5_gib(hid_t group)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, (const hsize_t[2]){16, 16});
    H5Dclose(fixture_dataset(group, "w", H5T_IEEE_F32LE, 2, (const hsize_t[2]){1 << 15, 5 << 13}, creation));
    H5Pclose(creation);
}

static void declare_and_store_nothing(hid_t group) { make_dataset(group, H5T_IEEE_F32LE, 1, (const hsize_t[1]){100}); }

/* One chunk of zeros, deflated, in a dataset of a million values. */
static void declare_far_more_than_stored(hid_t group)
{
    static const float zeros[1024];
    const hsize_t extent[1] = {1024};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), dataset, in_file, in_memory = H5Screate_simple(1, extent, NULL);

    H5Pset_chunk(creation, 1, extent);
    H5Pset_deflate(creation, 9);
    dataset = fixture_dataset(group, "w", H5T_IEEE_F32LE, 1, (const hsize_t[1]){1 << 20}, creation);
    in_file = H5Dget_space(dataset);
    H5Sselect_hyperslab(in_file, H5S_SELECT_SET, (const hsize_t[1]){0}, NULL, extent, NULL);
    ck_assert(H5Dwrite(dataset, H5T_NATIVE_FLOAT, in_memory, in_file, H5P_DEFAULT, zeros) >= 0);
    H5Sclose(in_file);
    H5Sclose(in_memory);
    H5Dclose(dataset);
    H5Pclose(creation);
}

static void pack_by_scale_offset(hid_t group)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, (const hsize_t[1]){4});
    H5Pset_scaleoffset(creation, H5Z_SO_FLOAT_DSCALE, 2);
    H5Dclose(fixture_dataset(group, "w", H5T_IEEE_F32LE, 1, (const hsize_t[1]){4}, creation));
    H5Pclose(creation);
}

static const struct {
    void (*build)(hid_t group);
    const char *message;
} weights[] = {
    {NULL, "layer 'l': expected a dataset at 'w', found no 'w'"},
    {link_softly, "layer 'l': 'w' in 'w' is a soft link; only what lies in the file itself is read"},
    {link_outside, "layer 'l': 'w' in 'w' is an external link"},
    {make_group, "expected a dataset at 'w' in 'w', found a group"},
    {make_type, "expected a dataset at 'w' in 'w', found a named type"},
    {store_outside, "'w' has external storage"},
    {store_virtually, "'w' has virtual storage"},
    {make_integers, "'w' has integer values of 4 bytes, expected float32 or float64"},
    {make_half, "'w' has float values of 2 bytes, expected float32 or float64"},
    {make_rank_5, "'w' has 5 dimensions, expected 1 to 4"},
    {make_scalar, "'w' has 0 dimensions, expected 1 to 4"},
    {make_nothing_in_a_row, "'w' has 0 along dimension 1"},
    {declare_5_gib, "'w' has 40960 along dimension 1, expected 1 to 1073741824 values in all"},
    {declare_and_store_nothing, "'w' declares 400 bytes and stores 0"},
    {declare_far_more_than_stored, "'w' declares 4194304 bytes and stores"},
    {pack_by_scale_offset, "'w' is packed with HDF5 filter 6"},
};

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

START_TEST(a_weight_that_is_not_plain_floats_is_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "w.h5");

    build_layer(path, weights[_i].build);
    check_refused(path, TL_BAD_INPUT, weights[_i].message);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_link_on_the_way_is_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "w.h5");
    const char *layers[1] = {"l"}, *names[1] = {"a/w"};
    hid_t file = fixture_open(path), group = fixture_group(file, "l"), other = fixture_group(file, "other");

    fixture_strings(file, "layer_names", FIXTURE_FIXED, layers, 1);
    fixture_strings(group, "weight_names", FIXTURE_FIXED, names, 1);
    fixture_floats(other, "w", H5T_IEEE_F32LE, 1, (const hsize_t[1]){1}, 0);
    H5Lcreate_soft("/other", group, "a", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(other);
    H5Gclose(group);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "'a' in 'a/w' is a soft link");
    tl_test_remove_folder(folder);
}
END_TEST

static const char *const odd_names[] = {"", "/", ".", "./w", "a//w", "/w", "w/", "a/./w"};

START_TEST(a_name_that_is_no_plain_path_is_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "w.h5");
    const char *layers[1] = {"l"};
    hid_t file = fixture_open(path), group = fixture_group(file, "l");

    fixture_strings(file, "layer_names", FIXTURE_FIXED, layers, 1);
    fixture_strings(group, "weight_names", FIXTURE_VARIABLE, &odd_names[_i], 1);
    fixture_floats(group, "a/w", H5T_IEEE_F32LE, 1, (const hsize_t[1]){1}, 0);
    H5Gclose(group);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, odd_names[_i][0] == 'w' ? "" : "is not a path to a");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(lists_that_are_absurd_are_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "w.h5");
    static char name[3000];
    const char *names[1] = {name};
    const hsize_t many[1] = {20000};
    hid_t file, type;

    memset(name, 'x', sizeof name - 1);
    file = fixture_open(path);
    fixture_strings(file, "layer_names", FIXTURE_FIXED, names, 1);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "attribute 'layer_names' has strings of 2999 bytes, expected 1 to 1024");

    file = fixture_open(path);
    fixture_strings(file, "layer_names", FIXTURE_VARIABLE, names, 1);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "attribute 'layer_names' has a string of 2999 bytes, at most 1024 are read");

    file = fixture_open(path);
    type = H5Tcopy(H5T_C_S1);
    fixture_attribute(file, "layer_names", type, H5Screate_simple(1, many, NULL), NULL);
    H5Tclose(type);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "attribute 'layer_names' lists 20000 strings, at most 16384 are read");

    file = fixture_open(path);
    fixture_attribute(file, "layer_names", H5T_STD_I8LE, H5Screate(H5S_SCALAR), "\1");
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "attribute 'layer_names' is not a list of strings");

    file = fixture_open(path);
    fixture_empty_doubles(file, "layer_names");
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "expected weights, found 0 layers without any");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_layer_without_its_group_or_list_is_refused)
{
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "w.h5");
    const char *layers[1] = {"l"};
    hid_t file = fixture_open(path);

    fixture_strings(file, "layer_names", FIXTURE_FIXED, layers, 1);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "expected a group at 'l', found no 'l'");

    file = fixture_open(path);
    fixture_strings(file, "layer_names", FIXTURE_FIXED, layers, 1);
    H5Gclose(fixture_group(file, "l"));
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "layer 'l': expected an attribute 'weight_names', found none");

    file = fixture_open(path);
    H5Lcreate_external("/etc/passwd", "/", file, "model_weights", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT, "'model_weights' in 'model_weights' is an external link");

    file = fixture_open(path);
    H5Fclose(file);
    check_refused(path, TL_BAD_INPUT,
                  "expected Keras weights, with an attribute 'layer_names' or a group 'model_weights' or 'layers', "
                  "found an HDF5 file with none of them");
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(what_is_not_hdf5_is_named_for_what_it_is)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 58889256\n";
    static const char page[] = "<!DOCTYPE html><html>not found</html>";
    const char *folder = tl_test_make_folder(), *path = tl_test_path(folder, "w.h5"), *fifo = tl_test_path(folder, "fifo");

    check_refused(path, TL_NOT_FOUND, "no such file");
    check_refused(folder, TL_BAD_INPUT, "expected Keras weights in HDF5, found a folder");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    check_refused(fifo, TL_BAD_INPUT, "expected Keras weights in HDF5, found a FIFO");
    tl_test_write_file(path, "", 0);
    check_refused(path, TL_BAD_INPUT, "expected Keras weights in HDF5, found an empty file");
    tl_test_write_file(path, pointer, sizeof pointer - 1);
    check_refused(path, TL_BAD_INPUT, "expected Keras weights in HDF5, found a Git LFS pointer of 73 bytes");
    tl_test_write_file(path, page, sizeof page - 1);
    check_refused(path, TL_BAD_INPUT, "found 37 bytes that begin with '<!DOCTYPE html><html>not'");
    tl_test_write_file(path, "\x08\x07\xff", 3);
    check_refused(path, TL_BAD_INPUT, "found 3 bytes that begin with 08 07 ff");
    tl_test_remove_folder(folder);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keras_h5_faults");
    TCase *faults = tcase_create("Faults");

    tcase_add_loop_test(faults, a_weight_that_is_not_plain_floats_is_refused, 0, sizeof weights / sizeof weights[0]);
    tcase_add_test(faults, a_link_on_the_way_is_refused);
    tcase_add_loop_test(faults, a_name_that_is_no_plain_path_is_refused, 0, sizeof odd_names / sizeof odd_names[0]);
    tcase_add_test(faults, lists_that_are_absurd_are_refused);
    tcase_add_test(faults, a_layer_without_its_group_or_list_is_refused);
    tcase_add_test(faults, what_is_not_hdf5_is_named_for_what_it_is);
    suite_add_tcase(suite, faults);
    return suite;
}
