/* tensors.h - a list of checked, named float32 tensors: what every foreign file becomes, and is made from.
 *
 * Readers (keras_h5.h, onnx.h) fill a tl_tensors; the network and the head pick from it by position or name.
 * Values are float32 in C order. Immutable once read, so threads may share it.
 */
#ifndef TL_EXCHANGE_TENSORS_H
#define TL_EXCHANGE_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum { TL_TENSOR_RANK_MAX = 4, TL_TENSORS_COUNT_MAX = 4096 };
static const size_t TL_TENSOR_VALUES_MAX = (size_t)1 << 30; /* 4 GiB; VGG16's fc1 has 103 million */

/* `name` and `values` are the list's; values are aligned as floats are, no more: they may lie in a mapped file. A layer's
 * kernel and bias stand next to each other, in that order. */
struct tl_tensor {
    const char *layer; /* "block1_conv1" */
    const char *name;  /* "block1_conv1/kernel:0", as the file had it */
    size_t rank;
    size_t shape[TL_TENSOR_RANK_MAX];
    const float *values;
};

typedef struct tl_tensors tl_tensors;

/* An empty list. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_tensors_create(tl_tensors **out, struct tl_error *err);
void tl_tensors_free(tl_tensors *tensors);

/* Adds a tensor with room for its values, all of which the caller then writes through *out_values (NULL makes them 0).
 * Fails with: TL_BAD_INPUT (rank 0 or above TL_TENSOR_RANK_MAX, a zero or absurd size, too many tensors,
 * more than TL_TENSOR_VALUES_MAX values in all), TL_NO_MEMORY; the list is then as before. */
TL_MUST_USE enum tl_status tl_tensors_add(tl_tensors *tensors, float **out_values, const char *layer, const char *name,
                                          size_t rank, const size_t *shape, struct tl_error *err);

/* Values in a file that mmap() gave, `values_at` bytes from where the mapping begins. */
struct tl_tensor_mapping {
    void *address;
    size_t size_bytes, values_at;
};

/* Adds a tensor whose values stay where they are; on success the mapping is the list's, to be unmapped. Fails with: as
 * tl_tensors_add(). */
TL_MUST_USE enum tl_status tl_tensors_add_mapped(tl_tensors *tensors, const struct tl_tensor_mapping *mapping, const char *layer,
                                                 const char *name, size_t rank, const size_t *shape, struct tl_error *err);

/* Frees all but the first `count`, which stay where they are. */
void tl_tensors_keep_first(tl_tensors *tensors, size_t count);

size_t tl_tensors_count(const tl_tensors *tensors);
/* Borrowed until the next tl_tensors_add(); `index` < count. */
const struct tl_tensor *tl_tensors_get(const tl_tensors *tensors, size_t index);
/* Product of the shape. */
size_t tl_tensor_value_count(const struct tl_tensor *tensor);
/* "(3, 3, 64, 128)" into `out`. */
void tl_tensor_format_shape(char *out, size_t out_bytes, size_t rank, const size_t *shape);

#endif
