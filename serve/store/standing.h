/* standing.h - how a store stands: what of it is stale or damaged, how the last extraction ended, which part of a job it is.
 */
#ifndef TL_SERVE_STORE_STANDING_H
#define TL_SERVE_STORE_STANDING_H

#include <stdio.h>

#include "common/base/text.h"
#include "common/store/store_condition.h"
#include "common/store/store_extraction.h"
#include "common/store/store_shard.h"

struct tl_standing {
    struct tl_store_condition condition;
    struct tl_store_shard shard;
    struct tl_store_extraction *extractions; /* the last one; owned */
    size_t extraction_count;                 /* 0 or 1 */
};

/* The caller frees with tl_standing_free(). Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY; *out is empty then. */
TL_MUST_USE enum tl_status tl_standing_read(struct tl_standing *out, tl_store *store, struct tl_error *err);
void tl_standing_free(struct tl_standing *standing);

/* `"stale": {...}, "damaged_photos": N, ...` for an object that has other members too. */
void tl_standing_append_json(struct tl_text *text, const struct tl_standing *standing);
/* Lines for people; nothing where there is nothing to tell. */
void tl_standing_write(const struct tl_standing *standing, FILE *file);

#endif
