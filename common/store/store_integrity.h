/* store_integrity.h - whether the SQLite file itself is sound: its pages, its indexes, its references.
 */
#ifndef TL_STORE_STORE_INTEGRITY_H
#define TL_STORE_STORE_INTEGRITY_H

#include "common/store/store.h"

/* Hands each fault to `tell` in SQLite's words, at most a hundred: `PRAGMA integrity_check` and `foreign_key_check`, which read the
 * whole file. *out_count are the faults. `should_stop` may be NULL. Fails with: TL_STOPPED, TL_IO, TL_NO_MEMORY. */
typedef void tl_store_integrity_tell(void *context, const char *fault);
TL_MUST_USE enum tl_status tl_store_check_integrity(tl_store *store, size_t *out_count, tl_store_integrity_tell *tell,
                                                    void *context, bool (*should_stop)(void), struct tl_error *err);

#endif
