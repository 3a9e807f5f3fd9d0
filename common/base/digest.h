/* digest.h - SHA-256 (FIPS 180-4) of bytes; the identity of photos, recipes, weights and data sets.
 *
 *     struct tl_digest d;
 *     tl_digest_init(&d);
 *     tl_digest_update(&d, bytes, size_bytes);
 *     tl_digest_finish(&d, sha256);
 *
 * No allocation, no failure. Numbers are hashed as little-endian bytes on every machine. (nettle)
 */
#ifndef TL_BASE_DIGEST_H
#define TL_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum { TL_DIGEST_BYTES = 32, TL_DIGEST_HEX_BYTES = 65 };

struct tl_digest {
    uint64_t state[16]; /* nettle's sha256_ctx; treat as opaque */
};

void tl_digest_init(struct tl_digest *digest);
void tl_digest_update(struct tl_digest *digest, const void *bytes, size_t size_bytes);
void tl_digest_update_u32(struct tl_digest *digest, uint32_t value);
void tl_digest_update_u64(struct tl_digest *digest, uint64_t value);
/* The string's length as u64, then its bytes, so that no two lists of strings hash alike by accident. */
void tl_digest_update_string(struct tl_digest *digest, const char *string);
/* `count` float32 values, each as its little-endian bytes. */
void tl_digest_update_floats(struct tl_digest *digest, const float *values, size_t count);
/* Gives the digest; `digest` must be initialised again before further use. */
void tl_digest_finish(struct tl_digest *digest, uint8_t out[TL_DIGEST_BYTES]);

/* SHA-256 of one run of bytes. */
void tl_digest_bytes(uint8_t out[TL_DIGEST_BYTES], const void *bytes, size_t size_bytes);

/* Lower-case hexadecimal, NUL-terminated. */
void tl_digest_to_hex(char out[TL_DIGEST_HEX_BYTES], const uint8_t digest[TL_DIGEST_BYTES]);

/* True when `hex` is exactly 64 hexadecimal digits, which then are in `out`. */
bool tl_digest_from_hex(uint8_t out[TL_DIGEST_BYTES], const char *hex);

#endif
