/* h5_dataset.c - what a dataset says of itself is checked, all of it, before a value is read. */
#include "common/exchange/h5_dataset.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/exchange/h5.h"

enum {
    EXPANSION_MAX = 1000,        /* declared bytes for each stored one; Keras's loader has the same limit */
    MAPPED_BYTES_MIN = 64 << 10  /* less is read in less time than it is mapped */
};

static const char *name_type(H5T_class_t class)
{
    switch ((int)class) {
    case H5T_INTEGER:
        return "integer";
    case H5T_FLOAT:
        return "float";
    case H5T_STRING:
        return "string";
    case H5T_COMPOUND:
        return "compound";
    case H5T_ENUM:
        return "enumeration";
    case H5T_VLEN:
        return "variable-length";
    default:
        return "other";
    }
}

static enum tl_status check_type(hid_t dataset, const char *name, struct tl_error *err)
{
    hid_t type = H5Dget_type(dataset);
    enum tl_status status = TL_OK;

    if (type < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "the type of '%s' cannot be read", name);
    if (H5Tequal(type, H5T_IEEE_F32LE) <= 0 && H5Tequal(type, H5T_IEEE_F32BE) <= 0 && H5Tequal(type, H5T_IEEE_F64LE) <= 0 &&
        H5Tequal(type, H5T_IEEE_F64BE) <= 0)
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' has %s values of %zu bytes, expected float32 or float64", name,
                              name_type(H5Tget_class(type)), H5Tget_size(type));
    H5Tclose(type);
    return status;
}

/* A filter that is not HDF5's own would load code from a plugin folder. */
static bool is_known_filter(H5Z_filter_t filter)
{
    return filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32;
}

static enum tl_status check_storage(hid_t dataset, const char *name, struct tl_error *err)
{
    hid_t creation = H5Dget_create_plist(dataset);
    enum tl_status status = TL_OK;
    H5D_layout_t layout;
    int filter_count;

    if (creation < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "the storage of '%s' cannot be read", name);
    layout = H5Pget_layout(creation);
    if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED) {
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' has virtual storage; only what lies in the file itself is read", name);
        goto done;
    }
    if (H5Pget_external_count(creation) != 0) {
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' has external storage; only what lies in the file itself is read", name);
        goto done;
    }
    filter_count = H5Pget_nfilters(creation);
    for (int i = 0; i < filter_count; i++) {
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, NULL, NULL, NULL, 0, NULL, NULL);
        if (!is_known_filter(filter)) {
            status = tl_error_set(err, TL_BAD_INPUT, "'%s' is packed with HDF5 filter %d; expected none, or deflate", name,
                                  (int)filter);
            goto done;
        }
    }

done:
    H5Pclose(creation);
    return status;
}

static enum tl_status check_shape(size_t *rank, size_t shape[TL_TENSOR_RANK_MAX], hid_t dataset, const char *name,
                                  struct tl_error *err)
{
    hid_t space = H5Dget_space(dataset);
    hsize_t extent[H5S_MAX_RANK] = {0}, stored_bytes, declared_bytes = 4;
    enum tl_status status = TL_OK;
    int dimensions;

    if (space < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "the shape of '%s' cannot be read", name);
    dimensions = H5Sget_simple_extent_dims(space, extent, NULL);
    if (dimensions < 1 || dimensions > TL_TENSOR_RANK_MAX) {
        status =
            tl_error_set(err, TL_BAD_INPUT, "'%s' has %d dimensions, expected 1 to %d", name, dimensions, TL_TENSOR_RANK_MAX);
        goto done;
    }
    for (int i = 0; i < dimensions; i++) {
        if (extent[i] < 1 || declared_bytes > 4 * TL_TENSOR_VALUES_MAX / extent[i]) {
            status = tl_error_set(err, TL_BAD_INPUT, "'%s' has %llu along dimension %d, expected 1 to %zu values in all", name,
                                  (unsigned long long)extent[i], i, TL_TENSOR_VALUES_MAX);
            goto done;
        }
        declared_bytes *= extent[i];
        shape[i] = (size_t)extent[i];
    }
    *rank = (size_t)dimensions;
    stored_bytes = H5Dget_storage_size(dataset);
    if (declared_bytes / EXPANSION_MAX > stored_bytes || stored_bytes == 0)
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' declares %llu bytes and stores %llu; at most %d times as many are read",
                              name, (unsigned long long)declared_bytes, (unsigned long long)stored_bytes, EXPANSION_MAX);

done:
    H5Sclose(space);
    return status;
}

static int get_descriptor(hid_t dataset)
{
    hid_t file = H5Iget_file_id(dataset);
    void *handle = NULL;
    int descriptor = -1;

    if (file >= 0 && H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 && handle)
        descriptor = *(const int *)handle;
    if (file >= 0)
        H5Fclose(file);
    return descriptor;
}

static bool has_type(hid_t dataset, hid_t wanted)
{
    hid_t type = H5Dget_type(dataset);
    bool is_equal = type >= 0 && H5Tequal(type, wanted) > 0;

    if (type >= 0)
        H5Tclose(type);
    return is_equal;
}

/* Values that lie in the file as they would in memory, in one piece, need not be copied out of the page cache. False where
 * they do not, or where the system does not map them; they can then be read. */
static bool map_values(struct tl_tensor_mapping *out, hid_t dataset, hsize_t size_bytes)
{
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    const haddr_t offset = H5Dget_offset(dataset); /* undefined for chunks */
    const int descriptor = get_descriptor(dataset);
    struct stat info;

    if (size_bytes < MAPPED_BYTES_MIN || offset == HADDR_UNDEF || offset % sizeof(float) != 0 || descriptor < 0)
        return false;
    if (H5Dget_storage_size(dataset) != size_bytes || !has_type(dataset, H5T_NATIVE_FLOAT))
        return false;
    /* What lies beyond the end would be mapped too, and end the process when it is touched. */
    if (fstat(descriptor, &info) != 0 || offset > (haddr_t)info.st_size || size_bytes > (haddr_t)info.st_size - offset)
        return false;
    out->values_at = (size_t)(offset % page_bytes);
    out->size_bytes = out->values_at + (size_t)size_bytes;
    out->address = mmap(NULL, out->size_bytes, PROT_READ, MAP_PRIVATE, descriptor, (off_t)(offset - out->values_at));
    return out->address != MAP_FAILED;
}

static enum tl_status add_values(tl_tensors *tensors, hid_t dataset, const char *layer, const char *name, size_t rank,
                                 const size_t *shape, struct tl_error *err)
{
    struct tl_tensor_mapping mapping;
    hsize_t size_bytes = sizeof(float);
    float *values = NULL;
    enum tl_status status;

    for (size_t i = 0; i < rank; i++)
        size_bytes *= shape[i];
    if (map_values(&mapping, dataset, size_bytes)) {
        status = tl_tensors_add_mapped(tensors, &mapping, layer, name, rank, shape, err);
        if (status != TL_OK)
            munmap(mapping.address, mapping.size_bytes);
        return status;
    }
    status = tl_tensors_add(tensors, &values, layer, name, rank, shape, err);
    if (status == TL_OK && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = tl_h5_fail(err, TL_BAD_INPUT, "the values of '%s' cannot be read", name);
    return status;
}

enum tl_status tl_h5_read_tensor(tl_tensors *tensors, hid_t group, const char *layer, const char *path, const char *name,
                                 struct tl_error *err)
{
    hid_t dataset = H5I_INVALID_HID;
    size_t rank = 0, shape[TL_TENSOR_RANK_MAX] = {0};
    enum tl_status status = tl_h5_open_below(&dataset, group, path, H5I_DATASET, err);

    if (status != TL_OK)
        return status;
    status = check_type(dataset, name, err);
    if (status == TL_OK)
        status = check_storage(dataset, name, err);
    if (status == TL_OK)
        status = check_shape(&rank, shape, dataset, name, err);
    if (status == TL_OK)
        status = add_values(tensors, dataset, layer, name, rank, shape, err);
    H5Dclose(dataset);
    return status;
}
