/* photo_data.h - a stored photo as a small picture that stands in the page itself.
 *
 *     tl_photo_data_init(&shower, store, feature_set_id, err);
 *     status = tl_photo_data_append(out, &shower, &place, true, &shown, err);
 *
 * From the photo's file where it still has the bytes that were judged, turned and cut as the network saw it; else from the 24 x 24
 * grey thumbnail of the store. Needs tl_photo_start().
 */
#ifndef TL_TRAIN_PHOTO_DATA_H
#define TL_TRAIN_PHOTO_DATA_H

#include "common/base/text.h"
#include "common/image/recipe.h"
#include "common/store/store_photo_place.h"

struct tl_photo_data {
    struct tl_recipe recipe;
};

enum tl_photo_data_from {
    TL_PHOTO_DATA_FILE,
    TL_PHOTO_DATA_ABSENT, /* the file is not there, cannot be read, or is in no source */
    TL_PHOTO_DATA_CHANGED /* it has other bytes now */
};

/* What is appended, and how it should be shown. */
struct tl_photo_data_shown {
    enum tl_photo_data_from from;
    double aspect; /* width by height */
};

/* Pixels are made as for the feature set, but smoothed. Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_photo_data_init(struct tl_photo_data *out, tl_store *store, int64_t feature_set_id,
                                              struct tl_error *err);

/* Appends a data URI of a JPEG of 224 x 224 or 112 x 112 pixels, to be shown with the aspect told, or of a PNG. Fails with: TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_photo_data_append(struct tl_text *out, struct tl_photo_data_shown *shown,
                                                const struct tl_photo_data *data, const struct tl_store_place *place,
                                                bool is_large, struct tl_error *err);

#endif
