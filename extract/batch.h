/* batch.h - how many features the writer commits at once.
 *
 * A commit writes some 17 pages of 64 KiB whatever is in it: the last page of each table and index, to which all rows are added.
 * Only the index of contents by SHA-256 is written to anywhere. While it has a page or two, that costs a page or two a commit; once
 * it has more pages than a commit has photos, a page a photo. So commits grow with the store, from 64 features to 224, and share
 * the 17 pages among more rows: with five features a photo a row then costs as many pages in a store of a million as in an empty
 * one.
 */
#ifndef TL_EXTRACT_BATCH_H
#define TL_EXTRACT_BATCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    TL_BATCH_PHOTOS = 64,            /* in a commit at most: their pixels wait with their features */
    TL_BATCH_CACHE_BYTES = 8 << 20 /* what a commit changes, one and a half times: of the store, more need not be in memory */
};

/* Features in a commit, where the store has that many contents. */
size_t tl_batch_feature_count(int64_t content_count);

#endif
