/* quad.h - four floats as one value, in the compiler's vector types: on every machine the arithmetic of four scalars, lane by lane.
 *
 * A run of floats that is 16-byte aligned may be read and written through a tl_quad pointer.
 */
#ifndef TL_TRAIN_QUAD_H
#define TL_TRAIN_QUAD_H

enum { TL_QUAD_LANES = 4 };

typedef float tl_quad __attribute__((vector_size(16), may_alias));

#endif
