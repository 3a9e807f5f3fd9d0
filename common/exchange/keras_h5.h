/* keras_h5.h - Keras's HDF5 weight files: every layout users have, read by `weight_names`; written as Keras loads it.
 *
 * Reads: `layer_names` at the root or under `model_weights` (whole-model files); attributes split into
 * `layer_names0, 1, ...`; fixed-length and variable-length strings; an empty float64 attribute for "no weights";
 * old (`block1_conv1_W_1:0`), Keras 2 (`kernel:0`) and Keras 3 (`vgg16/block1_conv1/kernel`) names. Layers without
 * weights are dropped, the rest keep the file's order. A model used as a layer (`vgg16` in a Sequential)
 * gives its inner layers, each named by its weights' parent. Also Keras 3's own `.weights.h5` (see keras_vars.h for its
 * order). Source: Keras src/legacy/saving/legacy_h5_format.py; the refusals follow saving_lib.py.
 *
 * Messages begin with the path. HDF5 as packaged is not thread-safe: all of this room's HDF5 files are for one thread
 * at a time.
 */
#ifndef TL_EXCHANGE_KERAS_H5_H
#define TL_EXCHANGE_KERAS_H5_H

#include "common/exchange/tensors.h"

/* Reads all weights of the file, or maps those that lie in it as they would in memory: it may be replaced or removed
 * meanwhile, as files are by renaming, but not cut or written over. The caller frees *out. Fails with: TL_NOT_FOUND (no such
 * file), TL_BAD_INPUT (not HDF5, a Git LFS pointer, truncated, no layer_names, soft/external links, external or virtual
 * storage, a type other than float, absurd sizes; each with what was expected and found), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_h5_read(tl_tensors **out, const char *path, struct tl_error *err);

/* What else a file may say of its model. All owned; NULL and 0 where it says nothing. */
struct tl_keras_notes {
    char *config;       /* JSON: the layers, as Keras wrote them */
    char **class_names; /* as keras_model.h writes them */
    size_t class_count;
};
void tl_keras_notes_clear(struct tl_keras_notes *notes);

/* The same, with what else the file says; messages begin with `shown_path`. On failure *out_notes is empty. Fails with: as
 * above. */
TL_MUST_USE enum tl_status tl_keras_h5_read_noted(tl_tensors **out, struct tl_keras_notes *out_notes, const char *path,
                                                  const char *shown_path, struct tl_error *err);

/* Writes a file of Keras's legacy layout (`layer_names`, `weight_names`, `backend`, `keras_version`), tensors
 * grouped by consecutive equal `layer`. Written beside `path` and renamed, so that `path` is whole or absent.
 * Fails with: TL_BAD_INPUT (a name that is longer than 1024
 * bytes, or used twice), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_h5_write(const tl_tensors *tensors, const char *path, struct tl_error *err);

#endif
