/* planes.h - a float vector as a bitmap of what is not zero and those floats' bytes, plane by plane; the codec's own.
 *
 * "Zero" means all 32 bits are zero, so negative zero and NaN are values like any other. Loops take 64 values at a
 * time and hold no branch that depends on one value, because nine in ten are zero but no pattern says which.
 * Pure: no allocation, no failure. Bitmaps and planes are the same bytes on every machine.
 */
#ifndef TL_CODEC_PLANES_H
#define TL_CODEC_PLANES_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a bitmap of `count` bits; value i is bit i % 8 of byte i / 8. */
size_t tl_planes_bitmap_bytes(size_t count);

/* Fills the bitmap and `packed` (room for `count`) with the bits of the values that are not zero; returns how many. */
size_t tl_planes_pack(uint8_t *bitmap, uint32_t *packed, const float *values, size_t count);

/* planes: 4 x count bytes, the most significant bytes of all values first. */
void tl_planes_split(uint8_t *planes, const uint32_t *packed, size_t count);
/* The inverse; returns how many of the joined values are zero. */
size_t tl_planes_join(uint32_t *packed, const uint8_t *planes, size_t count);

/* The same of 16-bit values, in 2 x count bytes. */
void tl_planes_split_halves(uint8_t *planes, const uint16_t *halves, size_t count);
size_t tl_planes_join_halves(uint16_t *halves, const uint8_t *planes, size_t count);

/* Ones in the bitmap, or SIZE_MAX when a bit beyond `count` is set. */
size_t tl_planes_count_ones(const uint8_t *bitmap, size_t count);

/* Writes all `count` values; `packed` holds as many as the bitmap has ones. */
void tl_planes_unpack(float *values, size_t count, const uint8_t *bitmap, const uint32_t *packed);
/* Indices of the ones, ascending, and the values beside them. */
void tl_planes_unpack_sparse(uint32_t *indices, float *values, size_t count, const uint8_t *bitmap, const uint32_t *packed);

#endif
