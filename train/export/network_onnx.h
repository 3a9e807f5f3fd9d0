/* network_onnx.h - network and head as one ONNX model: photos in, probabilities out.
 *
 * The input "photos" is (N, height, width, 3), RGB from 0 to 255, already of the network's size; what the recipe does to pixels
 * after that stands in the model, as do rounding to the stored type, pooling, transform, scale and a hidden layer. The output
 * "probabilities" is (N, L), its order `class_names` in the metadata. Metadata has the recipe too, which says how photos are
 * resized. Computed in float32 by whoever runs it: as near to ours as float32 is, not bit for bit.
 */
#ifndef TL_TRAIN_NETWORK_ONNX_H
#define TL_TRAIN_NETWORK_ONNX_H

#include <stdbool.h>

#include "common/network/backbone.h"
#include "train/export/stored_head.h"

/* With `takes_bytes` the input is uint8, else float32. `path` is whole or as it was. Fails with: TL_BAD_INPUT (weights other
 * than the head's; a recipe that this program does not know; 2 GiB), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_network_onnx_write(const struct tl_stored_head *stored, const tl_backbone *backbone, bool takes_bytes,
                                                 const char *path, struct tl_error *err);

#endif
