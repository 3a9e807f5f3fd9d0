/* head.h - the softmax head as a value: pooling, transform, scale, layers and class names; it predicts and becomes tensors.
 *
 * A vector of features x (F) becomes the input z (K) of the head:
 *
 *     pool none: z = transform(x), K = F;   pool avg: z[c] = transform(mean of channel c over the places), K = C
 *
 * and z the probabilities:
 *
 *     no hidden layer: softmax(kernel^T (z / scale) + bias)
 *     hidden layer:    softmax(kernel^T relu(hidden_kernel^T (z / scale) + hidden_bias) + bias)
 *
 * With `scale` 1, no pooling and no transform it is Keras's Dense(L, softmax), or two Dense layers. A tl_head is plain data with
 * owned memory; immutable once made, shared by threads. Sums run in double, in index order, whoever computes them: training,
 * evaluation and classifying agree to the bit.
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

enum { TL_HEAD_CLASSES_MAX = 65536, TL_HEAD_HIDDEN_MAX = 65536, TL_HEAD_POOLED_CHANNELS_MAX = 4096 };

struct tl_head_shape {
    size_t feature_count; /* F = H x W x C, channels last */
    size_t channel_count; /* C; may be 0 where nothing is pooled */
    enum tl_head_pool pool;
    size_t hidden_count; /* units of the hidden layer; 0: none */
    size_t class_count;  /* L */
};

struct tl_head {
    size_t feature_count, channel_count;
    enum tl_head_pool pool;
    size_t input_count;            /* K: pooled ? C : F */
    size_t hidden_count;           /* 0: no hidden layer */
    size_t class_count;            /* L */
    enum tl_head_transform transform;
    double scale;                  /* inputs are divided by it after the transform; > 0 */
    float *hidden_kernel;          /* (K, hidden_count), owned; NULL without a hidden layer, as hidden_bias */
    float *hidden_bias;            /* (hidden_count), owned */
    float *kernel;                 /* (K, L), or (hidden_count, L); owned */
    float *bias;                   /* (L), owned */
    char **class_names;            /* L owned strings, in the order of the outputs */
};

/* A head of zeros, no transform, scale 1. Class names are copied. Fails with: TL_BAD_INPUT (no features, fewer than 2 classes, too
 * many, channels that the features are no multiple of), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_create(struct tl_head **out, const struct tl_head_shape *shape, const char *const *class_names,
                                          struct tl_error *err);
void tl_head_free(struct tl_head *head);

/* The rows of `kernel`. */
size_t tl_head_kernel_rows(const struct tl_head *head);

/* Fails with: TL_CORRUPT (a value that is NaN or infinite, naming tensor and index; a scale that is not positive). */
TL_MUST_USE enum tl_status tl_head_check(const struct tl_head *head, struct tl_error *err);

/* The one value of a transformed feature. */
float tl_head_transform_value(enum tl_head_transform transform, float value);

/* pooled (C), not transformed, from the non-zero entries of x (F), in order: sums in double, each rounded once. `channel_count`
 * is at most TL_HEAD_POOLED_CHANNELS_MAX and divides `feature_count`. */
void tl_head_pool_sparse(float *pooled, size_t feature_count, size_t channel_count, const uint32_t *indices, const float *values,
                         size_t count);

/* logits (L), from the dense vector x (F) or its non-zero entries; both give the same bits. */
void tl_head_logits(const struct tl_head *head, double *logits, const float *x);
void tl_head_logits_sparse(const struct tl_head *head, double *logits, const uint32_t *indices, const float *values, size_t count);
/* logits (L), from the non-zero entries of z (K): for who pooled and transformed already. */
void tl_head_logits_of_input(const struct tl_head *head, double *logits, const uint32_t *indices, const float *values,
                             size_t count);
/* In place: logits -> probabilities, shifted by the largest so that nothing overflows. */
void tl_head_softmax(double *logits, size_t class_count);
/* Class indices in falling order of probability, ties by index. */
void tl_head_rank(size_t *order, const double *probabilities, size_t class_count);
/* Appends {"class": p, ...} of the first `count` classes of that order: what the store keeps and tl-classify --json prints.
 * tl_text_check() tells whether it fitted. */
void tl_head_append_json(struct tl_text *text, const char *const *class_names, const size_t *order, const double *probabilities,
                         size_t count);

/* [kernel (K, L), bias (L)] of layer "head", before it [kernel, bias] of layer "hidden" where there is one; with `fold`, 1/scale is
 * multiplied into the first kernel, so that Keras's Dense gives the same answer of z (only sensible without a transform). The
 * caller frees *out. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_to_tensors(const struct tl_head *head, tl_tensors **out, int fold, struct tl_error *err);

#endif
