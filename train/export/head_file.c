/* head_file.c - see head_file.h. */
#include "train/export/head_file.h"

#include <string.h>
#include <strings.h>

#include "common/exchange/keras_model.h"

enum tl_status tl_head_file_find(enum tl_head_file *out, const char *path, struct tl_error *err)
{
    static const struct {
        const char *ending;
        enum tl_head_file kind;
    } kinds[] = {{".weights.h5", TL_HEAD_FILE_WEIGHTS}, {".keras", TL_HEAD_FILE_KERAS}, {".h5", TL_HEAD_FILE_LEGACY},
                 {".hdf5", TL_HEAD_FILE_LEGACY},        {".onnx", TL_HEAD_FILE_ONNX},   {".csv", TL_HEAD_FILE_CSV}};
    const size_t length_bytes = strlen(path);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t ending_bytes = strlen(kinds[i].ending);

        if (length_bytes > ending_bytes && strcasecmp(path + length_bytes - ending_bytes, kinds[i].ending) == 0) {
            *out = kinds[i].kind;
            return TL_OK;
        }
    }
    return tl_error_set(
        err, TL_BAD_INPUT,
        "%s: the file's ending says what it becomes: .keras, .weights.h5, .h5 (the head for Keras), .onnx (network "
        "and head) or .csv (the run's history)",
        path);
}

enum tl_status tl_head_file_write_keras(const struct tl_stored_head *stored, enum tl_head_file kind, const char *path,
                                        struct tl_error *err)
{
    static const enum tl_keras_format formats[] = {[TL_HEAD_FILE_WEIGHTS] = TL_KERAS_WEIGHTS,
                                                   [TL_HEAD_FILE_KERAS] = TL_KERAS_ARCHIVE,
                                                   [TL_HEAD_FILE_LEGACY] = TL_KERAS_LEGACY};
    const struct tl_head *head = stored->head;
    tl_tensors *layers = NULL;
    enum tl_status status;

    if (head->transform != TL_HEAD_TRANSFORM_NONE)
        return tl_error_set(
            err, TL_BAD_INPUT,
            "%s: this head takes features by --transform %s, which no Dense layer does: export it as .onnx, or train "
            "one with --transform none",
            path, tl_head_transform_names[head->transform]);
    status = tl_head_to_tensors(head, &layers, 1, err);
    if (status == TL_OK)
        status =
            tl_keras_model_write(layers, (const char *const *)head->class_names, head->class_count, formats[kind], path, err);
    tl_tensors_free(layers);
    return status;
}
