/* keras_h5.c - reading Keras's legacy weight files: layer_names, weight_names, and the datasets they lead to.
 *
 * The order of the lists is the meaning; names are only kept.
 */
#include "common/exchange/keras_h5.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/foreign_file.h"
#include "common/exchange/h5.h"
#include "common/exchange/h5_dataset.h"
#include "common/exchange/keras_vars.h"

enum { CONFIG_BYTES_MAX = 1 << 26 };

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
        status =
            tl_h5_fail(err, TL_BAD_INPUT, "expected Keras weights in HDF5, found a damaged or truncated file of %llu bytes",
                       (unsigned long long)look.size_bytes);
    if (access >= 0)
        H5Pclose(access);
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
        status =
            tl_h5_read_tensor(tensors, group, is_model && inner_bytes > 0 ? inner : layer, names.items[i], names.items[i], err);
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

/* Where the weights begin: the root, or model_weights in the file of a whole model. The caller closes *out. */
static enum tl_status open_top(hid_t *out, hid_t file, struct tl_error *err)
{
    *out = H5Oopen(file, "/", H5P_DEFAULT);
    if (*out < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "the root group cannot be opened");
    if (tl_h5_has_strings(*out, "layer_names") || H5Lexists(*out, "layers", H5P_DEFAULT) > 0)
        return TL_OK;
    H5Oclose(*out);
    *out = H5I_INVALID_HID;
    if (H5Lexists(file, "model_weights", H5P_DEFAULT) > 0)
        return tl_h5_open_below(out, file, "model_weights", H5I_GROUP, err);
    return tl_error_set(err, TL_BAD_INPUT,
                        "expected Keras weights, with an attribute 'layer_names' or a group 'model_weights' or "
                        "'layers', found an HDF5 file with none of them");
}

void tl_keras_notes_clear(struct tl_keras_notes *notes)
{
    struct tl_h5_strings names = {notes->class_names, notes->class_count};

    tl_h5_strings_free(&names);
    tl_memory_free(notes->config);
    *notes = (struct tl_keras_notes){.config = NULL};
}

static enum tl_status read_notes(struct tl_keras_notes *out, hid_t file, struct tl_error *err)
{
    struct tl_h5_strings names = {NULL, 0};
    enum tl_status status = TL_OK;

    if (H5Aexists(file, "model_config") > 0)
        status = tl_h5_read_text(&out->config, file, "model_config", CONFIG_BYTES_MAX, err);
    if (status == TL_OK && tl_h5_has_strings(file, "class_names"))
        status = tl_h5_read_strings(&names, file, "class_names", err);
    out->class_names = names.items;
    out->class_count = names.count;
    return status;
}

/* `notes` may be NULL. */
static enum tl_status read_weights(tl_tensors **out, struct tl_keras_notes *notes, const char *path, struct tl_error *err)
{
    tl_tensors *tensors = NULL;
    hid_t file = H5I_INVALID_HID, top = H5I_INVALID_HID;
    enum tl_status status;

    tl_h5_prepare();
    status = open_file(&file, path, err);
    if (status == TL_OK && notes)
        status = read_notes(notes, file, err);
    if (status == TL_OK)
        status = open_top(&top, file, err);
    if (status == TL_OK)
        status = tl_tensors_create(&tensors, err);
    if (status == TL_OK)
        status = tl_h5_has_strings(top, "layer_names") ? read_layers(tensors, top, err) : tl_keras_vars_read(tensors, top, err);
    if (status != TL_OK)
        goto done;
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

enum tl_status tl_keras_h5_read(tl_tensors **out, const char *path, struct tl_error *err)
{
    enum tl_status status;

    *out = NULL;
    status = read_weights(out, NULL, path, err);
    return status == TL_OK ? TL_OK : tl_error_prefix(err, "%s", path);
}

enum tl_status tl_keras_h5_read_noted(tl_tensors **out, struct tl_keras_notes *out_notes, const char *path, const char *shown_path,
                                      struct tl_error *err)
{
    enum tl_status status;

    *out = NULL;
    *out_notes = (struct tl_keras_notes){.config = NULL};
    status = read_weights(out, out_notes, path, err);
    if (status == TL_OK)
        return TL_OK;
    tl_keras_notes_clear(out_notes);
    return tl_error_prefix(err, "%s", shown_path);
}
