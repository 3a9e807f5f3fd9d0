/* feature_npy.h - rows of features as NumPy arrays and a table; for feature_file.c, whose words on each function hold here too.
 *
 * Three files grow side by side; the table and the labels have their names first, the features last. Class names are copied.
 */
#ifndef TL_EXCHANGE_FEATURE_NPY_H
#define TL_EXCHANGE_FEATURE_NPY_H

#include "common/exchange/feature_file.h"

typedef struct tl_feature_npy tl_feature_npy;

TL_MUST_USE enum tl_status tl_feature_npy_create(tl_feature_npy **out, const char *path, const size_t shape[3],
                                                  const char *const *class_names, size_t class_count, struct tl_error *err);
TL_MUST_USE enum tl_status tl_feature_npy_add(tl_feature_npy *file, const struct tl_feature_row *row, struct tl_error *err);
TL_MUST_USE enum tl_status tl_feature_npy_close(tl_feature_npy **file, struct tl_error *err);
void tl_feature_npy_discard(tl_feature_npy *file);

#endif
