/* codec.c - the blob around the planes: header, zstd frame, checksum, and every check before trusting one. */
#include "common/codec/codec.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "common/base/half.h"
#include "common/base/memory.h"
#include "common/codec/planes.h"

/* Of both versions; schema/README.md draws them. */
enum {
    VERSION_AT = 0,
    RESERVED_AT = 1, /* three zero bytes */
    COUNT_AT = 4,
    NONZERO_COUNT_AT = 8,
    HEADER_BYTES = 12,
    CHECKSUM_BYTES = 8 /* at the blob's end: XXH3 (64 bits, seed 0) of all that precedes it */
};

/* The version says how wide the values are, and so how many planes there are. */
enum { VERSION_FLOAT32 = 1, VERSION_FLOAT16 = 2, PLANES_MAX = 4 };

/* What there is to gain is the entropy of each part, in a block of its own; matches are accidents, and cost more than they save.
 * So zstd's cheapest search looks for them, for long ones only, with a table that forgets most. */
enum { COMPRESSION_LEVEL = 1, MATCH_BYTES = 7, HASH_TABLE_LOG = 6 };

struct tl_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    size_t capacity;  /* floats a vector may have before the buffers must grow */
    uint8_t *content; /* bitmap and planes: what the frame holds */
    uint32_t *packed;
    uint16_t *halves;
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

static size_t plane_count(unsigned version)
{
    return version == VERSION_FLOAT16 ? 2 : 4;
}

static size_t content_bytes(const struct tl_codec_info *info)
{
    return tl_planes_bitmap_bytes(info->count) + plane_count(info->version) * info->nonzero_count;
}

/* The most there can be. */
static size_t content_bound(size_t count)
{
    return tl_planes_bitmap_bytes(count) + PLANES_MAX * count;
}

/* Each flush may leave a block that ZSTD_compressBound() does not know of: three bytes of header and little else. */
static size_t frame_bound(size_t count)
{
    return ZSTD_compressBound(content_bound(count)) + 64;
}

static void release_buffers(tl_codec *codec)
{
    tl_memory_free(codec->content);
    tl_memory_free(codec->packed);
    tl_memory_free(codec->halves);
    tl_memory_free(codec->indices);
    tl_memory_free(codec->values);
    tl_memory_free(codec->blob);
    codec->content = codec->blob = NULL;
    codec->packed = codec->indices = NULL;
    codec->halves = NULL;
    codec->values = NULL;
    codec->capacity = 0;
}

/* Buffers for any vector of `count` floats; what was in them is lost. */
static enum tl_status reserve_buffers(tl_codec *codec, size_t count, struct tl_error *err)
{
    if (count <= codec->capacity)
        return TL_OK;
    release_buffers(codec);
    codec->content = tl_memory_alloc(content_bound(count), 1);
    codec->packed = tl_memory_alloc(count, sizeof *codec->packed);
    codec->halves = tl_memory_alloc(count, sizeof *codec->halves);
    codec->indices = tl_memory_alloc(count, sizeof *codec->indices);
    codec->values = tl_memory_alloc(count, sizeof *codec->values);
    codec->blob = tl_memory_alloc(HEADER_BYTES + frame_bound(count) + CHECKSUM_BYTES, 1);
    if (codec->content == NULL || codec->packed == NULL || codec->halves == NULL || codec->indices == NULL ||
        codec->values == NULL || codec->blob == NULL) {
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
        ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_compressionLevel, COMPRESSION_LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_minMatch, MATCH_BYTES)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_hashLog, HASH_TABLE_LOG))) {
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

/* One frame: bitmap | top plane | second plane | and of float32 the two planes that hardly compress. */
static enum tl_status compress_content(tl_codec *codec, ZSTD_outBuffer *out, const struct tl_codec_info *info, struct tl_error *err)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(info->count), plane_bytes = info->nonzero_count;
    const size_t rest_bytes = (plane_count(info->version) - 2) * plane_bytes;
    const uint8_t *planes = codec->content + bitmap_bytes;
    (void)ZSTD_CCtx_reset(codec->compressor, ZSTD_reset_session_only);
    size_t result = ZSTD_CCtx_setPledgedSrcSize(codec->compressor, content_bytes(info));
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, codec->content, bitmap_bytes, ZSTD_e_flush);
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, planes, plane_bytes, ZSTD_e_flush);
    if (!ZSTD_isError(result))
        result = compress_part(codec, out, planes + plane_bytes, plane_bytes, rest_bytes > 0 ? ZSTD_e_flush : ZSTD_e_end);
    if (!ZSTD_isError(result) && rest_bytes > 0)
        result = compress_part(codec, out, planes + 2 * plane_bytes, rest_bytes, ZSTD_e_end);
    if (ZSTD_isError(result))
        return tl_error_set(err, TL_NO_MEMORY, "zstd cannot compress a feature vector: %s", ZSTD_getErrorName(result));
    return TL_OK;
}

/* The packed values as planes of halves. */
static enum tl_status split_halves(tl_codec *codec, uint8_t *planes, size_t nonzero_count, struct tl_error *err)
{
    memcpy(codec->values, codec->packed, nonzero_count * sizeof *codec->values);
    tl_half_from_floats(codec->halves, codec->values, nonzero_count);
    tl_planes_split_halves(planes, codec->halves, nonzero_count);
    tl_half_to_floats(codec->values, codec->halves, nonzero_count);
    if (memcmp(codec->values, codec->packed, nonzero_count * sizeof *codec->values) != 0)
        return tl_error_set(err, TL_BAD_INPUT, "a feature vector with values that were not rounded to float16");
    return TL_OK;
}

static enum tl_status encode(tl_codec *codec, const uint8_t **out, size_t *out_bytes, struct tl_codec_info *out_info,
                             unsigned version, const float *values, size_t count, struct tl_error *err)
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
    const struct tl_codec_info info = {version, count, nonzero_count};
    if (version == VERSION_FLOAT16)
        status = split_halves(codec, codec->content + bitmap_bytes, nonzero_count, err);
    else
        tl_planes_split(codec->content + bitmap_bytes, codec->packed, nonzero_count);

    ZSTD_outBuffer frame = {codec->blob + HEADER_BYTES, frame_bound(count), 0};
    if (status == TL_OK)
        status = compress_content(codec, &frame, &info, err);
    if (status != TL_OK)
        return status;

    memset(codec->blob, 0, HEADER_BYTES);
    codec->blob[VERSION_AT] = (uint8_t)version;
    store_u32(codec->blob + COUNT_AT, (uint32_t)count);
    store_u32(codec->blob + NONZERO_COUNT_AT, (uint32_t)nonzero_count);
    const size_t checked_bytes = HEADER_BYTES + frame.pos;
    store_u64(codec->blob + checked_bytes, XXH3_64bits(codec->blob, checked_bytes));
    *out = codec->blob;
    *out_bytes = checked_bytes + CHECKSUM_BYTES;
    if (out_info != NULL)
        *out_info = info;
    return TL_OK;
}

enum tl_status tl_codec_encode(tl_codec *codec, const uint8_t **out, size_t *out_bytes, struct tl_codec_info *out_info,
                               const float *values, size_t count, struct tl_error *err)
{
    return encode(codec, out, out_bytes, out_info, VERSION_FLOAT32, values, count, err);
}

enum tl_status tl_codec_encode_halves(tl_codec *codec, const uint8_t **out, size_t *out_bytes, struct tl_codec_info *out_info,
                                      const float *values, size_t count, struct tl_error *err)
{
    return encode(codec, out, out_bytes, out_info, VERSION_FLOAT16, values, count, err);
}

enum tl_status tl_codec_inspect(struct tl_codec_info *out, const void *blob, size_t blob_bytes, struct tl_error *err)
{
    const uint8_t *bytes = blob;
    if (blob_bytes < HEADER_BYTES + CHECKSUM_BYTES)
        return tl_error_set(err, TL_CORRUPT, "a feature blob of %zu bytes; at least %d are expected", blob_bytes,
                            HEADER_BYTES + CHECKSUM_BYTES);
    if (bytes[VERSION_AT] != VERSION_FLOAT32 && bytes[VERSION_AT] != VERSION_FLOAT16)
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

/* The packed values out of their planes; returns how many of them are zero, which none may be. */
static size_t join_planes(tl_codec *codec, const struct tl_codec_info *info)
{
    const uint8_t *planes = codec->content + tl_planes_bitmap_bytes(info->count);
    if (info->version == VERSION_FLOAT32)
        return tl_planes_join(codec->packed, planes, info->nonzero_count);
    const size_t zero_count = tl_planes_join_halves(codec->halves, planes, info->nonzero_count);
    tl_half_to_floats(codec->values, codec->halves, info->nonzero_count);
    memcpy(codec->packed, codec->values, info->nonzero_count * sizeof *codec->packed);
    return zero_count;
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
    const size_t expected_bytes = content_bytes(info);
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
    if (join_planes(codec, info) != 0)
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
