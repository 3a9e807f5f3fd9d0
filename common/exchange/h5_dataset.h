/* h5_dataset.h - one HDF5 dataset of another program becomes one tensor, or is refused.
 *
 * Taken: float32 and float64 of either byte order, 1 to 4 dimensions, stored in the file itself, plain or with HDF5's own
 * deflate, shuffle and checksum. Nothing outside the file is opened, no filter is loaded, and no more is allocated than
 * what is stored can account for.
 */
#ifndef TL_EXCHANGE_H5_DATASET_H
#define TL_EXCHANGE_H5_DATASET_H

#include <hdf5.h>

#include "common/exchange/tensors.h"

/* Adds the dataset at `path` below `group` as `layer`, `name`. Fails with: TL_BAD_INPUT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_h5_read_tensor(tl_tensors *tensors, hid_t group, const char *layer, const char *path,
                                             const char *name, struct tl_error *err);

#endif
