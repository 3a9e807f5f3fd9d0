/* fit_report.h - what people read of a training: the data, the epochs as Keras prints them, the results, the confusion matrix.
 *
 * Everything goes to the file given. A failed write shows when the file is flushed.
 */
#ifndef TL_TRAIN_FIT_REPORT_H
#define TL_TRAIN_FIT_REPORT_H

#include <stdio.h>

#include "train/experiment/outcome.h"

enum { TL_FIT_REPORT_MATRIX_CLASSES = 16, TL_FIT_REPORT_MISTAKES = 20 };

/* Photos of each class and role, the features, and how the head will be trained. Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_fit_report_data(FILE *file, const struct tl_outcome *outcome, struct tl_error *err);

/* "Epoch 3/20 - loss: 0.1234 - accuracy: 0.9876 - val_loss: 0.2345 - val_accuracy: 0.9765" */
void tl_fit_report_epoch(FILE *file, long epoch, long epochs, const struct tl_store_epoch *result);

/* Validation and test, the confusion matrix of the test photos (else of validation), the run. Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_fit_report_results(FILE *file, const struct tl_outcome *outcome, struct tl_error *err);

/* A row a true class, a column a predicted one; beyond TL_FIT_REPORT_MATRIX_CLASSES classes the most frequent mistakes instead.
 * Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_fit_report_confusion(FILE *file, const char *const *class_names, size_t class_count,
                                                   const int64_t *confusion, struct tl_error *err);

#endif
