/* feature_h5.h - rows of features as an HDF5 file; for feature_file.c, whose words on each function hold here too.
 */
#ifndef TL_EXCHANGE_FEATURE_H5_H
#define TL_EXCHANGE_FEATURE_H5_H

#include "common/exchange/feature_file.h"

typedef struct tl_feature_h5 tl_feature_h5;

TL_MUST_USE enum tl_status tl_feature_h5_create(tl_feature_h5 **out, const char *path, const size_t shape[3],
                                                  const char *const *class_names, size_t class_count, struct tl_error *err);
TL_MUST_USE enum tl_status tl_feature_h5_add(tl_feature_h5 *file, const struct tl_feature_row *row, struct tl_error *err);
TL_MUST_USE enum tl_status tl_feature_h5_close(tl_feature_h5 **file, struct tl_error *err);
void tl_feature_h5_discard(tl_feature_h5 *file);

#endif
