/* half.h - IEEE 754 binary16, "float16": 1 sign, 5 exponent and 10 mantissa bits, from float32 and back.
 *
 * In plain C, so that every machine gives the same bits, with or without instructions for it. No allocation, no failure.
 */
#ifndef TL_BASE_HALF_H
#define TL_BASE_HALF_H

#include <stddef.h>
#include <stdint.h>

static const float TL_HALF_MAX = 65504.0F;

/* The nearest half, of two equally near the even one, as IEEE 754 has it: denormals are kept, 65520 and beyond become infinity, a
 * NaN becomes a quiet one with the upper bits of its payload. */
uint16_t tl_half_from_float(float value);
/* Exact; a signalling NaN becomes quiet. */
float tl_half_to_float(uint16_t half);

/* Each value becomes the nearest that is a half, except that finite ones beyond 65504 become 65504 with their sign: a vector of
 * finite numbers stays one. */
void tl_half_round(float *values, size_t count);

/* Both for runs of values; nothing is rounded another way than above. */
void tl_half_from_floats(uint16_t *halves, const float *values, size_t count);
void tl_half_to_floats(float *values, const uint16_t *halves, size_t count);

#endif
