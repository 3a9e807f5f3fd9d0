/* prediction_batch.h - answers gathered in memory and written to the store together, so that its lock is held briefly.
 *
 *     tl_prediction_batch_create(&batch, store, chosen.head_id, class_names, class_count, err);
 *     tl_prediction_batch_add(batch, answer, err);       writes by itself when there are enough, or enough time has passed
 *     tl_prediction_batch_write(batch, err);             what is left
 *     tl_prediction_batch_free(batch);                   what was not written is forgotten
 *
 * A classified photo becomes a content row (there may be one already) and a prediction of origin `classify`, which takes
 * the place of the same head's earlier one for the same bytes.
 */
#ifndef TL_SERVE_CLASSIFY_PREDICTION_BATCH_H
#define TL_SERVE_CLASSIFY_PREDICTION_BATCH_H

#include "serve/classify/classifier.h"

enum { TL_PREDICTION_BATCH_COUNT = 128 };

typedef struct tl_prediction_batch tl_prediction_batch;

/* Borrows all but the integers. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_prediction_batch_create(tl_prediction_batch **out, tl_store *store, int64_t head_id,
                                                      const char *const *class_names, size_t class_count, struct tl_error *err);
void tl_prediction_batch_free(tl_prediction_batch *batch);

/* Copies what it needs of an answer without a problem. Fails with: as the store's puts and commit; TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_prediction_batch_add(tl_prediction_batch *batch, const struct tl_answer *answer,
                                                   struct tl_error *err);
/* One transaction, or none when there is nothing. A failure leaves the batch as it was. Fails with: as the store's puts and commit.
 */
TL_MUST_USE enum tl_status tl_prediction_batch_write(tl_prediction_batch *batch, struct tl_error *err);

#endif
