/* head_record.h - a head from the words and values that it is kept as: what is not a head of this program is refused.
 */
#ifndef TL_HEAD_HEAD_RECORD_H
#define TL_HEAD_HEAD_RECORD_H

#include "common/head/head.h"

/* All borrowed. */
struct tl_head_record {
    size_t feature_count, channel_count, hidden_count, class_count;
    const char *pool, *transform; /* words of tl_head_pool_names and tl_head_transform_names */
    double scale;
    const float *hidden_kernel, *hidden_bias; /* NULL without a hidden layer */
    const float *kernel, *bias;
    const char *const *class_names;
};

/* A copy, checked. Fails with: TL_CORRUPT (a word that this program does not know, a value that is not finite, a scale that is not
 * positive), TL_BAD_INPUT (a shape that no head has), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_record_read(struct tl_head **out, const struct tl_head_record *record, struct tl_error *err);

#endif
