/* store_measure.h - rows of what was measured of a run, for store_run.c.
 */
#ifndef TL_STORE_STORE_MEASURE_H
#define TL_STORE_STORE_MEASURE_H

#include "common/store/store_run.h"

/* Epochs, confusions, folds and metrics; needs an open transaction. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_measures(tl_store *store, int64_t run_id, const struct tl_store_run *run,
                                                 struct tl_error *err);

#endif
