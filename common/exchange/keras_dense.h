/* keras_dense.h - a model of Dense layers that Keras trained, from any file Keras writes: .keras, .weights.h5, .h5.
 *
 * What the file is shows in its bytes, not in its name. Where it holds the model's configuration, that has to be one of Dense
 * layers that end in softmax (keras_config.h); a file of weights alone is taken for one. Hostile files are refused, as
 * keras_h5.h and archive.h say. Messages begin with the path. One thread at a time in this room.
 */
#ifndef TL_EXCHANGE_KERAS_DENSE_H
#define TL_EXCHANGE_KERAS_DENSE_H

#include "common/exchange/tensors.h"

struct tl_keras_dense {
    tl_tensors *layers; /* of each layer kernel (in, out) and bias (out), each out the next one's in */
    size_t layer_count; /* 1 or 2 */
    char **class_names; /* as many as the last layer has units, or NULL: the file names none */
    size_t class_count;
};

/* The caller frees what *out holds with tl_keras_dense_clear(). Fails with: TL_NOT_FOUND (no such file), TL_BAD_INPUT (as above;
 * other weights than those of one Dense layer or two; not as many class names as units), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_dense_read(struct tl_keras_dense *out, const char *path, struct tl_error *err);
void tl_keras_dense_clear(struct tl_keras_dense *dense);

#endif
