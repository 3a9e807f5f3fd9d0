/* store_shard.h - which part of a larger job a store is: part i of n of its sources' photos, or all of them.
 *
 * A store is a part from its first extraction on, or never: parts know only their own photos, and a store that were sometimes one
 * part and sometimes another would take the rest for missing.
 */
#ifndef TL_STORE_STORE_SHARD_H
#define TL_STORE_STORE_SHARD_H

#include "common/store/store.h"

enum { TL_STORE_SHARD_COUNT_MAX = 100000 };

/* {0, 0}: all. */
struct tl_store_shard {
    uint32_t index, count; /* index from 1 */
};

/* Fails with: TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_get_shard(tl_store *store, struct tl_store_shard *out, struct tl_error *err);

/* Makes a store without sources the part `wanted`, and leaves one that is it already; needs an open transaction, before the first
 * source is put. Fails with: TL_BAD_INPUT (the store is another part, or of all photos where a part is wanted, or the other way
 * round; with what to do), TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_claim_shard(tl_store *store, struct tl_store_shard wanted, struct tl_error *err);

#endif
