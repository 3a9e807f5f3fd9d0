/* h5_fixture.h - small HDF5 files in each form that Keras has written, built through the C API. */
#ifndef TL_TESTS_H5_FIXTURE_H
#define TL_TESTS_H5_FIXTURE_H

#include <check.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

enum fixture_form { FIXTURE_FIXED, FIXTURE_SPACE_PADDED, FIXTURE_VARIABLE };

static inline hid_t fixture_open(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(file >= 0);
    return file;
}

static inline hid_t fixture_group(hid_t parent, const char *name)
{
    hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(group >= 0);
    return group;
}

static inline void fixture_attribute(hid_t object, const char *name, hid_t type, hid_t space, const void *value)
{
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(attribute >= 0);
    if (value)
        ck_assert(H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static inline void fixture_strings(hid_t object, const char *name, enum fixture_form form, const char *const *items,
                                   size_t count)
{
    hsize_t extent[1] = {count};
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, extent, NULL);
    size_t width = 1;
    char *flat;

    if (form == FIXTURE_VARIABLE) {
        H5Tset_size(type, H5T_VARIABLE);
        H5Tset_cset(type, H5T_CSET_UTF8);
        fixture_attribute(object, name, type, space, count > 0 ? (const void *)items : NULL);
        H5Tclose(type);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (strlen(items[i]) > width)
            width = strlen(items[i]);
    flat = malloc(count * width + 1);
    ck_assert_ptr_nonnull(flat);
    memset(flat, form == FIXTURE_SPACE_PADDED ? ' ' : 0, count * width + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(flat + i * width, items[i], strlen(items[i]));
    H5Tset_size(type, width);
    H5Tset_strpad(type, form == FIXTURE_SPACE_PADDED ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
    fixture_attribute(object, name, type, space, flat);
    free(flat);
    H5Tclose(type);
}

/* What Keras 3 writes for "no weights". */
static inline void fixture_empty_doubles(hid_t object, const char *name)
{
    hsize_t extent[1] = {0};
    fixture_attribute(object, name, H5T_IEEE_F64LE, H5Screate_simple(1, extent, NULL), NULL);
}

/* Creates a dataset with everything given but its values; groups on the way are made. */
static inline hid_t fixture_dataset(hid_t group, const char *name, hid_t type, int rank, const hsize_t *extent, hid_t creation)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(rank, extent, NULL), dataset;

    H5Pset_create_intermediate_group(links, 1);
    dataset = H5Dcreate2(group, name, type, space, links, creation, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    H5Sclose(space);
    H5Pclose(links);
    return dataset;
}

/* A dataset whose values are start, start + 1, ...; stored as `type`. */
static inline void fixture_floats(hid_t group, const char *name, hid_t type, int rank, const hsize_t *extent, float start)
{
    hid_t dataset = fixture_dataset(group, name, type, rank, extent, H5P_DEFAULT);
    size_t count = 1;
    float *values;

    for (int i = 0; i < rank; i++)
        count *= (size_t)extent[i];
    values = malloc(count * sizeof *values + 1);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++)
        values[i] = start + (float)i;
    ck_assert(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    free(values);
    H5Dclose(dataset);
}

/* A layer of a kernel (1, 1, 2, 3) from `start` and a bias (3) from start + 100; weight names as given. */
static inline void fixture_layer(hid_t top, const char *layer, enum fixture_form form, const char *kernel, const char *bias,
                                 float start)
{
    const hsize_t kernel_extent[4] = {1, 1, 2, 3}, bias_extent[1] = {3};
    const char *names[2] = {kernel, bias};
    hid_t group = fixture_group(top, layer);

    fixture_floats(group, kernel, H5T_IEEE_F32LE, 4, kernel_extent, start);
    fixture_floats(group, bias, H5T_IEEE_F32LE, 1, bias_extent, start + 100);
    fixture_strings(group, "weight_names", form, names, 2);
    H5Gclose(group);
}

#endif
