/* codec.h - a feature vector as a checked, compressed blob, and back.
 *
 * Designed for VGG16 features: some 25,000 float32 of which nine in ten are zero. A bitmap says which are not
 * zero, those are packed, their bytes split into four planes, and the whole goes through zstd. Lossless: every bit
 * of every float comes back, NaN payloads and negative zeros too. Vectors that were rounded to float16 have a version of
 * their own, of two planes; they too come back as floats. The layouts are drawn in schema/README.md.
 *
 *     tl_codec *codec = NULL;
 *     tl_codec_create(&codec, err);                            one a thread; keeps zstd's contexts and scratch memory
 *     tl_codec_encode(codec, &blob, &blob_bytes, values, count, err);   `blob` is borrowed until the next call
 *     tl_codec_decode(codec, values, count, blob, blob_bytes, err);
 *     tl_codec_free(codec);
 *
 * A blob is untrusted: every size is checked before it is used, and a checksum over the whole blob is verified
 * before anything is decompressed. The first byte is the format's version; old versions are read for ever.
 */
#ifndef TL_CODEC_CODEC_H
#define TL_CODEC_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum { TL_CODEC_VERSION = 2, TL_CODEC_COUNT_MAX = 1 << 24 }; /* the newest version */

typedef struct tl_codec tl_codec;

/* What a blob's header says. */
struct tl_codec_info {
    unsigned version;     /* 1: float32; 2: float16 */
    size_t count;         /* floats in the vector */
    size_t nonzero_count; /* of which the bits are not all zero */
};

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_codec_create(tl_codec **out, struct tl_error *err);
void tl_codec_free(tl_codec *codec);

/* Encodes `count` floats, 1 to TL_CODEC_COUNT_MAX. The blob belongs to the codec and lives until its next call.
 * Same floats, same bytes (for one zstd version). `out_info` may be NULL. Fails with: TL_BAD_INPUT (count), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_codec_encode(tl_codec *codec, const uint8_t **out, size_t *out_bytes, struct tl_codec_info *out_info,
                                           const float *values, size_t count, struct tl_error *err);

/* The same for values that were rounded (common/base/half.h), in half the bytes and less. Fails with: as tl_codec_encode(), and
 * TL_BAD_INPUT where a value is no float16. */
TL_MUST_USE enum tl_status tl_codec_encode_halves(tl_codec *codec, const uint8_t **out, size_t *out_bytes,
                                                  struct tl_codec_info *out_info, const float *values, size_t count,
                                                  struct tl_error *err);

/* Checks the blob's header and checksum without decompressing. Fails with: TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_codec_inspect(struct tl_codec_info *out, const void *blob, size_t blob_bytes, struct tl_error *err);

/* Decodes into `values`, which has room for exactly `count` floats. On failure `values` is unspecified.
 * Fails with: TL_CORRUPT (not a blob, newer version, wrong count, bad checksum or content), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_codec_decode(tl_codec *codec, float *values, size_t count, const void *blob, size_t blob_bytes,
                                           struct tl_error *err);

/* Decodes only what is not zero: `indices` ascending and `values`, both borrowed from the codec until its next
 * call, *out_count of them. Fails with: as tl_codec_decode(). */
TL_MUST_USE enum tl_status tl_codec_decode_sparse(tl_codec *codec, const uint32_t **out_indices, const float **out_values,
                                                  size_t *out_count, size_t count, const void *blob, size_t blob_bytes,
                                                  struct tl_error *err);

#endif
