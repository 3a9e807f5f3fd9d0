/* store_inventory.h - what is there already, row by row, for who decides what is missing.
 *
 * Made for stores of millions of features: rows come in the order of the indexes they are read from, nothing is kept, and no
 * feature's blob is touched. The callbacks' failures end the reading and are returned.
 */
#ifndef TL_STORE_STORE_INVENTORY_H
#define TL_STORE_STORE_INVENTORY_H

#include "common/store/store.h"

/* A feature of this content and variant index is there whole: its blob is there and of the length it was written with, and
 * verification has not found it damaged. */
typedef enum tl_status tl_store_feature_callback(void *context, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t variant_index,
                                                 struct tl_error *err);
/* The features of a set, of the plain photo and of one augmentation (0: of the plain photo alone). Fails with: TL_IO, TL_CORRUPT,
 * and as `each`. */
TL_MUST_USE enum tl_status tl_store_each_feature(tl_store *store, int64_t feature_set_id, int64_t augmentation_id,
                                                 tl_store_feature_callback *each, void *context, struct tl_error *err);

/* A photo that is not missing has a split. `sha256` is NULL for one of the training side, and where the photo is unreadable. */
typedef enum tl_status tl_store_split_callback(void *context, int64_t source_id, bool is_of_folder, const uint8_t *sha256,
                                               struct tl_error *err);
/* The labels of a set that have a split. Fails with: as tl_store_each_feature(). */
TL_MUST_USE enum tl_status tl_store_each_split(tl_store *store, const char *label_set, tl_store_split_callback *each, void *context,
                                               struct tl_error *err);

/* One place of a content that has several. `path` is in raw bytes, borrowed until the callback returns. */
typedef enum tl_status tl_store_place_callback(void *context, const uint8_t sha256[TL_DIGEST_BYTES], int64_t photo_id,
                                               int64_t source_id, const char *path, struct tl_error *err);
/* All places of contents that lie in several, by sha256; missing ones too. Fails with: as tl_store_each_feature(). */
TL_MUST_USE enum tl_status tl_store_each_copy(tl_store *store, tl_store_place_callback *each, void *context, struct tl_error *err);

#endif
