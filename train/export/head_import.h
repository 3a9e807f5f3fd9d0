/* head_import.h - a model of Dense layers that Keras trained -> a head of the store, with a name and without a run.
 */
#ifndef TL_TRAIN_HEAD_IMPORT_H
#define TL_TRAIN_HEAD_IMPORT_H

#include "common/exchange/keras_dense.h"
#include "common/head/head.h"
#include "common/store/store.h"

struct tl_head_import {
    const char *name;
    const char *classes;  /* "a,b,c"; NULL: those that the file names */
    const char *features; /* of several feature sets the one meant, as --features; or NULL */
};

/* The head as a value, for features of a grid of `place_count` places and `channel_count` channels: its first kernel has a row
 * for each value, or for each channel, which is then averaged over the places. The caller frees *out. Fails with: TL_BAD_INPUT
 * (another number of rows; class names missing, empty, twice, or not as many as units; a value that is not finite),
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_head_import_make(struct tl_head **out, const struct tl_keras_dense *dense, const char *classes,
                                               size_t place_count, size_t channel_count, struct tl_error *err);

/* Keeps it in the store, in a transaction of its own, for the feature set that it fits. Fails with: as above and
 * tl_store_check_run_name(); TL_NOT_FOUND (no features in the store), TL_IO. */
TL_MUST_USE enum tl_status tl_head_import_put(struct tl_head **out, tl_store *store, const struct tl_keras_dense *dense,
                                              const struct tl_head_import *import, struct tl_error *err);

#endif
