/* fuzz_codec.c - hostile feature blobs of every version, as given and once more under a good checksum: `make fuzz`.
 *
 * The entry is libFuzzer's; mutate.c calls it too, where there is no libFuzzer.
 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"

enum { CHECKSUM_BYTES = 8, FUZZ_COUNT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* Encoded again and decoded, the values must be what they were. */
static void check_again(tl_codec *codec, const float *values, const struct tl_codec_info *info)
{
    struct tl_error err;
    struct tl_codec_info again;
    const uint8_t *blob;
    size_t blob_bytes;
    const enum tl_status status = info->version == 2
                                      ? tl_codec_encode_halves(codec, &blob, &blob_bytes, &again, values, info->count, &err)
                                      : tl_codec_encode(codec, &blob, &blob_bytes, &again, values, info->count, &err);
    if (status != TL_OK || again.nonzero_count != info->nonzero_count || again.version != info->version)
        abort();
    uint8_t *copy = tl_memory_copy(blob, blob_bytes);
    float *back = tl_memory_alloc(info->count, sizeof *back);
    if (copy == NULL || back == NULL || tl_codec_decode(codec, back, info->count, copy, blob_bytes, &err) != TL_OK ||
        memcmp(back, values, info->count * sizeof *back) != 0)
        abort();
    tl_memory_free(copy);
    tl_memory_free(back);
}

/* Decodes to the vector it claims. */
static void decode(const uint8_t *blob, size_t blob_bytes)
{
    struct tl_error err;
    struct tl_codec_info info;
    tl_codec *codec = NULL;
    float *values = NULL;
    const uint32_t *indices;
    const float *nonzero;
    size_t nonzero_count;

    if (tl_codec_inspect(&info, blob, blob_bytes, &err) != TL_OK || info.count > FUZZ_COUNT_MAX)
        return;
    if (tl_codec_create(&codec, &err) != TL_OK)
        return;
    values = tl_memory_alloc(info.count, sizeof *values);
    if (values != NULL && tl_codec_decode(codec, values, info.count, blob, blob_bytes, &err) == TL_OK) {
        if (tl_codec_decode_sparse(codec, &indices, &nonzero, &nonzero_count, info.count, blob, blob_bytes, &err) != TL_OK ||
            nonzero_count != info.nonzero_count)
            abort();
        check_again(codec, values, &info);
    }
    tl_memory_free(values);
    tl_codec_free(codec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    decode(data, size_bytes);
    if (size_bytes < CHECKSUM_BYTES)
        return 0;
    uint8_t *sealed = tl_memory_copy(data, size_bytes);
    if (sealed == NULL)
        return 0;
    const uint64_t checksum = XXH3_64bits(sealed, size_bytes - CHECKSUM_BYTES);
    for (unsigned i = 0; i < CHECKSUM_BYTES; i++)
        sealed[size_bytes - CHECKSUM_BYTES + i] = (uint8_t)(checksum >> (8 * i));
    decode(sealed, size_bytes);
    tl_memory_free(sealed);
    return 0;
}
