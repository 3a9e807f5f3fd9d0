/* planes.c - packing and splitting of float vectors, 64 values at a time. */
#include "common/codec/planes.h"

#include <string.h>

enum { WORD_BITS = 64, WORD_BYTES = 8 };

size_t tl_planes_bitmap_bytes(size_t count)
{
    return count / 8 + (count % 8 != 0);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Byte by byte, so that the order in memory is the same everywhere; compilers make one load or store of it. */
static void store_word(uint8_t bytes[WORD_BYTES], uint64_t word)
{
    for (size_t i = 0; i < WORD_BYTES; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

static uint64_t load_word(const uint8_t bytes[WORD_BYTES])
{
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
           (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

/* Word `index` of the bitmap, its missing bytes at the end as zero. */
static uint64_t load_bitmap_word(const uint8_t *bitmap, size_t bitmap_bytes, size_t index)
{
    const size_t start = index * WORD_BYTES;
    if (bitmap_bytes - start >= WORD_BYTES)
        return load_word(bitmap + start);
    uint8_t bytes[WORD_BYTES] = {0};
    memcpy(bytes, bitmap + start, bitmap_bytes - start);
    return load_word(bytes);
}

/* Of at most 64 values: the mask of those not zero; they are appended at `packed`. */
static uint64_t pack_word(uint32_t *packed, const float *values, size_t count)
{
    uint64_t mask = 0;
    size_t packed_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        /* Written always, kept only when the count moves on: cheaper than a branch that nothing predicts. */
        packed[packed_count] = bits;
        packed_count += bits != 0;
        mask |= (uint64_t)(bits != 0) << i;
    }
    return mask;
}

size_t tl_planes_pack(uint8_t *bitmap, uint32_t *packed, const float *values, size_t count)
{
    size_t packed_count = 0;
    for (size_t i = 0; i < count; i += WORD_BITS) {
        const size_t word_count = least(WORD_BITS, count - i);
        const uint64_t mask = pack_word(packed + packed_count, values + i, word_count);
        packed_count += (size_t)__builtin_popcountll(mask);
        uint8_t bytes[WORD_BYTES];
        store_word(bytes, mask);
        memcpy(bitmap + i / 8, bytes, tl_planes_bitmap_bytes(word_count));
    }
    return packed_count;
}

void tl_planes_split(uint8_t *planes, const uint32_t *packed, size_t count)
{
    uint8_t *restrict p3 = planes, *restrict p2 = planes + count;
    uint8_t *restrict p1 = planes + 2 * count, *restrict p0 = planes + 3 * count;
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = packed[i];
        p3[i] = (uint8_t)(bits >> 24);
        p2[i] = (uint8_t)(bits >> 16);
        p1[i] = (uint8_t)(bits >> 8);
        p0[i] = (uint8_t)bits;
    }
}

size_t tl_planes_join(uint32_t *restrict packed, const uint8_t *planes, size_t count)
{
    const uint8_t *p3 = planes, *p2 = planes + count, *p1 = planes + 2 * count, *p0 = planes + 3 * count;
    size_t zero_count = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)p3[i] << 24 | (uint32_t)p2[i] << 16 | (uint32_t)p1[i] << 8 | (uint32_t)p0[i];
        packed[i] = bits;
        zero_count += bits == 0;
    }
    return zero_count;
}

void tl_planes_split_halves(uint8_t *planes, const uint16_t *halves, size_t count)
{
    uint8_t *restrict p1 = planes, *restrict p0 = planes + count;
    for (size_t i = 0; i < count; i++) {
        p1[i] = (uint8_t)(halves[i] >> 8);
        p0[i] = (uint8_t)halves[i];
    }
}

size_t tl_planes_join_halves(uint16_t *restrict halves, const uint8_t *planes, size_t count)
{
    const uint8_t *p1 = planes, *p0 = planes + count;
    size_t zero_count = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned bits = (unsigned)p1[i] << 8 | p0[i];
        halves[i] = (uint16_t)bits;
        zero_count += bits == 0;
    }
    return zero_count;
}

size_t tl_planes_count_ones(const uint8_t *bitmap, size_t count)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(count);
    if (count % 8 != 0 && bitmap[bitmap_bytes - 1] >> (count % 8) != 0)
        return SIZE_MAX;
    size_t ones = 0;
    for (size_t i = 0; i * WORD_BYTES < bitmap_bytes; i++)
        ones += (size_t)__builtin_popcountll(load_bitmap_word(bitmap, bitmap_bytes, i));
    return ones;
}

void tl_planes_unpack(float *values, size_t count, const uint8_t *bitmap, const uint32_t *packed)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(count);
    memset(values, 0, count * sizeof *values);
    for (size_t i = 0; i * WORD_BYTES < bitmap_bytes; i++) {
        float *const word_values = values + i * WORD_BITS;
        for (uint64_t mask = load_bitmap_word(bitmap, bitmap_bytes, i); mask != 0; mask &= mask - 1)
            memcpy(word_values + __builtin_ctzll(mask), packed++, sizeof *packed);
    }
}

void tl_planes_unpack_sparse(uint32_t *indices, float *values, size_t count, const uint8_t *bitmap, const uint32_t *packed)
{
    const size_t bitmap_bytes = tl_planes_bitmap_bytes(count);
    size_t at = 0;
    for (size_t i = 0; i * WORD_BYTES < bitmap_bytes; i++) {
        for (uint64_t mask = load_bitmap_word(bitmap, bitmap_bytes, i); mask != 0; mask &= mask - 1)
            indices[at++] = (uint32_t)(i * WORD_BITS) + (uint32_t)__builtin_ctzll(mask);
    }
    memcpy(values, packed, at * sizeof *values);
}
