/* keras_h5.c - reading Keras's legacy weight files: layer_names, weight_names, and the datasets they lead to.
 *
 * The order of the lists is the meaning; names are only kept. Nothing is read before its declared shape, type and
 * storage have been found sane, and nothing outside the file is ever opened.
 */
#include "common/exchange/keras_h5.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/foreign_file.h"
#include "common/exchange/h5.h"

enum { EXPANSION_MAX = 1000 /* declared bytes for each stored one; Keras's loader has the same limit */ };

static enum tl_status open_file(hid_t *out, const char *path, struct tl_error *err)
{
    static const uint8_t signature[4] = {0x89, 'H', 'D', 'F'};
    struct tl_foreign_file look;
    enum tl_status status;
    hid_t access;

    *out = H5I_INVALID_HID;
    status = tl_foreign_file_look(&look, path, "Keras weights in HDF5", err);
    if (status != TL_OK)
        return status;
    if (H5Fis_hdf5(path) <= 0 && memcmp(look.head, signature, sizeof signature) != 0) {
        char head[TL_FOREIGN_FILE_SHOWN_BYTES];
        tl_foreign_file_show_head(head, &look);
        return tl_error_set(err, TL_BAD_INPUT, "expected Keras weights in HDF5, found %llu bytes that begin with %s",
                            (unsigned long long)look.size_bytes, head);
    }
    access = H5Pcreate(H5P_FILE_ACCESS);
    /* Weight files are replaced by renaming, never written in place: a lock would only fail on read-only network disks. */
    if (access < 0 || H5Pset_fapl_sec2(access) < 0 || H5Pset_file_locking(access, false, true) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot prepare to read");
    else if ((*out = H5Fopen(path, H5F_ACC_RDONLY, access)) < 0)
        status = tl_h5_fail(err, TL_BAD_INPUT, "expected Keras weights in HDF5, found a damaged or truncated file of %llu bytes",
                            (unsigned long long)look.size_bytes);
    if (access >= 0)
        H5Pclose(access);
    return status;
}

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
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' has %d dimensions, expected 1 to %d", name, dimensions, TL_TENSOR_RANK_MAX);
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
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' declares %llu bytes and stores %llu; at most %d times as many are read", name,
                              (unsigned long long)declared_bytes, (unsigned long long)stored_bytes, EXPANSION_MAX);

done:
    H5Sclose(space);
    return status;
}

static enum tl_status read_tensor(tl_tensors *tensors, hid_t group, const char *layer, const char *name, struct tl_error *err)
{
    hid_t dataset = H5I_INVALID_HID;
    size_t rank = 0, shape[TL_TENSOR_RANK_MAX] = {0};
    float *values = NULL;
    enum tl_status status = tl_h5_open_below(&dataset, group, name, H5I_DATASET, err);

    if (status != TL_OK)
        return status;
    status = check_type(dataset, name, err);
    if (status == TL_OK)
        status = check_storage(dataset, name, err);
    if (status == TL_OK)
        status = check_shape(&rank, shape, dataset, name, err);
    if (status == TL_OK)
        status = tl_tensors_add(tensors, &values, layer, name, rank, shape, err);
    if (status == TL_OK && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = tl_h5_fail(err, TL_BAD_INPUT, "the values of '%s' cannot be read", name);
    H5Dclose(dataset);
    return status;
}

/* The part of a weight's name that names its layer: "vgg16/block1_conv1/kernel" has "vgg16/block1_conv1". */
static size_t parent_bytes(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? (size_t)(slash - name) : 0;
}

/* A model used as a layer has the weights of many layers in its one group. */
static bool holds_many_layers(const struct tl_h5_strings *names)
{
    for (size_t i = 1; i < names->count; i++)
        if (parent_bytes(names->items[i]) != parent_bytes(names->items[0]) ||
            strncmp(names->items[i], names->items[0], parent_bytes(names->items[0])) != 0)
            return true;
    return false;
}

static enum tl_status read_layer(tl_tensors *tensors, hid_t top, const char *layer, struct tl_error *err)
{
    struct tl_h5_strings names = {NULL, 0};
    hid_t group = H5I_INVALID_HID;
    bool is_model;
    enum tl_status status = tl_h5_open_below(&group, top, layer, H5I_GROUP, err);

    if (status != TL_OK)
        return status;
    status = tl_h5_read_strings(&names, group, "weight_names", err);
    is_model = status == TL_OK && holds_many_layers(&names);
    for (size_t i = 0; status == TL_OK && i < names.count; i++) {
        char inner[TL_H5_STRING_BYTES_MAX + 1];
        size_t inner_bytes = parent_bytes(names.items[i]);
        const char *start = names.items[i], *slash = memrchr(start, '/', inner_bytes);

        if (slash) {
            inner_bytes -= (size_t)(slash + 1 - start);
            start = slash + 1;
        }
        memcpy(inner, start, inner_bytes);
        inner[inner_bytes] = '\0';
        status = read_tensor(tensors, group, is_model && inner_bytes > 0 ? inner : layer, names.items[i], err);
    }
    if (status != TL_OK)
        tl_error_prefix(err, "layer '%s'", layer);
    tl_h5_strings_free(&names);
    H5Oclose(group);
    return status;
}

static enum tl_status read_layers(tl_tensors *tensors, hid_t top, struct tl_error *err)
{
    struct tl_h5_strings layers = {NULL, 0};
    enum tl_status status = tl_h5_read_strings(&layers, top, "layer_names", err);

    for (size_t i = 0; status == TL_OK && i < layers.count; i++)
        status = read_layer(tensors, top, layers.items[i], err);
    if (status == TL_OK && tl_tensors_count(tensors) == 0)
        status = tl_error_set(err, TL_BAD_INPUT, "expected weights, found %zu layers without any", layers.count);
    tl_h5_strings_free(&layers);
    return status;
}

/* Where layer_names is: the root, or model_weights in the file of a whole model. The caller closes *out. */
static enum tl_status open_top(hid_t *out, hid_t file, struct tl_error *err)
{
    *out = H5Oopen(file, "/", H5P_DEFAULT);
    if (*out < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "the root group cannot be opened");
    if (tl_h5_has_strings(*out, "layer_names"))
        return TL_OK;
    H5Oclose(*out);
    *out = H5I_INVALID_HID;
    if (H5Lexists(file, "model_weights", H5P_DEFAULT) > 0)
        return tl_h5_open_below(out, file, "model_weights", H5I_GROUP, err);
    return tl_error_set(err, TL_BAD_INPUT, "expected Keras weights, with an attribute 'layer_names' or a group 'model_weights', "
                                           "found an HDF5 file with neither");
}

enum tl_status tl_keras_h5_read(tl_tensors **out, const char *path, struct tl_error *err)
{
    tl_tensors *tensors = NULL;
    hid_t file = H5I_INVALID_HID, top = H5I_INVALID_HID;
    enum tl_status status;

    *out = NULL;
    tl_h5_prepare();
    status = open_file(&file, path, err);
    if (status == TL_OK)
        status = open_top(&top, file, err);
    if (status == TL_OK)
        status = tl_tensors_create(&tensors, err);
    if (status == TL_OK)
        status = read_layers(tensors, top, err);
    if (status != TL_OK) {
        tl_error_prefix(err, "%s", path);
        goto done;
    }
    *out = tensors;
    tensors = NULL;

done:
    tl_tensors_free(tensors);
    if (top >= 0)
        H5Oclose(top);
    if (file >= 0)
        H5Fclose(file);
    return status;
}
