/* store_dataset.h - rows of data sets, for store_run.c.
 */
#ifndef TL_STORE_STORE_DATASET_H
#define TL_STORE_STORE_DATASET_H

#include "common/store/store_run.h"

/* The data set of that digest, made when absent; needs an open transaction. Fails with: TL_BAD_INPUT (samples not by sha256, a
 * content twice, a class that is not there), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_dataset(tl_store *store, int64_t *out_dataset_id, const struct tl_store_dataset *dataset,
                                                struct tl_error *err);

#endif
