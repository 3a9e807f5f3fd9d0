/* keras_h5_write.c - tensors to Keras's legacy weight file.
 *
 * The forms are the oldest that work: fixed-length strings and float32 little-endian, contiguous, which Keras 1 to 3 read.
 * keras_version says 2 because Keras reorders the kernels of files that claim version 1, or none.
 */
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/h5_write.h"
#include "common/exchange/keras_h5.h"
#include "common/exchange/keras_h5_layers.h"
#include "common/exchange/output_file.h"

static size_t find_layer_end(const tl_tensors *tensors, size_t first)
{
    const char *layer = tl_tensors_get(tensors, first)->layer;
    size_t end = first + 1;

    while (end < tl_tensors_count(tensors) && strcmp(tl_tensors_get(tensors, end)->layer, layer) == 0)
        end++;
    return end;
}

/* `names` has room for the layer's tensors. */
static enum tl_status write_layer(hid_t top, const tl_tensors *tensors, size_t first, size_t end, const char **names,
                                  struct tl_error *err)
{
    const char *layer = tl_tensors_get(tensors, first)->layer;
    enum tl_status status = tl_h5_check_name(layer, err);
    hid_t group = H5I_INVALID_HID;

    if (status != TL_OK)
        return status;
    if (H5Lexists(top, layer, H5P_DEFAULT) > 0)
        return tl_error_set(err, TL_BAD_INPUT, "layer '%s' stands in two places of the list", layer);
    status = tl_h5_create_group(&group, top, layer, err);
    if (status != TL_OK)
        return status;
    for (size_t i = first; status == TL_OK && i < end; i++) {
        names[i - first] = tl_tensors_get(tensors, i)->name;
        status = tl_h5_write_tensor(group, names[i - first], tl_tensors_get(tensors, i), err);
    }
    if (status == TL_OK)
        status = tl_h5_write_strings(group, "weight_names", names, end - first, err);
    H5Gclose(group);
    return status;
}

enum tl_status tl_keras_h5_write_layers(hid_t top, const tl_tensors *tensors, struct tl_error *err)
{
    size_t count = tl_tensors_count(tensors), layer_count = 0;
    const char **layers = tl_memory_alloc(count, sizeof *layers), **names = tl_memory_alloc(count, sizeof *names);
    enum tl_status status = TL_OK;

    if (!layers || !names) {
        status = tl_error_set_no_memory(err, "names", count * sizeof *layers);
        goto done;
    }
    for (size_t i = 0, end; status == TL_OK && i < count; i = end) {
        end = find_layer_end(tensors, i);
        layers[layer_count++] = tl_tensors_get(tensors, i)->layer;
        status = write_layer(top, tensors, i, end, names, err);
    }
    if (status == TL_OK)
        status = tl_h5_write_strings(top, "layer_names", layers, layer_count, err);
    if (status == TL_OK)
        status = tl_h5_write_string(top, "backend", "tensorflow", err);
    if (status == TL_OK)
        status = tl_h5_write_string(top, "keras_version", "2.15.0", err);

done:
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
    status = tl_keras_h5_write_layers(file, tensors, err);
    if (H5Fclose(file) < 0 && status == TL_OK)
        status = tl_h5_fail(err, TL_IO, "cannot finish '%s'", output.part_path);
    if (status == TL_OK)
        status = tl_output_file_commit(&output, err);

done:
    tl_output_file_discard(&output);
    return status;
}
