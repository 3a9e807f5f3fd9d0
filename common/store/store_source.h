/* store_source.h - rows of sources: trees of photos, known by name, and where each lies now. Roots are raw bytes.
 */
#ifndef TL_STORE_STORE_SOURCE_H
#define TL_STORE_STORE_SOURCE_H

#include "common/store/store.h"

/* The source of that name and root, made when absent; needs an open transaction. Fails with: TL_BAD_INPUT (the name has another
 * root: named, with what to do), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_source(tl_store *store, int64_t *out_source_id, const char *name, const char *root,
                                               struct tl_error *err);
/* The tree of that name was moved and lies at `root` now; needs an open transaction. Nothing else changes: photos are known by
 * their paths below the root. Fails with: TL_NOT_FOUND (no such source, with those there are), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_relocate_source(tl_store *store, const char *name, const char *root, struct tl_error *err);

#endif
