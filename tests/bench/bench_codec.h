/* bench_codec.h - ways to keep feature vectors, ours and others', that a benchmark can take in turn.
 */
#ifndef TL_TESTS_BENCH_CODEC_H
#define TL_TESTS_BENCH_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/codec/codec.h"

/* What contenders share. One thread's. */
struct bench_codec_context {
    size_t count; /* floats a vector */
    tl_codec *codec;
    void *compressor, *decompressor; /* zstd's */
    uint8_t *scratch;                /* two vectors' bytes */
};

struct bench_codec_contender {
    const char *name;
    bool is_half; /* takes vectors that were rounded to float16 */
    bool (*is_there)(void);
    /* The size of `blob`, which has room for `capacity` bytes; 0: it failed. */
    size_t (*encode)(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values);
    bool (*decode)(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes);
};

extern const struct bench_codec_contender bench_codec_contenders[];
extern const size_t bench_codec_contender_count;

/* Room for any contender's blob of `count` floats. */
size_t tl_bench_codec_bound(size_t count);

#endif
