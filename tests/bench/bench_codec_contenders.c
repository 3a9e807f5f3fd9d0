/* bench_codec_contenders.c - see bench_codec.h. zlib and Blosc are looked for when the benchmark runs; those that are missing are
 * said to be.
 *
 * HDF5's gzip is its filters' work alone, by zlib and a byte shuffle, without what its library does around them.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/codec/planes.h"
#include "tests/bench/bench_codec.h"

enum { FLOAT_BYTES = 4, SLACK_BYTES = 4096, GZIP_LEVEL = 4 };

size_t tl_bench_codec_bound(size_t count)
{
    return count * FLOAT_BYTES + count / 8 + SLACK_BYTES;
}

static bool is_always_there(void)
{
    return true;
}

/* ---- ours ---- */

static size_t keep(uint8_t *blob, size_t capacity, enum tl_status status, const uint8_t *encoded, size_t encoded_bytes)
{
    if (status != TL_OK || encoded_bytes > capacity)
        return 0;
    memcpy(blob, encoded, encoded_bytes);
    return encoded_bytes;
}

static size_t encode_ours(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    const uint8_t *encoded;
    size_t encoded_bytes = 0;
    const enum tl_status status = tl_codec_encode(context->codec, &encoded, &encoded_bytes, NULL, values, context->count, NULL);
    return keep(blob, capacity, status, encoded, encoded_bytes);
}

static size_t encode_halves(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    const uint8_t *encoded;
    size_t encoded_bytes = 0;
    const enum tl_status status =
        tl_codec_encode_halves(context->codec, &encoded, &encoded_bytes, NULL, values, context->count, NULL);
    return keep(blob, capacity, status, encoded, encoded_bytes);
}

static bool decode_ours(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    return tl_codec_decode(context->codec, values, context->count, blob, blob_bytes, NULL) == TL_OK;
}

/* What training reads, without what it then does with it: the dense vector is made only where it is going to be compared. */
static bool decode_sparse(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    const uint32_t *indices;
    const float *nonzero;
    size_t nonzero_count;
    if (tl_codec_decode_sparse(context->codec, &indices, &nonzero, &nonzero_count, context->count, blob, blob_bytes, NULL) != TL_OK)
        return false;
    if (values == NULL)
        return true;
    memset(values, 0, context->count * sizeof *values);
    for (size_t i = 0; i < nonzero_count; i++)
        values[indices[i]] = nonzero[i];
    return true;
}

/* ---- zstd ---- */

static size_t encode_zstd(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const void *bytes, size_t size_bytes,
                          int level)
{
    const size_t result = ZSTD_compressCCtx(context->compressor, blob, capacity, bytes, size_bytes, level);
    return ZSTD_isError(result) ? 0 : result;
}

static size_t encode_zstd_3(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    return encode_zstd(context, blob, capacity, values, context->count * FLOAT_BYTES, 3);
}

static size_t encode_zstd_9(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    return encode_zstd(context, blob, capacity, values, context->count * FLOAT_BYTES, 9);
}

static bool decode_zstd(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    const size_t size_bytes = context->count * FLOAT_BYTES;
    return ZSTD_decompressDCtx(context->decompressor, values, size_bytes, blob, blob_bytes) == size_bytes;
}

/* A bitmap and the floats that are not zero, through zstd as they are: what the planes are worth. */
static size_t encode_bitmap(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(context->count);
    uint32_t *packed = (uint32_t *)(void *)(context->scratch + context->count * FLOAT_BYTES);
    const size_t nonzero_count = tl_planes_pack(context->scratch, packed, values, context->count);
    memmove(context->scratch + bitmap_bytes, packed, nonzero_count * FLOAT_BYTES);
    return encode_zstd(context, blob, capacity, context->scratch, bitmap_bytes + nonzero_count * FLOAT_BYTES, 3);
}

static bool decode_bitmap(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(context->count);
    const size_t result =
        ZSTD_decompressDCtx(context->decompressor, context->scratch, context->count * 2 * FLOAT_BYTES, blob, blob_bytes);
    if (ZSTD_isError(result) || result < bitmap_bytes)
        return false;
    tl_planes_unpack(values, context->count, context->scratch, (const uint32_t *)(void *)(context->scratch + bitmap_bytes));
    return true;
}

/* ---- HDF5's filters ---- */

struct zlib {
    int (*compress)(unsigned char *out, unsigned long *out_bytes, const unsigned char *bytes, unsigned long size_bytes, int level);
    int (*uncompress)(unsigned char *out, unsigned long *out_bytes, const unsigned char *bytes, unsigned long size_bytes);
};

static struct zlib find_zlib(void)
{
    struct zlib zlib = {NULL, NULL};
    void *library = dlopen("libz.so.1", RTLD_NOW);
    if (library != NULL) {
        *(void **)&zlib.compress = dlsym(library, "compress2");
        *(void **)&zlib.uncompress = dlsym(library, "uncompress");
    }
    return zlib;
}

static bool is_zlib_there(void)
{
    const struct zlib zlib = find_zlib();
    return zlib.compress != NULL && zlib.uncompress != NULL;
}

static size_t encode_gzip(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    unsigned long size_bytes = capacity;
    const int result = find_zlib().compress(blob, &size_bytes, (const uint8_t *)values, context->count * FLOAT_BYTES, GZIP_LEVEL);
    return result == 0 ? size_bytes : 0;
}

static bool decode_gzip(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    unsigned long size_bytes = context->count * FLOAT_BYTES;
    return find_zlib().uncompress((uint8_t *)values, &size_bytes, blob, blob_bytes) == 0;
}

static size_t encode_shuffle_gzip(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    uint8_t *shuffled = context->scratch;
    const uint8_t *bytes = (const uint8_t *)values;
    for (size_t plane = 0; plane < FLOAT_BYTES; plane++)
        for (size_t i = 0; i < context->count; i++)
            shuffled[plane * context->count + i] = bytes[i * FLOAT_BYTES + plane];
    return encode_gzip(context, blob, capacity, (const float *)(void *)shuffled);
}

static bool decode_shuffle_gzip(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    const uint8_t *shuffled = context->scratch;
    uint8_t *bytes = (uint8_t *)values;
    if (!decode_gzip(context, (float *)(void *)context->scratch, blob, blob_bytes))
        return false;
    for (size_t i = 0; i < context->count; i++)
        for (size_t plane = 0; plane < FLOAT_BYTES; plane++)
            bytes[i * FLOAT_BYTES + plane] = shuffled[plane * context->count + i];
    return true;
}

/* ---- Blosc2 ---- */

enum { NO_SHUFFLE = 0, BYTE_SHUFFLE = 1, BLOSC_LEVEL = 5 };

struct blosc {
    void (*init)(void);
    int (*set_compressor)(const char *name);
    int (*compress)(int level, int shuffle, int32_t type_bytes, const void *bytes, int32_t size_bytes, void *out, int32_t capacity);
    int (*decompress)(const void *bytes, int32_t size_bytes, void *out, int32_t capacity);
};

/* TL_BLOSC2 names the library's file where it is not the system's. */
static struct blosc find_blosc(void)
{
    struct blosc blosc = {NULL, NULL, NULL, NULL};
    const char *path = getenv("TL_BLOSC2");
    void *library = dlopen(path != NULL ? path : "libblosc2.so", RTLD_NOW);
    if (library != NULL) {
        *(void **)&blosc.init = dlsym(library, "blosc2_init");
        *(void **)&blosc.set_compressor = dlsym(library, "blosc1_set_compressor");
        *(void **)&blosc.compress = dlsym(library, "blosc2_compress");
        *(void **)&blosc.decompress = dlsym(library, "blosc2_decompress");
    }
    return blosc;
}

static bool is_blosc_there(void)
{
    const struct blosc blosc = find_blosc();
    if (blosc.init == NULL || blosc.set_compressor == NULL || blosc.compress == NULL || blosc.decompress == NULL)
        return false;
    blosc.init();
    return true;
}

static size_t encode_blosc(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values,
                           const char *compressor, int shuffle)
{
    const struct blosc blosc = find_blosc();
    const int32_t size_bytes = (int32_t)(context->count * FLOAT_BYTES);
    if (blosc.set_compressor(compressor) < 0)
        return 0;
    const int result = blosc.compress(BLOSC_LEVEL, shuffle, FLOAT_BYTES, values, size_bytes, blob, (int32_t)capacity);
    return result > 0 ? (size_t)result : 0;
}

static size_t encode_blosc_lz4(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    return encode_blosc(context, blob, capacity, values, "lz4", BYTE_SHUFFLE);
}

static size_t encode_blosc_zstd(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    return encode_blosc(context, blob, capacity, values, "zstd", BYTE_SHUFFLE);
}

static size_t encode_blosc_plain(struct bench_codec_context *context, uint8_t *blob, size_t capacity, const float *values)
{
    return encode_blosc(context, blob, capacity, values, "zstd", NO_SHUFFLE);
}

static bool decode_blosc(struct bench_codec_context *context, float *values, const uint8_t *blob, size_t blob_bytes)
{
    const int32_t size_bytes = (int32_t)(context->count * FLOAT_BYTES);
    return find_blosc().decompress(blob, (int32_t)blob_bytes, values, size_bytes) == size_bytes;
}

const struct bench_codec_contender bench_codec_contenders[] = {
    {"tl, float32", false, is_always_there, encode_ours, decode_ours},
    {"tl, float32, decoded sparse", false, is_always_there, encode_ours, decode_sparse},
    {"tl, float16", true, is_always_there, encode_halves, decode_ours},
    {"tl, float16, decoded sparse", true, is_always_there, encode_halves, decode_sparse},
    {"bitmap, zstd -3", false, is_always_there, encode_bitmap, decode_bitmap},
    {"zstd -3", false, is_always_there, encode_zstd_3, decode_zstd},
    {"zstd -9", false, is_always_there, encode_zstd_9, decode_zstd},
    {"HDF5's gzip-4", false, is_zlib_there, encode_gzip, decode_gzip},
    {"HDF5's shuffle, gzip-4", false, is_zlib_there, encode_shuffle_gzip, decode_shuffle_gzip},
    {"Blosc2 lz4-5, shuffle", false, is_blosc_there, encode_blosc_lz4, decode_blosc},
    {"Blosc2 zstd-5, shuffle", false, is_blosc_there, encode_blosc_zstd, decode_blosc},
    {"Blosc2 zstd-5, no shuffle", false, is_blosc_there, encode_blosc_plain, decode_blosc},
};
const size_t bench_codec_contender_count = sizeof bench_codec_contenders / sizeof *bench_codec_contenders;
