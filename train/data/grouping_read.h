/* grouping_read.h - the groups of the photos of a store, as --group-by wants them.
 */
#ifndef TL_TRAIN_GROUPING_READ_H
#define TL_TRAIN_GROUPING_READ_H

#include "train/data/grouping.h"
#include "train/data/grouping_wish.h"

/* Two pictures that look alike are the same where the cosine of their plain features is at least this. Of the 74 pairs of weather
 * photos whose thumbnails are alike, copies have 0.76 and more; the one pair below, two crops of one picture, has 0.43. */
static const double TL_GROUPING_COSINE_MIN = 0.7;

/* `labels` as tl_store_list_labels() gives them for that feature set. The caller frees with tl_grouping_free(). Features that do
 * not decode are like none: who loads them tells of them. Fails with: TL_BAD_INPUT (the pattern), TL_IO, TL_CORRUPT,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_grouping_read(struct tl_grouping **out, tl_store *store, const struct tl_store_label *labels,
                                            size_t label_count, int64_t feature_set_id, size_t feature_count,
                                            const struct tl_grouping_wish *wish, struct tl_error *err);

#endif
