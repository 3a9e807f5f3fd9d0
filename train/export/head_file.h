/* head_file.h - what a file is to be, by its name, and heads as Keras's files.
 */
#ifndef TL_TRAIN_HEAD_FILE_H
#define TL_TRAIN_HEAD_FILE_H

#include "train/export/stored_head.h"

enum tl_head_file {
    TL_HEAD_FILE_WEIGHTS, /* .weights.h5 */
    TL_HEAD_FILE_KERAS,   /* .keras */
    TL_HEAD_FILE_LEGACY,  /* .h5 */
    TL_HEAD_FILE_ONNX,    /* .onnx */
    TL_HEAD_FILE_CSV      /* .csv: not the head but its run's history */
};

/* By the ending, whatever its case. Fails with: TL_BAD_INPUT (none of them). */
TL_MUST_USE enum tl_status tl_head_file_find(enum tl_head_file *out, const char *path, struct tl_error *err);

/* The head as one of Keras's first three: the scale folded into the first kernel, its input that of the head (K values). `path` is
 * whole or as it was. Fails with: TL_BAD_INPUT (a transform, which no Dense layer has; class names that HDF5 does not take),
 * TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_file_write_keras(const struct tl_stored_head *stored, enum tl_head_file kind, const char *path,
                                                    struct tl_error *err);

#endif
