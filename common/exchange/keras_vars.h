/* keras_vars.h - Keras 3's own weight layout (`.weights.h5`): groups of layers, each with its variables by number.
 *
 * `layers/<class>[_k]/vars/<i>`, nested where a model is a layer. The file keeps the order of layers of one class only, in
 * their numbers; so a model comes before the plain layers around it (a backbone before its head), then class by class, each in
 * the order of its numbers. Layers are called by the attribute `name` of `vars`, which Keras writes, else by their group.
 * Source: Keras src/saving/saving_lib.py, _save_state and _save_container_state.
 */
#ifndef TL_EXCHANGE_KERAS_VARS_H
#define TL_EXCHANGE_KERAS_VARS_H

#include <hdf5.h>

#include "common/exchange/tensors.h"

/* Adds all variables below `top`. Fails with: TL_BAD_INPUT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_vars_read(tl_tensors *tensors, hid_t top, struct tl_error *err);

#endif
