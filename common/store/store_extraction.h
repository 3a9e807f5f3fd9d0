/* store_extraction.h - the runs of tl-extract: one row each, renewed with every commit, and how each ended.
 *
 *     tl_store_put_extraction(store, &row, err);              in a transaction, before anything is computed
 *     tl_store_renew_extraction(store, &row, err);            in each of the transactions that write features
 *     tl_store_end_extraction(store, &row, "stopped", NULL, err);
 *
 * A run that is killed never ends its row. Whether it is still at work, store_hold.h tells: only one at a time can be, and that is
 * the newest.
 */
#ifndef TL_STORE_STORE_EXTRACTION_H
#define TL_STORE_STORE_EXTRACTION_H

#include "common/base/uuid.h"
#include "common/store/store.h"

/* Strings are borrowed by put; in list they are owned by the list. */
struct tl_store_extraction {
    int64_t extraction_id; /* set by the store, as is uuid */
    char uuid[TL_UUID_BYTES];
    const char *program_version;
    const char *command; /* the words as a JSON array */
    const char *host;    /* set by put, as is pid: this machine's, this process's */
    int64_t pid;
    int64_t feature_set_id, augmentation_id; /* 0: none */
    int64_t started_ms, updated_ms, ended_ms; /* set by the store; ended_ms is 0 before the end */
    const char *outcome, *message;            /* set by end: "finished", "stopped", "failed"; NULL: none */
    int64_t photos_to_do, photos_done, photos_failed, features_made;
};

/* All three need an open transaction. Fails with: TL_IO (also: no random bytes for the uuid), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_extraction(tl_store *store, struct tl_store_extraction *extraction, struct tl_error *err);
/* Writes the four counts, and now as the time. */
TL_MUST_USE enum tl_status tl_store_renew_extraction(tl_store *store, struct tl_store_extraction *extraction, struct tl_error *err);
/* The counts likewise, and how it ended; `message` may be NULL. */
TL_MUST_USE enum tl_status tl_store_end_extraction(tl_store *store, struct tl_store_extraction *extraction, const char *outcome,
                                                   const char *message, struct tl_error *err);

/* The newest first, at most `limit`. The caller frees with tl_store_free_extractions(). Fails with: TL_IO, TL_CORRUPT,
 * TL_NO_MEMORY; *out is NULL then. */
TL_MUST_USE enum tl_status tl_store_list_extractions(tl_store *store, struct tl_store_extraction **out, size_t *out_count,
                                                     size_t limit, struct tl_error *err);
void tl_store_free_extractions(struct tl_store_extraction *extractions, size_t count);

#endif
