/* summary.h - what a store holds, gathered once and written for people or as JSON.
 */
#ifndef TL_SERVE_STORE_SUMMARY_H
#define TL_SERVE_STORE_SUMMARY_H

#include <stdio.h>

#include "common/base/text.h"
#include "common/store/store_feature.h"
#include "serve/store/standing.h"

enum { TL_SUMMARY_JSON_BYTES = 64 << 20 };

struct tl_summary_set {
    struct tl_store_augmentation *augmentations; /* that have features, the plain photo left out */
    size_t augmentation_count;
};

struct tl_summary {
    struct tl_store_counts counts;
    int64_t thumbnail_bytes, head_bytes, gram_bytes; /* of the file's; the rest of what is not blobs is rows and indexes */
    struct tl_store_feature_set *sets;
    struct tl_summary_set *of_sets; /* by set */
    size_t set_count;
    struct tl_standing standing;
};

/* The caller frees with tl_summary_free(). Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY; *out is empty then. */
TL_MUST_USE enum tl_status tl_summary_read(struct tl_summary *out, tl_store *store, struct tl_error *err);
void tl_summary_free(struct tl_summary *summary);

/* The share of the stored floats that are not zero; 0 when there are none. */
double tl_summary_nonzero_share(const struct tl_summary *summary);

/* How many times fewer bytes the features take than their floats would; 0 when there are none. */
double tl_summary_compression(const struct tl_summary *summary);

/* One object on one line, and the runs by the leaderboard. Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_summary_append_json(struct tl_text *text, const struct tl_summary *summary, tl_store *store,
                                                  struct tl_error *err);
/* Tables. Fails with: as tl_summary_append_json(). */
TL_MUST_USE enum tl_status tl_summary_write(const struct tl_summary *summary, tl_store *store, FILE *file, struct tl_error *err);

#endif
