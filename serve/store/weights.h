/* weights.h - a network's weights from ONNX or Keras HDF5 into Keras HDF5, checked against the network's table.
 *
 * The bytes decide which of the two a file is. Kernels and biases are matched by their order and shape, and go out under
 * the table's layer names ("block1_conv1/kernel:0"), whatever they were called.
 */
#ifndef TL_SERVE_STORE_WEIGHTS_H
#define TL_SERVE_STORE_WEIGHTS_H

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/exchange/tensors.h"
#include "common/network/backbone.h"

/* The backbone's kernels and biases, named by its table. The caller frees *out. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_weights_to_tensors(tl_tensors **out, const tl_backbone *backbone, struct tl_error *err);

/* Converts `path` to `out_path`, which is whole or absent; the tensors' digest in `out_digest`. Messages name the file.
 * Fails with: TL_NOT_FOUND (no such file, unknown network), TL_BAD_INPUT (neither kind of file, or not this network's weights),
 * TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_weights_convert(char out_digest[TL_DIGEST_HEX_BYTES], const char *network, const char *path,
                                              const char *out_path, struct tl_error *err);

#endif
