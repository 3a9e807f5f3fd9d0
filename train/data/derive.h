/* derive.h - a matrix of vectors as stored -> the matrix of what a head reads of them: pooled, then transformed.
 *
 *     tl_derive_matrix(&matrix, raw, channel_count, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_SQRT, err);
 *
 * One row a row, in order, with the numbers that tl_head_logits() would see of the same vector, to the bit.
 */
#ifndef TL_TRAIN_DERIVE_H
#define TL_TRAIN_DERIVE_H

#include "train/data/matrix.h"

/* `raw` is neither pooled nor transformed; pooling needs a channel count that divides its columns. The caller frees *out. Fails
 * with: TL_BAD_INPUT (channels that do not divide the columns, or too many), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_derive_matrix(struct tl_matrix **out, const struct tl_matrix *raw, size_t channel_count,
                                            enum tl_head_pool pool, enum tl_head_transform transform, struct tl_error *err);

#endif
