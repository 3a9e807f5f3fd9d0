/* onnx_sink.c - the buffer that protobuf-c writes into; see onnx_sink.h. */
#include "common/exchange/onnx_sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_VALUES = 4096 };

struct sink {
    ProtobufCBuffer base; /* first, so that a pointer to it is one to the sink */
    const struct tl_onnx_source *sources;
    size_t source_count;
    FILE *file;
    int error_number; /* of the first write that failed */
};

static void put_bytes(struct sink *sink, const void *bytes, size_t size_bytes)
{
    if (sink->error_number == 0 && fwrite(bytes, 1, size_bytes, sink->file) != size_bytes)
        sink->error_number = errno != 0 ? errno : EIO;
}

/* Where value `index` of the file's order lies in the caller's. */
static size_t locate(const struct tl_onnx_source *source, size_t index)
{
    const size_t *shape = source->shape; /* H, W, Cin, Cout */
    size_t place, channel;

    if (source->order == TL_ONNX_AS_IT_IS)
        return index;
    place = index % (shape[0] * shape[1]);
    channel = index / (shape[0] * shape[1]); /* Cout, then Cin */
    return (place * shape[2] + channel % shape[2]) * shape[3] + channel / shape[2];
}

static uint64_t read_bits(const struct tl_onnx_source *source, size_t index)
{
    uint32_t bits;

    if (source->is_integer)
        return (uint64_t)((const int64_t *)source->values)[index];
    memcpy(&bits, (const float *)source->values + index, sizeof bits);
    return bits;
}

static void put_source(struct sink *sink, const struct tl_onnx_source *source)
{
    const size_t width = source->is_integer ? sizeof(int64_t) : sizeof(float);
    uint8_t piece[PIECE_VALUES * sizeof(int64_t)];
    size_t used = 0;

    for (size_t i = 0; i < source->count; i++) {
        const uint64_t bits = read_bits(source, locate(source, i));

        for (size_t k = 0; k < width; k++)
            piece[used++] = (uint8_t)(bits >> (8 * k));
        if (used + width > sizeof piece || i + 1 == source->count) {
            put_bytes(sink, piece, used);
            used = 0;
        }
    }
}

static void take_bytes(ProtobufCBuffer *buffer, size_t size_bytes, const uint8_t *bytes)
{
    struct sink *sink = (struct sink *)(void *)buffer;

    for (size_t i = 0; i < sink->source_count; i++) {
        if (sink->sources[i].values == (const void *)bytes) {
            put_source(sink, &sink->sources[i]);
            return;
        }
    }
    put_bytes(sink, bytes, size_bytes);
}

enum tl_status tl_onnx_sink_write(const Tl__Onnx__ModelProto *model, const struct tl_onnx_source *sources, size_t source_count,
                                  const char *path, struct tl_error *err)
{
    struct sink sink = {.base.append = take_bytes, .sources = sources, .source_count = source_count, .file = fopen(path, "wb")};

    if (!sink.file)
        return tl_error_set(err, TL_IO, "cannot write '%s': %s", path, strerror(errno));
    (void)tl__onnx__model_proto__pack_to_buffer(model, &sink.base);
    if (fclose(sink.file) != 0 && sink.error_number == 0)
        sink.error_number = errno;
    if (sink.error_number != 0)
        return tl_error_set(err, TL_IO, "cannot write '%s': %s", path, strerror(sink.error_number));
    return TL_OK;
}
