/* hidden_layer.h - what stands behind a hidden layer's sums while a head learns: ReLU, dropout, and the layer of the classes.
 *
 *     tl_hidden_layer_create(&layer, head, course, kernels, err);
 *     for each vector of a batch:
 *         tl_hidden_layer_answer(layer, logits, sums);               forward; remembers the vector
 *         ... logits become the loss's derivative by them ...
 *         tl_hidden_layer_learn(layer, sums, logits, factor);        back; gathers the gradient
 *     tl_hidden_layer_step(layer, &step, penalty);
 *
 * Dropout is Keras's, inverted: a unit is left out with probability `dropout`, others are divided by 1 - dropout, so that a head
 * that classifies uses all of them as they are. Draws are in the order of vectors, then units, of stream "dropout" of the
 * course's seed. Dense loops, one thread: its work is small beside the sparse layer's.
 */
#ifndef TL_TRAIN_HIDDEN_LAYER_H
#define TL_TRAIN_HIDDEN_LAYER_H

#include "common/head/head.h"
#include "train/fit/fit_kernels.h"

typedef struct tl_hidden_layer tl_hidden_layer;

/* Starts at the head's kernel and bias. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_hidden_layer_create(tl_hidden_layer **out, const struct tl_head *head, const struct tl_course *course,
                                                  const struct tl_fit_kernels *kernels, struct tl_error *err);
void tl_hidden_layer_free(tl_hidden_layer *layer);

/* logits (L) of a vector from its units' sums (H), bias included. */
void tl_hidden_layer_answer(tl_hidden_layer *layer, double *logits, const double *sums);

/* Of the vector last answered: from the loss's derivative by its logits to that by its units' sums, into `sums`. The gradient is
 * multiplied by `factor`, `sums` are not. */
void tl_hidden_layer_learn(tl_hidden_layer *layer, double *sums, const double *logits, double factor);

/* One step with the gradient gathered; the bias has no penalty. */
void tl_hidden_layer_step(tl_hidden_layer *layer, const struct tl_fit_step *step, double l2);

void tl_hidden_layer_give(const tl_hidden_layer *layer, struct tl_head *head);

#endif
