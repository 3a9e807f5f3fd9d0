/* h5_strings.c - lists of strings in HDF5 attributes, in each form h5py has ever written. */
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/h5.h"
#include "common/exchange/h5_heap.h"

void tl_h5_strings_free(struct tl_h5_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        tl_memory_free(strings->items[i]);
    tl_memory_free(strings->items);
    strings->items = NULL;
    strings->count = 0;
}

bool tl_h5_has_strings(hid_t object, const char *name)
{
    char first[64];

    snprintf(first, sizeof first, "%s0", name);
    return H5Aexists(object, name) > 0 || H5Aexists(object, first) > 0;
}

/* `ceiling_bytes`: the longest string that is taken. */
static enum tl_status append(struct tl_h5_strings *strings, const char *attribute, const char *bytes, size_t size_bytes,
                             size_t ceiling_bytes, struct tl_error *err)
{
    char *copy;

    if (size_bytes > ceiling_bytes)
        return tl_error_set(err, TL_BAD_INPUT, "attribute '%s' has a string of %zu bytes, at most %zu are read", attribute,
                            size_bytes, ceiling_bytes);
    copy = tl_memory_alloc(size_bytes + 1, 1);
    if (!copy)
        return tl_error_set_no_memory(err, "a name", size_bytes + 1);
    memcpy(copy, bytes, size_bytes);
    strings->items[strings->count++] = copy;
    return TL_OK;
}

/* `type` in memory: the file's own, so that HDF5 neither converts nor cuts. */
static enum tl_status read_fixed(struct tl_h5_strings *strings, hid_t attribute, hid_t type, size_t count, const char *name,
                                 size_t ceiling_bytes, struct tl_error *err)
{
    size_t size_bytes = H5Tget_size(type);
    bool is_space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    enum tl_status status = TL_OK;
    char *buffer;

    if (size_bytes == 0 || size_bytes > ceiling_bytes)
        return tl_error_set(err, TL_BAD_INPUT, "attribute '%s' has strings of %zu bytes, expected 1 to %zu", name, size_bytes,
                            ceiling_bytes);
    buffer = tl_memory_alloc(count, size_bytes);
    if (!buffer)
        return tl_error_set_no_memory(err, "names", count * size_bytes);
    if (H5Aread(attribute, type, buffer) < 0)
        status = tl_h5_fail(err, TL_BAD_INPUT, "attribute '%s' cannot be read", name);
    for (size_t i = 0; status == TL_OK && i < count; i++) {
        const char *item = buffer + i * size_bytes;
        size_t length_bytes = strnlen(item, size_bytes);
        while (is_space_padded && length_bytes > 0 && item[length_bytes - 1] == ' ')
            length_bytes--;
        status = append(strings, name, item, length_bytes, ceiling_bytes, err);
    }
    tl_memory_free(buffer);
    return status;
}

static enum tl_status read_variable(struct tl_h5_strings *strings, hid_t attribute, hid_t type, size_t count, const char *name,
                                    size_t ceiling_bytes, struct tl_error *err)
{
    tl_h5_heap *heap = NULL;
    enum tl_status status = tl_h5_heap_open(&heap, attribute, type, count, err);

    for (size_t i = 0; status == TL_OK && i < count; i++) {
        const char *bytes;
        size_t size_bytes;
        status = tl_h5_heap_get(&bytes, &size_bytes, heap, i, err);
        if (status == TL_OK)
            status = append(strings, name, bytes, size_bytes, ceiling_bytes, err);
        else
            tl_error_prefix(err, "attribute '%s'", name);
    }
    tl_h5_heap_close(heap);
    return status;
}

static enum tl_status reserve(struct tl_h5_strings *strings, const char *name, hssize_t count, struct tl_error *err)
{
    char **items;

    if (count < 0 || (size_t)count > TL_H5_STRINGS_MAX - strings->count)
        return tl_error_set(err, TL_BAD_INPUT, "attribute '%s' lists %lld strings, at most %d are read", name, (long long)count,
                            TL_H5_STRINGS_MAX);
    items = tl_memory_resize(strings->items, strings->count + (size_t)count, sizeof *items);
    if (!items)
        return tl_error_set_no_memory(err, "names", (strings->count + (size_t)count) * sizeof *items);
    strings->items = items;
    return TL_OK;
}

static enum tl_status read_attribute(struct tl_h5_strings *strings, hid_t object, const char *name, size_t ceiling_bytes,
                                     struct tl_error *err)
{
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    enum tl_status status = TL_OK;
    hssize_t count;
    H5T_class_t class;

    if (attribute < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "attribute '%s' cannot be opened", name);
    type = H5Aget_type(attribute);
    space = H5Aget_space(attribute);
    if (type < 0 || space < 0) {
        status = tl_h5_fail(err, TL_BAD_INPUT, "attribute '%s' cannot be examined", name);
        goto done;
    }
    count = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : H5Sget_simple_extent_npoints(space);
    if (count == 0) /* "no weights", which Keras 3 writes as an empty float64 array */
        goto done;
    class = H5Tget_class(type);
    if (class != H5T_STRING) {
        status =
            tl_error_set(err, TL_BAD_INPUT, "attribute '%s' is not a list of strings (HDF5 type class %d)", name, (int)class);
        goto done;
    }
    status = reserve(strings, name, count, err);
    if (status != TL_OK)
        goto done;
    if (H5Tis_variable_str(type) > 0)
        status = read_variable(strings, attribute, type, (size_t)count, name, ceiling_bytes, err);
    else
        status = read_fixed(strings, attribute, type, (size_t)count, name, ceiling_bytes, err);

done:
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

enum tl_status tl_h5_read_strings(struct tl_h5_strings *out, hid_t object, const char *name, struct tl_error *err)
{
    struct tl_h5_strings strings = {NULL, 0};
    enum tl_status status = TL_OK;

    out->items = NULL;
    out->count = 0;
    if (H5Aexists(object, name) > 0) {
        status = read_attribute(&strings, object, name, TL_H5_STRING_BYTES_MAX, err);
    } else {
        for (unsigned part = 0; status == TL_OK; part++) {
            char part_name[64];
            snprintf(part_name, sizeof part_name, "%s%u", name, part);
            if (H5Aexists(object, part_name) > 0)
                status = read_attribute(&strings, object, part_name, TL_H5_STRING_BYTES_MAX, err);
            else if (part == 0)
                status = tl_error_set(err, TL_BAD_INPUT, "expected an attribute '%s', found none", name);
            else
                break;
        }
    }
    if (status != TL_OK) {
        tl_h5_strings_free(&strings);
        return status;
    }
    *out = strings;
    return TL_OK;
}

enum tl_status tl_h5_read_text(char **out, hid_t object, const char *name, size_t ceiling_bytes, struct tl_error *err)
{
    struct tl_h5_strings strings = {NULL, 0};
    enum tl_status status = read_attribute(&strings, object, name, ceiling_bytes, err);

    *out = NULL;
    if (status == TL_OK && strings.count != 1)
        status = tl_error_set(err, TL_BAD_INPUT, "attribute '%s' has %zu strings, expected one", name, strings.count);
    if (status == TL_OK) {
        *out = strings.items[0];
        strings.items[0] = NULL;
    }
    tl_h5_strings_free(&strings);
    return status;
}

static enum tl_status write_part(hid_t object, const char *name, const char *const *items, size_t count, size_t width_bytes,
                                 struct tl_error *err)
{
    hsize_t extent[1] = {count};
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, extent, NULL), attribute = H5I_INVALID_HID;
    char *buffer = tl_memory_alloc(count, width_bytes);
    enum tl_status status = TL_OK;

    if (!buffer) {
        status = tl_error_set_no_memory(err, "names", count * width_bytes);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        memcpy(buffer + i * width_bytes, items[i], strlen(items[i]));
    if (type < 0 || space < 0 || H5Tset_size(type, width_bytes) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        (attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) < 0 ||
        H5Awrite(attribute, type, buffer) < 0)
        status = tl_h5_fail(err, TL_IO, "attribute '%s' cannot be written", name);

done:
    tl_memory_free(buffer);
    if (attribute >= 0 && H5Aclose(attribute) < 0 && status == TL_OK)
        status = tl_h5_fail(err, TL_IO, "attribute '%s' cannot be written", name);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return status;
}

enum tl_status tl_h5_write_strings(hid_t object, const char *name, const char *const *items, size_t count, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    size_t width_bytes = 1, per_part;

    for (size_t i = 0; i < count; i++)
        if (strlen(items[i]) > width_bytes)
            width_bytes = strlen(items[i]);
    if (width_bytes * count <= TL_H5_ATTRIBUTE_BYTES_MAX)
        return write_part(object, name, items, count, width_bytes, err);
    per_part = TL_H5_ATTRIBUTE_BYTES_MAX / width_bytes;
    if (per_part == 0)
        return tl_error_set(err, TL_IO, "attribute '%s' cannot hold a string of %zu bytes", name, width_bytes);
    for (size_t part = 0; status == TL_OK && part * per_part < count; part++) {
        size_t left = count - part * per_part;
        char part_name[64];
        snprintf(part_name, sizeof part_name, "%s%zu", name, part);
        status = write_part(object, part_name, items + part * per_part, left < per_part ? left : per_part, width_bytes, err);
    }
    return status;
}
