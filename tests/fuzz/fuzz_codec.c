/* fuzz_codec.c - libFuzzer's entry to the feature blob decoder: as given, and once more under a good checksum.
 *
 *     clang -I. -D_GNU_SOURCE -g -fsanitize=fuzzer,address,undefined tests/fuzz/fuzz_codec.c common/codec/[a-z]*.c \
 *         common/base/{error,memory,utf8}.c -lzstd -lxxhash -o fuzz_codec && ./fuzz_codec
 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"

enum { CHECKSUM_BYTES = 8, FUZZ_COUNT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* Decodes to the vector it claims, and whatever decodes must encode and decode to the same again. */
static void decode(const uint8_t *blob, size_t blob_bytes)
{
    struct tl_error err;
    struct tl_codec_info info;
    tl_codec *codec = NULL;
    float *values = NULL;
    const uint8_t *again;
    const uint32_t *indices;
    const float *nonzero;
    size_t again_bytes, nonzero_count;

    if (tl_codec_inspect(&info, blob, blob_bytes, &err) != TL_OK || info.count > FUZZ_COUNT_MAX)
        return;
    if (tl_codec_create(&codec, &err) != TL_OK)
        return;
    values = tl_memory_alloc(info.count, sizeof *values);
    if (values != NULL && tl_codec_decode(codec, values, info.count, blob, blob_bytes, &err) == TL_OK) {
        if (tl_codec_decode_sparse(codec, &indices, &nonzero, &nonzero_count, info.count, blob, blob_bytes, &err) != TL_OK ||
            nonzero_count != info.nonzero_count)
            abort();
        struct tl_codec_info again_info;
        if (tl_codec_encode(codec, &again, &again_bytes, &again_info, values, info.count, &err) != TL_OK ||
            again_info.nonzero_count != info.nonzero_count)
            abort();
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
