/* keras_dense.c - see keras_dense.h.
 *
 * The weights inside an archive become a file of their own for a moment, below TMPDIR or /tmp: HDF5 opens them there with the
 * checks that any other file passes (a file in memory has no path that it takes).
 */
#include "common/exchange/keras_dense.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/exchange/archive.h"
#include "common/exchange/foreign_file.h"
#include "common/exchange/keras_config.h"
#include "common/exchange/keras_h5.h"

static const size_t WEIGHTS_BYTES_MAX = (size_t)1 << 32, CONFIG_BYTES_MAX = (size_t)1 << 26;
enum { LAYERS_MAX = 2 };

static enum tl_status write_all(int file, const uint8_t *bytes, size_t size_bytes, struct tl_error *err)
{
    while (size_bytes > 0) {
        ssize_t written = write(file, bytes, size_bytes);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return tl_error_set(err, TL_IO, "its weights cannot be unpacked: %s", strerror(errno));
        bytes += written;
        size_bytes -= (size_t)written;
    }
    return TL_OK;
}

static enum tl_status read_image(tl_tensors **out, struct tl_keras_notes *notes, const uint8_t *bytes, size_t size_bytes,
                                 const char *path, struct tl_error *err)
{
    const char *folder = getenv("TMPDIR");
    char image_path[PATH_MAX];
    int file = -1;
    enum tl_status status;

    if (snprintf(image_path, sizeof image_path, "%s/tl-weights-XXXXXX", folder && folder[0] != '\0' ? folder : "/tmp") <
        (int)sizeof image_path)
        file = mkostemp(image_path, O_CLOEXEC);
    if (file < 0)
        return tl_error_set(err, TL_IO, "%s: its weights cannot be unpacked to '%.200s': %s", path, image_path,
                            strerror(errno));
    status = write_all(file, bytes, size_bytes, err);
    close(file);
    if (status == TL_OK)
        status = tl_keras_h5_read_noted(out, notes, image_path, path, err);
    else
        (void)tl_error_prefix(err, "%s", path);
    unlink(image_path); /* what is mapped of it stays */
    return status;
}

static enum tl_status read_archive(tl_tensors **out, struct tl_keras_notes *notes, const char *path, struct tl_error *err)
{
    tl_archive *archive = NULL;
    uint8_t *config = NULL, *weights = NULL;
    size_t config_bytes = 0, weights_bytes = 0;
    enum tl_status status = tl_archive_open(&archive, path, err);

    if (status == TL_OK)
        status = tl_archive_read(&config, &config_bytes, archive, "config.json", CONFIG_BYTES_MAX, err);
    if (status == TL_OK)
        status = tl_archive_read(&weights, &weights_bytes, archive, "model.weights.h5", WEIGHTS_BYTES_MAX, err);
    if (status == TL_NOT_FOUND)
        err->status = status = TL_BAD_INPUT;
    if (status != TL_OK) {
        (void)tl_error_prefix(err, "%s", path);
        goto done;
    }
    status = read_image(out, notes, weights, weights_bytes, path, err);
    if (status == TL_OK) {
        tl_memory_free(notes->config);
        notes->config = (char *)config; /* a NUL follows it */
        config = NULL;
    }
done:
    tl_memory_free(config);
    tl_memory_free(weights);
    tl_archive_close(archive);
    return status;
}

/* Of one Dense layer or two, each on top of the one before. */
static enum tl_status check_layers(const tl_tensors *layers, struct tl_error *err)
{
    const size_t count = tl_tensors_count(layers);
    size_t units = 0;

    if (count == 0 || count % 2 != 0 || count > 2 * LAYERS_MAX)
        return tl_error_set(err, TL_BAD_INPUT,
                            "it holds %zu tensors, expected kernel and bias of one Dense layer, or of two: in Keras, save "
                            "keras.Sequential([keras.Input((25088,)), model.layers[-1]])",
                            count);
    for (size_t i = 0; i < count; i += 2) {
        const struct tl_tensor *kernel = tl_tensors_get(layers, i), *bias = tl_tensors_get(layers, i + 1);
        char kernel_shape[128], bias_shape[128];

        tl_tensor_format_shape(kernel_shape, sizeof kernel_shape, kernel->rank, kernel->shape);
        tl_tensor_format_shape(bias_shape, sizeof bias_shape, bias->rank, bias->shape);
        if (kernel->rank != 2 || bias->rank != 1 || bias->shape[0] != kernel->shape[1] || (i > 0 && kernel->shape[0] != units))
            return tl_error_set(err, TL_BAD_INPUT,
                                "'%.100s' and '%.100s' have the shapes %s and %s, which are no kernel and bias of "
                                "a Dense layer%s",
                                kernel->name, bias->name, kernel_shape, bias_shape, i > 0 ? " on top of the one before" : "");
        units = kernel->shape[1];
    }
    return TL_OK;
}

static enum tl_status check_class_names(const struct tl_keras_notes *notes, size_t class_count, struct tl_error *err)
{
    if (notes->class_count != 0 && notes->class_count != class_count)
        return tl_error_set(err, TL_BAD_INPUT, "it names %zu classes for %zu units", notes->class_count, class_count);
    return TL_OK;
}

static enum tl_status check(const tl_tensors *layers, const struct tl_keras_notes *notes, struct tl_error *err)
{
    const size_t count = tl_tensors_count(layers);
    enum tl_status status = check_layers(layers, err);

    if (status == TL_OK && notes->config)
        status = tl_keras_config_check(notes->config, count / 2, err);
    if (status == TL_OK)
        status = check_class_names(notes, tl_tensors_get(layers, count - 1)->shape[0], err);
    return status;
}

enum tl_status tl_keras_dense_read(struct tl_keras_dense *out, const char *path, struct tl_error *err)
{
    struct tl_foreign_file look;
    struct tl_keras_notes notes = {.config = NULL};
    tl_tensors *layers = NULL;
    enum tl_status status = tl_foreign_file_look(&look, path, "a model that Keras saved", err);

    *out = (struct tl_keras_dense){.layers = NULL};
    if (status != TL_OK)
        return tl_error_prefix(err, "%s", path);
    if (tl_archive_is_one(look.head, look.head_bytes))
        status = read_archive(&layers, &notes, path, err);
    else
        status = tl_keras_h5_read_noted(&layers, &notes, path, path, err);
    if (status != TL_OK)
        goto done;
    status = check(layers, &notes, err);
    if (status != TL_OK) {
        (void)tl_error_prefix(err, "%s", path);
        goto done;
    }
    *out = (struct tl_keras_dense){layers, tl_tensors_count(layers) / 2, notes.class_names, notes.class_count};
    layers = NULL;
    notes.class_names = NULL;
    notes.class_count = 0;
done:
    tl_tensors_free(layers);
    tl_keras_notes_clear(&notes);
    return status;
}

void tl_keras_dense_clear(struct tl_keras_dense *dense)
{
    struct tl_keras_notes notes = {.class_names = dense->class_names, .class_count = dense->class_count};

    tl_tensors_free(dense->layers);
    tl_keras_notes_clear(&notes);
    *dense = (struct tl_keras_dense){.layers = NULL};
}
