/* store_prune.h - deleting features that nobody wants any more, and what only they needed.
 */
#ifndef TL_STORE_STORE_PRUNE_H
#define TL_STORE_STORE_PRUNE_H

#include "common/store/store.h"

/* All zero: the stale features (the view `stale` of schema/views.sql). */
struct tl_store_prune_wish {
    int64_t feature_set_id;  /* not 0: all features of this set, not only stale ones */
    int64_t augmentation_id; /* not 0: all variants of this augmentation; with a feature set, of its */
    bool only_gone;          /* of all these only those whose photo changed or is missing; without the two above the missing
                                photos' own rows go too, with their labels and failures */
};

struct tl_store_pruned {
    int64_t features, feature_bytes; /* with their blobs */
    int64_t photos;                  /* missing ones */
    int64_t variants, contents, augmentations, feature_sets; /* which nothing refers to any more */
    int64_t kept_contents; /* that are at no present place, and stay because a run's data set names them */
};

/* Deletes in short transactions, so that others write between; whatever happens between two, the store is whole, and the next call
 * does the rest. With `is_dry_run` nothing is deleted, and features, feature_bytes, photos and kept_contents say what would be.
 * Only while no extraction is at work (store_hold.h). `should_stop` may be NULL. Fails with: TL_STOPPED, TL_IO, TL_CORRUPT,
 * TL_NO_MEMORY; *out counts what was done all the same. */
TL_MUST_USE enum tl_status tl_store_prune(tl_store *store, struct tl_store_pruned *out, const struct tl_store_prune_wish *wish,
                                          bool is_dry_run, bool (*should_stop)(void), struct tl_error *err);

#endif
