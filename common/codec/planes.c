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

/* Four values' bits at once, in the compiler's vector types, which every machine has in some way. */
typedef uint32_t quad __attribute__((vector_size(16)));

/* Bit i: values[i] is not zero; of 32 values. */
static uint32_t mark_half_word(const float *values)
{
    enum { QUADS = 8 };
    static const quad lane_bits[QUADS] = {
        {1U << 0, 1U << 1, 1U << 2, 1U << 3},     {1U << 4, 1U << 5, 1U << 6, 1U << 7},
        {1U << 8, 1U << 9, 1U << 10, 1U << 11},   {1U << 12, 1U << 13, 1U << 14, 1U << 15},
        {1U << 16, 1U << 17, 1U << 18, 1U << 19}, {1U << 20, 1U << 21, 1U << 22, 1U << 23},
        {1U << 24, 1U << 25, 1U << 26, 1U << 27}, {1U << 28, 1U << 29, 1U << 30, 1U << 31},
    };
    quad marks = {0};
    for (size_t i = 0; i < QUADS; i++) {
        quad four;
        memcpy(&four, values + i * 4, sizeof four);
        marks |= (quad)(four != 0) & lane_bits[i];
    }
    return marks[0] | marks[1] | marks[2] | marks[3];
}

static uint64_t mark_whole_word(const float values[WORD_BITS])
{
    return mark_half_word(values) | (uint64_t)mark_half_word(values + WORD_BITS / 2) << 32;
}

/* The same of fewer than 64. */
static uint64_t mark_short_word(const float *values, size_t count)
{
    float whole[WORD_BITS] = {0};
    memcpy(whole, values, count * sizeof *values);
    return mark_whole_word(whole);
}

size_t tl_planes_pack(uint8_t *bitmap, uint32_t *packed, const float *values, size_t count)
{
    size_t packed_count = 0;
    for (size_t i = 0; i < count; i += WORD_BITS) {
        const size_t word_count = least(WORD_BITS, count - i);
        const uint64_t mask = word_count == WORD_BITS ? mark_whole_word(values + i) : mark_short_word(values + i, word_count);
        for (uint64_t left = mask; left != 0; left &= left - 1)
            memcpy(packed + packed_count++, values + i + __builtin_ctzll(left), sizeof *packed);
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
