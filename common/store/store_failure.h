/* store_failure.h - what went wrong with which photo: failures of reading and computing. They go when the photo succeeds.
 *
 * Damage of stored features is in the same table, and store_damage.h's.
 */
#ifndef TL_STORE_STORE_FAILURE_H
#define TL_STORE_STORE_FAILURE_H

#include "common/store/store.h"

/* Counts a failure up, or makes its row; needs an open transaction. `stage`: scan, read, augment, network. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_put_failure(tl_store *store, int64_t photo_id, const char *stage,
                                                const struct tl_error *failure, struct tl_error *err);
/* Forgets a photo's failures, now that it succeeded, but not that features of it are damaged; needs an open transaction.
 * Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_clear_failures(tl_store *store, int64_t photo_id, struct tl_error *err);

enum { TL_STORE_FAILURE_TRIES = 3 }; /* of what crashes or takes too long, until that is believed to be the photo's doing */

/* Photos that fail of themselves: of their failures, damage aside, the latest has a cause that a new try of the same bytes can
 * hardly change. Bad input is one at once; crashed and too slow, which a machine short of memory or a hung disk can do to any
 * photo, after TL_STORE_FAILURE_TRIES tries. Ids ascending; the caller frees with tl_memory_free(). Fails with: TL_IO, TL_CORRUPT,
 * TL_NO_MEMORY; *out is NULL then. */
TL_MUST_USE enum tl_status tl_store_list_lasting_failures(tl_store *store, int64_t **out, size_t *out_count, struct tl_error *err);

#endif
