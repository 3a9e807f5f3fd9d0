/* gallery.h - the photos that a run got wrong and was surest of, and which training photos are most like each.
 *
 *     status = tl_gallery_choose(&gallery, store, &findings, err);
 *     ... gallery.items ...
 *
 * Like is the cosine of the stored features of the plain photos, as they are, whatever the head makes of them. The training photos
 * of a photo are those that the head which judged it learnt from: not those of its own fold. Of more than
 * TL_GALLERY_TRAINING_MAX training photos evenly many are left out, since each has to be decoded.
 */
#ifndef TL_TRAIN_GALLERY_H
#define TL_TRAIN_GALLERY_H

#include "train/report/findings.h"

enum { TL_GALLERY_ITEMS = 20, TL_GALLERY_NEIGHBOURS = 3, TL_GALLERY_TRAINING_MAX = 20000 };

struct tl_gallery_neighbour {
    int64_t content_id;
    uint32_t class_index;
    double cosine;
};
struct tl_gallery_item {
    size_t told;           /* index in account.told */
    size_t predicted;      /* class */
    double probability;    /* of it */
    size_t neighbour_count;
    struct tl_gallery_neighbour neighbours[TL_GALLERY_NEIGHBOURS]; /* the most alike first */
};
struct tl_gallery {
    struct tl_gallery_item items[TL_GALLERY_ITEMS]; /* the surest first */
    size_t item_count, wrong_count;                 /* of all wrong ones */
    size_t training_count, compared_count;
};

/* A feature that is damaged or gone has no neighbours and is none. Fails with: TL_CORRUPT (the file), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_gallery_choose(struct tl_gallery *out, tl_store *store, const struct tl_findings *findings,
                                             struct tl_error *err);

#endif
