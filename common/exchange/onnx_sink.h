/* onnx_sink.h - an ONNX model's messages into a file, its tensors put in order on their way.
 *
 * protobuf-c hands each field's bytes to a buffer by pointer, without looking into them: for a tensor that is the pointer to the
 * caller's values, by which the buffer knows it and writes it in ONNX's order of axes, little-endian, a piece at a time.
 */
#ifndef TL_EXCHANGE_ONNX_SINK_H
#define TL_EXCHANGE_ONNX_SINK_H

#include <stdbool.h>

#include "common/exchange/onnx_write.h"
#include "onnx.pb-c.h"

/* The values behind the raw_data of a tensor that points to them: float32, or int64. */
struct tl_onnx_source {
    const void *values;
    size_t count;
    bool is_integer;
    enum tl_onnx_order order;
    size_t shape[TL_ONNX_RANK_MAX]; /* of the values, as they lie in memory */
};

/* Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_onnx_sink_write(const Tl__Onnx__ModelProto *model, const struct tl_onnx_source *sources,
                                              size_t source_count, const char *path, struct tl_error *err);

#endif
