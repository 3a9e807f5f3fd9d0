/* loss.h - softmax cross-entropy of one sample, from its logits, and its gradient.
 *
 * From logits, not from probabilities, as Keras does on TensorFlow (tensorflow/nn.py, categorical_crossentropy): a sample that
 * is far on the wrong side keeps its gradient, where a probability clipped at 1e-7 would have none.
 */
#ifndef TL_TRAIN_LOSS_H
#define TL_TRAIN_LOSS_H

#include <stddef.h>

/* -log(softmax(logits)[true_class]). The logits (L) become the probabilities. */
double tl_loss_of_logits(double *logits, size_t class_count, size_t true_class);

/* The derivative of that loss by the logits, in place of the probabilities it left: p - onehot(true_class). */
void tl_loss_gradient(double *probabilities, size_t true_class);

/* The index of the largest, the first of equals. */
size_t tl_loss_predicted_class(const double *values, size_t class_count);

#endif
