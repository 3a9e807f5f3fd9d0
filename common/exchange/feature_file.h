/* feature_file.h - features for other programs, written row by row: HDF5 that h5py reads in three lines, or NumPy's arrays.
 *
 *     tl_feature_file_create(&file, "out.h5", shape_hwc, class_names, class_count, err);
 *     tl_feature_file_add(file, &row, err);        as often as there are rows; memory stays flat
 *     tl_feature_file_close(&file, err);           only now does "out.h5" exist
 *     tl_feature_file_discard(file);               after a failure; NULL is fine
 *
 * A path that ends in .npy becomes three files: `out.npy`, features (N, F) float32; `out.labels.npy`, (N) int64, index into the
 * class names or -1; `out.csv`, a line a row: path, class, label, split, variant.
 *
 * Any other is HDF5. Datasets: `features` (N, F) float32, chunked by row, with the attribute `shape` (H, W, C); `labels` (N)
 * int64, index into `class_names`; `class_names` (L), `paths` (N), `split` (N): UTF-8 strings; `variant` (N) int64.
 * HDF5 as packaged is not thread-safe: all of this room's HDF5 files are for one thread at a time.
 */
#ifndef TL_EXCHANGE_FEATURE_FILE_H
#define TL_EXCHANGE_FEATURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct tl_feature_file tl_feature_file;

struct tl_feature_row {
    const float *features; /* F = H * W * C values */
    int64_t label;         /* index into class_names; -1 for none */
    int64_t variant;       /* 0 for the plain photo */
    const char *path;      /* below the source's root */
    const char *split;     /* "" when there is none */
};

/* No number of `shape` (H, W, C) is 0. Fails with: TL_IO (the folder cannot be written, or `path` is there and not a regular
 * file), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_feature_file_create(tl_feature_file **out, const char *path, const size_t shape[3],
                                                  const char *const *class_names, size_t class_count, struct tl_error *err);
/* After a failure the file can only be discarded. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_feature_file_add(tl_feature_file *file, const struct tl_feature_row *row, struct tl_error *err);
/* Whether the path means NumPy's arrays; then the path of another of its three files, `ending` ".labels.npy" or ".csv", which the
 * caller frees; NULL when out of memory. */
bool tl_feature_file_is_npy(const char *path);
char *tl_feature_file_copy_npy_path(const char *path, const char *ending);

/* Finishes, renames into place and frees; *file becomes NULL in any case. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_feature_file_close(tl_feature_file **file, struct tl_error *err);
void tl_feature_file_discard(tl_feature_file *file);

#endif
