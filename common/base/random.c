/* random.c - see random.h.
 *
 * What is fixed for ever, because stored features and heads depend on it: the byte order of the hashed keys (integers
 * little-endian, as everywhere in digest.h), the draw's first 53 bits read big-endian, the stream's tag and the four
 * little-endian state words of its digest, and the shuffle's direction (from the last index down).
 */
#include "common/base/random.h"

#include <assert.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

static const double TWO_TO_MINUS_53 = 1.0 / 9007199254740992.0;

double tl_random_draw(uint64_t seed, const uint8_t content_sha256[TL_DIGEST_BYTES], uint32_t variant_index,
                      const char *parameter)
{
    static const char tag[] = "tl-draw-1"; /* hashed with its NUL */
    struct tl_digest digest;
    uint8_t bytes[TL_DIGEST_BYTES];
    uint64_t bits = 0;

    tl_digest_init(&digest);
    tl_digest_update(&digest, tag, sizeof tag);
    tl_digest_update_u64(&digest, seed);
    tl_digest_update(&digest, content_sha256, TL_DIGEST_BYTES);
    tl_digest_update_u32(&digest, variant_index);
    /* Last and alone of variable length, so no length is needed before it. */
    tl_digest_update(&digest, parameter, strlen(parameter));
    tl_digest_finish(&digest, bytes);
    for (size_t i = 0; i < sizeof bits; i++)
        bits = bits << 8 | bytes[i];
    return (double)(bits >> 11) * TWO_TO_MINUS_53;
}

/* A state of zeros, xoshiro's one fixed point, would need a digest of zeros; no input with one is known. */
void tl_random_init(struct tl_random *random, uint64_t seed, const char *stream)
{
    static const char tag[] = "tl-stream-1"; /* hashed with its NUL */
    struct tl_digest digest;
    uint8_t bytes[TL_DIGEST_BYTES];

    tl_digest_init(&digest);
    tl_digest_update(&digest, tag, sizeof tag);
    tl_digest_update_u64(&digest, seed);
    tl_digest_update(&digest, stream, strlen(stream));
    tl_digest_finish(&digest, bytes);
    for (size_t word = 0; word < 4; word++) {
        random->state[word] = 0;
        for (size_t i = 8; i-- > 0;)
            random->state[word] = random->state[word] << 8 | bytes[8 * word + i];
    }
}

static uint64_t rotate_left(uint64_t value, unsigned bit_count)
{
    return value << bit_count | value >> (64 - bit_count);
}

uint64_t tl_random_next(struct tl_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double tl_random_uniform(struct tl_random *random)
{
    return (double)(tl_random_next(random) >> 11) * TWO_TO_MINUS_53;
}

/* Lemire, "Fast random integer generation in an interval" (2019), algorithm 5: the high word of a product is the
 * result; the few low words that would favour some results are drawn again. */
uint64_t tl_random_below(struct tl_random *random, uint64_t bound)
{
    uint128 product;

    assert(bound >= 1);
    product = (uint128)tl_random_next(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = (0 - bound) % bound;

        while ((uint64_t)product < threshold)
            product = (uint128)tl_random_next(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

void tl_random_shuffle(struct tl_random *random, uint32_t *indices, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)tl_random_below(random, i);
        uint32_t moved = indices[i - 1];

        indices[i - 1] = indices[j];
        indices[j] = moved;
    }
}
