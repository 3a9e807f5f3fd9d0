/* keras_model.c - see keras_model.h. An archive's weights are made in memory: HDF5 gives the image of a file that never was. */
#include "common/exchange/keras_model.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/exchange/archive.h"
#include "common/exchange/h5_write.h"
#include "common/exchange/keras_h5_layers.h"
#include "common/exchange/output_file.h"

static const size_t TEXT_CEILING_BYTES = (size_t)1 << 26;
enum { IMAGE_STEP_BYTES = 1 << 20 };

struct model {
    const tl_tensors *layers; /* kernel and bias in turn */
    size_t layer_count;
    const char *const *class_names;
    size_t class_count;
};

static const struct tl_tensor *get_kernel(const struct model *model, size_t layer)
{
    return tl_tensors_get(model->layers, 2 * layer);
}

/* The list of layers, the same for Keras 2 and 3 but for the words: `is_archive` is Keras 3. */
static void append_config(struct tl_text *text, const struct model *model, bool is_archive)
{
    const char *module = is_archive ? "\"module\": \"keras.layers\", \"registered_name\": null, " : "";

    tl_text_append_format(text, "{%s\"class_name\": \"Sequential\", \"config\": {\"name\": \"tl\", \"layers\": [",
                          is_archive ? "\"module\": \"keras\", \"registered_name\": null, " : "");
    tl_text_append_format(text,
                          "{%s\"class_name\": \"InputLayer\", \"config\": {\"%s\": [null, %zu], \"dtype\": \"float32\", "
                          "%s\"name\": \"features\"}}",
                          module, is_archive ? "batch_shape" : "batch_input_shape", get_kernel(model, 0)->shape[0],
                          is_archive ? "" : "\"sparse\": false, \"ragged\": false, ");
    for (size_t i = 0; i < model->layer_count; i++)
        tl_text_append_format(text,
                              ", {%s\"class_name\": \"Dense\", \"config\": {\"name\": \"%s\", \"trainable\": true, "
                              "\"dtype\": \"float32\", \"units\": %zu, \"activation\": \"%s\", \"use_bias\": true}}",
                              module, get_kernel(model, i)->layer, get_kernel(model, i)->shape[1],
                              i + 1 < model->layer_count ? "relu" : "softmax");
    tl_text_append(text, "]}}");
}

static void append_metadata(struct tl_text *text, const struct model *model)
{
    tl_text_append(text, "{\"keras_version\": \"3.0.0\", \"written_by\": \"tl " TL_VERSION "\", \"class_names\": [");
    for (size_t l = 0; l < model->class_count; l++) {
        tl_text_append(text, l == 0 ? "" : ", ");
        tl_text_append_json_string(text, model->class_names[l]);
    }
    tl_text_append(text, "]}");
}

/* The least that carries the classes: an attribute of the root. */
static enum tl_status write_class_names(hid_t file, const struct model *model, struct tl_error *err)
{
    for (size_t l = 0; l < model->class_count; l++)
        if (tl_h5_check_name(model->class_names[l], err) != TL_OK)
            return TL_BAD_INPUT;
    return tl_h5_write_strings(file, "class_names", model->class_names, model->class_count, err);
}

/* layers/dense, layers/dense_1, ...: Keras counts the layers of a class. */
static enum tl_status write_variables(hid_t file, const struct model *model, struct tl_error *err)
{
    enum tl_status status = write_class_names(file, model, err);

    for (size_t i = 0; i < model->layer_count && status == TL_OK; i++) {
        char path[64];
        hid_t vars = H5I_INVALID_HID;

        if (i == 0)
            snprintf(path, sizeof path, "layers/dense/vars");
        else
            snprintf(path, sizeof path, "layers/dense_%zu/vars", i);
        status = tl_h5_create_group(&vars, file, path, err);
        if (status == TL_OK)
            status = tl_h5_write_string(vars, "name", get_kernel(model, i)->layer, err);
        if (status == TL_OK)
            status = tl_h5_write_tensor(vars, "0", get_kernel(model, i), err);
        if (status == TL_OK)
            status = tl_h5_write_tensor(vars, "1", tl_tensors_get(model->layers, 2 * i + 1), err);
        if (vars >= 0)
            H5Gclose(vars);
    }
    return status;
}

static enum tl_status write_legacy(hid_t file, const struct model *model, struct tl_error *err)
{
    struct tl_text config;
    hid_t top = H5I_INVALID_HID;
    enum tl_status status = write_class_names(file, model, err);

    tl_text_init(&config, TEXT_CEILING_BYTES);
    append_config(&config, model, false);
    if (status == TL_OK)
        status = tl_text_check(&config, err);
    if (status == TL_OK)
        status = tl_h5_write_string(file, "model_config", config.bytes, err);
    if (status == TL_OK)
        status = tl_h5_write_string(file, "backend", "tensorflow", err);
    if (status == TL_OK)
        status = tl_h5_write_string(file, "keras_version", "2.15.0", err);
    if (status == TL_OK)
        status = tl_h5_create_group(&top, file, "model_weights", err);
    if (status == TL_OK)
        status = tl_keras_h5_write_layers(top, model->layers, err);
    if (top >= 0)
        H5Gclose(top);
    tl_text_free(&config);
    return status;
}

static enum tl_status write_h5(const char *path, const struct model *model, enum tl_keras_format format, struct tl_error *err)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    enum tl_status status;

    if (file < 0)
        return tl_h5_fail(err, TL_IO, "cannot create '%s'", path);
    status = format == TL_KERAS_LEGACY ? write_legacy(file, model, err) : write_variables(file, model, err);
    if (H5Fclose(file) < 0 && status == TL_OK)
        status = tl_h5_fail(err, TL_IO, "cannot finish '%s'", path);
    return status;
}

/* The bytes of the file that `file` would be; the caller frees *out. */
static enum tl_status copy_image(uint8_t **out, size_t *out_bytes, hid_t file, struct tl_error *err)
{
    ssize_t size_bytes = H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);
    uint8_t *image;

    if (size_bytes < 0)
        return tl_h5_fail(err, TL_IO, "the weights cannot be made");
    image = tl_memory_alloc((size_t)size_bytes, 1);
    if (!image)
        return tl_error_set_no_memory(err, "the weights", (size_t)size_bytes);
    if (H5Fget_file_image(file, image, (size_t)size_bytes) != size_bytes) {
        tl_memory_free(image);
        return tl_h5_fail(err, TL_IO, "the weights cannot be made");
    }
    *out = image;
    *out_bytes = (size_t)size_bytes;
    return TL_OK;
}

static enum tl_status make_image(uint8_t **out, size_t *out_bytes, const struct model *model, struct tl_error *err)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = H5I_INVALID_HID;
    enum tl_status status = TL_OK;

    *out = NULL;
    if (access < 0 || H5Pset_fapl_core(access, IMAGE_STEP_BYTES, false) < 0 ||
        (file = H5Fcreate("model.weights.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access)) < 0)
        status = tl_h5_fail(err, TL_NO_MEMORY, "the weights cannot be made");
    if (status == TL_OK)
        status = write_variables(file, model, err);
    if (status == TL_OK)
        status = copy_image(out, out_bytes, file, err);
    if (file >= 0)
        H5Fclose(file);
    if (access >= 0)
        H5Pclose(access);
    return status;
}

static enum tl_status write_archive(const char *path, const struct model *model, struct tl_error *err)
{
    struct tl_text config, metadata;
    uint8_t *image = NULL;
    size_t image_bytes = 0;
    enum tl_status status;

    tl_text_init(&config, TEXT_CEILING_BYTES);
    tl_text_init(&metadata, TEXT_CEILING_BYTES);
    append_config(&config, model, true);
    append_metadata(&metadata, model);
    status = tl_text_check(&config, err);
    if (status == TL_OK)
        status = tl_text_check(&metadata, err);
    if (status == TL_OK)
        status = make_image(&image, &image_bytes, model, err);
    if (status == TL_OK) {
        const struct tl_archive_entry entries[] = {{"metadata.json", metadata.bytes, metadata.length_bytes},
                                                   {"config.json", config.bytes, config.length_bytes},
                                                   {"model.weights.h5", image, image_bytes}};

        status = tl_archive_write(path, entries, sizeof entries / sizeof *entries, err);
    }
    tl_memory_free(image);
    tl_text_free(&config);
    tl_text_free(&metadata);
    return status;
}

enum tl_status tl_keras_model_write(const tl_tensors *layers, const char *const *class_names, size_t class_count,
                                    enum tl_keras_format format, const char *path, struct tl_error *err)
{
    const struct model model = {layers, tl_tensors_count(layers) / 2, class_names, class_count};
    struct tl_output_file output;
    enum tl_status status;

    tl_h5_prepare();
    status = tl_output_file_create(&output, path, err);
    if (status != TL_OK)
        return status;
    if (format == TL_KERAS_ARCHIVE)
        status = write_archive(output.part_path, &model, err);
    else
        status = write_h5(output.part_path, &model, format, err);
    if (status == TL_OK)
        status = tl_output_file_commit(&output, err);
    tl_output_file_discard(&output);
    return status;
}
