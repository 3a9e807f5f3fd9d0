/* store_sample.h - reading in the order of training: which photos are labelled, and their features one by one.
 *
 * Order is by (content sha256, augmentation digest, variant index), for exports by (content sha256, source, path,
 * augmentation digest, variant index); never by rowid. Missing photos are left out.
 *
 *     tl_store_features *features = NULL;
 *     tl_store_open_features(&features, store, feature_set_id, augmentation_id, err);
 *     while ((status = tl_store_next_feature(features, &row, err)) == TL_OK) ...      ends with TL_NOT_FOUND
 *     tl_store_close_features(features);
 */
#ifndef TL_STORE_STORE_SAMPLE_H
#define TL_STORE_STORE_SAMPLE_H

#include "common/store/store.h"

/* One label of one place of one content. */
struct tl_store_label {
    int64_t content_id, photo_id;
    uint8_t sha256[TL_DIGEST_BYTES];
    const char *source, *path, *class_name;
    const char *split; /* "train", "val", "test" or "" */
};
/* All labels of the set whose photo has a plain feature in the feature set, by (sha256, source, path, class). One allocation owns
 * the strings; the caller frees with tl_store_free_labels(). Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_list_labels(tl_store *store, struct tl_store_label **out, size_t *out_count,
                                                const char *label_set, int64_t feature_set_id, struct tl_error *err);
void tl_store_free_labels(struct tl_store_label *labels);

struct tl_store_feature_row {
    int64_t feature_id, content_id;
    uint8_t sha256[TL_DIGEST_BYTES];
    uint32_t variant_index; /* 0 is the plain photo */
    uint8_t values_digest[TL_DIGEST_BYTES];
    size_t nonzero_count;   /* as its row says, not as its blob does */
    const void *blob;       /* borrowed until the next call; NULL, of 0 bytes, where it is lost */
    size_t blob_bytes;
};
typedef struct tl_store_features tl_store_features;

/* The plain features of the set, and with augmentation_id not 0 that augmentation's too. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_open_features(tl_store_features **out, tl_store *store, int64_t feature_set_id,
                                                  int64_t augmentation_id, struct tl_error *err);
/* The same without their blobs, which are NULL: for who reads those later (store_blob.h). */
TL_MUST_USE enum tl_status tl_store_open_feature_rows(tl_store_features **out, tl_store *store, int64_t feature_set_id,
                                                      int64_t augmentation_id, struct tl_error *err);
/* The same, of photos that are at no place any more too: for who trains on a data set of the past. */
TL_MUST_USE enum tl_status tl_store_open_recorded_rows(tl_store_features **out, tl_store *store, int64_t feature_set_id,
                                                       int64_t augmentation_id, struct tl_error *err);
/* Fails with: TL_NOT_FOUND (the end), TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_next_feature(tl_store_features *features, struct tl_store_feature_row *out,
                                                 struct tl_error *err);
void tl_store_close_features(tl_store_features *features);

#endif
