/* keras_config.h - whether a model's configuration, Keras's JSON, is one of Dense layers that ends in probabilities. (jansson)
 *
 * Layers that do nothing when a model predicts (InputLayer, Flatten, Dropout) and pooling before the first Dense are passed over.
 */
#ifndef TL_EXCHANGE_KERAS_CONFIG_H
#define TL_EXCHANGE_KERAS_CONFIG_H

#include <stddef.h>

#include "common/base/error.h"

/* All Dense layers but the last have to have ReLU, and the last softmax, or none where softmax follows it or is left to the loss.
 * `dense_count` is how many there are by their weights. Fails with: TL_BAD_INPUT (not JSON, another kind of model, another layer or
 * activation, which is named), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keras_config_check(const char *json, size_t dense_count, struct tl_error *err);

#endif
