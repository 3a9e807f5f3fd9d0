/* random.h - repeatable random numbers: keyed draws for variants, and a generator for shuffles and weights.
 *
 * A draw is a pure function of its key, so that a new kind of augmentation changes none of the old values and
 * any thread may draw in any order. The generator is xoshiro256** (Blackman and Vigna, 2018), seeded through
 * SHA-256 of (seed, stream), so that streams of one seed are independent. Same key, same bits, on every machine.
 */
#ifndef TL_BASE_RANDOM_H
#define TL_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"

/* A uniform double in [0, 1), a multiple of 2^-53: the first 53 bits (big-endian) of
 * SHA-256("tl-draw-1" NUL, seed u64, content, variant_index u32, parameter bytes). */
double tl_random_draw(uint64_t seed, const uint8_t content_sha256[TL_DIGEST_BYTES], uint32_t variant_index,
                      const char *parameter);

struct tl_random {
    uint64_t state[4];
};

/* `stream` names the use ("shuffle", "glorot", ...). */
void tl_random_init(struct tl_random *random, uint64_t seed, const char *stream);
uint64_t tl_random_next(struct tl_random *random);
/* Uniform in [0, 1), 53 bits. */
double tl_random_uniform(struct tl_random *random);
/* Uniform in [0, bound), without bias (Lemire's rejection); bound >= 1. */
uint64_t tl_random_below(struct tl_random *random, uint64_t bound);
/* Fisher-Yates over `count` indices, in place. */
void tl_random_shuffle(struct tl_random *random, uint32_t *indices, size_t count);

#endif
