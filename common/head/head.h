/* head.h - the softmax head as a value: transform, scale, kernel, bias and class names; it predicts and becomes tensors.
 *
 * probabilities = softmax(kernel^T (transform(x) / scale) + bias). With `scale` 1 and no transform it is Keras's
 * Dense(L, softmax). A tl_head is plain data with owned memory; immutable once made, shared by threads.
 */
#ifndef TL_HEAD_HEAD_H
#define TL_HEAD_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/exchange/tensors.h"

enum tl_head_transform { TL_HEAD_TRANSFORM_NONE, TL_HEAD_TRANSFORM_SQRT }; /* sqrt keeps the sign: sign(x) sqrt(|x|) */
extern const char *const tl_head_transform_names[]; /* "none", "sqrt", NULL */

/* How the grid of features is read: as it is, or averaged over its places, which leaves one value a channel. */
enum tl_head_pool { TL_HEAD_POOL_NONE, TL_HEAD_POOL_AVG };
extern const char *const tl_head_pool_names[]; /* "none", "avg", NULL */

enum { TL_HEAD_CLASSES_MAX = 65536 };

struct tl_head {
    size_t feature_count;          /* F */
    size_t class_count;            /* L */
    enum tl_head_transform transform;
    double scale;                  /* features are divided by it after the transform; > 0 */
    float *kernel;                 /* (F, L), owned */
    float *bias;                   /* (L), owned */
    char **class_names;            /* L owned strings, in the order of the outputs */
};

/* A head of zeros. Class names are copied. Fails with: TL_BAD_INPUT (no features, fewer than 2 classes, too many), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_create(struct tl_head **out, size_t feature_count, const char *const *class_names,
                                          size_t class_count, struct tl_error *err);
void tl_head_free(struct tl_head *head);

/* Fails with: TL_CORRUPT (a value that is NaN or infinite, naming tensor and index; a scale that is not positive). */
TL_MUST_USE enum tl_status tl_head_check(const struct tl_head *head, struct tl_error *err);

/* The one value of a transformed feature. */
float tl_head_transform_value(enum tl_head_transform transform, float value);

/* logits (L), from the dense vector x (F) or its non-zero entries. Sums run in double, in index order, so both give the same bits.
 */
void tl_head_logits(const struct tl_head *head, double *logits, const float *x);
void tl_head_logits_sparse(const struct tl_head *head, double *logits, const uint32_t *indices, const float *values, size_t count);
/* In place: logits -> probabilities, shifted by the largest so that nothing overflows. */
void tl_head_softmax(double *logits, size_t class_count);
/* Class indices in falling order of probability, ties by index. */
void tl_head_rank(size_t *order, const double *probabilities, size_t class_count);
/* Appends {"class": p, ...} of the first `count` classes of that order: what the store keeps and tl-classify --json prints.
 * tl_text_check() tells whether it fitted. */
void tl_head_append_json(struct tl_text *text, const char *const *class_names, const size_t *order, const double *probabilities,
                         size_t count);

/* [kernel (F, L), bias (L)] of layer "head"; with `fold`, 1/scale is multiplied into the kernel, so that Keras's Dense
 * gives the same answer (only sensible without a transform). The caller frees *out. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_to_tensors(const struct tl_head *head, tl_tensors **out, int fold, struct tl_error *err);

#endif
