/* half.c - see half.h. Selections instead of branches, so that a compiler can make vectors of the loops. */
#include "common/base/half.h"

#include <string.h>

static const uint32_t INFINITE = 0x7F800000, HALF_INFINITE = 0x7C00;
static const uint32_t LEAST_NORMAL = 0x38800000;   /* 2^-14, the least half that is normal, as a float */
static const uint32_t LEAST_OVERFLOW = 0x477FF000; /* 65520, halfway from the largest half to what would follow it */
static const uint32_t BIAS_CHANGE = 112U << 23;    /* float's exponents begin at -127, half's at -15 */
enum { SHORTER_BY = 13 };                          /* bits of the mantissa */

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t round_bits(uint32_t bits)
{
    const uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7FFFFFFF;
    const uint32_t rebiased = size - BIAS_CHANGE;
    const uint32_t normal = (rebiased + 0x0FFF + (rebiased >> SHORTER_BY & 1)) >> SHORTER_BY;
    /* The last place of 0.5 is 2^-24, that of half's denormals: the addition rounds to it. */
    const uint32_t denormal = bits_of(float_of(size) + 0.5F) - bits_of(0.5F);
    const uint32_t finite = size < LEAST_NORMAL ? denormal : normal;
    const uint32_t nan = HALF_INFINITE | 0x0200 | (size >> SHORTER_BY & 0x03FF);
    const uint32_t beyond = size > INFINITE ? nan : HALF_INFINITE;
    return sign | (size < LEAST_OVERFLOW ? finite : beyond);
}

static uint32_t widen_bits(uint32_t half)
{
    const uint32_t sign = (half & 0x8000) << 16, size = (half & 0x7FFF) << SHORTER_BY;
    const uint32_t normal = size + BIAS_CHANGE;
    const uint32_t denormal = bits_of(float_of(size + LEAST_NORMAL) - float_of(LEAST_NORMAL));
    const uint32_t finite = (half & 0x7C00) == 0 ? denormal : normal;
    const uint32_t beyond = INFINITE | size | ((half & 0x03FF) != 0 ? 0x00400000 : 0);
    return sign | ((half & 0x7C00) == HALF_INFINITE ? beyond : finite);
}

uint16_t tl_half_from_float(float value)
{
    return (uint16_t)round_bits(bits_of(value));
}

float tl_half_to_float(uint16_t half)
{
    return float_of(widen_bits(half));
}

void tl_half_from_floats(uint16_t *restrict halves, const float *restrict values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        halves[i] = tl_half_from_float(values[i]);
}

void tl_half_to_floats(float *restrict values, const uint16_t *restrict halves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = tl_half_to_float(halves[i]);
}

void tl_half_round(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = bits_of(values[i]), size = bits & 0x7FFFFFFF, largest = bits_of(TL_HALF_MAX);
        const uint32_t kept = size > largest && size < INFINITE ? (bits & 0x80000000) | largest : bits;
        values[i] = float_of(widen_bits(round_bits(kept)));
    }
}
