/* onnx.h - the weights of an ONNX model, in the order its graph uses them. (protobuf-c, onnx.proto)
 *
 * Only what the conversion of a convolutional backbone needs is read: Conv nodes in graph order with their weight
 * and bias initialisers (float32, raw_data or float_data), OIHW turned into HWIO. Everything else is passed over.
 * A weight may also be a Constant node's value, or stand behind Identity nodes. A Conv without a bias gives its kernel
 * alone; the kernel of a grouped convolution has Cin / groups input channels. Messages begin with the path.
 */
#ifndef TL_EXCHANGE_ONNX_H
#define TL_EXCHANGE_ONNX_H

#include "common/exchange/tensors.h"

/* Reads the kernel (HWIO) and bias of every Conv node. Layer names are "conv0", "conv1", ... The caller frees *out.
 * Fails with: TL_NOT_FOUND, TL_BAD_INPUT (not ONNX, no Conv nodes, a missing or ill-shaped initialiser, external
 * data, absurd sizes), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_onnx_read_convolutions(tl_tensors **out, const char *path, struct tl_error *err);

#endif
