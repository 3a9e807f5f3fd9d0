/* codec.c - the blob around the planes: header, zstd frame, checksum, and every check before trusting one. */
#include "common/codec/codec.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "common/base/memory.h"
#include "common/codec/planes.h"

/* Version 1 of the layout; schema/README.md draws it. */
enum {
    VERSION_AT = 0,
    RESERVED_AT = 1, /* three zero bytes */
    COUNT_AT = 4,
    NONZERO_COUNT_AT = 8,
    HEADER_BYTES = 12,
    CHECKSUM_BYTES = 8, /* at the blob's end: XXH3 (64 bits, seed 0) of all that precedes it */
    PLANE_COUNT = 4
};

/* With the parts in blocks of their own, level 1 gives smaller blobs than level 3 in less time: what there is to gain is
 * the entropy of each part, and the matches that higher levels find are accidents. */
enum { COMPRESSION_LEVEL = 1 };

struct tl_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    size_t capacity;  /* floats a vector may have before the buffers must grow */
    uint8_t *content; /* bitmap and planes: what the frame holds */
    uint32_t *packed;
    uint32_t *indices;
    float *values;
    uint8_t *blob;
};

static void store_u32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void store_u64(uint8_t *bytes, uint64_t value)
{
    store_u32(bytes, (uint32_t)value);
    store_u32(bytes + 4, (uint32_t)(value >> 32));
}

static uint64_t load_u64(const uint8_t *bytes)
{
    return load_u32(bytes) | (uint64_t)load_u32(bytes + 4) << 32;
}

static size_t content_bytes(size_t count, size_t nonzero_count)
{
    return tl_planes_bitmap_bytes(count) + PLANE_COUNT * nonzero_count;
}

/* Each flush may leave a block that ZSTD_compressBound() does not know of: three bytes of header and little else. */
static size_t frame_bound(size_t count)
{
    return ZSTD_compressBound(content_bytes(count, count)) + 64;
}

static void release_buffers(tl_codec *codec)
{
    tl_memory_free(codec->content);
    tl_memory_free(codec->packed);
    tl_memory_free(codec->indices);
    tl_memory_free(codec->values);
    tl_memory_free(codec->blob);
    codec->content = codec->blob = NULL;
    codec->packed = codec->indices = NULL;
    codec->values = NULL;
    codec->capacity = 0;
}

/* Buffers for any vector of `count` floats; what was in them is lost. */
static enum tl_status reserve_buffers(tl_codec *codec, size_t count, struct tl_error *err)
{
    if (count <= codec->capacity)
        return TL_OK;
    release_buffers(codec);
    codec->content = tl_memory_alloc(content_bytes(count, count), 1);
    codec->packed = tl_memory_alloc(count, sizeof *codec->packed);
    codec->indices = tl_memory_alloc(count, sizeof *codec->indices);
    codec->values = tl_memory_alloc(count, sizeof *codec->values);
    codec->blob = tl_memory_alloc(HEADER_BYTES + frame_bound(count) + CHECKSUM_BYTES, 1);
    if (codec->content == NULL || codec->packed == NULL || codec->indices == NULL || codec->values == NULL ||
        codec->blob == NULL) {
        release_buffers(codec);
        return tl_error_set_no_memory(err, "a feature vector's buffers", (unsigned long long)count * 5 * sizeof(float));
    }
    codec->capacity = count;
    return TL_OK;
}

enum tl_status tl_codec_create(tl_codec **out, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    tl_codec *codec = tl_memory_alloc(1, sizeof *codec);
    *out = NULL;
    if (codec == NULL) {
        status = tl_error_set_no_memory(err, "a codec", sizeof *codec);
        goto done;
    }
    codec->compressor = ZSTD_createCCtx();
    codec->decompressor = ZSTD_createDCtx();
    if (codec->compressor == NULL || codec->decompressor == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_compressionLevel, COMPRESSION_LEVEL))) {
        status = tl_error_set(err, TL_NO_MEMORY, "no memory for zstd's contexts");
        goto done;
    }
    *out = codec;
    codec = NULL;
done:
    tl_codec_free(codec);
    return status;
}

void tl_codec_free(tl_codec *codec)
{
    if (codec == NULL)
        return;
    ZSTD_freeCCtx(codec->compressor);
    ZSTD_freeDCtx(codec->decompressor);
    release_buffers(codec);
    tl_memory_free(codec);
}

/* Compresses `size_bytes` more of the frame; a flush ends the block, so that the next part gets entropy tables of its own. */
static size_t compress_part(tl_codec *codec, ZSTD_outBuffer *out, const uint8_t *part, size_t size_bytes,
                            ZSTD_EndDirective directive)
{
    ZSTD_inBuffer in = {part, size_bytes, 0};
    size_t left;
    do {
        const size_t in_before = in.pos, out_before = out->pos;
        left = ZSTD_compressStream2(codec->compressor, out, &in, directive);
        assert(ZSTD_isError(left) || left == 0 || in.pos > in_before || out->pos > out_before);
    } while (!ZSTD_isError(left) && left != 0);
    return left;
}

/* One frame: bitmap | top plane | second plane | the two planes that hardly compress. */
static enum tl_status compress_content(tl_codec *codec, ZSTD_outBuffer *out, size_t count, size_t nonzero_count,
                                       struct tl_error *err)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(count);
    const uint8_t *planes = codec->content + bitmap_bytes;
    (void)ZSTD_CCtx_reset(codec->compressor, ZSTD_reset_session_only);
    size_t result = ZSTD_CCtx_setPledgedSrcSize(codec->compressor, content_bytes(count, nonzero_count));
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, codec->content, bitmap_bytes, ZSTD_e_flush);
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, planes, nonzero_count, ZSTD_e_flush);
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, planes + nonzero_count, nonzero_count, ZSTD_e_flush);
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, planes + 2 * nonzero_count, 2 * nonzero_count, ZSTD_e_end);
    if (ZSTD_isError(result))
        return tl_error_set(err, TL_NO_MEMORY, "zstd cannot compress a feature vector: %s", ZSTD_getErrorName(result));
    return TL_OK;
}

enum tl_status tl_codec_encode(tl_codec *codec, const uint8_t **out, size_t *out_bytes, struct tl_codec_info *out_info,
                               const float *values, size_t count, struct tl_error *err)
{
    enum tl_status status;
    *out = NULL;
    if (count < 1 || count > TL_CODEC_COUNT_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "a feature vector of %zu values; 1 to %d can be stored", count,
                            TL_CODEC_COUNT_MAX);
    status = reserve_buffers(codec, count, err);
    if (status != TL_OK)
        return status;
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(count);
    const size_t nonzero_count = tl_planes_pack(codec->content, codec->packed, values, count);
    tl_planes_split(codec->content + bitmap_bytes, codec->packed, nonzero_count);

    ZSTD_outBuffer frame = {codec->blob + HEADER_BYTES, frame_bound(count), 0};
    status = compress_content(codec, &frame, count, nonzero_count, err);
    if (status != TL_OK)
        return status;

    memset(codec->blob, 0, HEADER_BYTES);
    codec->blob[VERSION_AT] = TL_CODEC_VERSION;
    store_u32(codec->blob + COUNT_AT, (uint32_t)count);
    store_u32(codec->blob + NONZERO_COUNT_AT, (uint32_t)nonzero_count);
    const size_t checked_bytes = HEADER_BYTES + frame.pos;
    store_u64(codec->blob + checked_bytes, XXH3_64bits(codec->blob, checked_bytes));
    *out = codec->blob;
    *out_bytes = checked_bytes + CHECKSUM_BYTES;
    if (out_info != NULL)
        *out_info = (struct tl_codec_info){TL_CODEC_VERSION, count, nonzero_count};
    return TL_OK;
}

enum tl_status tl_codec_inspect(struct tl_codec_info *out, const void *blob, size_t blob_bytes, struct tl_error *err)
{
    const uint8_t *bytes = blob;
    if (blob_bytes < HEADER_BYTES + CHECKSUM_BYTES)
        return tl_error_set(err, TL_CORRUPT, "a feature blob of %zu bytes; at least %d are expected", blob_bytes,
                            HEADER_BYTES + CHECKSUM_BYTES);
    if (bytes[VERSION_AT] != TL_CODEC_VERSION)
        return tl_error_set(err, TL_CORRUPT, "a feature blob of version %u; this program reads up to %d", bytes[VERSION_AT],
                            TL_CODEC_VERSION);
    const uint64_t stored = load_u64(bytes + blob_bytes - CHECKSUM_BYTES);
    const uint64_t computed = XXH3_64bits(bytes, blob_bytes - CHECKSUM_BYTES);
    if (stored != computed)
        return tl_error_set(err, TL_CORRUPT, "a feature blob's checksum is %016llx; its %zu bytes give %016llx",
                            (unsigned long long)stored, blob_bytes, (unsigned long long)computed);
    const size_t count = load_u32(bytes + COUNT_AT), nonzero_count = load_u32(bytes + NONZERO_COUNT_AT);
    if (bytes[RESERVED_AT] != 0 || bytes[RESERVED_AT + 1] != 0 || bytes[RESERVED_AT + 2] != 0 || count < 1 ||
        count > TL_CODEC_COUNT_MAX || nonzero_count > count)
        return tl_error_set(err, TL_CORRUPT, "a feature blob's header says %zu values, %zu of them not zero", count,
                            nonzero_count);
    *out = (struct tl_codec_info){bytes[VERSION_AT], count, nonzero_count};
    return TL_OK;
}

/* Leaves the bitmap at the start of codec->content and the packed values in codec->packed, all checked. */
static enum tl_status read_content(tl_codec *codec, struct tl_codec_info *info, size_t count, const void *blob, size_t blob_bytes,
                                   struct tl_error *err)
{
    enum tl_status status = tl_codec_inspect(info, blob, blob_bytes, err);
    if (status != TL_OK)
        return status;
    if (info->count != count)
        return tl_error_set(err, TL_CORRUPT, "a feature blob of %zu values where %zu are expected", info->count, count);
    const uint8_t *frame = (const uint8_t *)blob + HEADER_BYTES;
    const size_t frame_bytes = blob_bytes - HEADER_BYTES - CHECKSUM_BYTES;
    const size_t expected_bytes = content_bytes(count, info->nonzero_count);
    if (ZSTD_getFrameContentSize(frame, frame_bytes) != expected_bytes ||
        ZSTD_findFrameCompressedSize(frame, frame_bytes) != frame_bytes)
        return tl_error_set(err, TL_CORRUPT, "a feature blob that is not one zstd frame of %zu bytes", expected_bytes);

    status = reserve_buffers(codec, count, err);
    if (status != TL_OK)
        return status;
    const size_t result = ZSTD_decompressDCtx(codec->decompressor, codec->content, expected_bytes, frame, frame_bytes);
    if (ZSTD_isError(result) && ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        return tl_error_set(err, TL_NO_MEMORY, "no memory for zstd to decompress a feature vector");
    if (ZSTD_isError(result) || result != expected_bytes)
        return tl_error_set(err, TL_CORRUPT, "a feature blob's zstd frame: %s",
                            ZSTD_isError(result) ? ZSTD_getErrorName(result) : "too short");
    if (tl_planes_count_ones(codec->content, count) != info->nonzero_count)
        return tl_error_set(err, TL_CORRUPT, "a feature blob's bitmap does not mark %zu of %zu values", info->nonzero_count,
                            count);
    const uint8_t *planes = codec->content + tl_planes_bitmap_bytes(count);
    if (tl_planes_join(codec->packed, planes, info->nonzero_count) != 0)
        return tl_error_set(err, TL_CORRUPT, "a feature blob stores a zero among the values that are not zero");
    return TL_OK;
}

enum tl_status tl_codec_decode(tl_codec *codec, float *values, size_t count, const void *blob, size_t blob_bytes,
                               struct tl_error *err)
{
    struct tl_codec_info info;
    const enum tl_status status = read_content(codec, &info, count, blob, blob_bytes, err);
    if (status == TL_OK)
        tl_planes_unpack(values, count, codec->content, codec->packed);
    return status;
}

enum tl_status tl_codec_decode_sparse(tl_codec *codec, const uint32_t **out_indices, const float **out_values, size_t *out_count,
                                      size_t count, const void *blob, size_t blob_bytes, struct tl_error *err)
{
    struct tl_codec_info info;
    *out_indices = NULL;
    *out_values = NULL;
    const enum tl_status status = read_content(codec, &info, count, blob, blob_bytes, err);
    if (status != TL_OK)
        return status;
    tl_planes_unpack_sparse(codec->indices, codec->values, count, codec->content, codec->packed);
    *out_indices = codec->indices;
    *out_values = codec->values;
    *out_count = info.nonzero_count;
    return TL_OK;
}
