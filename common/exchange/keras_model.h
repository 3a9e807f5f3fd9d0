/* keras_model.h - Dense layers on top of each other as a file that Keras loads, in each of its three formats.
 *
 * All layers but the last have ReLU, the last one softmax; the input is called "features". What is written is the least that Keras
 * needs (loaded by Keras 3.15; layouts: Keras src/saving/saving_lib.py, src/legacy/saving/legacy_h5_format.py):
 *
 *     TL_KERAS_WEIGHTS  .weights.h5: layers/dense/vars/0 and 1, layers/dense_1/...; for a model that is made before
 *     TL_KERAS_ARCHIVE  .keras: a zip archive, entries stored: metadata.json, config.json and the above
 *     TL_KERAS_LEGACY   .h5: model_config and model_weights, as Keras 2 has it
 *
 * Names of classes have no place in any of them: they stand in an attribute `class_names` of the root, which Keras passes over,
 * and in metadata.json. HDF5 as packaged is not thread-safe: one thread at a time in this room.
 */
#ifndef TL_EXCHANGE_KERAS_MODEL_H
#define TL_EXCHANGE_KERAS_MODEL_H

#include "common/exchange/tensors.h"

enum tl_keras_format { TL_KERAS_WEIGHTS, TL_KERAS_ARCHIVE, TL_KERAS_LEGACY };

/* `layers`: of each layer kernel (in, out) and bias (out), in order. Written beside `path` and renamed, so that `path` is whole
 * or as it was; the same layers make the same bytes. Fails with: TL_BAD_INPUT (a class name that HDF5 does not take), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_model_write(const tl_tensors *layers, const char *const *class_names, size_t class_count,
                                                enum tl_keras_format format, const char *path, struct tl_error *err);

#endif
