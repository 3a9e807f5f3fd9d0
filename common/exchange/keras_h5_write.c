/* keras_h5_write.c - tensors to Keras's legacy weight file.
 *
 * The forms are the oldest that work: fixed-length strings and float32 little-endian, contiguous, which Keras 1 to 3 read.
 * keras_version says 2 because Keras reorders the kernels of files that claim version 1, or none.
 */
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/h5.h"
#include "common/exchange/keras_h5.h"
#include "common/exchange/output_file.h"

static size_t find_layer_end(const tl_tensors *tensors, size_t first)
{
    const char *layer = tl_tensors_get(tensors, first)->layer;
    size_t end = first + 1;

    while (end < tl_tensors_count(tensors) && strcmp(tl_tensors_get(tensors, end)->layer, layer) == 0)
        end++;
    return end;
}

static enum tl_status check_name(const char *name, struct tl_error *err)
{
    size_t size_bytes = strlen(name);

    if (size_bytes == 0 || size_bytes > TL_H5_STRING_BYTES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "the name '%.40s...' has %zu bytes, expected 1 to %d", name, size_bytes,
                            TL_H5_STRING_BYTES_MAX);
    return TL_OK;
}

/* Without times of change, so that the same tensors make the same file. */
static enum tl_status write_tensor(hid_t group, hid_t links, const struct tl_tensor *tensor, struct tl_error *err)
{
    hsize_t extent[TL_TENSOR_RANK_MAX];
    hid_t space, creation = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    enum tl_status status = check_name(tensor->name, err);

    if (status != TL_OK)
        return status;
    if (H5Lexists(group, tensor->name, H5P_DEFAULT) > 0)
        return tl_error_set(err, TL_BAD_INPUT, "two weights '%s' in layer '%s'", tensor->name, tensor->layer);
    for (size_t i = 0; i < tensor->rank; i++)
        extent[i] = tensor->shape[i];
    space = H5Screate_simple((int)tensor->rank, extent, NULL);
    if (space < 0 || (creation = H5Pcreate(H5P_DATASET_CREATE)) < 0 || H5Pset_obj_track_times(creation, 0) < 0 ||
        (dataset = H5Dcreate2(group, tensor->name, H5T_IEEE_F32LE, space, links, creation, H5P_DEFAULT)) < 0 ||
        H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor->values) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write '%s' of layer '%s'", tensor->name, tensor->layer);
    if (dataset >= 0 && H5Dclose(dataset) < 0 && status == TL_OK)
        status = tl_h5_fail(err, TL_IO, "cannot write '%s' of layer '%s'", tensor->name, tensor->layer);
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

/* `names` has room for the layer's tensors. */
static enum tl_status write_layer(hid_t file, hid_t links, const tl_tensors *tensors, size_t first, size_t end,
                                  const char **names, struct tl_error *err)
{
    const char *layer = tl_tensors_get(tensors, first)->layer;
    enum tl_status status = check_name(layer, err);
    hid_t group;

    if (status != TL_OK)
        return status;
    if (H5Lexists(file, layer, H5P_DEFAULT) > 0)
        return tl_error_set(err, TL_BAD_INPUT, "layer '%s' stands in two places of the list", layer);
    group = H5Gcreate2(file, layer, links, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        return tl_h5_fail(err, TL_IO, "cannot write layer '%s'", layer);
    for (size_t i = first; status == TL_OK && i < end; i++) {
        names[i - first] = tl_tensors_get(tensors, i)->name;
        status = write_tensor(group, links, tl_tensors_get(tensors, i), err);
    }
    if (status == TL_OK)
        status = tl_h5_write_strings(group, "weight_names", names, end - first, err);
    H5Gclose(group);
    return status;
}

static enum tl_status write_string(hid_t file, const char *name, const char *value, struct tl_error *err)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = H5I_INVALID_HID;
    enum tl_status status = TL_OK;

    if (type < 0 || space < 0 || H5Tset_size(type, strlen(value)) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        (attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) < 0 || H5Awrite(attribute, type, value) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write attribute '%s'", name);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return status;
}

static enum tl_status write_layers(hid_t file, const tl_tensors *tensors, struct tl_error *err)
{
    size_t count = tl_tensors_count(tensors), layer_count = 0;
    const char **layers = tl_memory_alloc(count, sizeof *layers), **names = tl_memory_alloc(count, sizeof *names);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    enum tl_status status = TL_OK;

    if (!layers || !names) {
        status = tl_error_set_no_memory(err, "names", count * sizeof *layers);
        goto done;
    }
    /* "block1_conv1/kernel:0" lies in a group of its own, as h5py makes it. */
    if (links < 0 || H5Pset_create_intermediate_group(links, 1) < 0) {
        status = tl_h5_fail(err, TL_IO, "cannot prepare to write");
        goto done;
    }
    for (size_t i = 0, end; status == TL_OK && i < count; i = end) {
        end = find_layer_end(tensors, i);
        layers[layer_count++] = tl_tensors_get(tensors, i)->layer;
        status = write_layer(file, links, tensors, i, end, names, err);
    }
    if (status == TL_OK)
        status = tl_h5_write_strings(file, "layer_names", layers, layer_count, err);
    if (status == TL_OK)
        status = write_string(file, "backend", "tensorflow", err);
    if (status == TL_OK)
        status = write_string(file, "keras_version", "2.15.0", err);

done:
    if (links >= 0)
        H5Pclose(links);
    tl_memory_free(names);
    tl_memory_free(layers);
    return status;
}

enum tl_status tl_keras_h5_write(const tl_tensors *tensors, const char *path, struct tl_error *err)
{
    struct tl_output_file output;
    hid_t file = H5I_INVALID_HID;
    enum tl_status status;

    tl_h5_prepare();
    status = tl_output_file_create(&output, path, err);
    if (status != TL_OK)
        return status;
    file = H5Fcreate(output.part_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0) {
        status = tl_h5_fail(err, TL_IO, "cannot create '%s'", output.part_path);
        goto done;
    }
    status = write_layers(file, tensors, err);
    if (H5Fclose(file) < 0 && status == TL_OK)
        status = tl_h5_fail(err, TL_IO, "cannot finish '%s'", output.part_path);
    if (status == TL_OK)
        status = tl_output_file_commit(&output, err);

done:
    tl_output_file_discard(&output);
    return status;
}
