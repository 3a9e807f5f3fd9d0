/* onnx_write.h - writes an ONNX model: inputs, constant tensors, nodes in order, one output, metadata. (protobuf-c, onnx.proto)
 *
 *     tl_onnx_writer_create(&writer, "vgg16", err);
 *     tl_onnx_writer_add_input(writer, "photos", TL_ONNX_FLOAT, shape, 4);
 *     tl_onnx_writer_add_floats(writer, "conv1.kernel", TL_ONNX_CONVOLUTION, values, shape, 4);
 *     tl_onnx_writer_add_node(writer, "Conv", inputs, 3, "conv1", attributes, 2);
 *     ...
 *     tl_onnx_writer_write(writer, "model.onnx", err);           only now does the file exist, whole
 *     tl_onnx_writer_free(writer);
 *
 * Adding never fails in itself: the first thing that finds no memory marks the writer, later ones do nothing, and writing tells.
 * Names and words are copied; the values of tensors are borrowed until the writer is freed, and go to the file piece by piece:
 * no second copy of a network is in memory, in whatever order of its axes it is written.
 */
#ifndef TL_EXCHANGE_ONNX_WRITE_H
#define TL_EXCHANGE_ONNX_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct tl_onnx_writer tl_onnx_writer;

enum tl_onnx_type { TL_ONNX_FLOAT = 1, TL_ONNX_UINT8 = 2, TL_ONNX_INT64 = 7, TL_ONNX_FLOAT16 = 10 }; /* TensorProto.DataType */

enum tl_onnx_order {
    TL_ONNX_AS_IT_IS,
    TL_ONNX_CONVOLUTION /* given as (H, W, Cin, Cout), written as (Cout, Cin, H, W) */
};

/* An operator's parameter: `count` 0 is the single number `value`, else a list. */
struct tl_onnx_attribute {
    const char *name;
    int64_t value;
    const int64_t *values; /* copied */
    size_t count;
};

enum {
    TL_ONNX_IR_VERSION = 7,    /* with operator set 13, of 2020: what every runtime in use reads */
    TL_ONNX_OPERATOR_SET = 13,
    TL_ONNX_RANK_MAX = 4
};

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_onnx_writer_create(tl_onnx_writer **out, const char *graph_name, struct tl_error *err);
void tl_onnx_writer_free(tl_onnx_writer *writer);

/* A dimension of 0 is free: as many as there are photos. */
void tl_onnx_writer_add_input(tl_onnx_writer *writer, const char *name, enum tl_onnx_type type, const size_t *shape, size_t rank);
void tl_onnx_writer_add_output(tl_onnx_writer *writer, const char *name, enum tl_onnx_type type, const size_t *shape, size_t rank);
/* A constant tensor; rank 0 is one number. `shape` is that of `values`, before they are put in order. */
void tl_onnx_writer_add_floats(tl_onnx_writer *writer, const char *name, enum tl_onnx_order order, const float *values,
                               const size_t *shape, size_t rank);
/* A constant list of whole numbers, borrowed too. */
void tl_onnx_writer_add_integers(tl_onnx_writer *writer, const char *name, const int64_t *values, size_t count);
/* Nodes stand in an order in which every input precedes its user. The output's name is the node's too. */
void tl_onnx_writer_add_node(tl_onnx_writer *writer, const char *operator_name, const char *const *inputs, size_t input_count,
                             const char *output, const struct tl_onnx_attribute *attributes, size_t attribute_count);
void tl_onnx_writer_add_metadata(tl_onnx_writer *writer, const char *key, const char *value);

/* Written beside `path` and renamed, so that `path` is whole or as it was. Fails with: TL_BAD_INPUT (2 GiB, where protobuf
 * ends), TL_IO, TL_NO_MEMORY (also of what was added). */
TL_MUST_USE enum tl_status tl_onnx_writer_write(tl_onnx_writer *writer, const char *path, struct tl_error *err);

#endif
