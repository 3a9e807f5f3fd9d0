/* h5_write.c - see h5_write.h. */
#include "common/exchange/h5_write.h"

#include <string.h>

enum tl_status tl_h5_check_name(const char *name, struct tl_error *err)
{
    size_t size_bytes = strlen(name);

    if (size_bytes == 0 || size_bytes > TL_H5_STRING_BYTES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "the name '%.40s...' has %zu bytes, expected 1 to %d", name, size_bytes,
                            TL_H5_STRING_BYTES_MAX);
    return TL_OK;
}

enum tl_status tl_h5_create_group(hid_t *out, hid_t top, const char *path, struct tl_error *err)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    enum tl_status status = TL_OK;

    *out = H5I_INVALID_HID;
    if (links < 0 || H5Pset_create_intermediate_group(links, 1) < 0 ||
        (*out = H5Gcreate2(top, path, links, H5P_DEFAULT, H5P_DEFAULT)) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write '%s'", path);
    if (links >= 0)
        H5Pclose(links);
    return status;
}

enum tl_status tl_h5_write_tensor(hid_t group, const char *path, const struct tl_tensor *tensor, struct tl_error *err)
{
    hsize_t extent[TL_TENSOR_RANK_MAX];
    hid_t space = H5I_INVALID_HID, links = H5I_INVALID_HID, creation = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    enum tl_status status = tl_h5_check_name(path, err);

    if (status != TL_OK)
        return status;
    if (H5Lexists(group, path, H5P_DEFAULT) > 0)
        return tl_error_set(err, TL_BAD_INPUT, "two weights '%s' in layer '%s'", path, tensor->layer);
    for (size_t i = 0; i < tensor->rank; i++)
        extent[i] = tensor->shape[i];
    space = H5Screate_simple((int)tensor->rank, extent, NULL);
    /* "block1_conv1/kernel:0" lies in a group of its own, as h5py makes it. */
    if (space < 0 || (links = H5Pcreate(H5P_LINK_CREATE)) < 0 || H5Pset_create_intermediate_group(links, 1) < 0 ||
        (creation = H5Pcreate(H5P_DATASET_CREATE)) < 0 || H5Pset_obj_track_times(creation, 0) < 0 ||
        (dataset = H5Dcreate2(group, path, H5T_IEEE_F32LE, space, links, creation, H5P_DEFAULT)) < 0 ||
        H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor->values) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write '%s' of layer '%s'", path, tensor->layer);
    if (dataset >= 0 && H5Dclose(dataset) < 0 && status == TL_OK)
        status = tl_h5_fail(err, TL_IO, "cannot write '%s' of layer '%s'", path, tensor->layer);
    if (creation >= 0)
        H5Pclose(creation);
    if (links >= 0)
        H5Pclose(links);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

enum tl_status tl_h5_write_string(hid_t object, const char *name, const char *value, struct tl_error *err)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = H5I_INVALID_HID;
    enum tl_status status = TL_OK;

    if (type < 0 || space < 0 || H5Tset_size(type, strlen(value)) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        (attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) < 0 || H5Awrite(attribute, type, value) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write attribute '%s'", name);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return status;
}
