/* run_record.h - an outcome -> the rows of a run: data set, epochs, confusions, predictions, head.
 */
#ifndef TL_TRAIN_RUN_RECORD_H
#define TL_TRAIN_RUN_RECORD_H

#include "train/experiment/outcome.h"

/* Puts the run, in the open transaction or one of its own, and fills outcome->run_id and uuid. Predictions, of validation, test and
 * folds, go with the head: without one there are none. Fails with: as tl_store_put_run(). */
TL_MUST_USE enum tl_status tl_run_record_put(tl_store *store, struct tl_outcome *outcome, struct tl_error *err);

#endif
