/* keras_h5_layers.h - the tree of Keras's legacy layout, at the root of a file or in a group of it; for this room's writers.
 */
#ifndef TL_EXCHANGE_KERAS_H5_LAYERS_H
#define TL_EXCHANGE_KERAS_H5_LAYERS_H

#include <hdf5.h>

#include "common/exchange/tensors.h"

/* Writes groups and attributes below `top` as tl_keras_h5_write() does. Fails with: TL_BAD_INPUT (names), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_h5_write_layers(hid_t top, const tl_tensors *tensors, struct tl_error *err);

#endif
